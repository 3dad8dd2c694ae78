"""Numbers that a person types: barcodes, a shop's own long numbers, and how many of the next item. A real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.test_till_page import CODES, LINES, till, total

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

NUTS, SCREWS, NAILS = "4711001", "47110012", "471100123456"  # 12 digits that no barcode could have
OWN = f"""sku,name,price,tax
{NUTS},Nuts,2.00,standard
{SCREWS},Screws,3.00,standard
{NAILS},Nails,4.00,standard
"""
WAITS = "!document.querySelector('.times-chip')"


async def own_numbers(store: Shop) -> None:
    result = await store.app.catalogue.import_csv(
        OWN, currency="EUR", taxes={tax.code for tax in store.app.config.taxes}
    )
    assert result.ok, result.to_json()


async def rung(page: Page, *names: str) -> None:
    await page.until(f"{LINES}.join() == {','.join(names)!r}")


async def test_a_long_number_of_the_shops_own_is_typed_and_never_scanned(browser: Browser, store: Shop) -> None:
    await own_numbers(store)
    page = await till(browser, store)
    await page.type(NUTS, gap_s=0.05)
    await page.press("Enter")
    await rung(page, "Nuts")
    await page.type("3x", gap_s=0.05)
    await page.type(NAILS, gap_s=0.05)
    await page.press("Enter")
    await rung(page, "Nuts", "Nails")
    await total(page, "14,00 €")
    await page.press("k", alt=True)
    await page.until("document.activeElement.dataset.key == 'code'")
    await page.type(SCREWS, gap_s=0.05)
    await page.press("Enter")
    await rung(page, "Nuts", "Nails", "Screws")
    await page.press("Escape")
    await page.wedge(NUTS)  # a label on a parcel that happens to say so
    await page.sees("Not in the catalogue")
    await rung(page, "Nuts", "Nails", "Screws")
    await page.press("Escape")
    await page.type("471100123457", gap_s=0.05)
    await page.press("Enter")
    await page.sees("471100123457: The check digit is wrong.")
    await page.type("4711002", gap_s=0.05)
    await page.press("Enter")
    await page.sees("Not in the catalogue")


async def test_enter_takes_the_tile_that_the_arrows_went_to_whatever_was_typed(browser: Browser, store: Shop) -> None:
    await own_numbers(store)
    page = await till(browser, store)
    await page.type("471100", gap_s=0.05)
    await page.until("document.querySelectorAll('.shelf .tile').length == 3")
    await page.press("ArrowDown")
    chosen = await page.js("document.querySelector('.tile-first .tile-name').innerText")
    await page.press("Enter")
    await rung(page, chosen)


async def test_a_number_of_pieces_is_no_weight(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    bananas = CODES["Bananas"]
    for ring in (page.wedge(bananas), page.type("bananas", gap_s=0.05)):
        await page.type("2x", gap_s=0.05)
        await page.sees("2 \u00d7 the next item")
        await ring
        await page.press("Enter")
        await page.sees("Bananas is sold by weight, each by itself")
        await page.until(f"document.activeElement.dataset.key == 'quantity' && {WAITS}")
        assert await page.js(f"{LINES}.length") == 0
        await page.press("Escape")
    await page.type("0,75x", gap_s=0.05)  # that is its weight
    await page.wedge(bananas)
    await total(page, "1,49 €")
