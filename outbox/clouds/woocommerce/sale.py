"""A sale's way to WooCommerce: the order, finished if it is half made, its total evened out, a note of the tenders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.clouds.tendered import payments
from outbox.clouds.woocommerce import lines as woocommerce_lines
from outbox.clouds.woocommerce import order as woocommerce_order
from outbox.clouds.woocommerce import stock as woocommerce_stock
from outbox.clouds.woocommerce.plan import Place, look, put, write
from outbox.connector import Complete, Done, Refused, Unclear

if TYPE_CHECKING:
    from outbox.clouds.woocommerce.order import OrderSeen
    from outbox.connector import Fact, Outcome, Step

ADJUSTMENTS_MAX = 3  # one for the rounding, one for what a fee below 0 takes off the taxes, one for a total misread
_LATEST = ("adjust-3", "adjust-2", "adjust-1", "check", "finish", "order")  # the sightings of an order, the last first
_HALF_MADE = frozenset({"pending", "auto-draft", "checkout-draft"})  # it broke off before the order was completed
SOLD = frozenset({"completed", "processing", "refunded"})  # what WooCommerce itself calls paid


def next_step(fact: Fact, place: Place) -> Step | Complete | Refused:
    """Return what comes next for a sale."""
    body, refs = fact.record.body, fact.refs
    if "order" not in refs:
        return _order(fact, place)
    path = f"/orders/{refs['order']}"
    if refs["status-order"] in _HALF_MADE and "total-finish" not in refs:
        # The billing is said again because WooCommerce works the total out again only when it is told something of it.
        paid = {"status": "completed", "set_paid": True, "transaction_id": fact.record.id}
        return put("finish", path, paid | {"billing": woocommerce_order.billing(body)})
    if (step := _even_out(fact, place)) is not None:
        return step
    if len(payments(body)) > 1 and "note" not in refs:
        return write("note", "POST", f"{path}/notes", {"note": note_text(fact, place)})
    return _complete(fact, place)


def read_order(step: Step, fact: Fact, body: dict[str, Any], place: Place) -> Outcome:
    """Read the order that `order`, `finish`, `check` and `adjust` all answer."""
    seen = woocommerce_order.seen(body, place.currency)
    if seen is None:
        return Unclear("the shop's answer holds no order")
    if seen.id != fact.refs.get("order", seen.id) or seen.record_id != fact.record.id:
        return Unclear(f"the shop's answer holds another order ({seen.id})")
    if step.name.startswith("adjust-") and step.name not in seen.parts:
        return Unclear(f"the shop's order {seen.id} lacks what it was told to add")
    return Done(order_refs(seen, step.name, fact))


def order_refs(seen: OrderSeen, which: str, fact: Fact) -> dict[str, str]:
    """Return what later steps, and later refunds, need of an order that was seen."""
    return seen.refs(which) | {"wanted": str(woocommerce_order.wanted(fact.record.body))}


def read_note(body: dict[str, Any], fact: Fact) -> Outcome:
    """Read the note that was left at the order."""
    if not isinstance(body.get("id"), int) or not is_note(body, fact):
        return Unclear("the shop's answer holds no such note")
    return Done({"note": str(body["id"])})


def note_text(fact: Fact, place: Place) -> str:
    """Return the note that names the tenders; our id in it finds it again."""
    record = fact.record
    return f"Receipt {record.receipt_number}: {woocommerce_order.spelled(record.body, place)}. {record.id}"


def is_note(value: dict[str, Any], fact: Fact) -> bool:
    """Return whether a note at the order is the one of the tenders."""
    return fact.record.id in str(value.get("note") or "")


def _order(fact: Fact, place: Place) -> Step | Refused:
    if woocommerce_order.wanted(fact.record.body) < 0:
        return Refused(
            "cannot_be_an_order",
            "WooCommerce holds no order below 0: more was paid out for empties than the goods cost",
            "Enter this sale at the shop by hand, then tick the delivery off (`stillopen outbox settle`).",
        )
    try:
        return write("order", "POST", "/orders", woocommerce_order.order(fact, place))
    except woocommerce_lines.Unmapped as error:
        return Refused(
            "tax_unmapped",
            f"the tax code {error} has no tax class of the shop's",
            f'Name it in this cloud\'s `taxes`, like {error} = "standard", then retry the delivery.',
        )


def _latest(fact: Fact) -> str:
    """Return which sighting of the order is the last."""
    return next(name for name in _LATEST if f"total-{name}" in fact.refs)


def _even_out(fact: Fact, place: Place) -> Step | None:
    """Return the step that looks at or moves the order's total, or None where it is right or enough was tried."""
    refs, body, which = fact.refs, fact.record.body, _latest(fact)
    difference = woocommerce_order.wanted(body) - int(refs[f"total-{which}"])
    done = int(which.rpartition("-")[2]) if which.startswith("adjust-") else 0
    if difference == 0 or done == ADJUSTMENTS_MAX or "note" in refs:
        return None
    path = f"/orders/{refs['order']}"
    if which in ("order", "finish") and abs(difference) > rounding_max(body):
        return look("check", path)  # more than rounding: believe it only when seen twice
    fee = woocommerce_lines.adjustment(
        difference, done + 1, int(refs[f"costs-{which}"]), int(refs[f"taxed-{which}"]), place
    )
    return write(f"adjust-{done + 1}", "PUT", path, {"fee_lines": [fee]})


def rounding_max(body: Any) -> int:
    """Return how far two ways of rounding the same sale can be apart: a unit a line, a unit a tax."""
    return len(body["lines"]) + len(body["taxes"])


def _complete(fact: Fact, place: Place) -> Complete:
    body, refs, which = fact.record.body, fact.refs, _latest(fact)
    wanted = woocommerce_order.wanted(body)
    first = int(refs.get("total-check", refs.get("total-finish", refs["total-order"])))
    notes = []
    if abs(first - wanted) > rounding_max(body):
        notes.append(
            f"the shop worked the total out as {first}, the till as {wanted}; a fee evens it out. That is more than "
            "rounding: run `stillopen cloud check` and compare the taxes"
        )
    tax, tax_there = sum(int(entry["amount"]) for entry in body["taxes"]), int(refs[f"tax-{which}"])
    if tax != tax_there:
        notes.append(f"the shop counts {tax_there} as tax, the receipt {tax}; `stillopen cloud check` says what to set")
    unmoved = woocommerce_stock.unmoved(fact, place, refs.get("unlinked", "").split())
    if unmoved:
        notes.append(woocommerce_stock.by_hand(unmoved, "-"))
    status = refs[f"status-{which}"]
    if status not in SOLD:
        notes.append(f"the order stands as {status} at the shop, and not as completed: somebody changed it there")
    return Complete(refs["order"], int(refs[f"total-{which}"]) - wanted, tuple(notes))
