"""Deposits, empties, customers who pay no tax, and tips, on the till page in a real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from outbox.record import Kind
from tests.pages.test_returns_page import records
from tests.pages.test_till_page import COFFEE, LINES, till, total

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

BOTTLE = "4011100091108"
TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
async def page(browser: Browser, store: Shop) -> Page:
    """A till page of the demo's shop, which sells cola in bottles, too."""
    rows = f"sku,name,price,tax,barcode,deposit,deposit_tax\ncola,Cola 1 l,0.94,standard,{BOTTLE},0.25,standard\n"
    taxes = {tax.code for tax in store.app.config.taxes}
    assert (await store.app.catalogue.import_csv(rows, currency="EUR", taxes=taxes)).ok
    return await till(browser, store)


async def lines(page: Page, number: int) -> None:
    await page.until(f"{LINES}.length == {number}")


async def test_a_deposit_goes_with_its_bottle_and_empties_are_paid_out(page: Page, store: Shop) -> None:
    await page.wedge(BOTTLE)
    await lines(page, 2)
    assert "Deposit: Cola 1 l" in await page.text(".lines")
    await page.press("+")
    await total(page, "2,38 €")
    assert f"2 {TIMES}" in await page.text(".line:nth-child(2)")
    await page.press("l", alt=True)
    await page.sees(f"2 {TIMES} Cola 1 l are empties")
    await page.until("document.activeElement.dataset.key == 'empties-count'")
    await page.type("20")
    await page.click("[data-key=empties-cola]")
    await lines(page, 3)
    await page.sees("To pay out")
    await page.press("Escape")
    await page.click("[data-key=finish]")
    await page.until("document.querySelector('.change-amount')?.innerText.startsWith('2,62')")
    (sale,) = records(store, Kind.SALE)
    assert (sale["total"], sale["change"]) == (-262, 262)


async def test_a_bottle_that_was_scanned_empty_is_turned_into_empties(page: Page, store: Shop) -> None:
    await page.wedge(COFFEE)
    await page.wedge(BOTTLE)
    await lines(page, 3)
    await page.press("l", alt=True)
    await page.click(".panel [data-key=primary]")
    await lines(page, 2)
    assert "Empties: Cola 1 l" in await page.text(".lines")
    await total(page, "6,24 €")


async def test_who_pays_no_tax_pays_less_and_a_tip_is_on_top(page: Page, store: Shop) -> None:
    await page.wedge(COFFEE)
    await lines(page, 1)
    await page.press("x", alt=True)
    await page.click(".panel .chip:nth-child(2)")
    await page.click(".panel [data-key=primary]")
    await page.sees("No tax: Embassy")
    await total(page, "6,07 €")  # 6.49 without its 7%
    await page.press("i", alt=True)
    await page.type("1")
    await page.sees("Card: 7,07 €")
    await page.press("Enter")
    await page.type("slip 7")
    await page.press("Enter")
    await page.sees("Receipt printed")
    (sale,) = records(store, Kind.SALE)
    assert (sale["total"], sale["tips"], sale["exemption"]["reason"]) == (607, 100, "Embassy")
    assert sale["tenders"][0] == {"id": "1", "type": "card", "amount": 607, "reference": "slip 7", "tip": 100}
