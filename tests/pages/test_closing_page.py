"""Closing a shift at the till page with sales that are parked, where the store wants a count. A real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.shop import CONFIG, open_shop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.browser import Browser

pytestmark = pytest.mark.browser


async def test_closing_says_what_is_parked_and_offers_no_way_round_a_count(browser: Browser, tmp_path: Path) -> None:
    config = CONFIG.replace("[api]", 'locale = "en_GB"\n\n[shift]\ncount_needed = true\n\n[api]', 1)
    async with open_shop(tmp_path, config=config) as shop:
        sold, line = await shop.opened(), {"name": "Loose screws", "price": 102, "tax": "standard"}
        shop.body(await shop.client.post(f"/v1/sales/{sold['id']}/lines", json=line))
        shop.body(await shop.client.post(f"/v1/sales/{sold['id']}/tenders", json={"type": "cash", "amount": 102}))
        shop.body(await shop.client.post(f"/v1/sales/{sold['id']}/complete"))
        page = await browser.page(f"{shop.own}/#pair={shop.app.door.code.make('test')}")
        await page.sees("Next customer: just scan.")
        await page.press("h", alt=True)
        await page.click('[data-key="shift-close"]')
        await page.click('[data-key="choice-sum"]')
        assert not await page.js("document.querySelector('[data-key=choice-none], .panel [role=note]:not([hidden])')")

        parked = await shop.opened()  # meanwhile, by another front end
        shop.body(await shop.client.post(f"/v1/sales/{parked['id']}/lines", json=line))
        shop.body(await shop.client.post(f"/v1/sales/{parked['id']}/park", json={}))
        await page.sees("1 sale is parked and stays so: it is not in these figures.")
        await page.click('[data-key="sum"]')
        await page.type("1,02")
        await page.click('[data-key="primary"]')
        await page.sees("Neither over nor short")
        await page.sees("1 sale is parked, and not in these figures.")
