"""A sale as a WooCommerce order, and what WooCommerce made of it.

It has one payment method an order and no time of sale that can be set: the tenders, and when it was, are meta data. No
address is sent, so that it works the taxes out from where the shop is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.tendered import payments, to_be_paid
from outbox.clouds.woocommerce import lines
from outbox.clouds.woocommerce.plan import (
    ID_META,
    LINE_META,
    PART_META,
    RECORD_ID,
    TITLES,
    Place,
    listed,
    meta,
    meta_value,
    minor,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Fact

    Body = Mapping[str, Any]

ACCOUNT_DIGITS_MAX = 18  # of a WordPress user's id, an unsigned 64-bit number


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as WooCommerce answers it. Amounts in minor units."""

    id: str
    record_id: str | None  # ours
    status: str
    total: int
    tax: int
    costs: int  # what its lines and fees above 0 come to, without tax
    taxed: int  # the taxes on those
    parts: frozenset[str]  # the fees of ours that are no lines of the till's
    unlinked: tuple[str, ...]  # the till's ids of lines in which WooCommerce knows no product

    def refs(self, which: str) -> dict[str, str]:
        """Return what later steps need of it, under names of this sighting's own."""
        amounts = {"total": self.total, "tax": self.tax, "costs": self.costs, "taxed": self.taxed}
        own = {"order": self.id, f"status-{which}": self.status, "unlinked": " ".join(self.unlinked)}
        return own | {f"{name}-{which}": str(amount) for name, amount in amounts.items()}


def wanted(body: Body) -> int:
    """Return what the order has to come to: what was paid, tips and cash rounding included."""
    return to_be_paid(body) + int(body.get("tips") or 0)


def order(fact: Fact, place: Place) -> dict[str, Any]:
    """Return the order. Raises `Unmapped`."""
    record, body = fact.record, fact.record.body
    customer, exemption, note = (body.get(name) or {} for name in ("customer", "exemption", "note"))
    made: dict[str, Any] = {
        "status": "completed",
        "set_paid": True,
        "currency": body["currency"],
        "transaction_id": record.id,
        "billing": billing(body),
        "line_items": lines.products(body, fact.items, place),
        "fee_lines": lines.fees(body, fact.items, place),
        "meta_data": meta(
            id=record.id,
            sold_at=record.occurred_at,
            till=record.till,
            receipt=record.receipt_number,
            chain=record.hash.hex(),
            tenders=_tenders(body),
            customer=customer.get("id"),
            customer_number=customer.get("number"),
            exempt=exemption.get("reason"),
            certificate=exemption.get("certificate"),
            note=None if note.get("printed") else note.get("text"),
        ),
    }
    if (account := _account(fact, place)) is not None:
        made["customer_id"] = account
    if note.get("printed"):  # the shop shows it to the customer, as the receipt does
        made["customer_note"] = str(note["text"])
    return made | _paid_by(body, place)


def billing(body: Body) -> dict[str, str]:
    """Return whom the order is for: by name, and never by an address."""
    return {"first_name": str((body.get("customer") or {}).get("name") or "")}


def spelled(body: Body, place: Place) -> str:
    """Return the tenders in words: `Cash 10.00, Card 2.50 (slip 0042)`."""
    parts = (
        f"{_title(part.type)} {text(part.amount, place.currency)}" + (f" ({part.reference})" if part.reference else "")
        for part in payments(body)
    )
    return ", ".join(parts)


def seen(value: Any, currency: str) -> OrderSeen | None:
    """Read an order out of an answer; None where it is not one."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), int) or not isinstance(value.get("status"), str):
        return None
    total, tax = minor(value.get("total"), currency), minor(value.get("total_tax"), currency)
    if total is None or tax is None:
        return None
    costs = taxed = 0
    for line in listed(value, "line_items") + listed(value, "fee_lines"):
        if (amount := minor(line.get("total"), currency) or 0) > 0:
            costs += amount
            taxed += minor(line.get("total_tax"), currency) or 0
    parts = (meta_value(fee, PART_META) for fee in listed(value, "fee_lines"))
    bare = (meta_value(line, LINE_META) for line in listed(value, "line_items") if not line.get("product_id"))
    return OrderSeen(
        id=str(value["id"]),
        record_id=meta_value(value, ID_META) or str(value.get("transaction_id") or "") or None,
        status=value["status"],
        total=total,
        tax=tax,
        costs=costs,
        taxed=taxed,
        parts=frozenset(part for part in parts if part is not None),
        unlinked=tuple(line for line in bare if line is not None),
    )


def record_of(value: Mapping[str, Any]) -> str | None:
    """Return the record that an order is of; None where it is not a till's.

    One that was left half made may have nothing but the transaction's id; with payment methods of the web that is
    theirs, and may look the same.
    """
    transaction = str(value.get("transaction_id") or "")
    is_id = value.get("created_via") == "rest-api" and re.fullmatch(RECORD_ID, transaction)
    return meta_value(value, ID_META) or (transaction if is_id else None)


def _account(fact: Fact, place: Place) -> int | None:
    """Return the shop's own id of the customer, or None: they came from elsewhere, or the shop refused the order.

    A sale's customer never changes, and one whom the shop has deleted since would keep it from ever getting there.
    """
    number = str((fact.record.body.get("customer") or {}).get("number") or "")
    own = number.removeprefix(place.customer_prefix)
    if fact.generation or own == number or len(own) > ACCOUNT_DIGITS_MAX or not (own.isascii() and own.isdecimal()):
        return None
    return int(own)


def _paid_by(body: Body, place: Place) -> dict[str, str]:
    """Return the order's payment method, which is the first tender's, and a title that names them all."""
    parts = payments(body)
    if not parts:
        return {}
    first = next((part.type for part in parts if part.type != "exchange"), parts[0].type)
    each = [f"{_title(part.type)} {text(part.amount, place.currency)}" for part in parts]
    title = _title(first) if len(parts) == 1 else ", ".join(each)
    return {"payment_method": place.tenders.get(first, first), "payment_method_title": title}


def _title(type_: str) -> str:
    return TITLES.get(type_) or type_.replace("_", " ").capitalize()


def _tenders(body: Body) -> str:
    """Return what each tender paid, change taken off, and each tip, as JSON: amounts in minor units."""
    rows: list[dict[str, Any]] = [
        {"type": part.type, "amount": part.amount, "reference": part.reference} for part in payments(body)
    ]
    rows += [{"type": tender["type"], "tip": tender["tip"]} for tender in body["tenders"] if tender.get("tip")]
    return json.dumps(rows, ensure_ascii=False)
