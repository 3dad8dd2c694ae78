"""A refund's way to Square: what is left of the sale's payments, a refund of each as needed, stock back.

Square keeps no itemised return made by others (`Order.returns` is read-only), so a refund is money only;
what came back goes into stock by itself. Source: Square's API description 2025-08-20, `RefundPaymentRequest`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.square import stock as square_stock
from outbox.clouds.square.order import amount_in, money
from outbox.clouds.square.payment import external
from outbox.clouds.square.plan import Place, look, number, write
from outbox.clouds.square.sale import stock_step
from outbox.clouds.tendered import CASH
from outbox.connector import Complete, Done, Found, Refused, Unclear

if TYPE_CHECKING:
    from outbox.connector import Fact, Outcome, Step

REASON_CHARS_MAX = 192  # RefundPaymentRequest.reason
_REASON = re.compile(r"(?:Receipt )?(?P<receipt_number>.*)/(?P<part>\d+) (?P<record_id>[0-9a-f-]{36})")
_STANDING = frozenset({"PENDING", "APPROVED", "COMPLETED"})


@dataclass(frozen=True, slots=True)
class Part:
    """One request's share of what was given back, in minor units."""

    number: int  # from 1
    type: str
    amount: int
    payment_id: str | None  # None: Square knows no payment it came from
    reference: str | None


def next_step(fact: Fact, place: Place) -> Step | Complete | Refused:
    """Return what comes next for a refund."""
    if any(int(tender["amount"]) for tender in fact.record.body["tenders"]):
        for n, payment_id in _payments(fact):
            if f"left-{n}" not in fact.refs:
                return look(f"look-{n}", f"/v2/payments/{payment_id}")
    for part in parts(fact):
        if f"refund-{part.number}" not in fact.refs:
            return write(fact, f"refund-{part.number}", "POST", "/v2/refunds", _refund(fact, part, place))
    if place.stock != "none" and not square_stock.too_old(fact) and (step := stock_step(fact, place)) is not None:
        return step
    return _complete(fact, place)


def parts(fact: Fact) -> list[Part]:
    """Return what is refunded of which payment: of the tender's own kind first, then of any with money left."""
    left = {n: int(fact.refs.get(f"left-{n}", "0")) for n, _ in _payments(fact)}
    ids = dict(_payments(fact))
    found: list[Part] = []
    for tender in fact.record.body["tenders"]:
        amount, type_ = int(tender["amount"]), tender["type"]
        of_its_kind = sorted(left, key=lambda n: (fact.sale_refs.get(f"type-{n}") != type_, n))
        for n in of_its_kind:
            share = min(amount, left[n])
            if share > 0:
                left[n] -= share
                amount -= share
                found.append(Part(len(found) + 1, type_, share, ids[n], tender.get("reference")))
        if amount > 0:
            found.append(Part(len(found) + 1, type_, amount, None, tender.get("reference")))
    return found


def reason(fact: Fact, part: Part) -> str:
    """Return the reason Square shows; it carries our id, by which the refund is found again."""
    return f"Receipt {fact.record.receipt_number or ''}/{part.number} {fact.record.id}"[-REASON_CHARS_MAX:]


def read_reason(value: Any) -> dict[str, str] | None:
    """Return the `record_id`, `receipt_number` and `part` that `reason` wrote; None: the refund is not one of ours."""
    found = _REASON.fullmatch(value) if isinstance(value, str) else None
    return None if found is None else found.groupdict()


def read_payment(step: Step, body: dict[str, Any]) -> Outcome:
    """Read how much of a payment can still be refunded."""
    payment = body.get("payment")
    if not isinstance(payment, dict) or payment.get("id") != step.request.path.rpartition("/")[2]:
        return Unclear("Square's answer holds no such payment")
    paid, back = amount_in(payment.get("total_money")), amount_in(payment.get("refunded_money")) or 0
    if paid is None:
        return Unclear("Square's answer holds no amount")
    left = paid - back if payment.get("status") == "COMPLETED" else 0
    return Done({f"left-{number(step.name)}": str(max(left, 0))})


def read_refund(step: Step, fact: Fact, value: Any) -> Outcome:
    """Say whether a refund in an answer is the one that was asked for, and stands."""
    part = parts(fact)[number(step.name) - 1]
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return Unclear("Square's answer holds no refund")
    status, amount = value.get("status"), amount_in(value.get("amount_money"))
    if status in ("REJECTED", "FAILED"):
        return Refused(
            f"REFUND_{status}",
            f"Square did not refund {part.amount} ({status})",
            "Look at the payment at Square, mend what it says, then retry the delivery.",
        )
    if status not in _STANDING or amount != part.amount:
        return Unclear(f"Square shows the refund as {status} of {amount}, not {part.amount}")
    return Done({f"refund-{part.number}": value["id"], f"refunded-{part.number}": str(amount)})


def planned_before(part: Part, fact: Fact, value: dict[str, Any]) -> Found | None:
    """Read a refund that stands under this part's reason, but is of another amount or payment; None: it is none.

    It was made before a disk was put back, when the payments still had its money: with that money counted as left,
    the plan comes out as it was.
    """
    amount, payment_id = amount_in(value.get("amount_money")), value.get("payment_id")
    if value.get("status") not in _STANDING or not isinstance(value.get("id"), str) or amount is None:
        return None
    refs = {f"refund-{part.number}": value["id"], f"refunded-{part.number}": str(amount)}
    for n, known in _payments(fact):
        if known == payment_id:
            refs[f"left-{n}"] = str(int(fact.refs.get(f"left-{n}", "0")) + amount)
    return Found(refs)


def _payments(fact: Fact) -> list[tuple[int, str]]:
    found = [(number(name), value) for name, value in fact.sale_refs.items() if name.startswith("payment-")]
    return sorted(found)


def _refund(fact: Fact, part: Part, place: Place) -> dict[str, Any]:
    currency = fact.record.body["currency"]
    made: dict[str, Any] = {"amount_money": money(part.amount, currency), "reason": reason(fact, part)}
    if part.payment_id is not None:
        return made | {"payment_id": part.payment_id}
    made |= {"unlinked": True, "location_id": place.location_id}
    if part.type == CASH:
        return made | {
            "destination_id": "CASH",
            "cash_details": {"seller_supplied_money": money(part.amount, currency)},
        }
    return made | {
        "destination_id": "EXTERNAL",
        "external_details": external(part.type, part.reference, place.tenders),
    }


def _complete(fact: Fact, place: Place) -> Complete:
    refunded = parts(fact)
    booked = sum(int(fact.refs[f"refunded-{part.number}"]) for part in refunded)
    wanted = sum(int(tender["amount"]) for tender in fact.record.body["tenders"])
    notes = []
    if fact.record.body["original"] is not None and any(part.payment_id is None for part in refunded):
        notes.append("part of it is booked at Square without its sale: Square has no payment left to take it from")
    if place.stock != "none" and square_stock.known(fact) and "stock-1" not in fact.refs:
        notes.append(square_stock.by_hand(fact, "Square takes changes for 24 hours only"))
    remote_id = fact.refs.get("refund-1") or fact.sale_refs.get("order")
    return Complete(remote_id, booked - wanted, tuple(notes))
