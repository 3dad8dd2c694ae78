"""What a till page asks for beside lines and tenders: customers, notes, ages, lots, keys, the store's own items."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.shop import APPLE, Shop, browser
from tests.api.test_api_routes import shaped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

UNKNOWN = "4006381333948"
AGED = """sku,name,price,tax,barcode,category,min_age,track
wine,Wine,5.99,,96385067,Drinks,18,
beer,Beer,1.20,,,Drinks,16,
phone,Phone,99.00,,,Devices,,serial
milk2,Baby milk,9.00,,,Food,,lot
"""


@pytest.fixture
async def aged(shop: Shop) -> Shop:
    result = await shop.app.catalogue.import_csv(AGED, currency="EUR", taxes={"standard"})
    assert result.ok, result.to_json()
    return shop


@asynccontextmanager
async def page(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A paired page: with no staff set up, whoever is at it may do everything."""
    async with browser(base_url=shop.own, headers={"Origin": shop.own}) as client:
        paired = await client.post("/v1/pairings", json={"code": shop.app.door.code.make("till")})
        assert paired.is_success, paired.text
        yield client


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_customer_is_found_put_on_a_sale_and_forgotten(shop: Shop) -> None:
    mine: dict[str, Any] = {"name": "Ada Byron", "phone": "+49 151 2345", "email": "ada@example.com", "number": "K-77"}
    ada = shop.body(await shop.client.post("/v1/customers", json=mine))
    shaped("Customer", ada)
    assert code_of(await shop.client.post("/v1/customers", json={"name": "Eve", "number": "K-77"})) == (
        409,
        "customer-number-taken",
    )
    shop.body(await shop.client.post("/v1/customers", json={"name": "Bob"}))
    for words in ("byr ada", "1512345", "k-77", "EXAMPLE.com"):
        found = shop.body(await shop.client.get("/v1/customers", params={"q": words}))
        shaped("Customers", found)
        assert [one["name"] for one in found["customers"]] == ["Ada Byron"], words
    assert len(shop.body(await shop.client.get("/v1/customers"))["customers"]) == 2
    path = f"/v1/customers/{ada['id']}"
    changed = shop.body(await shop.client.patch(path, json={"phone": None, "name": "Ada King"}))
    assert (changed["name"], changed["phone"], changed["email"]) == ("Ada King", None, "ada@example.com")
    assert shop.body(await shop.client.get(path)) == changed

    sale = await shop.rung()
    put = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/customer", json={"customer": ada["id"]}))
    shaped("Sale", put)
    assert put["customer"] == {"id": ada["id"], "name": "Ada King", "number": "K-77"}
    assert "customer" not in shop.body(await shop.client.delete(f"/v1/sales/{sale['id']}/customer"))
    shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/customer", json={"customer": ada["id"]}))
    shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/tenders", json={"type": "cash", "amount": 50}))
    record = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/complete"))
    assert record["customer"]["name"] == "Ada King"

    assert code_of(await shop.client.delete(path)) == (403, "not-allowed")
    async with page(shop) as manager:
        key = {"Idempotency-Key": "forget"}
        gone = shop.body(await manager.delete(path, headers=key))
        shaped("Removed", gone)
        assert shop.body(await manager.delete(path, headers=key)) == gone
        assert code_of(await manager.delete(path)) == (404, "no-such-customer")
    assert code_of(await shop.client.get(path)) == (404, "no-such-customer")
    assert code_of(await shop.client.post(f"/v1/sales/{sale['id']}/customer", json={"customer": ada["id"]})) == (
        404,
        "no-such-customer",
    )
    rows = shop.app.journal.reader.execute("select body from answer").fetchall()
    assert not [body for (body,) in rows if "ada@example.com" in body]
    kept = shop.body(await shop.client.get(f"/v1/records/{record['receipt_number']}"))
    assert kept["customer"] == {"id": ada["id"], "name": "Ada King", "number": "K-77"}


async def test_whoever_pays_no_tax_pays_none_while_they_are_on_the_sale(shop: Shop) -> None:
    wanted = {"name": "Embassy", "exempt_reason": "diplomat", "certificate": "D-1"}
    assert code_of(await shop.client.post("/v1/customers", json=wanted)) == (403, "not-allowed")
    async with page(shop) as manager:
        embassy = shop.body(await manager.post("/v1/customers", json=wanted))
        sale = await shop.rung()
        path = f"/v1/sales/{sale['id']}/customer"
        assert code_of(await shop.client.post(path, json={"customer": embassy["id"]})) == (403, "not-allowed")
        put = shop.body(await manager.post(path, json={"customer": embassy["id"]}))
        assert put["exemption"] == {"reason": "diplomat", "certificate": "D-1"}
        assert put["total"] < sale["total"]
        assert shop.body(await manager.delete(path))["total"] == sale["total"]


async def test_notes_stand_on_the_sale_its_lines_and_the_record(shop: Shop) -> None:
    sale = await shop.rung()
    path = f"/v1/sales/{sale['id']}"
    noted = shop.body(await shop.client.patch(path, json={"note": {"text": "gift", "printed": True}}))
    shaped("Sale", noted)
    assert noted["note"] == {"text": "gift", "printed": True}
    line = shop.body(await shop.client.patch(f"{path}/lines/1", json={"note": {"text": "no box"}}))["lines"][0]
    assert line["note"] == {"text": "no box", "printed": False}
    shop.body(await shop.client.post(f"{path}/lines", json={"barcode": APPLE}))  # a line with a note is its own
    off = shop.body(await shop.client.patch(f"{path}/lines/1", json={"note": {"text": ""}}))
    assert "note" not in off["lines"][0]
    assert code_of(await shop.client.patch(path, json={"note": {"text": "4111 1111 1111 1111"}})) == (
        422,
        "card-data",
    )
    shop.body(await shop.client.post(f"{path}/tenders", json={"type": "cash", "amount": 100}))
    assert shop.body(await shop.client.post(f"{path}/complete"))["note"]["text"] == "gift"


async def test_no_money_is_taken_before_an_age_was_asked_and_then_once_for_all(aged: Shop) -> None:
    sale = await aged.opened()
    path = f"/v1/sales/{sale['id']}"
    rung = aged.body(await aged.client.post(f"{path}/lines", json={"sku": "wine"}))
    shaped("Sale", rung)
    assert rung["lines"][0]["min_age"] == 18
    paid = {"type": "cash", "amount": 10000}
    assert code_of(await aged.client.post(f"{path}/tenders", json=paid)) == (409, "age-not-checked")
    aged.body(await aged.client.post(f"{path}/age", json={"age": 16, "how": "seen"}))
    assert code_of(await aged.client.post(f"{path}/tenders", json=paid)) == (409, "age-not-checked")
    asked = aged.body(await aged.client.post(f"{path}/age", json={"age": 18, "how": "document"}))
    shaped("Sale", asked)
    check = asked["lines"][0]["age_check"]
    assert (check["age"], check["how"], check["by"]["id"]) == (18, "document", "local")
    beer = aged.body(await aged.client.post(f"{path}/lines", json={"sku": "beer"}))["lines"][1]
    assert beer["age_check"] == check
    aged.body(await aged.client.post(f"{path}/tenders", json=paid))
    record = aged.body(await aged.client.post(f"{path}/complete"))
    assert record["lines"][0]["age_check"] == check
    trail = [body for (body,) in aged.app.journal.reader.execute("select body from audit")]
    assert len([body for body in trail if "age_check" in body]) == 2


async def test_a_line_that_asks_after_the_tender_keeps_the_sale_from_completing(aged: Shop) -> None:
    sale = await aged.rung()
    path = f"/v1/sales/{sale['id']}"
    aged.body(await aged.client.post(f"{path}/tenders", json={"type": "cash", "amount": 10000}))
    aged.body(await aged.client.post(f"{path}/lines", json={"sku": "beer"}))
    assert code_of(await aged.client.post(f"{path}/complete")) == (409, "age-not-checked")


async def test_a_serial_and_a_lot_number_are_asked_for_where_no_barcode_said_them(aged: Shop) -> None:
    sale = await aged.opened()
    path = f"/v1/sales/{sale['id']}"
    aged.body(await aged.client.post(f"{path}/lines", json={"sku": "phone"}))
    aged.body(await aged.client.post(f"{path}/lines", json={"sku": "phone"}))
    aged.body(await aged.client.post(f"{path}/lines", json={"sku": "milk2", "quantity": "2"}))
    paid = {"type": "cash", "amount": 100000}
    assert code_of(await aged.client.post(f"{path}/tenders", json=paid)) == (409, "mark-needed")
    aged.body(await aged.client.patch(f"{path}/lines/1", json={"serial": "SN 1"}))
    twice = await aged.client.patch(f"{path}/lines/2", json={"serial": "SN 1"})
    assert code_of(twice) == (409, "serial-twice")
    aged.body(await aged.client.patch(f"{path}/lines/2", json={"serial": "SN-2"}))
    assert code_of(await aged.client.patch(f"{path}/lines/3", json={"lot": "Charge Ä"})) == (
        422,
        "text-unreadable",
    )
    marked = aged.body(await aged.client.patch(f"{path}/lines/3", json={"lot": "L7"}))
    assert [(line["serial"], line["lot"]) for line in marked["lines"]] == [("SN 1", None), ("SN-2", None), (None, "L7")]
    aged.body(await aged.client.post(f"{path}/tenders", json=paid))
    assert aged.body(await aged.client.post(f"{path}/complete"))["lines"][0]["serial"] == "SN 1"


async def test_two_of_an_item_with_serial_numbers_are_two_lines(aged: Shop) -> None:
    sale = await aged.opened()
    path = f"/v1/sales/{sale['id']}"
    aged.body(await aged.client.post(f"{path}/lines", json={"sku": "phone", "quantity": "2"}))
    assert code_of(await aged.client.patch(f"{path}/lines/1", json={"serial": "A"})) == (409, "serial-twice")


async def test_who_parked_a_sale_and_when_stands_on_it_until_it_is_back(shop: Shop) -> None:
    sale = await shop.rung()
    path = f"/v1/sales/{sale['id']}"
    parked = shop.body(await shop.client.post(f"{path}/park", json={"label": "blue hat"}))
    shaped("Sale", parked)
    assert parked["parked"]["by"] == {"id": "local", "name": "this PC"}
    assert "parked" not in shop.body(await shop.client.post(f"{path}/resume"))


async def test_what_was_unknown_is_known_from_the_next_scan_on(shop: Shop) -> None:
    jam = {"barcode": UNKNOWN, "name": "Jam", "price": 350, "category": "Pantry"}
    assert code_of(await shop.client.post("/v1/items", json=jam)) == (403, "not-allowed")
    async with page(shop) as manager:
        made = await manager.post("/v1/items", json=jam, headers={"Idempotency-Key": "jam"})
        shaped("Item", shop.body(made))
        assert made.status_code == 201
        again = await manager.post("/v1/items", json=jam, headers={"Idempotency-Key": "jam"})
        assert again.json() == made.json()
        assert (await shop.rung(UNKNOWN))["lines"][0]["name"] == "Jam"
        taken = await manager.post("/v1/items", json=jam | {"barcode": APPLE})
        assert code_of(taken) == (409, "item-taken")
        assert taken.json()["sku"] == "apple"
        assert code_of(await manager.post("/v1/items", json=jam | {"tax": "none"})) == (422, "no-such-tax")
        assert code_of(await manager.post("/v1/items", json=jam | {"barcode": "4006381333949"})) == (
            422,
            "scan-refused",
        )
        assert code_of(await manager.delete("/v1/items/apple")) == (409, "not-made-here")
        shaped("Removed", shop.body(await manager.delete(f"/v1/items/{made.json()['sku']}")))
        assert code_of(await manager.delete(f"/v1/items/{made.json()['sku']}")) == (404, "no-such-item")
    assert code_of(await shop.client.get(f"/v1/barcodes/{UNKNOWN}")) == (404, "no-such-barcode")


async def test_categories_and_their_items(aged: Shop) -> None:
    found = aged.body(await aged.client.get("/v1/categories"))
    shaped("Categories", found)
    assert found["categories"] == ["Devices", "Drinks", "Food"]
    drinks = aged.body(await aged.client.get("/v1/items", params={"category": "Drinks", "limit": 1, "offset": 1}))
    shaped("Items", drinks)
    assert [item["sku"] for item in drinks["items"]] == ["wine"]
    rest = aged.body(await aged.client.get("/v1/items", params={"category": ""}))
    assert "apple" in [item["sku"] for item in rest["items"]]


async def test_keys_are_the_catalogues_until_somebody_arranges_them(aged: Shop) -> None:
    path = "/v1/tills/till-1/keys"
    first = aged.body(await aged.client.get(path))
    shaped("QuickKeys", first)
    assert (first["scope"], first["revision"]) == ("catalogue", 0)
    assert [page["title"] for page in first["pages"]] == ["Devices", "Drinks", "Food", None]
    mine = {
        "title": "Mine",
        "colour": 3,
        "keys": [{"at": 5, "sku": "wine"}, {"at": 0, "category": "Food", "text": "Eat"}],
    }
    store = {"scope": "store", "revision": 0, "pages": [mine]}
    assert code_of(await aged.client.put(path, json=store)) == (403, "not-allowed")
    async with page(aged) as manager:
        kept = aged.body(await manager.put(path, json=store))
        shaped("Arranged", kept)
        assert kept == {"till": "till-1", "scope": "store", "revision": 1}
        assert code_of(await manager.put(path, json=store)) == (409, "keys-changed")
        shown = aged.body(await aged.client.get("/v1/tills/till-2/keys"))
        shaped("QuickKeys", shown)
        wine, food = shown["pages"][0]["keys"]
        assert (wine["at"], wine["name"], wine["price"]) == (5, "Wine", 599)
        assert (food["category"], food["text"], food["price"]) == ("Food", "Eat", None)
        own = {"scope": "till", "revision": 1, "pages": [{"title": "Own", "keys": [{"at": 0, "sku": "gone"}]}]}
        assert aged.body(await manager.put("/v1/tills/till-2/keys", json=own))["scope"] == "till"
        assert aged.body(await aged.client.get(path))["scope"] == "store"
        gone = aged.body(await aged.client.get("/v1/tills/till-2/keys"))["pages"][0]["keys"][0]
        assert (gone["sku"], gone["name"], gone["price"]) == ("gone", None, None)
        back = {"scope": "till", "revision": 2, "pages": []}
        assert aged.body(await manager.put("/v1/tills/till-2/keys", json=back))["scope"] == "store"
        none = {"scope": "store", "revision": 1, "pages": []}
        cleared = aged.body(await manager.put(path, json=none))
        assert (cleared["scope"], cleared["revision"]) == ("catalogue", 4)
        assert code_of(await manager.put(path, json=store)) == (409, "keys-changed")  # as it was read at first
    trail = [body for (body,) in aged.app.journal.reader.execute("select body from audit")]
    assert len([body for body in trail if "keys_arrange" in body]) == 4


async def test_what_another_till_arranged_for_the_store_is_not_put_away_unseen(aged: Shop) -> None:
    own = {"scope": "till", "revision": 0, "pages": [{"title": "Own", "keys": [{"at": 0, "sku": "wine"}]}]}
    async with page(aged) as manager:
        seen = aged.body(await manager.put("/v1/tills/till-1/keys", json=own))
        aged.body(await manager.put("/v1/tills/till-2/keys", json=own | {"scope": "store"}))
        late = own | {"scope": "store", "revision": seen["revision"]}
        assert code_of(await manager.put("/v1/tills/till-1/keys", json=late)) == (409, "keys-changed")
        now = aged.body(await manager.get("/v1/tills/till-1/keys"))
        assert (now["scope"], now["revision"]) == ("till", 2)
        aged.body(await manager.put("/v1/tills/till-1/keys", json=late | {"revision": now["revision"]}))
        assert aged.body(await manager.get("/v1/tills/till-1/keys"))["scope"] == "store"


@pytest.mark.parametrize(
    "key",
    [{"at": 0}, {"at": 0, "sku": "a", "category": "b"}, {"at": 120, "sku": "a"}, {"at": -1, "sku": "a"}],
)
async def test_an_arrangement_that_makes_no_sense_is_refused(shop: Shop, key: dict[str, Any]) -> None:
    async with page(shop) as manager:
        body = {"scope": "till", "revision": 0, "pages": [{"title": "A", "keys": [key]}]}
        refused = await manager.put("/v1/tills/till-1/keys", json=body)
        assert code_of(refused) == (422, "invalid-request")


async def test_five_hundred_keys_fit(shop: Shop) -> None:
    pages = [
        {"title": f"Page {number}", "keys": [{"at": at, "sku": "apple", "text": f"Key {at}"} for at in range(100)]}
        for number in range(5)
    ]
    async with page(shop) as manager:
        shop.body(await manager.put("/v1/tills/till-1/keys", json={"scope": "store", "revision": 0, "pages": pages}))
    shown = shop.body(await shop.client.get("/v1/tills/till-1/keys"))
    assert sum(len(one["keys"]) for one in shown["pages"]) == 500


async def test_with_many_categories_the_first_page_has_a_key_for_each(shop: Shop) -> None:
    rows = [f"c{number},Item {number},1.00,Category {number:02d}" for number in range(12)]
    text = "\n".join(["sku,name,price,category", *rows])
    assert (await shop.app.catalogue.import_csv(text, currency="EUR", taxes=set())).ok
    (only,) = shop.body(await shop.client.get("/v1/tills/till-1/keys"))["pages"]
    assert [key["category"] for key in only["keys"]] == [f"Category {number:02d}" for number in range(12)]
