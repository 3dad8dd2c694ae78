"""An order and a refund at Shopify as entries of its books: whose they are, what they come to, whether they count.

Source: the schema 2026-07, `Order`, `OrderDisplayFinancialStatus`, `Refund`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from outbox.books import Entry, Standing
from outbox.clouds.shopify import order as shopify_order
from outbox.clouds.shopify import refund as shopify_refund
from outbox.clouds.shopify.plan import RECORD_ID, inner, minor
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_RECORD_ID = re.compile(RECORD_ID, re.ASCII)
_PAID = frozenset({"PAID", "PARTIALLY_REFUNDED", "REFUNDED"})
_VOID = frozenset({"VOIDED", "EXPIRED"})


def sale_entry(value: Any) -> Entry | None:
    """Return an order as an entry; None where it cannot be read.

    It is ours where its source is a record's id: other programs write what they call it there, too.
    """
    seen = shopify_order.seen(value, _currency(value, "totalPriceSet"))
    if seen is None:
        return None
    ours = seen.record_id if _RECORD_ID.fullmatch(seen.record_id or "") else None
    name = value.get("name") if ours is not None else None
    receipt = name if isinstance(name, str) and name != ours else None
    return Entry(seen.id, Kind.SALE, ours, receipt, seen.total, seen.currency, _standing(value))


def refund_entry(value: Any) -> Entry | None:
    """Return a refund as an entry; None where it cannot be read.

    Shopify cancels none, and what is given back of a till's payments it writes down at once: it counts.
    """
    currency = _currency(value, "totalRefundedSet")
    total = minor(inner(value, "totalRefundedSet"), currency)
    if total is None or not currency or not isinstance(value.get("id"), str):
        return None
    receipt, record_id = shopify_refund.marked(value.get("note"))
    return Entry(value["id"], Kind.REFUND, record_id, receipt, total, currency, Standing.BOOKED)


def refund_entries(order: Any) -> list[Entry] | None:
    """Return an order's refunds; None where they, or one of them, cannot be read."""
    listed = order.get("refunds") if isinstance(order, dict) else None
    found = [refund_entry(one) for one in listed] if isinstance(listed, list) else [None]
    read = [entry for entry in found if entry is not None]
    return read if len(read) == len(found) else None


def _standing(order: Mapping[str, Any]) -> Standing:
    """Return whether an order counts: ours are made paid, and stay so when something is given back of them."""
    said = order.get("displayFinancialStatus")
    if order.get("cancelledAt") is not None or said in _VOID:
        return Standing.CANCELLED
    return Standing.BOOKED if said in _PAID or order.get("fullyPaid") is True else Standing.OPEN


def _currency(value: Any, bag: str) -> str:
    said = inner(value, bag, "shopMoney").get("currencyCode")
    return said if isinstance(said, str) else ""
