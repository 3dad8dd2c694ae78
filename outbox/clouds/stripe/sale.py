"""A sale's way to Stripe: a Payment Record a tender that Stripe did not take, and a look at each that it did.

Source: https://docs.stripe.com/api/payment-record and /api/payment_intents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outbox.clouds.stripe.money import from_wire, to_wire
from outbox.clouds.stripe.plan import Place, is_ours, look, metadata, number, say, write
from outbox.clouds.tendered import to_be_paid
from outbox.connector import Complete, Done, Unclear

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Fact, Outcome, Step

PROVIDER = "stripe"  # of a tender that a reader of ours took
EXCHANGE = "exchange"  # the tender by which a refund and a sale pay each other: no money moves
_NAMES = {"cash": "Cash", "card": "Card on a terminal of its own", "gift_card": "Gift card"}
_TAKEN = "succeeded"


@dataclass(frozen=True, slots=True)
class Paid:
    """One tender's money, in minor units: its tip is in it, and what was given as change is not."""

    number: int  # of the tender in the record, from 1
    type: str
    amount: int
    tip: int
    reference: str | None
    intent: str | None  # Stripe's own payment, where its reader took it


def paid(body: Mapping[str, Any]) -> list[Paid]:
    """Return what was paid and how; change comes off the cash that was given last."""
    change = int(body.get("change") or 0)
    found: list[Paid] = []
    for n, tender in reversed(list(enumerate(body["tenders"], 1))):
        amount, tip = int(tender["amount"]), int(tender.get("tip") or 0)
        if tender["type"] == EXCHANGE:
            continue
        if tender["type"] == "cash":
            amount, change = max(amount - change, 0), max(change - amount, 0)
        if amount + tip > 0:
            found.append(Paid(n, tender["type"], amount + tip, tip, tender.get("reference"), intent_of(tender)))
    return found[::-1]


def intent_of(tender: Mapping[str, Any]) -> str | None:
    """Return the payment at Stripe that a tender is, or None where Stripe did not take it."""
    card = tender.get("card")
    return str(card["payment"]) if card is not None and card["provider"] == PROVIDER else None


def next_step(fact: Fact, place: Place) -> Step | Complete:
    """Return what comes next for a sale."""
    for part in paid(fact.record.body):
        n = part.number
        if part.intent is None:
            if f"record-{n}" not in fact.refs:
                return write(
                    fact, place, f"record-{n}", "/v1/payment_records/report_payment", _report(fact, part, place)
                )
        elif f"seen-{n}" not in fact.refs:
            return look(place, f"seen-{n}", f"/v1/payment_intents/{part.intent}")
        elif f"named-{n}" not in fact.refs and int(fact.refs[f"amount-{n}"]):
            named = {"description": fact.record.receipt_number or "", "metadata": metadata(fact, place, n)}
            return say(place, f"named-{n}", f"/v1/payment_intents/{part.intent}", named)
    return _complete(fact)


def read_record(step: Step, fact: Fact, body: Mapping[str, Any]) -> Outcome:
    """Read the Payment Record that was made."""
    n = number(step.name)
    if not is_ours(body, fact, n):
        return Unclear("Stripe's answer holds another payment record")
    return Done(record_refs(fact, n, body))


def record_refs(fact: Fact, n: int, body: Mapping[str, Any]) -> dict[str, str]:
    """Return what is kept of a Payment Record."""
    part = next(part for part in paid(fact.record.body) if part.number == n)
    value = amount_in(body.get("amount_guaranteed"))
    amount = part.amount if value is None else from_wire(value, fact.record.body["currency"])
    return {f"record-{n}": str(body["id"]), f"amount-{n}": str(amount), f"type-{n}": part.type}


def read_intent(step: Step, fact: Fact, body: Mapping[str, Any]) -> Outcome:
    """Read a payment that Stripe's reader took: how much of it there is."""
    kind, n = step.name.partition("-")[0], number(step.name)
    if body.get("id") != step.request.path.rpartition("/")[2]:
        return Unclear("Stripe's answer holds another payment")
    if kind == "named":
        return Done({step.name: "set"})
    received = body.get("amount_received")
    if not isinstance(received, int):
        return Unclear("Stripe's answer holds no amount")
    if body.get("status") != _TAKEN:
        note = f"Stripe shows the card payment {body['id']} as {body.get('status')}: look there what became of it"
        return Done({step.name: str(body["id"]), f"amount-{n}": "0"}, note)
    return Done({step.name: str(body["id"]), f"amount-{n}": str(from_wire(received, fact.record.body["currency"]))})


def amount_in(money: Any) -> int | None:
    """Return the value of an amount as a Payment Record has it."""
    value = money.get("value") if isinstance(money, dict) else None
    return value if isinstance(value, int) else None


def seconds(occurred_at: str) -> int:
    """Return the time of a record as Stripe writes it: seconds since 1970, UTC."""
    return int(datetime.fromisoformat(occurred_at).timestamp())


def _report(fact: Fact, part: Paid, place: Place) -> dict[str, Any]:
    at, currency = seconds(fact.record.occurred_at), fact.record.body["currency"]
    method = place.methods.get(part.type)
    kept = metadata(fact, place, part.number)
    if part.reference:
        kept["reference"] = part.reference
    if part.tip:
        kept["tip"] = str(to_wire(part.tip, currency))
    made: dict[str, Any] = {
        "amount_requested": {"currency": currency.lower(), "value": to_wire(part.amount, currency)},
        "initiated_at": at,
        "customer_presence": "on_session",
        "outcome": "guaranteed",
        "guaranteed": {"guaranteed_at": at},
        "payment_method_details": {
            "type": "custom",
            "custom": {"display_name": _NAMES.get(part.type, part.type)} if method is None else {"type": method},
        },
        "processor_details": {
            "type": "custom",
            "custom": {"payment_reference": f"{fact.record.receipt_number}/{part.number}"},
        },
        "metadata": kept,
        "description": fact.record.receipt_number or "",
    }
    customer = fact.record.body.get("customer")
    if place.customers and customer:
        made["customer_details"] = {"name": customer["name"]}
    return made


def _complete(fact: Fact) -> Complete:
    body, refs = fact.record.body, fact.refs
    parts = paid(body)
    there = sum(int(refs[f"amount-{part.number}"]) for part in parts)
    here = sum(part.amount for part in parts)
    wanted = to_be_paid(body)
    notes = []
    if (set_off := sum(int(tender["amount"]) for tender in body["tenders"] if tender["type"] == EXCHANGE)) != 0:
        notes.append(f"{set_off} was paid with goods that came back: Stripe is told of payments only")
    if wanted < 0:
        notes.append(f"{-wanted} was paid out: Stripe keeps no payment below 0")
    if there != here:
        notes.append(f"Stripe has {there} of the {here} that was paid")
    if not parts:
        notes.append("nothing was paid for it that Stripe could be told of")
    first = parts[0].number if parts else 0
    drift = there - sum(part.tip for part in parts) - wanted
    return Complete(refs.get(f"record-{first}") or refs.get(f"seen-{first}"), drift, tuple(notes))
