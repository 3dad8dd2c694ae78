"""Currencies of which a browser knows other decimals than ISO 4217 has: they are the agent's, typed and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.shop import CONFIG, open_shop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.browser import Browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("currency", "locale", "price", "minor", "shown"),
    [
        ("HUF", "hu_HU", "5000", 500_000, "5000,00 Ft"),
        ("IQD", "ar_IQ", "5000,25", 5_000_250, "\u200f5,000.250 \u062f.\u0639.\u200f"),
    ],
)
async def test_what_is_typed_is_what_is_rung_and_shown(
    browser: Browser, tmp_path: Path, *, currency: str, locale: str, price: str, minor: int, shown: str
) -> None:
    config = CONFIG.replace('"EUR"', f'"{currency}"\nlocale = "{locale}"')
    async with open_shop(tmp_path, config=config) as shop:
        page = await browser.page(f"{shop.own}/#pair={shop.app.door.code.make('test')}")
        await page.sees("Ready for the next customer")
        customer = await browser.page(f"{shop.own}/customer")
        await page.press("F7")
        await page.until("document.activeElement.dataset.key == 'name'")
        await page.type("Carpet")
        await page.press("Enter")
        await page.until("document.activeElement.dataset.key == 'price'")
        await page.type(price)
        await page.press("Enter")
        assert (await page.text(".total-amount")) == shown
        await customer.until(f"document.querySelector('.amount strong')?.innerText == {shown.replace(' ', chr(160))!r}")
        await page.press("F10")
        await page.until("document.activeElement.dataset.key == 'given'")
        await page.press("Enter")  # what is due stands in the field: it is read as it was written
        await page.sees("No change")
        (record,) = shop.body(await shop.client.get("/v1/records?kind=sale"))["records"]
        assert (record["total"], record["tenders"][0]["amount"]) == (minor, minor)
