"""What a Square location has in its books: orders with our id in their metadata, refunds with our id in their reason.

A sale is one order. A refund is a `PaymentRefund` for each payment it comes off; `part` is the number in its reason.
Source: Square's API description 2025-08-20, `SearchOrders`, `RetrieveOrder`, `ListPaymentRefunds`, `GetPaymentRefund`,
`OrderState`, `PaymentRefund.status`; developer.squareup.com, Order Returns and Exchanges.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from outbox.books import Entry, Listing, Standing
from outbox.clouds.square import lists
from outbox.clouds.square import order as square_order
from outbox.clouds.square import refund as square_refund
from outbox.clouds.square.answer import read_page
from outbox.clouds.square.plan import HEADERS
from outbox.clouds.tendered import to_be_paid
from outbox.connector import Refused, Request, Retry, Unauthorized
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from outbox.books import Delivered
    from outbox.connector import Answer
    from outbox.record import Record

_ONE = {"orders": "order", "refunds": "refund"}  # what an answer calls one of a list
# Any other state is one that does not count yet: an order that is open or a draft, a refund that is pending.
_OF_ORDERS = {"COMPLETED": Standing.BOOKED, "CANCELED": Standing.CANCELLED}
_OF_REFUNDS = {
    "COMPLETED": Standing.BOOKED,
    "APPROVED": Standing.BOOKED,
    "REJECTED": Standing.CANCELLED,
    "FAILED": Standing.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class SquareBooks:
    """Asks for what one location has booked."""

    location_id: str

    def between(self, since: datetime, until: datetime) -> Sequence[Request]:
        """Return what asks for our orders, and for all refunds: those have no source to ask by."""
        end = until + timedelta(seconds=1)  # Square is asked to the second, and does not say whether an end counts
        return (lists.orders(self.location_id, since, end), lists.money("refunds", self.location_id, since, end))

    def one(self, delivered: Delivered) -> Sequence[Request]:
        """Return what asks for a sale's order, or for the refunds of a refund: none where no money went back."""
        refs = delivered.refs
        if delivered.record.kind is Kind.SALE:
            order = refs.get("order", delivered.remote_id)
            return () if order is None else (_by_id("orders", order),)
        return tuple(_by_id("refunds", refs[name]) for name in sorted(refs) if name.startswith("refund-"))

    def read(self, request: Request, answer: Answer, now: datetime) -> Listing | Retry | Unauthorized | Refused:
        """Read a page of a list, or what an id asked for."""
        name, _, id_ = request.path.partition("?")[0].removeprefix("/v2/").partition("/")
        by_id = request.method == "GET" and id_ != ""
        body = read_page(answer, now)
        if isinstance(body, Refused) and body.code == "NOT_FOUND" and by_id:
            return Listing()
        if isinstance(body, Refused) and body.code == "INVALID_CURSOR":
            return Retry("Square lost the place in its list: ask for the day again")
        if not isinstance(body, dict):
            return body
        if by_id:
            return _one(name, id_, body)
        return _page(name, request, body)

    def due(self, record: Record) -> int | None:
        """Return the total of the order, or of the refunds; None where there is none of the record."""
        if record.kind is Kind.REFUND:
            return sum(int(tender["amount"]) for tender in record.body["tenders"]) or None
        if record.kind is not Kind.SALE:
            return None
        try:
            square_order.order(record, self.location_id, {})
        except ValueError:  # Square holds no such sale: it is entered there by hand
            return None
        return to_be_paid(record.body)


def _by_id(name: str, id_: str) -> Request:
    return Request("GET", f"/v2/{name}/{id_}", b"", HEADERS)


def _one(name: str, id_: str, body: Mapping[str, Any]) -> Listing | Retry:
    entry = _entry(name, body.get(_ONE[name]))
    if entry is None or entry.remote_id != id_:
        return Retry(f"Square's answer does not hold the {_ONE[name]} that was asked for")
    return Listing((entry,))


def _page(name: str, request: Request, body: Mapping[str, Any]) -> Listing | Retry:
    """Read a page. Square leaves an empty list out: an answer with nothing in it is one, and any other is not."""
    values = body.get(name) if body.keys() - {"cursor", "errors"} else []
    if not isinstance(values, list):
        return Retry(f"Square's answer holds no {name}")
    entries = [_entry(name, value) for value in values if not _is_return(value)]
    read = tuple(entry for entry in entries if entry is not None)
    if len(read) < len(entries):
        return Retry(f"Square's answer holds {name} that cannot be read")
    cursor = body.get("cursor")
    if not cursor:
        return Listing(read)
    onward = lists.after(request, str(cursor))
    if onward == request:
        return Retry("Square's list goes on with the same page")
    return Listing(read, (onward,))


def _is_return(value: Any) -> bool:
    """Return whether it is an order that Square made of a refund: nothing but that refund, told once more."""
    return isinstance(value, dict) and bool(value.get("returns")) and not value.get("line_items")


def _entry(name: str, value: Any) -> Entry | None:
    """Read an order or a refund; None where it is not one."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return None
    return _order(value) if name == "orders" else _refund(value)


def _order(value: dict[str, Any]) -> Entry:
    record_id, number = square_order.record_id(value), value.get("reference_id")
    if record_id is None or not isinstance(number, str) or number == record_id:  # the id stands for a number it lacks
        number = None
    standing = _OF_ORDERS.get(str(value.get("state")), Standing.OPEN)
    total, currency = _money(value.get("total_money"))
    chain = square_order.chain_in(value)
    return Entry(value["id"], Kind.SALE, record_id, number, total, currency, standing, chain=chain)


def _refund(value: dict[str, Any]) -> Entry:
    ours = square_refund.read_reason(value.get("reason")) or {}
    record_id, number, part = ours.get("record_id"), ours.get("receipt_number") or None, ours.get("part", "")
    standing = _OF_REFUNDS.get(str(value.get("status")), Standing.OPEN)
    return Entry(value["id"], Kind.REFUND, record_id, number, *_money(value.get("amount_money")), standing, part)


def _money(value: Any) -> tuple[int | None, str | None]:
    """Return an amount and its currency."""
    total = square_order.amount_in(value)
    currency = value.get("currency") if isinstance(value, dict) else None
    return (total if total is not None and total >= 0 else None, currency if isinstance(currency, str) else None)
