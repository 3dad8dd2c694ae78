"""Looking whether an earlier request took effect at Stripe, once its key is too old to be sent again.

By lists, which show a thing as soon as it is made; Stripe's search lags behind, and is not used. What comes back is
believed only where it carries our id.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from outbox.clouds.stripe.answer import read, unknown
from outbox.clouds.stripe.plan import PAGE, Place, is_ours, next_page, number
from outbox.clouds.stripe.refund import back_after, parts, refund_refs, reported_refs
from outbox.clouds.stripe.sale import amount_in, record_refs
from outbox.connector import Absent, Found, LookOn, Request, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Answer, Fact, Sighting, Step

SERVERS_APART_MAX = timedelta(minutes=15)  # the clock that answered and the one that stamped a payment


def probe(step: Step, fact: Fact, place: Place) -> Request | None:
    """Return the request that looks for what `step` may have done."""
    kind = step.name.partition("-")[0]
    if kind == "record":
        since = {} if fact.since is None else {"created_after": int((fact.since - SERVERS_APART_MAX).timestamp())}
        return place.request("GET", "/v1/payment_records", since | {"limit": PAGE})
    if kind == "refund":
        part = parts(fact)[number(step.name) - 1]
        if part.intent is not None:
            return place.request("GET", "/v1/refunds", {"payment_intent": part.intent, "limit": PAGE})
        return place.request("GET", f"/v1/payment_records/{part.record}")
    return None


def sighting(step: Step, fact: Fact, answer: Answer, place: Place) -> Sighting:
    """Say what the answer to a probe, or to a further page of it, shows of `step`."""
    body = read(answer, fact.now)
    if not isinstance(body, dict):
        return unknown(body)
    n, asked = number(step.name), probe(step, fact, place)
    assert asked is not None, "only what can be looked for is"
    if step.name.startswith("refund"):
        part = parts(fact)[n - 1]
        if part.intent is None:
            return _reported(step, fact, body)
    listed = body.get("data")
    if not isinstance(listed, list):
        return Unknown("Stripe's answer holds no list")
    for value in listed:
        if is_ours(value, fact, n):
            if step.name.startswith("refund"):
                return Found(refund_refs(fact, parts(fact)[n - 1], value))
            return Found(record_refs(fact, n, value))
    further = next_page(asked, body, str(listed[-1]["id"])) if listed else None
    return Absent() if further is None else LookOn(further)


def _reported(step: Step, fact: Fact, body: Mapping[str, Any]) -> Sighting:
    """Say whether a Payment Record has this refund: it shows no more of its refunds than what they come to."""
    part = parts(fact)[number(step.name) - 1]
    back = amount_in(body.get("amount_refunded"))
    if body.get("id") != part.record or back is None:
        return Unknown("Stripe's answer holds another payment record")
    return Found(reported_refs(fact, part)) if back >= back_after(fact, part) else Absent()
