"""A sale as a Shopify order, and what Shopify made of it.

Shopify believes the amounts it is given: lines at their net prices, taxes as the receipt has them, a transaction a
tender. What comes off the order as a whole (empties, a cash rounding downwards) is its one discount code, and then the
prices hold all taxes, since a code comes off before taxes are added. A rounding upwards is a line.
Source: the schema 2026-07, `OrderCreateOrderInput`; its description of `orderCreate` for the one discount code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.lines import line_item, pieces, tax_total
from outbox.clouds.shopify.plan import Place, inner, minor, moment, money
from outbox.clouds.tendered import payments, to_be_paid
from outbox.money import format_amount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import ItemRef
    from outbox.record import Record

TAG = "stillopen"
ROUNDING = "Cash rounding"
EMPTIES = "Empties"


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as Shopify answers it. Amounts in minor units of the store's currency."""

    id: str
    record_id: str | None  # ours, from its sourceIdentifier
    created_at: str
    total: int
    tax: int
    currency: str

    def refs(self) -> dict[str, str]:
        """Return what is kept of it."""
        return {"order": self.id, "total": str(self.total), "tax": str(self.tax), "currency": self.currency}


def order(record: Record, place: Place, items: Mapping[str, ItemRef], customer: str | None = None) -> dict[str, Any]:
    """Return the `OrderCreateOrderInput`; `items` link lines to variants, `customer` is Shopify's id of theirs.

    Raises `ValueError` with a reason.
    """
    body, currency = record.body, record.body["currency"]
    if to_be_paid(body) < 0:
        raise ValueError("more was paid out for empties than the goods cost")
    off = {EMPTIES: paid_for_empties(body), ROUNDING: -min(int(body.get("rounding") or 0), 0)}
    off = {name: amount for name, amount in off.items() if amount}
    included = bool(body["prices_include_tax"]) or bool(off)
    lines = [line_item(piece, currency, items) for piece in pieces(body, included=included)]
    if int(body.get("rounding") or 0) > 0:
        lines.append(_rounding_up(int(body["rounding"]), currency))
    made: dict[str, Any] = {
        "currency": currency,
        "processedAt": moment(record.occurred_at),
        "sourceIdentifier": record.id,
        "name": record.receipt_number or record.id,
        "tags": [TAG],
        "customAttributes": [{"key": key, "value": value} for key, value in _attributes(record, place).items()],
        "taxesIncluded": included,
        "financialStatus": "PAID",
        "lineItems": lines,
        "transactions": _transactions(record, place),
    }
    if place.stock == "order":
        made["fulfillment"] = {"locationId": place.location_id, "notifyCustomer": False}
    else:
        made["fulfillmentStatus"] = "FULFILLED"
    if customer is not None:
        made["customer"] = {"toAssociate": {"id": customer}}
    if isinstance(body.get("note"), dict):
        made["note"] = str(body["note"]["text"])
    if off:
        fixed = {"code": " and ".join(off), "amountSet": money(sum(off.values()), currency)}
        made["discountCode"] = {"itemFixedDiscountCode": fixed}
    return made


def paid_for_empties(body: Mapping[str, Any]) -> int:
    """Return what the empties gave, with the taxes on top of it."""
    empties = [line for line in body["lines"] if line.get("empties")]
    return -sum(int(line["net"]) + tax_total(line, body, included=False) for line in empties)


def seen(value: Any, currency: str) -> OrderSeen | None:
    """Read an order out of an answer; None where it is not one."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return None
    total, tax = minor(value.get("totalPriceSet"), currency), minor(value.get("totalTaxSet"), currency)
    said = inner(value, "totalPriceSet", "shopMoney").get("currencyCode")
    if total is None or not isinstance(said, str):
        return None
    source = value.get("sourceIdentifier")
    own = source if isinstance(source, str) else None
    return OrderSeen(value["id"], own, str(value.get("createdAt") or ""), total, tax or 0, said)


def _rounding_up(amount: int, currency: str) -> dict[str, Any]:
    return {
        "title": ROUNDING,
        "quantity": 1,
        "priceSet": money(amount, currency),
        "requiresShipping": False,
        "taxable": False,
    }


def _transactions(record: Record, place: Place) -> list[dict[str, Any]]:
    currency, at = record.body["currency"], moment(record.occurred_at)
    return [
        {
            "kind": "SALE",
            "status": "SUCCESS",
            "gateway": place.gateway(part.type),
            "amountSet": money(part.amount, currency),
            "processedAt": at,
            "locationId": place.location_id,
        }
        | ({"authorizationCode": part.reference} if part.reference else {})
        for part in payments(record.body)
    ]


def _attributes(record: Record, place: Place) -> dict[str, str]:
    """Return what Shopify shows beside the order, for whoever looks at it there."""
    body = record.body
    said = {"Receipt": record.receipt_number or "", "Till": record.till, "Sold at": record.occurred_at}
    customer, exemption, exchange = (body.get(name) for name in ("customer", "exemption", "exchange"))
    if isinstance(customer, dict) and place.customers:
        said |= {"Customer": customer["name"], "Customer number": customer.get("number") or ""}
        said["Customer id"] = customer["id"]
    if isinstance(exemption, dict):
        said |= {"Tax exemption": exemption["reason"], "Certificate": exemption.get("certificate") or ""}
    if isinstance(exchange, dict):
        said["Exchanged for receipt"] = exchange.get("receipt_number") or ""
    if body.get("tips"):
        said["Tip"] = format_amount(int(body["tips"]), body["currency"])
    said["Chain"] = record.hash.hex()
    return {key: str(value) for key, value in said.items() if value}
