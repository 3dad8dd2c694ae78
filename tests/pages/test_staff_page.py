"""Staff at the till page: set-up without a default password, a switch by PIN, a lock, and leave that stops no sale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from outbox import audit, chain
from tests.pages.test_till_page import COFFEE, LINES, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

MANAGER, SUPERVISOR, CASHIER = "408215", "739164", "5172"
BAR = "document.querySelector('.staff-button span').textContent"


async def set_up(page: Page) -> None:
    """Set up a manager by keyboard alone, then a supervisor and a cashier."""
    await page.click("[data-key=staff-first]")
    await page.sees("There is no default password")
    await page.type("Mia")
    await page.press("Enter")
    await page.type(MANAGER)
    await page.press("Enter")
    await page.type(MANAGER)
    await page.press("Enter")
    await page.until(f"{BAR} === 'Mia'")
    await page.sees("Who works here")
    for name, role, pin in (("Sol", "supervisor", SUPERVISOR), ("Kim", "cashier", CASHIER)):
        await page.click(".panel .primary")
        await page.type(name)
        await page.click(f"[data-key=choice-{role}]")
        await page.click("[data-key=new-pin]")
        await page.type(pin)
        await page.press("Enter")
        await page.type(pin)
        await page.press("Enter")
        await page.sees(f"{name} is saved.")


async def sign_in(page: Page, pin: str, name: str) -> None:
    await page.press("u", alt=True)
    await page.until("document.activeElement?.dataset.key === 'pin'")
    await page.type(pin)
    await page.press("Enter")
    await page.until(f"{BAR} === '{name}'")


async def test_the_first_manager_is_set_up_and_a_pin_switches(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await set_up(page)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await sign_in(page, CASHIER, "Kim")
    await page.until(f"{LINES}.length == 1")  # the sale stays
    await page.reload()
    await page.until(f"{BAR} === 'Kim'")
    await page.press("F10")
    await page.press("Enter")
    await page.sees("Receipt printed")
    (sale,) = [record for record in chain.oldest_first(store.app.journal.reader) if record.kind == "sale"]
    assert sale.body["cashier"]["name"] == "Kim"
    stored = await page.js("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, document.body.innerHTML])")
    assert not any(pin in stored for pin in (MANAGER, SUPERVISOR, CASHIER))


async def test_a_locked_page_shows_the_sale_and_refuses_aloud(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await set_up(page)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("q", alt=True)
    await page.sees("Who is here?")
    await page.until(f"{BAR} === 'Nobody signed in'")
    await page.wedge(COFFEE)
    await page.sees("was not rung: nobody is signed in")
    await page.press("F10")
    await page.sees("Who is here?")
    await page.press("Escape")
    await page.sees("Who is here?")
    assert await page.js(f"{LINES}.length") == 1
    await page.type("999888")
    await page.press("Enter")
    await page.sees("that is nobody's PIN here")
    await page.type(CASHIER)
    await page.press("Enter")
    await page.until(f"{BAR} === 'Kim'")
    await page.wedge(COFFEE)
    await page.until("document.querySelector('.basket')?.textContent.includes('2')")


async def test_leave_by_pin_while_scans_go_on(browser: Browser, store: Shop) -> None:
    text = store.config.read_text("utf-8")
    store.config.write_text(f'{text}\n[permissions]\nsale_void = "supervisor"\n', "utf-8")
    port = store.server.port
    await store.stop_agent()
    await store.start_agent(port=port)
    page = await till(browser, store)
    await set_up(page)
    await sign_in(page, CASHIER, "Kim")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("v", alt=True)
    await page.click(".panel .primary")
    await page.sees("This needs a supervisor.")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}[0].textContent.includes('2')")  # it counts while the pad is open
    await page.sees("This needs a supervisor.")
    await page.type(SUPERVISOR)
    await page.press("Enter")
    await page.until(f"{LINES}.length == 0")
    (void,) = [record for record in chain.oldest_first(store.app.journal.reader) if record.kind == "void"]
    assert (void.body["cashier"]["name"], void.body["authorized_by"]["name"]) == ("Kim", "Sol")
    trail = [entry["action"] for entry in audit.oldest_first(store.app.journal.reader)]
    assert trail[-2:] == ["override", "sale_void"]


async def test_a_shop_of_one_needs_no_pins_and_knows_where_they_are(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.sees("No PINs are set up")
    await page.click("[data-key=staff-skip]")
    await page.sees("Staff in the bar has it when you want them.")
    await page.reload()
    await page.until(f"{BAR} === 'Staff'")
    assert await page.js("document.querySelector('.banner-staff')") is None
    await page.press("u", alt=True)
    await page.sees("The first is a manager")
