import asyncio
import json
from typing import Any

import jsonschema
import pytest

from agent.api import openapi
from agent.api.documents import with_documents
from agent.api.table import ROUTES
from tests.api.shop import APPLE, MILK, Shop, browser

DOCUMENT = openapi.document(with_documents(ROUTES), "test")


def shaped(name: str, answer: object) -> None:
    """Hold an answer against the shape that /docs promises."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema.validate(answer, schema, jsonschema.Draft202012Validator)


async def test_a_sale_from_scan_to_record(shop: Shop) -> None:
    till = shop.body(await shop.client.get("/v1/tills/till-1"))
    shaped("Till", till)
    assert till["sale"] is None
    sale = await shop.rung()
    shaped("Sale", sale)
    assert (sale["total"], sale["lines"][0]["name"], sale["state"]) == (50, "Apple", "open")
    assert shop.body(await shop.client.get("/v1/tills/till-1"))["sale"] == sale

    path = f"/v1/sales/{sale['id']}"
    sale = shop.body(await shop.client.post(f"{path}/lines", json={"sku": "milk", "quantity": "2"}))
    open_item = {"name": "Bag", "price": 10, "tax": "standard"}
    sale = shop.body(await shop.client.post(f"{path}/lines", json=open_item))
    assert sale["total"] == 50 + 2 * 119 + 10
    changed = await shop.client.patch(f"{path}/lines/2", json={"quantity": "1"})
    assert shop.body(changed)["total"] == 50 + 119 + 10
    cheaper = await shop.client.patch(f"{path}/lines/2", json={"price": 100, "price_reason": "dented"})
    assert shop.body(cheaper)["total"] == 50 + 100 + 10
    assert shop.body(await shop.client.delete(f"{path}/lines/3"))["total"] == 150
    discounted = shop.body(await shop.client.post(f"{path}/discounts", json={"percent": "10", "reason": "regular"}))
    assert discounted["total"] == 135
    shaped("Sale", discounted)
    discount = discounted["discounts"][0]["id"]
    assert shop.body(await shop.client.delete(f"{path}/discounts/{discount}"))["total"] == 150

    paid = shop.body(
        await shop.client.post(f"{path}/tenders", json={"type": "card", "amount": 50, "reference": "slip 1"})
    )
    assert paid["due"] == 100
    assert shop.body(await shop.client.delete(f"{path}/tenders/1"))["due"] == 150
    paid = shop.body(await shop.client.post(f"{path}/tenders", json={"type": "cash", "amount": 200}))
    shaped("Sale", paid)
    assert (paid["due"], paid["change"]) == (0, 50)
    record = shop.body(await shop.client.post(f"{path}/complete"))
    shaped("Record", record)
    assert (record["kind"], record["total"]) == ("sale", 150)

    number = record["receipt_number"]
    shown = shop.body(await shop.client.get(f"/v1/records/{number}"))
    shaped("Record", shown)
    assert shown["id"] == record["id"]
    listed = shop.body(await shop.client.get("/v1/records", params={"kind": "sale", "limit": 1}))
    shaped("Records", listed)
    assert [one["id"] for one in listed["records"]] == [record["id"]]
    assert shop.body(await shop.client.get(path))["receipt_number"] == number

    refund = await shop.client.post("/v1/refunds", json={"receipt_number": number, "tender": {"type": "cash"}})
    assert refund.status_code == 201
    shaped("Record", refund.json())
    copy = await shop.client.post(f"/v1/records/{number}/print")
    assert copy.status_code == 202
    shaped("Job", copy.json())


async def test_a_parked_sale_is_listed_and_taken_up_again(shop: Shop) -> None:
    sale = await shop.rung()
    path = f"/v1/sales/{sale['id']}"
    assert shop.body(await shop.client.post(f"{path}/park", json={"label": "blue hat"}))["state"] == "parked"
    parked = shop.body(await shop.client.get("/v1/tills/till-1/parked"))
    shaped("Sales", parked)
    assert [one["label"] for one in parked["sales"]] == ["blue hat"]
    assert shop.body(await shop.client.post(f"{path}/resume"))["state"] == "open"
    void = shop.body(await shop.client.post(f"{path}/void", json={"reason": "went away"}))
    shaped("Record", void)
    assert void["kind"] == "void"


async def test_opening_a_sale_twice_is_the_same_sale(shop: Shop) -> None:
    first = await shop.client.post("/v1/sales", json={"till": "till-2"})
    second = await shop.client.post("/v1/sales", json={"till": "till-2"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


async def test_the_catalogue_is_found_by_name_sku_and_barcode(shop: Shop) -> None:
    found = shop.body(await shop.client.get("/v1/items", params={"q": "mil"}))
    shaped("Items", found)
    assert [item["sku"] for item in found["items"]] == ["milk"]
    for path in ("/v1/items/apple", f"/v1/barcodes/{APPLE}", f"/v1/barcodes/0{APPLE}", f"/v1/barcodes/%5DE0{APPLE}"):
        item = shop.body(await shop.client.get(path))
        shaped("Item", item)
        assert item["sku"] == "apple", path
    assert shop.body(await shop.client.get(f"/v1/barcodes/{MILK}"))["sku"] == "milk"
    assert shop.body(await shop.client.get("/v1/items/a/b"))["name"] == "Slashed"
    assert shop.body(await shop.client.get("/v1/items/a%2Fb"))["name"] == "Slashed"
    for path, code in (("/v1/items/none", "no-such-item"), ("/v1/barcodes/4006381333948", "no-such-barcode")):
        answer = await shop.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_a_shift_is_opened_reported_and_closed(shop: Shop) -> None:
    opened = await shop.client.post("/v1/shifts", json={"till": "till-1", "float": 10000})
    assert opened.status_code == 201
    shaped("ShiftRecord", opened.json())
    await shop.sold()
    report = shop.body(await shop.client.get("/v1/shifts/current/report", params={"till": "till-1"}))
    shaped("ShiftReport", report)
    assert report["expected_cash"] == 10050
    closed = await shop.client.post("/v1/shifts/current/close", json={"till": "till-1", "counted": 10040})
    shaped("ShiftRecord", shop.body(closed))
    assert closed.json()["over"] == -10
    again = await shop.client.get("/v1/shifts/current/report", params={"till": "till-1"})
    assert (again.status_code, again.json()["code"]) == (409, "no-shift")


async def test_devices_are_shown_and_tested(shop: Shop) -> None:
    shaped("Devices", shop.body(await shop.client.get("/v1/devices")))
    shaped("Status", shop.body(await shop.client.get("/v1/status")))
    shaped("Tills", shop.body(await shop.client.get("/v1/tills")))
    shaped("Outbox", shop.body(await shop.client.get("/v1/outbox")))
    shaped("Job", shop.body(await shop.client.post("/v1/devices/receipt/test")))
    kicked = shop.body(await shop.client.post("/v1/tills/till-1/drawer", json={"reason": "change for the bus"}))
    shaped("Record", kicked)
    assert kicked["kind"] == "drawer"


async def test_what_is_plugged_in_and_what_goes_over_a_wire(shop: Shop) -> None:
    shaped("Plugged", shop.body(await shop.client.get("/v1/devices/found")))
    off = shop.body(await shop.client.get("/v1/devices/receipt/trace"))
    shaped("Trace", off)
    assert off["on"] is False
    shaped("Trace", shop.body(await shop.client.post("/v1/devices/receipt/trace", json={"on": True})))
    await shop.client.post("/v1/devices/receipt/test")
    async with asyncio.timeout(10):
        while not (on := shop.body(await shop.client.get("/v1/devices/receipt/trace")))["wire"]:
            await asyncio.sleep(0.01)
    shaped("Trace", on)
    refused = await shop.client.post("/v1/devices/drawer/trace", json={"on": True})
    assert (refused.status_code, refused.json()["code"]) == (404, "no-such-device")


async def test_another_front_end_prints_a_document(shop: Shop) -> None:
    document = [{"type": "text", "text": "Hello"}, {"type": "cut"}]
    answer = await shop.client.post("/v1/printers/receipt/jobs", json={"document": document})
    assert answer.status_code == 202, answer.text
    shaped("Job", answer.json())
    job = answer.json()
    async with asyncio.timeout(10):
        while job["state"] == "pending":
            await asyncio.sleep(0.02)
            job = shop.body(await shop.client.get(f"/v1/jobs/{job['id']}"))
    assert job["state"] == "printed", job
    for item in ({"type": "smoke"}, {"type": "image", "png": "é"}, {"type": "image", "png": "AAAA"}, {}):
        wrong = await shop.client.post("/v1/printers/receipt/jobs", json={"document": [item]})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "document"), item


async def test_health_is_for_anyone_and_says_nothing_private(shop: Shop) -> None:
    answer = await shop.stranger.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_figures_are_prometheus_text(shop: Shop) -> None:
    await shop.sold()
    answer = await shop.client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    for line in lines:
        assert line.startswith(("# HELP stillopen_", "# TYPE stillopen_")) or float(line.rpartition(" ")[2]) >= 0
    assert 'stillopen_records_total{kind="sale"} 1' in lines
    assert "stillopen_selling 1" in lines
    assert any(line.startswith('stillopen_device_up{device="receipt",kind="printer"}') for line in lines)
    assert (await shop.stranger.get("/metrics")).status_code == 401


async def test_head_is_get_without_a_body(shop: Shop) -> None:
    answer = await shop.client.head("/v1/status")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await shop.stranger.head("/")).status_code == 200


async def test_the_descriptions_are_for_anyone(shop: Shop) -> None:
    described = shop.body(await shop.stranger.get("/openapi.json"))
    assert described == json.loads(json.dumps(openapi.document(with_documents(ROUTES), shop.app.version)))
    page = await shop.stranger.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script" not in page.headers["content-security-policy"]
    style = await shop.stranger.get("/docs/style.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"


async def test_the_till_page_is_served_with_a_strict_policy(shop: Shop) -> None:
    page = await shop.stranger.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    icon = await shop.stranger.get("/static/icon.svg")
    assert icon.headers["content-type"] == "image/svg+xml"
    fresh = await shop.stranger.get("/static/icon.svg", headers={"If-None-Match": icon.headers["etag"]})
    assert fresh.status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/", "/static/none.js", "/static/../app.py", "/static/%2e%2e/app.py", "/favicon.ico"]
)
async def test_nothing_else_is_served_to_strangers(shop: Shop, path: str) -> None:
    answer = await shop.stranger.get(path)
    assert answer.status_code in {401, 404}
    assert "import" not in answer.text


async def test_unknown_paths_and_methods_say_where_to_look(shop: Shop) -> None:
    missing = await shop.client.get("/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "no-such-path")
    assert missing.headers["content-type"] == "application/problem+json"
    wrong = await shop.client.put("/v1/sales/1/lines/1")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (
        405,
        "method-not-allowed",
        "DELETE, PATCH",
    )
    events = await shop.client.get("/v1/events")
    assert (events.status_code, events.json()["code"]) == (426, "websocket-needed")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=many", "limit"),
        ("before=99999999999999999999", "before"),
        ("kind=gossip", "kind"),
        ("token=abc", "token"),
    ],
)
async def test_a_query_is_held_to_what_there_is(shop: Shop, query: str, field: str) -> None:
    answer = await shop.client.get(f"/v1/records?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_a_parameter_given_twice_is_refused(shop: Shop) -> None:
    answer = await shop.client.get("/v1/records?limit=1&limit=2")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_a_fault_of_ours_is_told_by_an_id_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> dict[str, Any]:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(shop.app, "status", broken)
    answer = await shop.client.get("/v1/status")
    assert (answer.status_code, answer.json()["code"]) == (500, "bug")
    assert "secret detail" not in answer.text
    assert answer.json()["reference"] in caplog.text
    assert "secret detail" in caplog.text


async def test_slow_readers_of_a_port_do_not_keep_others_waiting(shop: Shop) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", shop.server.port)
    writer.write(b"POST /v1/sales HTTP/1.1\r\nHost: localhost")  # and never a word more
    await writer.drain()
    assert (await shop.client.get("/v1/status")).status_code == 200
    writer.close()
    await writer.wait_closed()


async def test_both_loopbacks_are_ours(shop: Shop) -> None:
    async with browser() as client:
        for host in ("127.0.0.1", "[::1]", "localhost"):
            answer = await client.get(f"http://{host}:{shop.server.port}/healthz")
            assert answer.status_code == 200, host
