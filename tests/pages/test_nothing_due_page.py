"""A sale with nothing to pay is finished by hand or by key, and a hand that taps twice rings nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from outbox.record import Kind
from tests.pages.test_returns_page import records
from tests.pages.test_till_page import COFFEE, LINES, till, total

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

TAP = """window.tap = (selector) => document.querySelector(selector).dispatchEvent(
    new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1 }))"""
ITEM = ".quick [data-sku]"


async def free(page: Page) -> None:
    await page.wedge(COFFEE)
    await total(page, "6,49 €")
    await page.press("F6")
    await page.until("document.activeElement.dataset.key == 'discount'")
    await page.type("100")
    await page.press("Enter")
    await total(page, "0,00 €")


async def test_what_costs_nothing_is_finished_and_a_double_tap_rings_nothing(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await free(page)
    await page.click("[data-key=finish]")
    await page.sees("Sale TILL-1-000001")
    await free(page)
    await page.press("F10")
    await page.sees("Sale TILL-1-000002")
    assert [(sale["total"], sale["tenders"]) for sale in records(store, Kind.SALE)] == [(0, []), (0, [])]

    await page.wedge(COFFEE)
    await total(page, "6,49 €")
    await page.press("F10")
    await page.until("!!document.querySelector('[data-key=offer-0]')")
    await page.js(TAP)
    await page.js(f"(tap('[data-key=offer-0]'), tap('{ITEM}'))")
    await page.sees("Sale TILL-1-000003")
    await page.js(f"document.querySelector('{ITEM}').click()")  # as a key does it
    await page.until(f"{LINES}.length == 1")
    await page.until(f"(tap('{ITEM}'), {LINES}.length > 1)")
