"""What a shop's own books hold of a day: its orders, and what was given back of them, as Shopify has them now.

One list has both, since a refund touches its order: the orders made before the day's end and touched since it began.
They are listed by when they were made, which never changes, so that no page slips. The list comes out of the index
that lags; what is not in it yet is there by its id.
Source: the schema 2026-07, `orders`, `order`, `refund`; its description of `order` for the last 60 days.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from outbox.books import Listing
from outbox.clouds.answers import of_pull
from outbox.clouds.shopify import order as shopify_order
from outbox.clouds.shopify import refund as shopify_refund
from outbox.clouds.shopify.answer import OLD_ORDERS
from outbox.clouds.shopify.answer import read as read_answer
from outbox.clouds.shopify.booked import refund_entries, refund_entry, sale_entry
from outbox.clouds.shopify.plan import Place, ask, inner, nodes, onward, zulu
from outbox.clouds.shopify.queries import BOOKED_ORDER, BOOKED_ORDERS, BOOKED_REFUND, BOOKED_REFUNDS
from outbox.clouds.tendered import to_be_paid
from outbox.connector import Refused, Retry, Unauthorized
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outbox.books import Delivered, Entry
    from outbox.connector import Answer, Request
    from outbox.record import Record

PAGE_ORDERS = 100  # with REFUNDS_BESIDE of each: 900 of the 1,000 points that one request may ask for
REFUNDS_BESIDE = 2  # of an order in the list; one that may have more is asked for by itself
REFUNDS_MAX = 250  # Shopify tells no more of one list
SEEN_FOR = timedelta(days=60)
_SINCE = re.compile(r"updated_at:>='([^']+)'", re.ASCII)
_CUT = Retry("Shopify's answer broke off or is not Shopify's")


@dataclass(frozen=True, slots=True)
class ShopifyBooks:
    """One location's share of a shop's books."""

    place: Place

    def between(self, since: datetime, until: datetime) -> Sequence[Request]:
        """Return what to ask for the orders made, and the refunds given, from `since` to `until`.

        By the tag that ours are made with. What somebody took the tag off is there by its id alone.
        """
        end = until + timedelta(seconds=1)  # asked to the second, and an order may be stamped within it
        named = f"tag:{shopify_order.TAG} updated_at:>='{zulu(since)}' created_at:<='{zulu(end)}'"
        return (_page(named, None),)

    def one(self, delivered: Delivered) -> Sequence[Request]:
        """Return what to ask for one record: by the id it has there, else by ours."""
        record, refs = delivered.record, delivered.refs
        if record.kind is Kind.REFUND:
            if "refund" in refs:
                return (ask(BOOKED_REFUND, {"id": refs["refund"]}),)
            return (_refunds_of(delivered.sale_refs["order"]),) if "order" in delivered.sale_refs else ()
        order = refs.get("order") or delivered.remote_id
        return (_page(f"source_identifier:{record.id}", None) if order is None else ask(BOOKED_ORDER, {"id": order}),)

    def read(self, request: Request, answer: Answer, now: datetime) -> Listing | Retry | Unauthorized | Refused:
        """Read an answer. What Shopify shows of the wanted thing only in part cannot be said now."""
        data = read_answer(answer, now)
        if not isinstance(data, dict):
            return of_pull(data)
        asked = json.loads(request.body)
        name, wanted = asked["operationName"], asked["variables"]
        if name == BOOKED_ORDERS.name:
            return _too_old(data, wanted["query"], now) or _listed(data, wanted["query"])
        what = "refund" if name == BOOKED_REFUND.name else "order"
        found = data.get(what, _CUT)
        if found is None:
            return Listing()
        if not isinstance(found, dict):
            return _CUT
        if found.get("id") != wanted["id"]:
            return Retry(f"Shopify's answer is about another {what} than was asked for")
        if name == BOOKED_REFUNDS.name:
            return _all_refunds(found)
        entry = sale_entry(found) if name == BOOKED_ORDER.name else refund_entry(found)
        return Retry(f"Shopify's answer holds no {what} that can be read") if entry is None else Listing((entry,))

    def due(self, record: Record) -> int | None:
        """Return what is to be there: a sale after cash rounding and without tips; what a refund gave back.

        None of what is parked: a sale that is no order, a refund without a receipt. None, too, of a refund of nothing,
        of which Shopify has at most the lines.
        """
        if record.kind is Kind.REFUND:
            return (shopify_refund.given_back(record) or None) if record.body.get("original") else None
        if record.kind is not Kind.SALE:
            return None
        try:
            shopify_order.order(record, self.place, {})
        except ValueError:
            return None
        return to_be_paid(record.body)


def _page(named: str, after: str | None) -> Request:
    wanted = {"first": PAGE_ORDERS, "after": after, "query": named, "refunds": REFUNDS_BESIDE}
    return ask(BOOKED_ORDERS, wanted)


def _refunds_of(order: str) -> Request:
    return ask(BOOKED_REFUNDS, {"id": order, "refunds": REFUNDS_MAX})


def _too_old(data: Mapping[str, Any], named: str, now: datetime) -> Refused | None:
    """Say where the app is shown nothing of such a day, which then looks as if nothing had been sold."""
    since = _SINCE.search(named)
    if since is None or datetime.fromisoformat(since[1]) >= now - SEEN_FOR:
        return None
    scopes = nodes(inner(data, "currentAppInstallation").get("accessScopes"))
    if any(one.get("handle") == OLD_ORDERS for one in scopes):
        return None
    return Refused(
        "OLD_ORDERS",
        f"without the scope {OLD_ORDERS} the app sees the orders of the last {SEEN_FOR.days} days only",
        f"Allow the app {OLD_ORDERS} at Shopify, install it again, then ask once more.",
    )


def _listed(data: Mapping[str, Any], named: str) -> Listing | Retry:
    connection = inner(data, "orders")
    orders = connection.get("nodes")
    if not isinstance(orders, list):
        return Retry("Shopify's answer holds no list of orders")
    entries: list[Entry] = []
    further: list[Request] = []
    for order in orders:
        sale, refunds = sale_entry(order), refund_entries(order)
        if sale is None or refunds is None:
            return Retry("Shopify's list holds an order that cannot be read")
        entries.append(sale)
        if len(refunds) < REFUNDS_BESIDE:
            entries += refunds
        else:
            further.append(_refunds_of(sale.remote_id))
    after = onward(connection)
    if after is not None:
        further.append(_page(named, after))
    elif inner(connection, "pageInfo").get("hasNextPage") is not False:
        return Retry("Shopify's list does not say whether there is more")
    return Listing(tuple(entries), tuple(further))


def _all_refunds(order: Mapping[str, Any]) -> Listing | Retry:
    refunds = refund_entries(order)
    if refunds is None:
        return Retry("Shopify's answer holds a refund that cannot be read")
    if len(refunds) >= REFUNDS_MAX:
        return Retry(f"the order {order['id']} has more refunds than Shopify tells")
    return Listing(tuple(refunds))
