"""Looking whether an earlier request took effect at Square, once its key is too old to be sent again.

What comes back is believed only where it carries our id. A look begins at a time by Square's own clock: this
PC's may have been years off when the request was sent.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from outbox.clouds.square import customer as square_customer
from outbox.clouds.square import lists
from outbox.clouds.square import order as square_order
from outbox.clouds.square import payment as square_payment
from outbox.clouds.square import refund as square_refund
from outbox.clouds.square import sale as square_sale
from outbox.clouds.square.answer import read, unknown
from outbox.clouds.square.plan import HEADERS
from outbox.connector import Absent, Done, Found, LookOn, Request, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from outbox.connector import Answer, Fact, Sighting, Step

SERVERS_APART_MAX = timedelta(minutes=15)  # the clock that answered and the one that stamped an order
FROM_THE_START = datetime(2009, 1, 1, tzinfo=UTC)  # Square was never heard: whatever there is, it is all looked through
CHANGES_MAX = 1000  # the largest page of inventory changes


def probe(step: Step, fact: Fact, location_id: str) -> Request:
    """Return the request that looks for what `step` may have done."""
    sent_after = FROM_THE_START if fact.since is None else fact.since - SERVERS_APART_MAX
    kind = step.name.partition("-")[0]
    if kind == "customer":
        return square_customer.probe(fact)
    if kind == "order":
        return lists.orders(location_id, sent_after)
    if kind == "payment":
        return lists.money("payments", location_id, sent_after, total=square_sale.part(step, fact).amount)
    if kind == "refund":
        return lists.money("refunds", location_id, sent_after)
    if kind == "stock":
        sent = [change["adjustment"] for change in json.loads(step.request.body)["changes"]]
        ids = sorted({adjustment["catalog_object_id"] for adjustment in sent})
        wanted: dict[str, Any] = {"catalog_object_ids": ids, "location_ids": [location_id], "types": ["ADJUSTMENT"]}
        wanted |= {"updated_after": lists.moment(sent_after), "limit": CHANGES_MAX}
        return lists.post("/v2/inventory/changes/batch-retrieve", wanted)
    return Request("GET", f"/v2/orders/{fact.refs['order']}", b"", HEADERS)  # adjust, pay


def sighting(step: Step, fact: Fact, answer: Answer, location_id: str) -> Sighting:
    """Say what the answer to a probe, or to a further page of it, shows of `step`."""
    body = read(answer, fact.now)
    if not isinstance(body, dict):
        return unknown(body)
    kind = step.name.partition("-")[0]
    if kind in ("adjust", "pay"):
        return _in_order(step, fact, body)
    if kind == "customer":
        told = square_customer.sighted(step, fact, body, answer)
        return Found(told) if told else Absent()
    found: Found | None = None
    if kind == "order":
        found = _first(_order(fact, value) for value in _list(body, "orders"))
    elif kind == "payment":
        found = _first(_payment(step, fact, value) for value in _list(body, "payments"))
    elif kind == "refund":
        found = _first(_refund(step, fact, value) for value in _list(body, "refunds"))
    else:
        sent = {change["adjustment"]["reference_id"] for change in json.loads(step.request.body)["changes"]}
        seen = {(value.get("adjustment") or {}).get("reference_id") for value in _list(body, "changes")}
        found = Found({step.name: "moved"}) if sent & seen else None
    if found is not None:
        return found
    cursor = body.get("cursor")
    return (
        LookOn(lists.after(probe(step, fact, location_id), cursor)) if cursor and isinstance(cursor, str) else Absent()
    )


def _in_order(step: Step, fact: Fact, body: dict[str, Any]) -> Sighting:
    seen = square_order.seen(body.get("order"))
    if seen is None or seen.id != fact.refs["order"]:
        return Unknown("Square's answer holds no such order")
    took_effect = seen.state == "COMPLETED" if step.name == "pay" else step.name in seen.adjustments
    return Found(seen.refs(square_sale.sighting_name(step))) if took_effect else Absent()


def _order(fact: Fact, value: Any) -> Found | None:
    seen = square_order.seen(value)
    if seen is None or seen.record_id != fact.record.id or seen.state == "CANCELED":
        return None
    return Found(seen.refs("0"))


def _payment(step: Step, fact: Fact, value: Any) -> Found | None:
    part = square_sale.part(step, fact)
    if not isinstance(value, dict) or value.get("reference_id") != square_order.reference(
        fact.record, f"/{part.number}"
    ):
        return None
    seen = square_payment.seen(value, part, fact.refs["order"])
    return Found(seen.refs) if isinstance(seen, Done) else None


def _refund(step: Step, fact: Fact, value: Any) -> Found | None:
    part = square_refund.parts(fact)[int(step.name.rpartition("-")[2]) - 1]
    if not isinstance(value, dict) or value.get("reason") != square_refund.reason(fact, part):
        return None
    seen = square_refund.read_refund(step, fact, value)
    return Found(seen.refs) if isinstance(seen, Done) else square_refund.planned_before(part, fact, value)


def _first(found: Iterable[Found | None]) -> Found | None:
    return next((one for one in found if one is not None), None)


def _list(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    values = body.get(name)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
