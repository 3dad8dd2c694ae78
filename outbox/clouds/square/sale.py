"""A sale's way to Square: the order, its total evened out, a payment a tender, pay, stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.clouds.square import customer as square_customer
from outbox.clouds.square import order as square_order
from outbox.clouds.square import payment as square_payment
from outbox.clouds.square import stock as square_stock
from outbox.clouds.square.order import rounding_max
from outbox.clouds.square.plan import Place, look, number, write
from outbox.clouds.tendered import payments, to_be_paid
from outbox.connector import Complete, Done, Refused, Unclear

if TYPE_CHECKING:
    from outbox.clouds.square.order import OrderSeen
    from outbox.clouds.tendered import Payment
    from outbox.connector import Fact, Outcome, Step

ADJUSTMENTS_MAX = 3  # one for the rounding, one for what a discount takes off taxes, one for a total misread
_LATEST = ("3", "2", "1", "checked", "0")  # the sightings of an order, the last first


def next_step(fact: Fact, place: Place) -> Step | Complete | Refused:
    """Return what comes next for a sale."""
    body, refs = fact.record.body, fact.refs
    if place.customers and (step := square_customer.step(fact)) is not None:
        return step
    if "order" not in refs:
        return _order(fact, place)
    if (step := _even_out(fact, place)) is not None:
        return step
    parts = payments(body)
    for part in parts:
        if f"payment-{part.number}" not in refs:
            made = square_payment.payment(
                fact.record, part, refs["order"], place.location_id, place.tenders, alone=len(parts) == 1
            )
            return write(fact, f"payment-{part.number}", "POST", "/v2/payments", made)
    if len(parts) != 1 and "total-paid" not in refs:
        ids = {"payment_ids": square_payment.ids(refs, parts)}
        return write(fact, "pay", "POST", f"/v2/orders/{refs['order']}/pay", ids)
    return (_stock(fact, place) if place.stock == "adjust" else None) or _complete(fact, place)


def read_order(step: Step, fact: Fact, body: dict[str, Any]) -> Outcome:
    """Read the order that `order`, `check`, `adjust` and `pay` all answer."""
    seen = square_order.seen(body.get("order"))
    if seen is None:
        return Unclear("Square's answer holds no order")
    if step.name == "order" and seen.record_id != fact.record.id:
        return Unclear(f"Square's answer holds another order ({seen.id})")
    if step.name != "order" and seen.id != fact.refs["order"]:
        return Unclear(f"Square's answer holds another order ({seen.id})")
    if step.name == "pay" and seen.state != "COMPLETED":
        return Unclear(f"Square shows the paid order as {seen.state or 'nothing'}")
    return Done(seen.refs(sighting_name(step)))


def sighting_name(step: Step) -> str:
    """Return under what name a step keeps the order it saw."""
    return {"order": "0", "check": "checked", "pay": "paid"}.get(step.name) or str(number(step.name))


def read_payment(step: Step, fact: Fact, body: dict[str, Any]) -> Outcome:
    """Read a payment."""
    return square_payment.seen(body.get("payment"), part(step, fact), fact.refs["order"])


def part(step: Step, fact: Fact) -> Payment:
    """Return the tender that a `payment` step is for."""
    return payments(fact.record.body)[number(step.name) - 1]


def stock_step(fact: Fact, place: Place) -> Step | None:
    """Return the next request that moves stock, or None."""
    changes = square_stock.changes(fact, place.location_id)
    for n, start in enumerate(range(0, len(changes), square_stock.CHANGES_MAX), 1):
        if f"stock-{n}" not in fact.refs:
            some = {"changes": changes[start : start + square_stock.CHANGES_MAX]}
            return write(fact, f"stock-{n}", "POST", "/v2/inventory/changes/batch-create", some)
    return None


def _order(fact: Fact, place: Place) -> Step | Refused:
    linked = fact.items if place.stock == "order" else {}
    try:
        made = square_order.order(fact.record, place.location_id, linked)
        if customer := fact.refs.get("customer"):
            made["customer_id"] = customer
    except ValueError as error:
        return Refused(
            "cannot_be_an_order", f"Square holds no such sale: {error}", "Enter this sale at Square by hand."
        )
    return write(fact, "order", "POST", "/v2/orders", {"order": made})


def _latest(fact: Fact) -> tuple[str, int]:
    """Return which sighting of the order is the last, and the total it showed."""
    which = next(name for name in _LATEST if f"total-{name}" in fact.refs)
    return which, int(fact.refs[f"total-{which}"])


def _even_out(fact: Fact, place: Place) -> Step | None:
    """Return the step that looks at or moves Square's total, or None where it is right or enough was tried."""
    refs, wanted = fact.refs, to_be_paid(fact.record.body)
    which, total = _latest(fact)
    done = int(which) if which.isdigit() else 0
    if total == wanted or done == ADJUSTMENTS_MAX or "payment-1" in refs or "total-paid" in refs:
        return None
    if which == "0" and abs(total - wanted) > rounding_max(fact.record.body):
        return look("check", f"/v2/orders/{refs['order']}")  # more than rounding: believe it only when seen twice
    order: OrderSeen = square_order.OrderSeen(
        refs["order"], int(refs[f"version-{which}"]), total, 0, "OPEN", None, frozenset()
    )
    made = square_order.adjustment(order, done + 1, wanted - total, fact.record.body["currency"], place.location_id)
    return write(fact, f"adjust-{done + 1}", "PUT", f"/v2/orders/{refs['order']}", {"order": made})


def _stock(fact: Fact, place: Place) -> Step | None:
    return None if square_stock.too_old(fact) else stock_step(fact, place)


def _complete(fact: Fact, place: Place) -> Complete:
    body, refs = fact.record.body, fact.refs
    wanted = to_be_paid(body)
    _, total = _latest(fact)
    if "total-paid" in refs:
        total = int(refs["total-paid"])
    notes = []
    first = int(refs.get("total-checked", refs["total-0"]))
    if first != wanted:
        beyond = "" if abs(first - wanted) <= rounding_max(body) else "; that is more than rounding: compare the taxes"
        notes.append(f"Square worked the total out as {first}, the till as {wanted}; it was evened out{beyond}")
    tax = sum(int(entry["amount"]) for entry in body["taxes"])
    tax_there = int(refs[f"tax-{_latest(fact)[0]}"])
    if tax_there != tax:
        notes.append(f"Square counts {tax_there} as tax, the receipt {tax}")
    if body.get("tips"):
        notes.append(f"a tip of {body['tips']} was taken besides, which Square is not told of")
    if place.stock == "adjust" and square_stock.known(fact) and "stock-1" not in refs:
        notes.append(square_stock.by_hand(fact, "Square takes changes for 24 hours only"))
    return Complete(refs["order"], total - wanted, tuple(notes))
