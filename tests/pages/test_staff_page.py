"""Staff at the till page: set-up without a default password, a switch by PIN, a lock, and leave that stops no sale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from outbox import audit, chain
from tests.pages.test_till_page import COFFEE, LINES, till
from tests.staff.cheap import cheap_pins

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

MANAGER, SUPERVISOR, CASHIER = "408215", "739164", "5172"
BAR = "document.querySelector('.staff-button span').textContent"
QUANTITY = "parseInt(document.querySelector('.line-quantity')?.textContent)"


async def fill(page: Page, key: str, text: str) -> None:
    """Type into the field that has, or is about to get, the focus; then Enter."""
    await page.until(f"document.activeElement?.dataset.key === '{key}'")
    await page.type(text, gap_s=0.04)
    await page.press("Enter")


async def set_up(page: Page) -> None:
    """Set up a manager, then a supervisor and a cashier; the panel is open."""
    await page.sees("There is no default password")
    await fill(page, "staff-name", "Mia")
    await fill(page, "new-pin", MANAGER)
    await fill(page, "pin-again", MANAGER)
    await page.until(f"{BAR} === 'Mia'")
    for name, role, pin in (("Sol", "supervisor", SUPERVISOR), ("Kim", "cashier", CASHIER)):
        await page.sees("Who works here")
        await page.click(".panel .primary")
        await page.click(f"[data-key=choice-{role}]")
        await page.click("[data-key=staff-name]")
        await fill(page, "staff-name", name)
        await fill(page, "new-pin", pin)
        await fill(page, "pin-again", pin)
        await page.sees(f"{name} is saved.")


async def sign_in(page: Page, pin: str, name: str) -> None:
    await page.press("u", alt=True)
    await fill(page, "pin", pin)
    await page.until(f"{BAR} === '{name}'")


async def test_a_manager_is_set_up_a_pin_switches_and_a_key_locks(browser: Browser, store: Shop) -> None:
    await cheap_pins(store.app)
    page = await till(browser, store)
    await page.click("[data-key=staff-first]")
    await set_up(page)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await sign_in(page, CASHIER, "Kim")
    assert await page.js(f"{LINES}.length") == 1  # the sale stays
    await page.reload()
    await page.until(f"{LINES}.length == 1 && {BAR} === 'Kim'")

    await page.press("q", alt=True)
    await page.until(f"{BAR} === 'Nobody signed in'")
    await page.sees("Who is here?")
    await page.wedge(COFFEE)
    await page.sees("was not rung: nobody is signed in")
    for key in ("F10", "Escape"):
        await page.press(key)
        await page.sees("Who is here?")
    assert (await page.js(f"{LINES}.length"), await page.js(QUANTITY)) == (1, 1)
    await page.click("[data-key=pin]")
    await fill(page, "pin", "999888")
    await page.sees("that is nobody's PIN here")
    await fill(page, "pin", CASHIER)
    await page.until(f"{BAR} === 'Kim'")

    await page.press("F10")
    await page.press("Enter")
    await page.sees("Receipt printed")
    (sale,) = [record for record in chain.oldest_first(store.app.journal.reader) if record.kind == "sale"]
    assert sale.body["cashier"]["name"] == "Kim"
    kept = await page.js(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, document.body.outerHTML])"
    )
    assert not any(pin in kept for pin in (MANAGER, SUPERVISOR, CASHIER))


async def test_a_shop_may_skip_pins_and_leave_by_pin_stops_no_sale(browser: Browser, store: Shop) -> None:
    text = store.config.read_text("utf-8")
    store.config.write_text(f'{text}\n[permissions]\nsale_void = "supervisor"\n', "utf-8")
    port = store.server.port
    await store.stop_agent()
    await store.start_agent(port=port)
    await cheap_pins(store.app)
    page = await till(browser, store)
    await page.sees("No PINs are set up")
    await page.click("[data-key=staff-skip]")
    await page.sees("Staff in the bar has it when you want them.")
    await page.until("!document.querySelector('.banner-staff')")
    await page.press("u", alt=True)
    await set_up(page)
    await sign_in(page, CASHIER, "Kim")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")

    await page.press("v", alt=True)
    await page.click(".panel .primary")
    await page.sees("This needs a supervisor.")
    await page.wedge(COFFEE)
    await page.until(f"{QUANTITY} === 2")  # it counts while the pad is open
    await page.sees("This needs a supervisor.")
    await page.click("[data-key=pin]")
    await fill(page, "pin", SUPERVISOR)
    await page.until(f"{LINES}.length == 0")
    (void,) = [record for record in chain.oldest_first(store.app.journal.reader) if record.kind == "void"]
    assert (void.body["cashier"]["name"], void.body["authorized_by"]["name"]) == ("Kim", "Sol")
    trail = [entry["action"] for entry in audit.oldest_first(store.app.journal.reader)]
    assert trail[-2:] == ["override", "sale_void"]
