"""What comes by itself takes nothing away that somebody is at: a count, a word half typed, a message not yet read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.test_returns_page import sell
from tests.pages.test_selling_page import PHONE, ask_for_age
from tests.pages.test_till_page import CODES, COFFEE, LINES, TEA, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

UNKNOWN = "2799999999997"


async def test_a_refused_scan_opens_nothing_over_what_somebody_is_at(browser: Browser, store: Shop) -> None:
    await ask_for_age(store)
    page = await till(browser, store)
    await sell(page, TEA)
    await page.press("n", alt=True)
    await page.click(".chip")
    reason = await page.js("document.querySelector('[data-key=reason]').value")
    await store.world.scan(CODES["Bananas"])
    await page.sees("Scan it again once this is done.")
    await store.world.scan("TILL-1-000001")
    await page.sees("That is receipt TILL-1-000001.")
    await page.until(f"document.querySelector('[data-key=reason]')?.value == {reason!r}")
    await page.press("Escape")
    await page.type("wh")  # and while somebody types, no question takes the rest of the word
    await store.world.scan(PHONE)
    await page.until(f"{LINES}.at(-1) == 'Phone charger'")
    await page.type("ole mi")
    await page.until("document.querySelector('.tile-first')?.innerText.includes('Whole milk')")
    assert await page.js("document.querySelector('.panel') === null")
    await store.world.scan(UNKNOWN)
    await page.sees("No item has the barcode")
    assert await page.js("document.querySelector('.panel') === null")
    await page.press("Enter")
    await page.until(f"{LINES}.at(-1) == 'Whole milk 1 l'")
    await page.sees("Scan it from the pack")  # it comes once that is done
    await page.wedge("SN-12345")
    await page.sees("Serial SN-12345")
    await store.world.scan(CODES["Bananas"])  # where nobody is at anything, what goes on from a scan opens
    await page.sees("Weight in kg")


async def test_what_was_refused_stays_until_it_is_settled_itself(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await store.world.scan(UNKNOWN)
    await page.sees("No item has the barcode")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("+")
    await page.until("document.querySelector('.line-quantity').innerText.startsWith('2')")
    await page.sees("No item has the barcode")
    await page.click(".message button")
    await page.press("F3")  # a hint goes with whatever is done next
    await page.press("Escape")
    await page.press("Delete")
    await page.until(f"{LINES}.length == 0")
    await page.press("F3")
    await page.sees("There is no line to change yet.")
    await page.wedge(COFFEE)
    await page.until("!document.querySelector('.message')")


async def test_the_drawer_of_another_till_is_not_told_of_this_ones_sale(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, TEA)
    await page.sees("Drawer opened")
    drawer = store.app.config.tills[0].drawer
    store.app.events.publish(
        "drawer", drawer=drawer, record_id="-", opened_for="TILL-2-000001", state="unknown", reason="jam"
    )
    await page.sees("jam")
    assert await page.js("document.querySelector('[data-drawer]').dataset.drawer") == "opened"


async def test_an_address_of_no_till_is_said_on_both_screens(browser: Browser, store: Shop) -> None:
    for path in ("?till=till-9", "customer?till=till-9"):
        page = await browser.page(store.address(path))
        await page.sees("There is no till \u201ctill-9\u201d here.")
        await page.sees("instead: till-1.")
