"""A card number typed where a text is taken: refused, not repeated, and kept nowhere."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.shop import APPLE
from tests.api.test_api_door import paired_page
from tests.staff.cheap import cheap_pins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.shop import Shop

CARD = "4111 1111 1111 1111"  # a test number that no bank gives out
PLAIN = CARD.replace(" ", "")
TEXT = f"Visa {CARD}"
PIN = "408215"


def keys(key: dict[str, Any]) -> dict[str, Any]:
    return {"scope": "till", "revision": 0, "pages": [{"title": "A", "keys": [key]}]}


def asked(sale: str, number: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return a request for every free text there is."""
    lines = f"/v1/sales/{sale}/lines"
    note = {"note": {"text": TEXT}}
    return [
        ("PATCH", f"/v1/sales/{sale}", note),
        ("POST", lines, {"name": TEXT, "price": 10, "tax": "standard"}),
        ("POST", lines, {"sku": "milk", "price": 1, "price_reason": TEXT}),
        ("PATCH", f"{lines}/1", note),
        ("PATCH", f"{lines}/1", {"serial": CARD}),
        ("PATCH", f"{lines}/1", {"lot": CARD}),
        ("PATCH", f"{lines}/1", {"price": 1, "price_reason": TEXT}),
        ("POST", f"/v1/sales/{sale}/discounts", {"percent": "5", "reason": TEXT}),
        ("POST", f"/v1/sales/{sale}/exemption", {"reason": TEXT}),
        ("POST", f"/v1/sales/{sale}/exemption", {"reason": "charity", "certificate": CARD}),
        ("PUT", f"/v1/sales/{sale}/taken-back", {"receipt_number": number, "reason": TEXT}),
        ("POST", f"/v1/sales/{sale}/tenders", {"type": "card", "amount": 1, "reference": CARD}),
        ("POST", f"/v1/sales/{sale}/park", {"label": TEXT}),
        ("POST", f"/v1/sales/{sale}/void", {"reason": TEXT}),
        ("POST", "/v1/tills/till-1/scan", {"data": PLAIN}),
        ("POST", lines, {"barcode": APPLE, "expired_reason": TEXT}),
        ("POST", "/v1/tills/till-1/drawer", {"reason": TEXT}),
        ("POST", "/v1/refunds", {"receipt_number": number, "tender": {"type": "card", "reference": CARD}}),
        ("POST", "/v1/refunds", {"receipt_number": number, "tender": {"type": "cash"}, "reason": TEXT}),
        ("POST", "/v1/items", {"name": TEXT, "price": 100, "tax": "standard"}),
        ("POST", "/v1/items", {"name": "Jam", "price": 100, "category": TEXT, "tax": "standard"}),
        ("POST", "/v1/items", {"name": "Jam", "price": 100, "sku": PLAIN, "tax": "standard"}),
        ("POST", "/v1/items", {"name": "Jam", "price": 100, "barcode": PLAIN, "tax": "standard"}),
        ("PUT", "/v1/tills/till-1/keys", {"scope": "till", "revision": 0, "pages": [{"title": TEXT, "keys": []}]}),
        ("POST", "/v1/customers", {"name": TEXT}),
        ("POST", "/v1/customers", {"name": "Ada", "phone": CARD}),
        ("POST", "/v1/customers", {"name": "Ada", "number": PLAIN}),
        ("POST", "/v1/customers", {"name": "Ada", "exempt_reason": TEXT, "certificate": "7"}),
        ("POST", "/v1/customers", {"name": "Ada", "exempt_reason": "charity", "certificate": CARD}),
        ("POST", "/v1/staff", {"name": TEXT, "role": "cashier", "pin": "739164"}),
        ("POST", "/v1/shifts/current/cash", {"till": "till-1", "direction": "in", "amount": 1, "reason": TEXT}),
        ("POST", "/v1/shifts/current/close", {"till": "till-1", "counted": 0, "reason": TEXT}),
        ("POST", "/v1/line/offline", {"reason": TEXT}),
        ("POST", "/v1/line/online", {"reason": TEXT}),
        ("POST", "/v1/claims", {"device": "receipt", "name": TEXT}),
        ("POST", "/v1/printers/receipt/jobs", {"document": [{"type": "text", "text": TEXT}]}),
        ("POST", "/v1/printers/receipt/jobs", {"document": [{"type": "row", "left": "Visa", "right": CARD}]}),
        ("POST", "/v1/printers/receipt/jobs", {"raw": base64.b64encode(CARD.encode()).decode()}),
        ("PUT", "/v1/tills/till-1/keys", keys({"at": 0, "category": TEXT})),
        ("PUT", "/v1/tills/till-1/keys", keys({"at": 0, "sku": PLAIN})),
        ("POST", "/v1/displays/none/show", {"lines": [CARD], "claim": "none"}),
        ("POST", "/v1/outbox/none/settle", {"reason": TEXT}),
        ("PUT", "/v1/setup", {"store": {"receipt_header": [TEXT]}}),
    ]


async def test_a_card_number_is_taken_in_no_text(shop: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await cheap_pins(shop.app)
    async with paired_page(shop) as page:
        shop.body(await page.post("/v1/staff", json={"name": "Mia", "role": "manager", "pin": PIN}))
        shop.body(await page.post("/v1/sign-in", json={"pin": PIN}))
        number = (await shop.sold())["receipt_number"]
        sale = (await shop.rung())["id"]
        wrong = []
        for method, path, body in asked(sale, number):
            answer = await page.request(method, path, json=body)
            if answer.status_code != 422 or answer.json()["code"] != "card-data" or "1111" in answer.text:
                wrong.append(f"{method} {path} {body}: {answer.text}")
    local = await shop.client.post("/v1/pairing-codes", json={"name": TEXT})
    assert local.json()["code"] == "card-data"
    kept = [file.name for file in tmp_path.rglob("*") if file.is_file() and b"1111" in file.read_bytes()]
    assert (wrong, kept, "1111" in caplog.text) == ([], [], False)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/sales/{sale}/lines", {"sku": PLAIN}),
        ("POST", "/v1/refunds", {"receipt_number": PLAIN, "tender": {"type": "cash"}}),
        ("POST", f"/v1/sales/{PLAIN}/void", {}),
        ("POST", "/v1/sales", {"till": PLAIN}),
        ("POST", "/v1/sales/{sale}/tenders", {"type": "cash", "amount": "4111.1111.1111.1111"}),
        ("POST", "/v1/sales/{sale}/tenders", {"type": "cash", "amount": "4111  1111  1111  1111"}),
    ],
)
async def test_a_refusal_that_names_one_is_not_kept_for_a_repeat(
    shop: Shop, tmp_path: Path, method: str, path: str, body: dict[str, Any]
) -> None:
    path = path.replace("{sale}", (await shop.rung())["id"])
    answer = await shop.client.request(method, path, json=body, headers={"Idempotency-Key": "once"})
    assert answer.is_client_error
    await shop.rung()  # whatever was to be kept is on the disk by then
    assert [file.name for file in tmp_path.rglob("*") if file.is_file() and b"1111" in file.read_bytes()] == []
