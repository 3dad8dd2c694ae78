"""A refund's way to WooCommerce: the order is read for its own line ids and rates, then the refund is made of it.

It is itemised as far as the order's lines are known; what is given back is its `amount`. WooCommerce gives back no more
than the order came to, and nothing without an order.
Source: a running WooCommerce 9.4.3; its `wc_create_refund` and `RestApiUtil::adjust_create_refund_request_parameters`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from outbox.clouds.woocommerce import stock as woocommerce_stock
from outbox.clouds.woocommerce.lines import pieces
from outbox.clouds.woocommerce.net import rates
from outbox.clouds.woocommerce.plan import (
    ID_META,
    LINE_META,
    PART_META,
    RECORD_ID,
    Place,
    listed,
    look,
    meta,
    meta_value,
    minor,
    number,
    text,
    write,
)
from outbox.connector import Complete, Done, Refused, Unclear
from outbox.money import allocate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Fact, Outcome, Step

    Body = Mapping[str, Any]

_HELD = frozenset({"empties", "rounding"})  # fees of ours by which an order comes to less than its goods
ROUNDING_MAX = 1  # minor units that a fee below 0 and its share of the taxes are off together
_MARK = re.compile(rf"[Rr]eceipt .+ ({RECORD_ID})\s*\Z")  # the end of a reason that `_refund` wrote
REASON_CHARS_MAX = 200  # of the cashier's own words; our id stands behind them and must not be cut


def next_step(fact: Fact, place: Place) -> Step | Complete | Refused:
    """Return what comes next for a refund."""
    body, refs = fact.record.body, fact.refs
    if body["original"] is None:
        return Refused(
            "refund_without_sale",
            "WooCommerce gives nothing back without an order, and this refund is of no receipt",
            "Book it at the shop by hand, the stock too, then tick the delivery off (`stillopen outbox settle`).",
        )
    order_id = fact.sale_refs.get("order")
    if order_id is None:
        return Refused(
            "sale_not_there",
            "the sale this refund is of was never delivered to the shop",
            "Deliver the sale first, or book both at the shop by hand and tick this off (`stillopen outbox settle`).",
        )
    if "lines" not in refs:
        return look("look", f"/orders/{order_id}")
    if "refund" not in refs:
        return write("refund", "POST", f"/orders/{order_id}/refunds", _refund(fact, place))
    return _complete(fact, place)


def read_order(step: Step, fact: Fact, order: dict[str, Any], place: Place) -> Outcome:
    """Read what of the order a refund has to name, and how much of it can still be given back."""
    total = minor(order.get("total"), place.currency)
    if str(order.get("id")) != step.request.path.rpartition("/")[2] or total is None:
        return Unclear("the shop's answer holds no such order")
    given = sum(-(minor(refund.get("total"), place.currency) or 0) for refund in listed(order, "refunds"))
    wanted = {line["line"] for line in fact.record.body["lines"]}
    named, held = {}, 0
    for kind in ("line_items", "fee_lines"):
        for line in listed(order, kind):
            if meta_value(line, PART_META) in _HELD:
                amounts = (minor(line.get(name), place.currency) or 0 for name in ("total", "total_tax"))
                held += max(ROUNDING_MAX - sum(amounts), 0)
            elif (own := meta_value(line, LINE_META)) in wanted and isinstance(line.get("id"), int):
                named[own] = _named(line, place, product=kind == "line_items" and bool(line.get("product_id")))
    return Done(
        {
            "lines": json.dumps(named, sort_keys=True),
            "left": str(total - given),
            "held": str(held),
            "short": str(max(_sale_total(fact) - total, 0)),
        }
    )


def read_refund(fact: Fact, value: dict[str, Any], place: Place) -> Outcome:
    """Say whether a refund in an answer is the one that was asked for."""
    amount = minor(value.get("amount"), place.currency)
    if not isinstance(value.get("id"), int) or amount is None or not is_ours(value, fact):
        return Unclear("the shop's answer holds no such refund")
    return Done({"refund": str(value["id"]), "refunded": str(abs(amount))})


def is_ours(value: Mapping[str, Any], fact: Fact) -> bool:
    """Return whether a refund carries this record's id: in its reason, kept from the first, or in its meta data."""
    reason = value.get("reason")
    return meta_value(value, ID_META) == fact.record.id or (
        isinstance(reason, str) and reason.rstrip().endswith(fact.record.id)
    )


def record_of(value: Mapping[str, Any]) -> str | None:
    """Return the record that a refund is of; None where it is not a till's."""
    marked = _MARK.search(str(value.get("reason") or ""))
    return meta_value(value, ID_META) or (marked[1] if marked else None)


def payout(body: Body) -> int:
    """Return what was given back."""
    return sum(int(tender["amount"]) for tender in body["tenders"])


def _sale_total(fact: Fact) -> int:
    """Return what the sale's order was to come to, as its delivery left it; 0 where that is not known."""
    return int(fact.sale_refs.get("wanted", "0"))


def _named(line: dict[str, Any], place: Place, *, product: bool) -> dict[str, Any]:
    """Return what of an order's line a refund needs; taxes by WooCommerce's rate id, in minor units."""
    found = {
        str(tax["id"]): abs(minor(tax.get("total"), place.currency) or 0)
        for tax in listed(line, "taxes")
        if isinstance(tax.get("id"), int)
    }
    return {"id": line["id"], "taxes": found, "product": product}


def _refund(fact: Fact, place: Place) -> dict[str, Any]:
    body, currency = fact.record.body, place.currency
    reason = f"{body.get('reason') or ''}"[:REASON_CHARS_MAX]
    receipt = f"{reason} (receipt {fact.record.receipt_number})" if reason else f"Receipt {fact.record.receipt_number}"
    made: dict[str, Any] = {
        "amount": text(_amount(fact), currency),
        "reason": f"{receipt} {fact.record.id}",
        "api_refund": False,  # the money was given back at the till
        "api_restock": place.restock and place.stock == "order",
        "meta_data": meta(
            id=fact.record.id,
            refunded_at=fact.record.occurred_at,
            till=fact.record.till,
            receipt=fact.record.receipt_number,
            chain=fact.record.hash.hex(),
        ),
    }
    named = json.loads(fact.refs["lines"])
    items = [_item(line, body, named[line["line"]], place) for line in body["lines"] if line["line"] in named]
    return made | ({"line_items": items} if items else {})


def _amount(fact: Fact) -> int:
    """Return what WooCommerce is to give back: less than the till did only where its order cannot hold as much.

    Empties stay paid when the goods come back and cash is rounded both ways, so that more can be given back than the
    order came to; and an order may be short of the receipt by what could not be evened out. Anything else beyond is
    WooCommerce's to refuse.
    """
    wanted, left = payout(fact.record.body), int(fact.refs["left"])
    rounding = max(int(fact.record.body.get("rounding") or 0), 0)
    allowed = int(fact.refs["held"]) + int(fact.refs["short"]) + rounding
    return max(left, 0) if 0 < wanted - left <= allowed else wanted


def _item(line: Body, body: Body, named: Mapping[str, Any], place: Place) -> dict[str, Any]:
    taxes = line.get("taxes") or [{"amount": line.get("tax_amount") or 0}] if line.get("tax") else []
    inside = sum(int(tax["amount"]) for tax, rate in zip(taxes, rates(body, line), strict=False) if rate.included)
    all_of_it = sum(int(tax["amount"]) for tax in taxes)
    net = int(line["net"]) - inside
    made: dict[str, Any] = {"id": named["id"]}
    if named["product"] and (count := pieces(line)) is not None:
        made["quantity"] = count
    ids = list(named["taxes"])
    if ids and all_of_it:
        shares = allocate(all_of_it, [named["taxes"][one] for one in ids])
        made["refund_tax"] = [
            {"id": int(one), "refund_total": number(share, place.currency)}
            for one, share in zip(ids, shares, strict=True)
        ]
    else:
        net += all_of_it
    return made | {"refund_total": number(net, place.currency)}


def _complete(fact: Fact, place: Place) -> Complete:
    body, named = fact.record.body, json.loads(fact.refs["lines"])
    booked, wanted = int(fact.refs["refunded"]), payout(body)
    notes = []
    if booked < wanted:
        notes.append(
            f"the shop has {booked} of the {wanted} that was given back, as its order comes to no more: book the rest "
            "there by hand"
        )
    missing = [line for line in body["lines"] if line["line"] not in named]
    if missing:
        names = ", ".join(str(line["name"]) for line in missing)
        notes.append(f"given back as an amount only, as the shop's order no longer has the line: {names}")
    if place.restock:
        bare = [line["id"] for line in body["lines"] if not named.get(line["line"], {}).get("product")]
        unmoved = woocommerce_stock.unmoved(fact, place, bare)
        if unmoved:
            notes.append(woocommerce_stock.by_hand(unmoved, "+"))
    return Complete(fact.refs["refund"], booked - wanted, tuple(notes))
