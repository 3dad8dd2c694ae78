"""A sale as a Square order, and what Square made of it.

Square works every total out itself (percentages per tax, halves to even), so the till's amounts go in as
fixed amounts wherever the API takes them, and what is left over is evened out by `adjustment`. It has no line
below 0: what was paid for empties is a discount on the order.
Source: Square's API description 2025-08-20, `Order`, `UpdateOrderRequest`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.clouds.tendered import to_be_paid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from outbox.connector import ItemRef
    from outbox.record import Record

SOURCE_NAME = "Stillopen"  # by which our orders are found again among the seller's others
REFERENCE_CHARS_MAX = 40  # Order.reference_id, Payment.reference_id
NAME_CHARS_MAX = 255  # OrderLineItemTax.name and OrderLineItemDiscount.name
LINE_NAME_CHARS_MAX = 512  # OrderLineItem.name
NOTE_CHARS_MAX = 2000  # OrderLineItem.note
QUANTITY_CHARS_MAX = 12  # OrderLineItem.quantity
QUANTITY_DECIMALS_MAX = 5  # OrderQuantityUnit.precision
PERCENTAGE_DECIMALS = 5  # OrderLineItemTax.percentage has 10 characters
WEIGHT_DECIMALS = 3  # grams, as a scale shows them

_KILOGRAM = {"weight_unit": "METRIC_KILOGRAM", "type": "TYPE_WEIGHT"}


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as Square answers it. Amounts in minor units."""

    id: str
    version: int
    total: int
    tax: int
    state: str
    record_id: str | None  # ours, from its metadata
    adjustments: frozenset[str]  # uids of what we evened out with

    def refs(self, which: str) -> dict[str, str]:
        """Return what later steps need of it, under names of this sighting's own."""
        return {
            "order": self.id,
            f"version-{which}": str(self.version),
            f"total-{which}": str(self.total),
            f"tax-{which}": str(self.tax),
        }


def money(amount: int, currency: str) -> dict[str, Any]:
    """Return Square's `Money`."""
    return {"amount": amount, "currency": currency}


def reference(record: Record, part: str = "") -> str:
    """Return the receipt number as Square's reference, with a part's name behind it."""
    return f"{record.receipt_number or record.id}{part}"[-REFERENCE_CHARS_MAX:]


def paid_for_empties(body: Mapping[str, Any]) -> int:
    """Return what the empties gave, with the taxes on top of it."""
    added = [_key(tax) for tax in body["taxes"] if not tax.get("included", body["prices_include_tax"])]
    return -sum(
        int(line["net"]) + sum(int(tax["amount"]) for tax in line["taxes"] if _key(tax) in added)
        for line in body["lines"]
        if line.get("empties")
    )


def rounding_max(body: Mapping[str, Any]) -> int:
    """Return how far two ways of rounding the same sale can be apart: a unit a line, a unit a tax."""
    return len(body["lines"]) + len(body["taxes"])


def order(record: Record, location_id: str, items: Mapping[str, ItemRef]) -> dict[str, Any]:
    """Return the order; lines are linked to the catalogue by `items`, by sku. Raises `ValueError` with a reason."""
    body = record.body
    currency = body["currency"]
    taxes = {_key(tax): f"tax-{n}" for n, tax in enumerate(body["taxes"], 1) if Decimal(tax["rate"]) > 0}
    empties = paid_for_empties(body)
    if to_be_paid(body) < 0:
        raise ValueError("more was paid out for empties than the goods cost")
    lines, discounts = [], []
    for line in body["lines"]:
        if line.get("empties"):
            continue
        own = [
            _fixed(uid, name, int(line.get(key) or 0), currency, "LINE_ITEM")
            for key, uid, name in (
                ("discount", f"own-{line['id']}", "Discount"),
                ("sale_discount", f"share-{line['id']}", "Sale discount"),
                ("tax_relief", f"relief-{line['id']}", "Tax exemption"),
            )
            if line.get(key)
        ]
        discounts += own
        lines.append(_line(line, currency, items, taxes, [discount["uid"] for discount in own]))
    made: dict[str, Any] = {
        "location_id": location_id,
        "reference_id": reference(record),
        "source": {"name": SOURCE_NAME},
        "line_items": lines,
        "pricing_options": {"auto_apply_discounts": False, "auto_apply_taxes": False},
        "metadata": {
            "stillopen_id": record.id,
            "stillopen_sold_at": record.occurred_at,
            "stillopen_till": record.till[:NAME_CHARS_MAX],
            "stillopen_chain": record.hash.hex(),
        },
    }
    if taxes:
        made["taxes"] = [
            {
                "uid": taxes[_key(tax)],
                "name": str(tax["name"])[:NAME_CHARS_MAX],
                "percentage": _percentage(tax, body),
                "type": "INCLUSIVE" if tax.get("included", body["prices_include_tax"]) else "ADDITIVE",
                "scope": "LINE_ITEM",
            }
            for tax in body["taxes"]
            if _key(tax) in taxes
        ]
    if empties:
        discounts.append(_fixed("empties", "Empties", empties, currency, "ORDER"))
    if discounts:
        made["discounts"] = discounts
    _even_out(made, "cash-rounding", "Cash rounding", int(body.get("rounding") or 0), currency)
    return made


def adjustment(seen: OrderSeen, number: int, difference: int, currency: str, location_id: str) -> dict[str, Any]:
    """Return the sparse order that moves Square's total by `difference` towards the till's."""
    made: dict[str, Any] = {"location_id": location_id, "version": seen.version}
    _even_out(made, f"adjust-{number}", "Rounding", difference, currency)
    return made


def seen(value: Any) -> OrderSeen | None:
    """Read an order out of an answer; None where it is not one."""
    if not isinstance(value, dict):
        return None
    total, tax = amount_in(value.get("total_money")), amount_in(value.get("total_tax_money"))
    version = value.get("version", 1)
    if not isinstance(value.get("id"), str) or total is None or not isinstance(version, int):
        return None
    uids = {
        entry.get("uid")
        for name in ("discounts", "service_charges")
        for entry in value.get(name) or ()
        if isinstance(entry, dict)
    }
    return OrderSeen(
        value["id"],
        version,
        total,
        tax or 0,
        str(value.get("state", "")),
        record_id(value),
        frozenset(uid for uid in uids if isinstance(uid, str)),
    )


def record_id(value: Mapping[str, Any]) -> str | None:
    """Return the record that an order is of, from its metadata; None: it is not one of ours."""
    metadata = value.get("metadata")
    own = metadata.get("stillopen_id") if isinstance(metadata, dict) else None
    return own if isinstance(own, str) else None


def chain_in(value: Mapping[str, Any]) -> str | None:
    """Return the chain's hash that an order of ours was made with, from its metadata; None: it has none."""
    metadata = value.get("metadata")
    chain = metadata.get("stillopen_chain") if isinstance(metadata, dict) else None
    return chain if isinstance(chain, str) else None


def amount_in(value: Any) -> int | None:
    """Read Square's `Money`: minor units, or None where it is none."""
    minor = value.get("amount") if isinstance(value, dict) else None
    return minor if isinstance(minor, int) else None


def _key(tax: Mapping[str, Any]) -> tuple[str, str]:
    """Return what tells a tax from the others of its sale: a rate may change while a basket waits."""
    return tax["code"], tax["rate"]


def _keys(line: Mapping[str, Any], taxes: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return a line's taxes; records of before there were several name one by its code."""
    if "taxes" in line:
        return [_key(tax) for tax in line["taxes"]]
    return [key for key in taxes if key[0] == line["tax"]]


def _percentage(tax: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Return the tax in per cent of the price without taxes: Square knows no tax on tax."""
    if not tax.get("compound"):
        return str(tax["rate"])
    compound = {_key(other) for other in body["taxes"] if other.get("compound")}
    line = next(line for line in body["lines"] if _key(tax) in _keys(line, ()))
    so_far = effective = Decimal(0)
    for key in _keys(line, ()):
        effective = Decimal(key[1]) * ((100 + so_far) / 100 if key in compound else 1)
        if key == _key(tax):
            break
        so_far += effective
    return f"{round(effective, PERCENTAGE_DECIMALS).normalize():f}"


def _even_out(made: dict[str, Any], uid: str, name: str, difference: int, currency: str) -> None:
    """Add what raises or lowers the total. A charge after taxes is exact; Square takes no negative one."""
    if difference > 0:
        made["service_charges"] = [
            {
                "uid": uid,
                "name": name,
                "amount_money": money(difference, currency),
                "calculation_phase": "TOTAL_PHASE",
                "taxable": False,
            }
        ]
    elif difference < 0:
        made["discounts"] = [*made.get("discounts", ()), _fixed(uid, name, -difference, currency, "ORDER")]


def _fixed(uid: str, name: str, amount: int, currency: str, scope: str) -> dict[str, Any]:
    return {
        "uid": uid,
        "name": name,
        "type": "FIXED_AMOUNT",
        "amount_money": money(amount, currency),
        "scope": scope,
    }


def _line(
    line: Mapping[str, Any],
    currency: str,
    items: Mapping[str, ItemRef],
    taxes: Mapping[tuple[str, str], str],
    discounts: list[str],
) -> dict[str, Any]:
    quantity, price = Decimal(line["quantity"]), int(line["price"])
    if price < 0 or quantity <= 0:
        raise ValueError(f"line {line['id']} ({line['name']}) has a negative price or no quantity")
    made: dict[str, Any] = {"uid": str(line["id"]), "name": str(line["name"])[:LINE_NAME_CHARS_MAX]}
    text = f"{quantity.normalize():f}"
    whole = quantity == quantity.to_integral_value()
    decimals = max(-int(quantity.normalize().as_tuple().exponent), 0)
    fits = len(text) <= QUANTITY_CHARS_MAX and decimals <= QUANTITY_DECIMALS_MAX
    if fits and (whole or line["unit"] == "kg"):
        made |= {"quantity": text, "base_price_money": money(price, currency)}
        if line["unit"] == "kg":
            made["quantity_unit"] = {"measurement_unit": _KILOGRAM, "precision": max(decimals, WEIGHT_DECIMALS)}
        item = items.get(line["sku"]) if line["sku"] else None
        if item is not None:
            made["catalog_object_id"] = item.remote_id
            if item.version is not None:
                made["catalog_version"] = int(item.version)
    else:  # a quantity that Square cannot hold goes in as one piece at the line's price
        gross = int(line["total"]) + int(line.get("discount") or 0)
        made |= {"quantity": "1", "base_price_money": money(gross, currency)}
        made["note"] = f"{line['quantity']} {line['unit']} at {price}"[:NOTE_CHARS_MAX]
    applied = [taxes[key] for key in _keys(line, taxes) if key in taxes]
    if applied:
        made["applied_taxes"] = [{"tax_uid": uid} for uid in applied]
    if discounts:
        made["applied_discounts"] = [{"discount_uid": uid} for uid in discounts]
    return made
