"""A piece past its day at the till page: told, and sold only for a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from outbox import chain
from tests.pages.test_till_page import COFFEE, LINES, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser


async def test_a_piece_past_its_day_is_sold_for_a_reason_that_stays_with_the_sale(
    browser: Browser, store: Shop
) -> None:
    page = await till(browser, store)
    await page.wedge(f"]d201{COFFEE.zfill(14)}1715052610L1")
    await page.sees("This could be sold until 26.05.2015. Take it off the shelf.")
    await page.click(".panel [data-key=primary]")
    await page.sees("Choose or type a reason.")
    await page.click(".chip")
    await page.click(".panel [data-key=primary]")
    await page.until(f"{LINES}.length == 1")
    await page.press("F10")
    await page.press("Enter")
    await page.sees("Receipt printed")
    (sale,) = [record for record in chain.oldest_first(store.app.journal.reader) if record.kind == "sale"]
    (line,) = sale.body["lines"]
    assert (line["expired_reason"], line["lot"]) == ("Customer knows and wants it", "L1")


async def test_a_piece_past_its_day_is_left_alone(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(f"]d201{COFFEE.zfill(14)}17150526")
    await page.sees("Take it off the shelf")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
