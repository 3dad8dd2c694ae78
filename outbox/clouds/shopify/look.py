"""Looking whether an earlier request took effect at Shopify. What comes back is believed only where it has our id.

An order is looked for by its `sourceIdentifier`, then, since that goes through an index that lags, among the shop's
latest orders; and what is in neither is absent only when it still is two minutes later. Source: the schema 2026-07,
`orders`; that the index lags is no promise of Shopify's and no fault of its either.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify import customer as shopify_customer
from outbox.clouds.shopify import order as shopify_order
from outbox.clouds.shopify import refund as shopify_refund
from outbox.clouds.shopify.answer import read, unknown
from outbox.clouds.shopify.plan import ask, inner, nodes, onward
from outbox.clouds.shopify.queries import LATEST_ORDERS, ORDER_BY_SOURCE, ORDER_REFUNDS, SHOP
from outbox.clouds.shopify.stock import IN_DOUBT
from outbox.connector import Absent, Found, LookOn, Unknown

if TYPE_CHECKING:
    from outbox.connector import Answer, Fact, Request, Sighting, Step

LAG_S = 120.0  # an order is in the index within seconds, as a rule; twice the longest that was heard of
SERVERS_APART_MAX = timedelta(minutes=15)  # the clock that answered and the one that stamped an order
PAGE_ORDERS = 100


def probe(step: Step, fact: Fact) -> Request:
    """Return the request that looks for what `step` may have done."""
    if step.name.startswith("customer"):
        return shopify_customer.probe(fact)
    if step.name.startswith("order"):
        return ask(ORDER_BY_SOURCE, {"named": f"source_identifier:{fact.record.id}"})
    if step.name == "refund":
        return ask(ORDER_REFUNDS, {"id": fact.sale_refs["order"]})
    return ask(SHOP, {})  # there is no list of stock changes: only whether Shopify can be asked at all


def sighting(step: Step, fact: Fact, answer: Answer) -> Sighting:
    """Say what the answer to a probe, or to a further page of it, shows of `step`."""
    data = read(answer, fact.now)
    if not isinstance(data, dict):
        return unknown(data)
    if step.name.startswith("customer"):
        return shopify_customer.sighting(step, data)
    if step.name.startswith("order"):
        return _order(fact, data)
    if step.name == "refund":
        return _refund(fact, data)
    if not inner(data, "shop"):
        return Unknown("Shopify's answer holds no shop")
    return Found({step.name: IN_DOUBT})


def _order(fact: Fact, data: dict[str, Any]) -> Sighting:
    named = "named" in data
    connection = inner(data, "named" if named else "latest")
    if not isinstance(connection.get("nodes"), list):
        return Unknown("Shopify's answer holds no list of orders")
    seen = [shopify_order.seen(value, fact.record.body["currency"]) for value in nodes(connection)]
    for one in seen:
        if one is not None and one.record_id == fact.record.id:
            return Found(one.refs())
    if named:
        return LookOn(ask(LATEST_ORDERS, {"first": PAGE_ORDERS, "after": None}))
    after = onward(connection)
    if after is None or _is_before(seen[-1] if seen else None, fact):
        return Absent(LAG_S)
    return LookOn(ask(LATEST_ORDERS, {"first": PAGE_ORDERS, "after": after}))


def _is_before(oldest: shopify_order.OrderSeen | None, fact: Fact) -> bool:
    """Return whether an order was made before ours can have been."""
    if oldest is None or fact.since is None:
        return False
    try:
        return datetime.fromisoformat(oldest.created_at) < fact.since - SERVERS_APART_MAX
    except (ValueError, TypeError):
        return False


def _refund(fact: Fact, data: dict[str, Any]) -> Sighting:
    order = inner(data, "order")
    if order.get("id") != fact.sale_refs["order"] or not isinstance(order.get("refunds"), list):
        return Unknown("Shopify's answer holds no such order")
    found = (shopify_refund.booked(value, fact) for value in nodes(order["refunds"]))
    return next((one for one in found if one is not None), Absent())
