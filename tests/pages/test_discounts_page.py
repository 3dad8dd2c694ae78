"""Discounts with a name at the till page: one press, by finger or by key, and the name stands on the receipt."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.clouds.lying_square import LyingSquare
from tests.clouds.serving import serving
from tests.pages.test_till_page import COFFEE, sales, till, total

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.pages.browser import Browser
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

NAMED = "[...document.querySelectorAll('[data-key^=named-]')].map((key) => key.innerText.replace(/[\\u00a0\\n]/g, ' '))"


@asynccontextmanager
async def offering(store: Shop, names: int = 0) -> AsyncIterator[None]:
    """Connect a Square whose library has two discounts, and so many more."""
    square = LyingSquare()
    square.catalogue.offer("D1", "Staff", percentage="10")
    square.catalogue.offer("D2", "Voucher", amount=200)
    for number in range(names):
        square.catalogue.offer(f"X{number}", f"Week {number:02}", percentage="5")
    async with serving(square) as url:
        (store.folder / "token").write_text(square.token)
        section = f'[[cloud]]\nname = "sq"\nkind = "square"\nbase_url = "{url}"\nlocation_id = "L1"\n'
        more = section + 'discounts = "pull"\ntoken = { file = "token" }\n'
        store.config.write_text(store.config.read_text(encoding="utf-8") + more, encoding="utf-8")
        await store.stop_agent()
        await store.start_agent(port=0)
        pulled = await store.app.lanes.pull("sq", whole=False, let_go=False)
        assert pulled.ended is None
        yield


async def test_a_discount_is_given_by_its_name(browser: Browser, store: Shop) -> None:
    async with offering(store, names=30):
        page = await till(browser, store)
        await page.wedge(COFFEE)
        await total(page, "6,49 €")
        await page.press("F6")
        await page.until(f"{NAMED}.length == 12 && {NAMED}.slice(0, 2).join() == 'Staff 10 %,Voucher 2,00 €'")
        assert await page.js("document.activeElement.dataset.key") == "discount", "typing goes on where it did"
        await page.click("[data-key=named-sq-D1]")
        await total(page, "5,84 €")
        await page.press("F6")
        await page.click("[data-key=choice-sale]")
        await page.click("[data-key=find-discount]")
        await page.type("nothing")
        await page.sees("No discount of that name.")
        await page.js("document.querySelector('[data-key=find-discount]').select()")
        await page.type("week 17")
        await page.until(f"{NAMED}.join() == 'Week 17 5 %'")
        await page.press("Enter")
        await page.sees("Discount: Week 17")
        await total(page, "5,55 €")
        await page.press("F10")
        await page.press("Enter")
        await page.sees("Receipt printed")
        (sale,) = sales(store)
        given = [(one["reason"], one["percent"], one["amount"], one["line"]) for one in sale["discounts"]]  # type: ignore[attr-defined]  # a record's JSON
        assert given == [("Staff", "10", 65, "1"), ("Week 17", "5", 29, None)]
