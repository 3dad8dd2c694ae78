"""The customer's screen as a customer sees it, and the till page's button for the scale, in a real Chromium."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from drivers.simulated.scale import SimulatedScale
from tests.api.shop import APPLE, CONFIG, MILK, Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.pages.browser import Browser, Page

pytestmark = pytest.mark.browser

WITH_SCALE = CONFIG.replace('drawer = "drawer"\n\n[[till]]', 'drawer = "drawer"\nscale = "scale"\n\n[[till]]') + (
    '\n[[scale]]\nname = "scale"\nport = "sim://scale"\n'
)
SHOWS = "document.getElementById('customer').dataset.shows"


@asynccontextmanager
async def shop_with(box: SimulatedScale, folder: Path) -> AsyncIterator[Shop]:
    async with open_shop(folder, config=WITH_SCALE, devices={"scale": box}) as shop:
        items = "sku,name,price,tax,barcode,unit\nBULK,Apples loose,2.99,standard,00123,kg\n"
        assert (await shop.app.catalogue.import_csv(items, currency="EUR", taxes={"standard"})).ok
        yield shop


async def page_of(browser: Browser, shop: Shop, path: str = "customer") -> Page:
    return await browser.page(f"{shop.own}/{path}#pair={shop.app.door.code.make('test')}")


async def amount(page: Page, label: str, shown: str) -> None:
    await page.until(
        rf"document.querySelector('.amount')?.innerText.replace(/\u00a0|\s+/g, ' ').trim() == {f'{label} {shown}'!r}"
    )


async def test_the_customer_follows_the_sale_to_the_change(browser: Browser, tmp_path: Path) -> None:
    box = SimulatedScale()
    async with shop_with(box, tmp_path) as shop:
        page = await page_of(browser, shop)
        await page.sees("Corner Shop")
        await page.until(f"{SHOWS} == 'welcome'")
        await shop.rung(APPLE)
        await amount(page, "Total", "€0.50")
        box.put("0.350")
        await shop.rung("00123")
        await page.sees("0.35 kg \u00d7 €2.99/kg")
        assert "Apples loose" in await page.text(".line-latest")
        await amount(page, "Total", "€1.55")
        sale = await shop.rung(APPLE)
        assert "Apple" in await page.text(".line-latest")
        await page.sees("2 \u00d7 €0.50")
        await page.reload()
        await amount(page, "Total", "€2.05")
        await shop.rung(MILK, till="till-2")  # another till's customer
        paid = f"/v1/sales/{sale['id']}/tenders"
        shop.body(await shop.client.post(paid, json={"type": "card", "amount": 105}))
        await amount(page, "To pay", "€1.00")
        shop.body(await shop.client.post(paid, json={"type": "cash", "amount": 500}))
        await amount(page, "Change", "€4.00")
        record = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/complete"))
        await page.until(f"{SHOWS} == 'done'")
        await amount(page, "Change", "€4.00")
        await page.sees("Thank you")
        refund = {"receipt_number": record["receipt_number"], "tender": {"type": "cash"}}
        shop.body(await shop.client.post("/v1/refunds", json=refund))
        await amount(page, "You get back", "€2.05")
        await page.goto(f"{shop.own}/customer?till=till-2")
        await amount(page, "Total", "€1.19")
        assert [said for said in page.problems if "401" not in said] == []


async def test_the_customer_sees_what_comes_back_and_what_is_given_out(browser: Browser, tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        items = "sku,name,price,tax,barcode,unit,deposit\nBEER,Beer,1.10,standard,4012345678901,each,0.25\n"
        assert (await shop.app.catalogue.import_csv(items, currency="EUR", taxes={"standard"})).ok
        page = await page_of(browser, shop)
        await page.until(f"{SHOWS} == 'welcome'")
        sale = await shop.rung(APPLE)
        await page.until(f"{SHOWS} == 'sale'")  # it hears the agent: only then is it told of a sale's end
        path = f"/v1/sales/{sale['id']}"
        shop.body(await shop.client.post(f"{path}/tenders", json={"type": "cash", "amount": 50}))
        sold = shop.body(await shop.client.post(f"{path}/complete"))
        await page.until(f"{SHOWS} == 'done'")

        sale = await shop.opened()
        path = f"/v1/sales/{sale['id']}"
        back = {"receipt_number": sold["receipt_number"], "tender": "cash"}
        shop.body(await shop.client.put(f"{path}/taken-back", json=back))
        await page.sees("comes back")
        await amount(page, "You get back in cash", "€0.50")
        sale = await shop.rung(MILK)
        await amount(page, "To pay", "€0.69")
        shop.body(await shop.client.post(f"{path}/tenders", json={"type": "cash", "amount": 100}))
        await amount(page, "Change", "€0.31")
        shop.body(await shop.client.post(f"{path}/complete"))
        await page.until(f"{SHOWS} == 'done'")
        await amount(page, "Change", "€0.31")

        sale = await shop.rung("4012345678901")
        await page.sees("Deposit")
        await amount(page, "Total", "€1.35")
        path = f"/v1/sales/{sale['id']}"
        shop.body(await shop.client.delete(f"{path}/lines/{sale['lines'][0]['id']}"))
        empties = {"sku": "BEER", "empties": True, "quantity": "4"}
        sale = shop.body(await shop.client.post(f"{path}/lines", json=empties))
        assert sale["total"] == -100
        await amount(page, "You get back", "€1.00")
        shop.body(await shop.client.post(f"{path}/complete"))
        await page.until(f"{SHOWS} == 'done'")
        await amount(page, "You get back", "€1.00")
        assert [said for said in page.problems if "401" not in said] == []


async def test_the_till_page_takes_the_weight_from_the_scale(browser: Browser, tmp_path: Path) -> None:
    box = SimulatedScale()
    async with shop_with(box, tmp_path) as shop:
        page = await page_of(browser, shop, "")
        await page.sees("Ready for the next customer")
        box.put("0.350")
        await page.type("loose")
        await page.until("document.querySelector('.tile-first')?.innerText.includes('Apples loose')")
        await page.press("Enter")
        await page.click("[data-key=weigh]")
        await page.sees("€1.05")
        await page.sees("0.35 kg")
        await page.type("loose")
        await page.until("document.querySelector('.tile-first')?.innerText.includes('Apples loose')")
        await page.press("Enter")
        await page.click("[data-key=weigh]")  # the same bag once more
        await page.sees("Lift the goods off and put them back.")
        await page.click("[data-key=weigh]")  # the panel is there again
        assert len(shop.app.tills.view("till-1")["sale"]["lines"]) == 1
