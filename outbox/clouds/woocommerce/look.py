"""Looking whether an earlier request took effect at the shop: WooCommerce knows no key, and takes everything twice.

It ignores the parameters it does not know and then answers with everything it has, so that what comes back is believed
only where it carries our id. Its search finds an order by our id where orders have tables of their own; where they are
still posts it does not, so all orders made since the request was first sent are looked through.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from outbox.clouds.woocommerce import order as woocommerce_order
from outbox.clouds.woocommerce import refund as woocommerce_refund
from outbox.clouds.woocommerce import sale as woocommerce_sale
from outbox.clouds.woocommerce.answer import LESS_THAN_COUNTED, more_behind, read_list, read_object, unknown
from outbox.clouds.woocommerce.plan import Place, listed, minor, read
from outbox.clouds.woocommerce.stretch import PAGE, behind, made, made_at, parameters, place_of
from outbox.connector import Absent, Found, LookOn, Unknown

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.connector import Answer, Fact, Request, Sighting, Step

SERVERS_APART_MAX = timedelta(minutes=15)  # the clock that answered and the one that stamped an order
# What a shop is still at when its answer was lost: PHP's and a proxy's patience with one request, with a margin.
LAG_S = 120.0


def probe(step: Step, fact: Fact) -> Request:
    """Return the request that looks for what `step` may have done."""
    if step.name == "order":
        return read("/orders?" + urlencode({"search": fact.record.id, "status": "any", "per_page": PAGE}))
    if step.name == "note":
        return read(f"/orders/{fact.refs['order']}/notes")
    if step.name == "refund":
        return read(f"/orders/{fact.sale_refs['order']}")
    return read(f"/orders/{fact.refs['order']}")  # finish, adjust


def sighting(step: Step, fact: Fact, answer: Answer, place: Place) -> Sighting:
    """Say what the answer to a probe, or to a further page of it, shows of `step`."""
    if step.name in ("order", "note"):
        values = read_list(answer, fact.now)
        if not isinstance(values, list):
            return unknown(values)
        return _order(fact, answer, values, place) if step.name == "order" else _note(fact, values)
    body = read_object(answer, fact.now)
    if not isinstance(body, dict):
        return unknown(body)
    return _refund(fact, body, place) if step.name == "refund" else _in_order(step, fact, body, place)


def _order(fact: Fact, answer: Answer, values: list[dict[str, Any]], place: Place) -> Sighting:
    for value in values:
        seen = woocommerce_order.seen(value, place.currency)
        if seen is not None and seen.record_id == fact.record.id:
            return Found(woocommerce_sale.order_refs(seen, "order", fact))
    asked = fact.asked or _since(None)
    if "search" in parameters(asked):
        return LookOn(_since(None if fact.since is None else fact.since - SERVERS_APART_MAX))
    if not more_behind(answer, place_of(asked), len(values), PAGE):
        return Absent(lag_s=LAG_S)
    return LookOn(behind(asked, made_at(values[-1]), len(values))) if values else Unknown(LESS_THAN_COUNTED)


def _since(since: datetime | None) -> Request:
    return made("/orders", since, status="any")


def _note(fact: Fact, values: list[dict[str, Any]]) -> Sighting:
    for value in values:
        if woocommerce_sale.is_note(value, fact) and isinstance(value.get("id"), int):
            return Found({"note": str(value["id"])})
    return Absent(lag_s=LAG_S)


def _in_order(step: Step, fact: Fact, body: dict[str, Any], place: Place) -> Sighting:
    seen = woocommerce_order.seen(body, place.currency)
    if seen is None or seen.id != fact.refs["order"]:
        return Unknown("the shop's answer holds no such order")
    return Found(woocommerce_sale.order_refs(seen, step.name, fact)) if step.name in seen.parts else Absent(lag_s=LAG_S)


def _refund(fact: Fact, order: dict[str, Any], place: Place) -> Sighting:
    """Look through the refunds that an order names: their reasons are kept from the first, their meta data later."""
    if str(order.get("id")) != fact.sale_refs["order"] or not isinstance(order.get("refunds"), list):
        return Unknown("the shop's answer holds no such order")
    for refund in listed(order, "refunds"):
        amount = minor(refund.get("total"), place.currency)
        if woocommerce_refund.is_ours(refund, fact) and isinstance(refund.get("id"), int) and amount is not None:
            return Found({"refund": str(refund["id"]), "refunded": str(abs(amount))})
    return Absent(lag_s=LAG_S)
