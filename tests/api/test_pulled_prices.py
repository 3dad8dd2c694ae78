"""A price that a cloud changes, and a basket that was rung before: what is on the screen is what is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outbox.feeds import Feed, Page, PulledItem
from tests.api.shop import APPLE, open_shop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.shop import Shop

OLD, NEW = 240, 990


async def pulled(shop: Shop, price: int | None) -> None:
    """Let a cloud change the price, or delete the item."""
    there = () if price is None else (PulledItem("r1", "1", "PULLED", "Cider", price, "standard", (APPLE,)),)
    gone = ("r1",) if price is None else ()
    await shop.app.catalogue.apply_page("cloud", Feed.ITEMS, Page(there, gone, "c", more=False))


async def test_a_line_keeps_the_price_it_was_rung_at(shop: Shop) -> None:
    await pulled(shop, OLD)
    sale = await shop.rung()
    await pulled(shop, NEW)
    both = await shop.rung()
    await pulled(shop, None)

    assert [(line["price"], line["quantity"]) for line in both["lines"]] == [(OLD, "1"), (NEW, "1")]
    due = OLD + NEW
    paid = await shop.client.post(f"/v1/sales/{sale['id']}/tenders", json={"type": "cash", "amount": due})
    assert shop.body(paid)["due"] == 0
    record = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/complete"))
    assert (record["total"], [line["price"] for line in record["lines"]]) == (due, [OLD, NEW])


async def test_a_parked_sale_keeps_it_over_a_pull_and_a_restart(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        await pulled(shop, OLD)
        sale = await shop.rung()
        shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/park", json={"label": "holt Geld"}))
        await pulled(shop, NEW)
    async with open_shop(tmp_path) as shop:
        resumed = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/resume"))
        assert (resumed["total"], resumed["lines"][0]["price"]) == (OLD, OLD)
        assert (await shop.client.get(f"/v1/barcodes/{APPLE}")).json()["price"] == NEW
