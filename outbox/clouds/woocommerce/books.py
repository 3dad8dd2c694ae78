"""What a WooCommerce shop has in its own books: orders and refunds, whoever made them, ours with our mark.

No filter of its lists knows ours apart, so online orders are listed too. Refunds have a list of their own (since
WooCommerce 9.0): one may be of an order of long ago. What is in the bin is listed only when it is asked for by that
word, and drafts and statuses of a plugin that is gone are not listed at all: those are found by their ids alone.
Source: the routes of a running WooCommerce 9.4.3; its `WC_REST_Orders_Controller`, `WC_REST_Refunds_Controller` and
`OrdersTableQuery::sanitize_status`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from outbox.books import Entry, Listing, Standing
from outbox.clouds.answers import of_pull
from outbox.clouds.woocommerce import order as woocommerce_order
from outbox.clouds.woocommerce import refund as woocommerce_refund
from outbox.clouds.woocommerce.answer import LESS_THAN_COUNTED, is_none_by_that_id, more_behind, read, read_object
from outbox.clouds.woocommerce.plan import CHAIN_META, RECEIPT_META, meta_value, minor
from outbox.clouds.woocommerce.plan import read as asked_for
from outbox.clouds.woocommerce.sale import SOLD
from outbox.clouds.woocommerce.stretch import PAGE, SECOND, behind, made, made_at, place_of
from outbox.connector import Refused, Request, Retry, Unauthorized
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from outbox.books import Delivered
    from outbox.connector import Answer
    from outbox.record import Record

    Read = Listing | Retry | Unauthorized | Refused

_LISTS = ("/orders", "/refunds")
_CANCELLED = frozenset({"cancelled", "failed", "trash"})
_UNPAID = frozenset({"pending", "on-hold", "draft", "auto-draft", "checkout-draft"})


class WooBooks:
    """Asks one shop."""

    def __init__(self, currency: str) -> None:
        self._currency = currency  # the store's

    def between(self, since: datetime, until: datetime) -> Sequence[Request]:
        """Return what to ask for all orders, those in the bin, and all refunds; ours have no list of their own."""
        after, before = since - SECOND, until + SECOND  # the shop leaves both ends out, and keeps whole seconds
        return [
            made("/orders", after, before, status="any"),
            made("/orders", after, before, status="trash"),
            made("/refunds", after, before),
        ]

    def one(self, delivered: Delivered) -> Sequence[Request]:
        """Return what to ask for an order or a refund by its id; nothing where our book has none."""
        if delivered.record.kind is Kind.REFUND:
            order, refund = delivered.sale_refs.get("order"), delivered.refs.get("refund")
            return [asked_for(f"/orders/{order}/refunds/{refund}")] if order and refund else []
        order = delivered.refs.get("order")
        return [asked_for(f"/orders/{order}")] if order else []

    def read(self, request: Request, answer: Answer, now: datetime) -> Read:
        """Read a page of a list, or what there is by an id."""
        path = urlsplit(request.path).path
        if path in _LISTS:
            return self._page(request, path, answer, now)
        if is_none_by_that_id(answer):
            return Listing()
        value = read_object(answer, now)
        if not isinstance(value, dict):
            return of_pull(value)
        entry = self._entry(path, value)
        if entry is None or entry.remote_id != path.rpartition("/")[2]:
            return Retry("the shop's answer is about something else than was asked for")
        return Listing((entry,))

    def due(self, record: Record) -> int | None:
        """Return what the order or the refund of a record is to come to; None for what the shop never gets.

        That is a sale which pays out more than it takes, and a refund of no sale.
        """
        if record.kind is Kind.SALE:
            wanted = woocommerce_order.wanted(record.body)
            return wanted if wanted >= 0 else None
        if record.kind is Kind.REFUND and record.body["original"] is not None:
            return woocommerce_refund.payout(record.body)
        return None

    def _page(self, request: Request, path: str, answer: Answer, now: datetime) -> Read:
        values = read(answer, now)
        if isinstance(values, dict):
            return Retry("the shop's answer is one thing where a list was asked for")
        if not isinstance(values, list):
            return of_pull(values)
        found = [self._entry(path, value) for value in values]
        entries = tuple(entry for entry in found if entry is not None)
        if len(entries) < len(found):
            return Retry("the shop's list holds something that cannot be read as what was asked for")
        if not more_behind(answer, place_of(request), len(values), PAGE):
            return Listing(entries)
        if not values:
            return Retry(LESS_THAN_COUNTED)
        moments = [moment for value in values if (moment := made_at(value)) is not None]
        # A list in another order than was asked for cannot be gone through by time.
        last = moments[-1] if len(moments) == len(values) and moments == sorted(moments) else None
        return Listing(entries, (behind(request, last, len(values)),))

    def _entry(self, path: str, value: Any) -> Entry | None:
        if not isinstance(value, dict):
            return None
        return self._refund(value) if "refunds" in path else self._sale(value)

    def _sale(self, value: dict[str, Any]) -> Entry | None:
        currency = str(value.get("currency") or "") or None
        seen = woocommerce_order.seen(value, currency or self._currency)
        if seen is None:
            return None
        return Entry(
            remote_id=seen.id,
            kind=Kind.SALE,
            record_id=woocommerce_order.record_of(value),
            receipt_number=meta_value(value, RECEIPT_META),
            total=seen.total if seen.total >= 0 else None,
            currency=currency,
            standing=_standing(seen.status, value),
            chain=meta_value(value, CHAIN_META),
        )

    def _refund(self, value: dict[str, Any]) -> Entry | None:
        """Read a refund. It has no status: one that somebody took back is deleted. Its currency is its order's."""
        amount = minor(value.get("amount"), self._currency)
        if not isinstance(value.get("id"), int) or amount is None:
            return None
        return Entry(
            remote_id=str(value["id"]),
            kind=Kind.REFUND,
            record_id=woocommerce_refund.record_of(value),
            receipt_number=meta_value(value, RECEIPT_META),
            total=abs(amount),
            currency=None,
            standing=Standing.BOOKED,
            chain=meta_value(value, CHAIN_META),
        )


def _standing(status: str, order: dict[str, Any]) -> Standing:
    """Return what an order's status means. One that a plugin brings counts where the order was paid."""
    if status in _CANCELLED:
        return Standing.CANCELLED
    is_paid = status in SOLD or (status not in _UNPAID and order.get("date_paid_gmt") is not None)
    return Standing.BOOKED if is_paid else Standing.OPEN
