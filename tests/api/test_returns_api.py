"""Returns, training and what was seen of a print, over the local API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.api.shop import APPLE, Shop
from tests.api.test_api_door import paired_page
from tests.api.test_api_routes import shaped

if TYPE_CHECKING:
    import httpx


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_goods_are_exchanged(shop: Shop) -> None:
    number = (await shop.sold())["receipt_number"]
    sale = await shop.rung("96385074")
    path = f"/v1/sales/{sale['id']}/taken-back"
    body = {"receipt_number": number, "reason": "bruised"}
    taken = shop.body(await shop.client.put(path, json=body))
    shaped("Sale", taken)
    assert (taken["total"], taken["due"], taken["taken_back"]["credit"]) == (119, 69, 50)
    kept = shop.body(await shop.client.delete(path))
    shaped("Sale", kept)
    assert kept["due"] == 119
    refused(await shop.client.delete(path), 409, "nothing-taken-back")
    refused(await shop.client.put(path, json=body | {"receipt_number": "TILL-9-1"}), 404, "no-such-receipt")
    shop.body(await shop.client.put(path, json=body | {"lines": [{"line": "1"}], "tender": "card"}))
    paid = {"type": "card", "amount": 69}
    shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/tenders", json=paid))
    record = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/complete"))
    shaped("Record", record)
    listed = shop.body(await shop.client.get("/v1/records", params={"kind": "refund"}))
    assert [one["exchange"]["id"] for one in listed["records"]] == [record["id"]]


async def test_a_refund_says_beforehand_what_it_comes_to(shop: Shop) -> None:
    number = (await shop.sold())["receipt_number"]
    asked = {"receipt_number": number, "tender": {"type": "cash"}}
    preview = shop.body(await shop.client.post("/v1/refunds/preview", json=asked))
    shaped("RefundPreview", preview)
    assert preview["paid"] == 50
    assert shop.body(await shop.client.get(f"/v1/records/{number}"))["lines"][0]["refundable"] == "1"


async def test_a_refund_without_a_receipt_needs_more_than_a_cashier(shop: Shop) -> None:
    asked = {"items": [{"barcode": APPLE}], "till": "till-1", "tender": {"type": "cash"}, "reason": "no receipt"}
    refusal = await shop.client.post("/v1/refunds", json=asked)
    refused(refusal, 403, "not-allowed")  # nobody is set up who could be asked: it says what can be done
    assert 'refund_without_receipt = "cashier" under [permissions]' in refusal.json()["detail"]
    shaped(
        "RefundPreview", shop.body(await shop.client.post("/v1/refunds/preview", json=asked))
    )  # looking needs no leave
    async with paired_page(shop) as page:
        shaped("RefundPreview", shop.body(await page.post("/v1/refunds/preview", json=asked)))
        record = await page.post("/v1/refunds", json=asked)
        assert (record.status_code, record.json()["original"]) == (201, None)
        for wrong in (
            {"receipt_number": "TILL-1-000001"},
            {"lines": [{"line": "1"}]},
            {"reason": None},
            {"till": None},
            {"items": [{"barcode": APPLE, "sku": "apple"}]},
            {"items": [{"name": "Lamp"}]},
            {"items": [{"sku": "apple", "tax": "standard"}]},
        ):
            assert (await page.post("/v1/refunds", json=asked | wrong)).status_code == 422


async def test_receipts_are_searched_for(shop: Shop) -> None:
    record = await shop.sold()
    number = record["receipt_number"]
    for query in ({"q": number[-4:]}, {"amount": 50}, {"day": record["business_date"], "till": "till-1"}):
        found = shop.body(await shop.client.get("/v1/records", params=query))
        shaped("Records", found)
        assert [one["receipt_number"] for one in found["records"]] == [number]
    assert not shop.body(await shop.client.get("/v1/records", params={"amount": 51}))["records"]
    wrong = await shop.client.get("/v1/records", params={"amount": 50, "kind": "sale"})
    assert wrong.status_code == 422


async def test_a_gift_receipt_is_printed_and_a_scanned_receipt_recognised(shop: Shop) -> None:
    number = (await shop.sold())["receipt_number"]
    gift = await shop.client.post(f"/v1/records/{number}/print", json={"gift": True})
    assert (gift.status_code, gift.json()["form"]) == (202, "gift")
    shaped("Job", gift.json())
    scanned = refused(await shop.client.post("/v1/tills/till-2/scan", json={"data": number}), 409, "receipt-scanned")
    assert scanned["receipt_number"] == number


async def test_what_was_seen_of_a_print_is_told(shop: Shop) -> None:
    number = (await shop.sold())["receipt_number"]
    job = shop.body(await shop.client.post(f"/v1/records/{number}/print"))["id"]
    path = f"/v1/jobs/{job}/outcome"
    refused(await shop.client.post(path, json={"whole": True}), 409, "job-not-unclear")
    refused(await shop.client.post("/v1/jobs/none/outcome", json={"whole": True}), 404, "no-such-job")
    assert (await shop.client.post(path, json={"whole": True, "again": True})).status_code == 422
    await shop.app.journal.write(
        lambda connection: connection.execute("update print_job set state = 'unknown' where id = ?", (job,))
    )
    till = shop.body(await shop.client.get("/v1/tills/till-1"))
    shaped("Till", till)
    assert till["unclear_print"]["job"] == job
    seen = shop.body(await shop.client.post(path, json={"whole": False, "again": True}))
    shaped("Job", seen)
    assert seen["state"] == "not_printed"


async def test_a_till_trains(shop: Shop) -> None:
    sold = await shop.sold()
    refused(await shop.client.post("/v1/tills/till-1/training", json={}), 403, "not-allowed")
    async with paired_page(shop) as page:
        till = shop.body(await page.post("/v1/tills/till-1/training", json={}))
        shaped("Till", till)
        assert till["training"] is True
        record = await shop.sold()
        assert (record["training"], record["receipt_number"]) == (True, "TILL-1-TRAIN000001")
        number = record["receipt_number"]
        assert shop.body(await shop.client.get(f"/v1/records/{number}"))["training"] is True
        copy = shop.body(await shop.client.post(f"/v1/records/{number}/print"))
        assert shop.body(await shop.client.get(f"/v1/jobs/{copy['id']}"))["id"] == copy["id"]
        refund = {"receipt_number": number, "till": "till-1", "tender": {"type": "cash"}}
        assert (await shop.client.post("/v1/refunds", json=refund)).json()["training"] is True
        real = {"receipt_number": sold["receipt_number"], "till": "till-1", "tender": {"type": "cash"}}
        refused(await shop.client.post("/v1/refunds", json=real), 404, "no-such-receipt")
        assert shop.body(await page.delete("/v1/tills/till-1/training"))["training"] is False
        assert shop.body(await page.delete("/v1/tills/till-1/training"))["training"] is False
        refused(await shop.client.post("/v1/refunds", json=refund), 409, "training-receipt")
    records = shop.body(await shop.client.get("/v1/records", params={"till": "till-1"}))["records"]
    assert not [record for record in records if record.get("training")]
