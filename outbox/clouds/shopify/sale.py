"""A sale's way to Shopify: whom it is for, one order, then its stock where that goes apart from the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify import customer as shopify_customer
from outbox.clouds.shopify import order as shopify_order
from outbox.clouds.shopify import stock as shopify_stock
from outbox.clouds.shopify.answer import NO_CUSTOMER, payload, version_note
from outbox.clouds.shopify.lines import is_linked, pieces
from outbox.clouds.shopify.plan import Place, ask
from outbox.clouds.shopify.queries import ORDER_CREATE
from outbox.clouds.tendered import to_be_paid
from outbox.connector import Complete, Done, Idempotency, Refused, Step, Unclear

if TYPE_CHECKING:
    from outbox.connector import Answer, Fact, Outcome

CLAIM = "DECREMENT_IGNORING_POLICY"  # the goods have left the shop, whatever Shopify's count says
LEAVE = "BYPASS"
CUSTOMER_GONE = "customer-gone"  # what is kept of an order that was refused for that alone


def next_step(fact: Fact, place: Place) -> Step | Complete | Refused:
    """Return what comes next for a sale."""
    if "order" not in fact.refs:
        if place.customers and (step := shopify_customer.step(fact)) is not None:
            return step
        return _order(fact, place)
    return shopify_stock.next_step(fact, place) or _complete(fact, place)


def read_order(answer: Answer, fact: Fact) -> Outcome:
    """Read the order that was made: ours only by our own id.

    A sale's customer never changes, and one whom the shop has deleted since holds no sale up: it goes in without.
    """
    found = payload(answer, fact.now, "orderCreate")
    if isinstance(found, Refused) and found.code == NO_CUSTOMER and CUSTOMER_GONE not in fact.refs:
        return Done({CUSTOMER_GONE: "yes"}, "Shopify has this customer no more: the order is not linked with them")
    if not isinstance(found, dict):
        return found
    seen = shopify_order.seen(found.get("order"), fact.record.body["currency"])
    if seen is None:
        return Unclear("Shopify's answer holds no order")
    if seen.record_id != fact.record.id:
        return Unclear(f"Shopify's answer holds another order ({seen.id})")
    return Done(seen.refs(), version_note(answer))


def _order(fact: Fact, place: Place) -> Step | Refused:
    linked = {} if place.stock == "none" else fact.items
    again = CUSTOMER_GONE in fact.refs
    customer = shopify_customer.of(fact) if place.customers and not again else None
    try:
        made = shopify_order.order(fact.record, place, linked, customer)
    except ValueError as error:
        return Refused(
            "cannot_be_an_order", f"Shopify holds no such sale: {error}", "Enter this sale at Shopify by hand."
        )
    options = {"inventoryBehaviour": CLAIM if place.stock == "order" else LEAVE, "sendReceipt": False}
    request = ask(ORDER_CREATE, {"order": made, "options": options})
    return Step("order-2" if again else "order", "", Idempotency.PROBE_FIRST, request)


def _complete(fact: Fact, place: Place) -> Complete:
    body, refs = fact.record.body, fact.refs
    return Complete(refs["order"], int(refs["total"]) - to_be_paid(body), tuple(_notes(fact, place)))


def _notes(fact: Fact, place: Place) -> list[str]:
    body, refs = fact.record.body, fact.refs
    notes = []
    if refs["currency"] != body["currency"]:
        notes.append(f"Shopify booked it in {refs['currency']}, the receipt is in {body['currency']}: compare")
    tax = sum(int(entry["amount"]) for entry in body["taxes"])
    if int(refs["tax"]) != tax:
        notes.append(f"Shopify counts {refs['tax']} as tax, the receipt {tax}")
    if body.get("tips"):
        notes.append(f"a tip of {body['tips']} was taken besides, which Shopify has in the order's details only")
    apart = _not_moved(fact, place)
    if apart:
        notes.append(shopify_stock.by_hand(apart, fact, "it counts whole pieces only"))
    return notes + [note for note in (shopify_stock.in_doubt(fact),) if note]


def _not_moved(fact: Fact, place: Place) -> list[Any]:
    """Return the lines of items that Shopify knows and whose stock neither the order nor we could move."""
    if place.stock == "none":
        return []
    if place.stock == "adjust":
        return [line for line in shopify_stock.known(fact) if shopify_stock.is_part(line)]
    included = bool(fact.record.body["prices_include_tax"])
    linked = {piece.line["id"] for piece in pieces(fact.record.body, included=included) if is_linked(piece, fact.items)}
    return [line for line in shopify_stock.known(fact) if line["id"] not in linked and not line.get("empties")]
