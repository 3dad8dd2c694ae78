"""Deposits, empties, exemptions and tips over the local API, from the line to the record, the drawer and the audit."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.shop import CONFIG, Shop, open_shop
from tests.api.test_api_door import paired_page
from tests.api.test_api_routes import shaped

BOTTLE = "4011100091108"


@pytest.fixture
async def bottles(shop: Shop) -> Shop:
    """The shop with a bottle that has a deposit, and one that has none."""
    rows = f"sku,name,price,tax,barcode,deposit,deposit_tax\ncola,Cola,1.00,standard,{BOTTLE},0.25,standard\n"
    assert (await shop.app.catalogue.import_csv(rows, currency="EUR", taxes={"standard"})).ok
    return shop


async def opened(shop: Shop) -> str:
    sale = shop.body(await shop.client.post("/v1/sales", json={"till": "till-1"}))
    return f"/v1/sales/{sale['id']}"


async def posted(shop: Shop, path: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = shop.body(await shop.client.post(path, json=body))
    return answer


async def test_a_deposit_goes_with_its_item(bottles: Shop) -> None:
    shop, path = bottles, await opened(bottles)
    sale = await posted(shop, f"{path}/lines", barcode=BOTTLE)
    shaped("Sale", sale)
    assert [(line["price"], line["deposit_of"], line["sku"]) for line in sale["lines"]] == [
        (100, None, "cola"),
        (25, "1", None),
    ]
    sale = shop.body(await shop.client.patch(f"{path}/lines/1", json={"quantity": "6"}))
    assert (sale["lines"][1]["quantity"], sale["total"]) == ("6", 750)
    sale = await posted(shop, f"{path}/discounts", percent="10")
    assert sale["total"] == 690  # 10% of the six colas, nothing off the deposit
    refused = await shop.client.delete(f"{path}/lines/2")
    assert (refused.status_code, refused.json()["code"]) == (409, "deposit-follows")
    refused = await shop.client.post(f"{path}/discounts", json={"percent": "10", "line": "2"})
    assert (refused.status_code, refused.json()["code"]) == (409, "deposit-fixed")
    assert shop.body(await shop.client.delete(f"{path}/lines/1"))["lines"] == []


async def test_empties_worth_more_than_the_goods_are_paid_out(bottles: Shop) -> None:
    shop, path = bottles, await opened(bottles)
    await posted(shop, f"{path}/lines", barcode=BOTTLE)
    sale = await posted(shop, f"{path}/lines", sku="cola", quantity="12", empties=True)
    shaped("Sale", sale)
    assert (sale["lines"][2]["price"], sale["lines"][2]["empties"]) == (-25, True)
    assert (sale["total"], sale["due"], sale["change"]) == (-175, 0, 175)
    assert sale["taxes"][0]["amount"] == -28  # -1.75 x 19/119 = -0.2794
    record = await posted(shop, f"{path}/complete")
    shaped("Record", record)
    assert (record["total"], record["change"], record["tenders"]) == (-175, 175, [])
    kinds = shop.body(await shop.client.get("/v1/records"))["records"]
    assert "drawer" in {one["kind"] for one in kinds}  # opened to pay out
    report = shop.body(await shop.client.get("/v1/shifts/current/report", params={"till": "till-1"}))
    assert report["cash"] == -175
    number = record["receipt_number"]
    back = {"receipt_number": number, "lines": [{"line": "3"}], "tender": {"type": "cash"}}
    refused = await shop.client.post("/v1/refunds", json=back)
    assert (refused.status_code, refused.json()["code"]) == (409, "empties-stay")
    refund = await posted(shop, "/v1/refunds", receipt_number=number, tender={"type": "cash"})
    assert refund["paid"] == 125  # the cola and its deposit, and nothing of the empties


async def test_an_item_with_no_deposit_has_no_empties(bottles: Shop) -> None:
    shop, path = bottles, await opened(bottles)
    refused = await shop.client.post(f"{path}/lines", json={"sku": "apple", "empties": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "no-deposit")
    refused = await shop.client.post(f"{path}/lines", json={"name": "Slip", "price": 25, "empties": True})
    assert refused.status_code == 422


async def test_who_is_exempt_pays_no_tax_and_the_record_says_why(bottles: Shop) -> None:
    shop, path = bottles, await opened(bottles)
    sale = await posted(shop, f"{path}/lines", name="Desk", price=11900, tax="standard")
    why = {"reason": "Embassy", "certificate": "DE-77"}
    refused = await shop.client.post(f"{path}/exemption", json=why)
    assert (refused.status_code, refused.json()["role"]) == (403, "supervisor")
    async with paired_page(shop) as page:  # with no staff set up, whoever stands at one may
        sale = shop.body(await page.post(f"{path}/exemption", json=why))
    shaped("Sale", sale)
    assert (sale["total"], sale["lines"][0]["tax_relief"], sale["lines"][0]["net"]) == (10000, 1900, 10000)
    (tax,) = sale["taxes"]
    assert (tax["rate"], tax["base"], tax["amount"], tax["exempt"]) == ("0", 10000, 0, True)
    assert shop.body(await shop.client.delete(f"{path}/exemption"))["total"] == 11900
    async with paired_page(shop) as page:
        shop.body(await page.post(f"{path}/exemption", json=why))
    await posted(shop, f"{path}/tenders", type="card", amount=10000)
    record = await posted(shop, f"{path}/complete")
    assert record["exemption"] == {"reason": "Embassy", "certificate": "DE-77"}
    refund = await posted(shop, "/v1/refunds", receipt_number=record["receipt_number"], tender={"type": "card"})
    assert (refund["paid"], refund["exemption"]["certificate"]) == (10000, "DE-77")


async def test_a_tip_is_in_the_drawer_and_not_in_the_sale(bottles: Shop) -> None:
    shop, path = bottles, await opened(bottles)
    await posted(shop, f"{path}/lines", barcode=BOTTLE)
    sale = await posted(shop, f"{path}/tenders", type="cash", amount=200, tip=50)
    shaped("Sale", sale)
    assert (sale["total"], sale["paid"], sale["change"], sale["tips"]) == (125, 200, 75, 50)
    record = await posted(shop, f"{path}/complete")
    assert (record["total"], record["tenders"][0]["tip"]) == (125, 50)
    report = shop.body(await shop.client.get("/v1/shifts/current/report", params={"till": "till-1"}))
    assert (report["tips"], report["cash"]) == (50, 175)


async def test_empties_may_need_leave_and_are_in_the_trail(tmp_path: Path) -> None:
    async with open_shop(tmp_path, config=f'{CONFIG}\n[permissions]\nempties = "supervisor"\n') as shop:
        rows = f"sku,name,price,barcode,deposit\ncola,Cola,1.00,{BOTTLE},0.25\n"
        assert (await shop.app.catalogue.import_csv(rows, currency="EUR", taxes={})).ok
        path = await opened(shop)
        empties = {"sku": "cola", "quantity": "6", "empties": True}
        refused = await shop.client.post(f"{path}/lines", json=empties)
        assert (refused.status_code, refused.json().get("action")) == (403, "empties"), refused.text
        async with paired_page(shop) as page:
            shop.body(await page.post(f"{path}/lines", json=empties))
            trail = shop.body(await page.get("/v1/audit"))["entries"]
        (entry,) = [one for one in trail if one["action"] == "empties"]
        assert (entry["after"]["price"], entry["after"]["quantity"]) == (-25, "6")
