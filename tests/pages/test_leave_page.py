"""What a shop has taken from its cashiers, at the till page: a supervisor's PIN lets the very same press through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.pairings import PROGRAM
from agent.staff.actor import LOCAL, Role
from agent.staff.by import OF_ITSELF, By
from outbox import audit
from tests.pages.test_staff_page import BAR, CASHIER, MANAGER, SUPERVISOR, fill, sign_in
from tests.pages.test_till_page import COFFEE, LINES, total
from tests.staff.cheap import cheap_pins

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

STRICT = '\n[staff]\ndiscount_limit = "10"\n\n[permissions]\nopen_item = "supervisor"\n'
NOBODYS = "4006381333948"  # a barcode that no item has


async def at_the_till(browser: Browser, store: Shop) -> Page:
    """Open the page of a shop with a manager, a supervisor and a cashier; the cashier is signed in."""
    store.config.write_text(store.config.read_text("utf-8") + STRICT, "utf-8")
    await store.stop_agent()
    await store.start_agent(port=store.server.port)
    await cheap_pins(store.app)
    for name, role, pin in (("Mia", Role.MANAGER, MANAGER), ("Sol", Role.SUPERVISOR, SUPERVISOR)):
        await store.app.staff_changes.add(name, role, pin, by=OF_ITSELF)
    await store.app.staff_changes.add("Kim", Role.CASHIER, CASHIER, by=OF_ITSELF)
    page = await browser.page(store.address())
    await page.until(f"{BAR} === 'Nobody signed in'")
    await sign_in(page, CASHIER, "Kim")
    await page.until("!document.querySelector('.panel') && !!document.querySelector('[data-live=true]')")
    return page


async def let(page: Page) -> None:
    """Have the supervisor type their PIN."""
    await page.sees("This needs a supervisor.")
    await page.click("[data-key=pin]")
    await fill(page, "pin", SUPERVISOR)


async def test_an_open_item_and_an_unknown_barcode_sold_once_are_let_through(browser: Browser, store: Shop) -> None:
    page = await at_the_till(browser, store)
    await page.press("F7")
    await fill(page, "name", "Gift wrapping")
    await fill(page, "price", "2,00")
    await page.sees("Ringing an open item.")
    await let(page)
    await page.until(f"{LINES}.join() === 'Gift wrapping'")
    await page.wedge(NOBODYS)
    await fill(page, "name", "Lamp")
    await fill(page, "price", "19,00")
    await let(page)
    await page.until(f"{LINES}.join() === 'Gift wrapping,Lamp'")
    trail = [entry for entry in audit.oldest_first(store.app.journal.reader) if entry["action"] == "open_item"]
    assert [(entry["actor"]["name"], entry["authorized_by"]["name"]) for entry in trail] == [("Kim", "Sol")] * 2


async def test_a_discount_that_would_outgrow_what_is_left_says_so_and_what_to_do(browser: Browser, store: Shop) -> None:
    page = await at_the_till(browser, store)
    await page.wedge(COFFEE)
    await total(page, "6,49 €")
    await page.press("F6")
    await page.click("[data-key=choice-sale]")
    await page.click("[data-key=choice-amount]")
    await fill(page, "discount", "0,60")
    await total(page, "5,89 €")
    await page.press("Delete")
    await page.sees("Without leave: take the discount off first.")
    await page.click("[data-key=no-leave]")
    assert await page.js(f"{LINES}.length") == 1


async def test_the_trail_says_where_it_was_in_words(browser: Browser, store: Shop) -> None:
    page = await at_the_till(browser, store)
    kiosk, _ = await store.app.door.pairings.add(PROGRAM, "Kiosk by the door", None, noting=lambda _: None)
    at = store.app.staff.time()
    asked = By(LOCAL, page=kiosk.id)
    await store.app.journal.write(lambda connection: asked.audit(connection, "update_look", at, subject="1.0"))
    await sign_in(page, MANAGER, "Mia")
    await page.press("j", alt=True)
    await page.sees("Looked for a newer version.")
    await page.sees("· Kiosk by the door")
    await page.sees("· not let in yet")
    await page.sees("· this page")
