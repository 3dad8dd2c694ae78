"""A refund's way to Shopify: what is left of the order, one refund with its lines and payments, stock where apart.

Shopify books a refund only with its order. What the customer was given is what the refund says, payment by payment,
each no more than what is left of it there. Source: the schema 2026-07, `refundCreate`, `RefundInput`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify import stock as shopify_stock
from outbox.clouds.shopify.answer import payload, read, version_note
from outbox.clouds.shopify.lines import MARK
from outbox.clouds.shopify.plan import RECORD_ID, Place, inner, minor, moment, nodes, once, onward
from outbox.clouds.shopify.plan import read as read_step
from outbox.clouds.shopify.queries import ORDER_LEFT, REFUND_CREATE
from outbox.connector import Complete, Done, Found, Refused, Unclear
from outbox.money import format_amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from outbox.connector import Answer, Fact, Outcome, Step
    from outbox.record import Record

PAGE_LINES = 100  # of an order, in one look
BY_HAND = "enter this refund at Shopify by hand, then tick it off: stillopen outbox settle ID."
_STANDING = frozenset({"SUCCESS", "PENDING"})
_NOTE = re.compile(rf"Receipt (\S*) ({RECORD_ID})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """What is given back of one payment, in minor units. `type`: how the till gave it."""

    type: str
    amount: int
    payment: str  # its number among the order's


@dataclass(frozen=True, slots=True)
class Returned:
    """So many pieces of a line at Shopify. `stocked`: Shopify knows the item."""

    line: str  # the refund's own line id
    id: str
    quantity: int
    stocked: bool


def next_step(fact: Fact, place: Place) -> Step | Complete | Refused:
    """Return what comes next for a refund."""
    order = fact.sale_refs.get("order")
    if order is None:
        return shopify_stock.next_step(fact, place) or _no_order(fact, place)
    after = _unread(fact)
    if after is not None:
        page = sum(1 for name in fact.refs if name.startswith("page-")) + 1
        return read_step(f"look-{page}", ORDER_LEFT, {"id": order, "first": PAGE_LINES, "after": after or None})
    if "refund" not in fact.refs and (given := _refund(fact, place, order)) is not None:
        return once(fact, "refund", REFUND_CREATE, given)
    return shopify_stock.next_step(fact, place) or _complete(fact, place)


def parts(fact: Fact) -> list[Part]:
    """Return what is given back of which payment: of the tender's own kind first, then of any with money left."""
    left = {name.removeprefix("left-"): int(value) for name, value in fact.refs.items() if name.startswith("left-")}
    found: list[Part] = []
    for tender in fact.record.body["tenders"]:
        amount, type_ = int(tender["amount"]), tender["type"]
        gateway = fact.refs.get(f"called-{type_}", type_)
        for n in sorted(left, key=lambda n: (fact.refs[f"gateway-{n}"] != gateway, int(n))):
            share = min(amount, left[n])
            if share > 0:
                left[n] -= share
                amount -= share
                found.append(Part(type_, share, n))
    return found


def returned(fact: Fact) -> list[Returned]:
    """Return the lines at Shopify that came back, as far as they can be told by whole pieces."""
    back = {name.removeprefix("back-"): int(value) for name, value in fact.refs.items() if name.startswith("back-")}
    found: list[Returned] = []
    for line in fact.record.body["lines"]:
        found += _returned(line, back, fact.refs)
    return found


def read_left(step: Step, answer: Answer, fact: Fact, place: Place) -> Outcome:
    """Read what of the order's payments and lines has not gone back yet."""
    data = read(answer, fact.now)
    if not isinstance(data, dict):
        return data
    order = inner(data, "order")
    if order.get("id") != fact.sale_refs["order"]:
        if "order" in data and data["order"] is None:
            return Refused(
                "ORDER_GONE",
                "Shopify shows no such order: it was deleted, or is older than the 60 days that the app may see",
                f"Allow the app read_all_orders and retry the delivery; or {BY_HAND}",
            )
        return Unclear("Shopify's answer holds no such order")
    before = next((one for value in nodes(order.get("refunds")) if (one := booked(value, fact))), None)
    if before is not None:  # it was booked before this disk was put back: what is left now is what is left after it
        return Done({**before.refs, "page-1": "", "before": "yes"})
    page = step.name.removeprefix("look-")
    lines = inner(order, "lineItems")
    found = {f"page-{page}": onward(lines) or ""}
    if page == "1":
        found |= _payments(order, fact.record.body["currency"])
        found |= {f"called-{t['type']}": place.gateway(t["type"]) for t in fact.record.body["tenders"]}
    came_back = {str(line.get("line")) for line in fact.record.body["lines"]}
    for line in nodes(lines):
        mark = next((a.get("value") for a in nodes(line.get("customAttributes")) if a.get("key") == MARK), None)
        left = line.get("refundableQuantity")
        if isinstance(mark, str) and _line_of(mark) in came_back and isinstance(left, int):
            found |= {f"line-{mark}": str(line.get("id")), f"back-{mark}": str(left)}
            found |= {f"stocked-{mark}": "yes"} if inner(line, "variant") else {}
    return Done(found)


def read_refund(answer: Answer, fact: Fact) -> Outcome:
    """Say whether the refund in an answer is the one that was asked for."""
    found = payload(answer, fact.now, "refundCreate")
    if not isinstance(found, dict):
        return found
    seen = booked(found.get("refund"), fact)
    return Done(seen.refs, version_note(answer)) if seen else Unclear("Shopify's answer holds no such refund")


def booked(value: Any, fact: Fact) -> Found | None:
    """Read a refund that carries our id; None: it is another."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return None
    amount = minor(value.get("totalRefundedSet"), fact.record.body["currency"])
    if amount is None or fact.record.id not in str(value.get("note") or ""):
        return None
    return Found({"refund": value["id"], "refunded": str(amount)})


def note(record: Record) -> str:
    """Return how a refund is marked at Shopify, which keeps no id of ours beside it."""
    return f"Receipt {record.receipt_number or ''} {record.id}"


def marked(text: Any) -> tuple[str | None, str | None]:
    """Return the receipt number and the id of the record that a refund's note names; None: it is none of ours."""
    found = _NOTE.search(text) if isinstance(text, str) else None
    return (found[1] or None, found[2]) if found else (None, None)


def given_back(record: Record) -> int:
    """Return what the customer was given back, in minor units."""
    return sum(int(tender["amount"]) for tender in record.body["tenders"])


def _unread(fact: Fact) -> str | None:
    """Return after which place the order's next page is to be read, "" for the first; None: all were."""
    pages = [value for name, value in fact.refs.items() if name.startswith("page-")]
    if not pages:
        return ""
    return fact.refs[f"page-{len(pages)}"] or None


def _payments(order: Mapping[str, Any], currency: str) -> dict[str, str]:
    taken, gone = [], dict[str, int]()
    for one in nodes(order.get("transactions")):
        amount = minor(one.get("amountSet"), currency)
        if amount is None or one.get("status") not in _STANDING:
            continue
        if one.get("kind") in ("SALE", "CAPTURE"):
            taken.append((str(one.get("id")), str(one.get("gateway") or ""), amount))
        elif one.get("kind") == "REFUND":
            parent = str(inner(one, "parentTransaction").get("id"))
            gone[parent] = gone.get(parent, 0) + amount
    found: dict[str, str] = {}
    for n, (id_, gateway, amount) in enumerate(taken, 1):
        found |= {f"payment-{n}": id_, f"gateway-{n}": gateway, f"left-{n}": str(max(amount - gone.get(id_, 0), 0))}
    return found


def _line_of(mark: str) -> str:
    return mark.partition("=")[0].partition("/")[0]


def _returned(line: Mapping[str, Any], back: dict[str, int], refs: Mapping[str, str]) -> list[Returned]:
    """Take a line's pieces out of what can still come back of it; [] where they cannot be told."""
    quantity = Decimal(line["quantity"])
    marks = sorted(mark for mark in back if _line_of(mark) == str(line.get("line")))
    whole = next((mark for mark in marks if "=" in mark), None)
    if whole is not None:
        wanted, marks = int(Decimal(whole.partition("=")[2]) == quantity), [whole]
    else:
        wanted = int(quantity) if quantity == quantity.to_integral_value() else 0
    found = []
    if not 0 < wanted <= sum(back[mark] for mark in marks):
        return []
    for mark in marks:
        share = min(wanted, back[mark])
        if share:
            back[mark] -= share
            wanted -= share
            found.append(Returned(str(line["id"]), refs[f"line-{mark}"], share, f"stocked-{mark}" in refs))
    return found


def _refund(fact: Fact, place: Place, order: str) -> dict[str, Any] | None:
    """Return the `RefundInput`, or None where there is nothing that Shopify could book."""
    record, currency = fact.record, fact.record.body["currency"]
    restocks = place.stock == "order"
    lines = [
        {"lineItemId": one.id, "quantity": one.quantity}
        | (
            {"restockType": "RETURN", "locationId": place.location_id}
            if restocks and one.stocked
            else {"restockType": "NO_RESTOCK"}
        )
        for one in returned(fact)
    ]
    transactions = [
        {
            "orderId": order,
            "kind": "REFUND",
            "gateway": fact.refs[f"gateway-{part.payment}"],
            "parentId": fact.refs[f"payment-{part.payment}"],
            "amount": format_amount(part.amount, currency),
        }
        for part in parts(fact)
    ]
    if not lines and not transactions:
        return None
    return {
        "orderId": order,
        "currency": currency,
        "note": note(record),
        "notify": False,
        "processedAt": moment(record.occurred_at),
        "refundLineItems": lines,
        "transactions": transactions,
    }


def _in_words(shares: Iterable[tuple[str, int]], currency: str) -> str:
    """Return how much went which way."""
    by: dict[str, int] = {}
    for how, amount in shares:
        by[how] = by.get(how, 0) + amount
    return ", ".join(f"{format_amount(amount, currency)} by {how}" for how, amount in by.items())


def _no_order(fact: Fact, place: Place) -> Refused:
    """Say that Shopify has no order for this, with everything a person needs to enter it by hand."""
    currency = fact.record.body["currency"]
    given = _in_words(((one["type"], int(one["amount"])) for one in fact.record.body["tenders"]), currency)
    moves = shopify_stock.counted(fact) if place.stock == "order" else []
    by_hand = f" {shopify_stock.by_hand(moves, fact, 'there is no order to do it with')}." if moves else ""
    return Refused(
        "NO_ORDER",
        f"Shopify books a refund with its order only, and this has none; given back: {given or 'nothing'} {currency}."
        + by_hand,
        BY_HAND[0].upper() + BY_HAND[1:],
    )


def _complete(fact: Fact, place: Place) -> Complete:
    order, currency, refs = fact.sale_refs["order"], fact.record.body["currency"], fact.refs
    wanted, done = given_back(fact.record), int(refs.get("refunded", "0"))
    notes = []
    if done < wanted:
        short = format_amount(wanted - done, currency)
        notes.append(f"{short} {currency} of it is not booked: the order's payments at Shopify have no more left")
    if "before" in refs:
        return Complete(refs["refund"], done - wanted, tuple(notes))
    planned = parts(fact)
    if done < wanted or any(refs[f"called-{part.type}"] != refs[f"gateway-{part.payment}"] for part in planned):
        given = _in_words(((one["type"], int(one["amount"])) for one in fact.record.body["tenders"]), currency)
        shown = _in_words(((refs[f"gateway-{part.payment}"], part.amount) for part in planned), currency)
        notes.append(f"the till gave back {given or 'nothing'}; Shopify shows {shown or 'nothing'}, in {currency}")
    came = returned(fact)
    told = {one.line for one in came}
    untold = [line for line in fact.record.body["lines"] if str(line["id"]) not in told]
    if untold:
        named = ", ".join(f"{line['name']} ({line['quantity']})" for line in untold)
        notes.append(f"Shopify has the money of what came back, but not that these did: {named}")
    notes += _stock_notes(fact, place, {one.line for one in came if one.stocked})
    return Complete(refs.get("refund", order), done - wanted, tuple(notes))


def _stock_notes(fact: Fact, place: Place, restocked: set[str]) -> list[str]:
    known = shopify_stock.known(fact)
    if place.stock == "order":
        apart = [line for line in known if str(line["id"]) not in restocked]
    else:
        apart = [line for line in known if shopify_stock.is_part(line)] if place.stock == "adjust" else []
    notes = [shopify_stock.by_hand(apart, fact, "it counts whole pieces of its orders only")] if apart else []
    return notes + [note for note in (shopify_stock.in_doubt(fact),) if note]
