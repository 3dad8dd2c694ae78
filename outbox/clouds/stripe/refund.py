"""A refund's way to Stripe: given back on the card by Stripe itself, or reported as given back elsewhere.

Source: https://docs.stripe.com/api/refunds and /api/payment-record (`report_refund`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.stripe.money import as_kept, from_wire, to_wire
from outbox.clouds.stripe.plan import Place, is_ours, look, metadata, number, write
from outbox.clouds.stripe.sale import EXCHANGE, amount_in, intent_of, seconds
from outbox.clouds.tendered import to_be_paid
from outbox.connector import Complete, Done, Refused, Unclear

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.books import Delivered
    from outbox.connector import Fact, Outcome, Step
    from outbox.record import Record

_STANDING = frozenset({"succeeded", "pending", "requires_action"})
REFERENCE = "refund_reference"  # unique over all refunds at Stripe, and ours is derived from the record


@dataclass(frozen=True, slots=True)
class Part:
    """One request's share of what was given back, in minor units."""

    number: int  # from 1
    amount: int
    intent: str | None  # given back by Stripe, on this payment
    record: str | None  # reported, on this Payment Record; neither: Stripe knows no payment it came from
    type: str


def next_step(fact: Fact, place: Place) -> Step | Complete:
    """Return what comes next for a refund."""
    if any(intent_of(tender) is None for tender in given(fact.record)):
        for n, record in _records(fact):
            if f"left-{n}" not in fact.refs:
                return look(place, f"left-{n}", f"/v1/payment_records/{record}")
    for part in parts(fact):
        name = f"refund-{part.number}"
        if name in fact.refs or (part.intent is None and part.record is None):
            continue
        if part.intent is not None:
            return write(fact, place, name, "/v1/refunds", _refund(fact, part, place))
        path = f"/v1/payment_records/{part.record}/report_refund"
        return write(fact, place, name, path, _report(fact, part, place))
    return _complete(fact)


def parts(fact: Fact | Delivered) -> list[Part]:
    """Return what is given back of which payment: of the tender's own kind first, then of any with money left."""
    left = {n: int(fact.refs.get(f"left-{n}", "0")) for n, _ in _records(fact)}
    ids = dict(_records(fact))
    found: list[Part] = []
    for tender in given(fact.record):
        amount, type_ = int(tender["amount"]), tender["type"]
        if (intent := intent_of(tender)) is not None:
            found.append(Part(len(found) + 1, amount, intent, None, type_))
            continue
        for n in sorted(left, key=lambda n: (fact.sale_refs.get(f"type-{n}") != type_, n)):
            share = min(amount, left[n])
            if share > 0:
                left[n] -= share
                amount -= share
                found.append(Part(len(found) + 1, share, None, ids[n], type_))
        if amount > 0:
            found.append(Part(len(found) + 1, amount, None, None, type_))
    return found


def read_left(step: Step, fact: Fact, body: Mapping[str, Any]) -> Outcome:
    """Read how much of a Payment Record can still be given back."""
    if body.get("id") != step.request.path.rpartition("/")[2]:
        return Unclear("Stripe's answer holds another payment record")
    was, back = amount_in(body.get("amount_guaranteed")), amount_in(body.get("amount_refunded")) or 0
    if was is None:
        return Unclear("Stripe's answer holds no amount")
    n, currency = number(step.name), fact.record.body["currency"]
    return Done({step.name: str(max(from_wire(was - back, currency), 0)), f"back-{n}": str(back)})


def read_refund(step: Step, fact: Fact, body: Mapping[str, Any]) -> Outcome:
    """Say whether what came back is the refund that was asked for, and stands."""
    part = parts(fact)[number(step.name) - 1]
    if part.record is not None:
        if body.get("id") != part.record:
            return Unclear("Stripe's answer holds another payment record")
        return Done(reported_refs(fact, part))
    if not is_ours(body, fact, part.number):
        return Unclear("Stripe's answer holds another refund")
    status, value = body.get("status"), body.get("amount")
    if status not in _STANDING or not isinstance(value, int):
        return Refused(
            f"refund_{status}",
            f"Stripe did not give {part.amount} back on the card ({status})",
            "Give the money back in another way, note it at Stripe, and leave this delivery parked.",
        )
    return Done(refund_refs(fact, part, body))


def refund_refs(fact: Fact, part: Part, body: Mapping[str, Any]) -> dict[str, str]:
    """Return what is kept of a refund by Stripe itself."""
    back = from_wire(int(body["amount"]), fact.record.body["currency"])
    return {f"refund-{part.number}": str(body["id"]), f"refunded-{part.number}": str(back)}


def reported_refs(fact: Fact, part: Part) -> dict[str, str]:
    """Return what is kept of a refund that was reported."""
    return {
        f"refund-{part.number}": str(part.record),
        f"refunded-{part.number}": str(as_kept(part.amount, fact.record.body["currency"])),
    }


def back_after(fact: Fact | Delivered, part: Part) -> int:
    """Return what a Payment Record shows as given back once this part is, as Stripe writes amounts."""
    currency = fact.record.body["currency"]
    n = next(n for n, record in _records(fact) if record == part.record)
    upto = [earlier for earlier in parts(fact) if earlier.number <= part.number and earlier.record == part.record]
    return int(fact.refs[f"back-{n}"]) + sum(to_wire(one.amount, currency) for one in upto)


def given(record: Record) -> list[Mapping[str, Any]]:
    """Return the tenders by which a refund's money was given back: what was set off against new goods is none."""
    return [one for one in record.body["tenders"] if one["type"] != EXCHANGE and int(one["amount"])]


def _records(fact: Fact | Delivered) -> list[tuple[int, str]]:
    found = [(number(name), value) for name, value in fact.sale_refs.items() if name.startswith("record-")]
    return sorted(found)


def _refund(fact: Fact, part: Part, place: Place) -> dict[str, Any]:
    return {
        "payment_intent": part.intent,
        "amount": to_wire(part.amount, fact.record.body["currency"]),
        "reason": "requested_by_customer",
        "metadata": metadata(fact, place, part.number),
    }


def _report(fact: Fact, part: Part, place: Place) -> dict[str, Any]:
    at, currency = seconds(fact.record.occurred_at), fact.record.body["currency"]
    reference = f"{fact.record.id}/{part.number}"
    return {
        "amount": {"currency": currency.lower(), "value": to_wire(part.amount, currency)},
        "initiated_at": at,
        "outcome": "refunded",
        "refunded": {"refunded_at": at},
        "processor_details": {"type": "custom", "custom": {REFERENCE: reference}},
        "metadata": metadata(fact, place, part.number),
    }


def _complete(fact: Fact) -> Complete:
    body = fact.record.body
    there = sum(int(fact.refs.get(f"refunded-{part.number}", "0")) for part in parts(fact))
    here = sum(int(tender["amount"]) for tender in given(fact.record))
    notes = []
    if there != here:
        notes.append(
            f"Stripe has {there} of the {here} that was given back: it knows no payment that {here - there} came from"
        )
    if (set_off := sum(int(tender["amount"]) for tender in body["tenders"] if tender["type"] == EXCHANGE)) != 0:
        notes.append(f"{set_off} was set off against new goods: Stripe is told of payments only")
    return Complete(fact.refs.get("refund-1"), there - to_be_paid(body), tuple(notes))
