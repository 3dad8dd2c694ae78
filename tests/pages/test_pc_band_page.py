"""What somebody should see to on this PC stands above the sale, one line at a time, until it is mended or put away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent import upkeep
from tests.pages.test_till_page import LINES, MILK, till
from tests.staff.cheap import cheap_pins

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

MB = 1024**2
BAND, PUT_AWAY = ".pc-band .banner", "[data-key=pc-seen]"
NONE = f"!document.querySelector('{BAND}')"
SAID = f"document.querySelector('{BAND}').innerText.replace(/\\u00a0/g, ' ')"


def leave_free(store: Shop, free: int) -> None:
    """Let the journal's disk have so many bytes left."""
    store.app.disk._free = lambda _: free
    store.app.disk.look()


async def read_again(page: Page, store: Shop) -> None:
    """Let something be heard, upon which a page reads the status anew."""
    store.world.printer.open_cover()
    await page.until("document.querySelector('[data-lamp=receipt]')?.dataset.level === 'bad'")
    store.world.printer.close_cover()
    await page.until("document.querySelector('[data-lamp=receipt]')?.dataset.level === 'good'")


async def ask(page: Page, path: str, body: dict[str, str]) -> None:
    headers = {"Content-Type": "application/json"}
    sent = json.dumps({"method": "POST", "headers": headers, "body": json.dumps(body)})
    assert await page.js(f"fetch({path!r}, {sent}).then((answer) => answer.ok)")


async def put_back(store: Shop, letters: str, ago: timedelta) -> None:
    """Let the journal have begun an epoch so long ago."""
    since = (datetime.now(UTC) - ago).isoformat()
    await store.app.journal.write(
        lambda connection: connection.execute(
            "insert into epoch(letters, since, why, head, others) values (?, ?, 'it is a backup', null, '')",
            (letters, since),
        )
    )


async def test_a_disk_that_fills_up_is_said_and_put_away_until_it_is_worse(browser: Browser, store: Shop) -> None:
    leave_free(store, 1434 * MB)
    page = await till(browser, store)
    await page.sees("1,4 GB are left on this PC's disk.")
    await page.wedge(MILK)  # a sale goes on beneath it
    await page.until(f"{LINES}.length == 1")
    await page.click(PUT_AWAY)
    await page.until(NONE)
    await page.reload()
    await page.until(f"{LINES}.length == 1")
    assert await page.js(NONE)
    leave_free(store, 700 * MB)
    await read_again(page, store)
    await page.sees("Only 700 MB are left on this PC's disk.")
    await page.sees("Free some space in the next days.")
    await page.click(PUT_AWAY)
    leave_free(store, 150 * MB)
    await read_again(page, store)
    await page.sees("no new sale can begin")
    assert await page.js(f"!document.querySelector('{PUT_AWAY}')")  # until there is room
    leave_free(store, 9000 * MB)
    await read_again(page, store)
    await page.until(NONE)
    assert page.problems == []


async def test_a_journal_that_was_put_back_or_is_held_is_said_one_after_the_other(
    browser: Browser, store: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "LOG_BYTES_MAX", 1)
    store.app.upkeep.look_at_log()
    await put_back(store, "AB", timedelta(days=15))  # no news any more
    await put_back(store, "KX", timedelta(hours=1))
    page = await till(browser, store)
    await page.sees("This till's journal was put back or copied on")
    assert await page.js(f"document.querySelectorAll('{BAND}').length") == 1
    await page.click(PUT_AWAY)
    await page.sees("A program reads this till's journal and does not let go of it.")
    await page.sees("Close database viewers and backup programs on this PC.")
    await page.click(PUT_AWAY)
    await page.until(NONE)
    assert await page.js("document.activeElement?.className") == "entry"


async def test_who_may_change_no_settings_puts_nothing_away(browser: Browser, store: Shop) -> None:
    leave_free(store, 700 * MB)
    await cheap_pins(store.app)
    page = await till(browser, store)
    await page.until(f"!!document.querySelector('{PUT_AWAY}')")
    await ask(page, "/v1/staff", {"name": "Mia", "role": "manager", "pin": "408215"})
    await ask(page, "/v1/sign-in", {"pin": "408215"})
    await ask(page, "/v1/staff", {"name": "Kim", "role": "cashier", "pin": "5172"})
    await ask(page, "/v1/sign-in", {"pin": "5172"})
    await page.until(f"!!document.querySelector('{BAND}') && !document.querySelector('{PUT_AWAY}')")
    await ask(page, "/v1/sign-in", {"pin": "408215"})
    await page.until(f"!!document.querySelector('{PUT_AWAY}')")
