"""Stock at Shopify's location moved by what a record sold or took back, apart from the order.

Shopify counts whole pieces only. It takes a change at any age, and once a key; but it keeps no list of changes that
could be looked through, so that one whose answer was lost for longer than its key lives stays in doubt, and says so.
Source: the schema 2026-07, `inventoryAdjustQuantities`, `InventoryChangeInput`.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.answer import payload, read
from outbox.clouds.shopify.plan import Place, inner, nodes, number, once
from outbox.clouds.shopify.plan import read as read_step
from outbox.clouds.shopify.queries import STOCK_ADJUST, STOCK_ITEMS
from outbox.connector import Done, Refused, Unclear
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from outbox.connector import Answer, Fact, Outcome, Step

IDS_MAX = 100  # variants asked for, or moved, in one request; Shopify's own limit is 250
MOVED, REFUSED, IN_DOUBT = "moved", "refused", "in doubt"


def next_step(fact: Fact, place: Place) -> Step | None:
    """Return the next request that moves stock, or None."""
    if place.stock != "adjust":
        return None
    ids = sorted({fact.items[line["sku"]].remote_id for line in counted(fact)})
    for n, start in enumerate(range(0, len(ids), IDS_MAX), 1):
        if f"items-{n}" not in fact.refs:
            return read_step(f"items-{n}", STOCK_ITEMS, {"ids": ids[start : start + IDS_MAX]})
    changes = _changes(fact, place)
    for n, start in enumerate(range(0, len(changes), IDS_MAX), 1):
        if f"stock-{n}" not in fact.refs:
            given = {
                "name": "available",
                "reason": "other" if fact.record.kind is Kind.SALE else "restock",
                "referenceDocumentUri": f"gid://stillopen/Record/{fact.record.id}",
                "changes": changes[start : start + IDS_MAX],
            }
            return once(fact, f"stock-{n}", STOCK_ADJUST, given)
    return None


def known(fact: Fact) -> list[Mapping[str, Any]]:
    """Return the record's lines whose items Shopify knows."""
    return [line for line in fact.record.body["lines"] if line["sku"] and line["sku"] in fact.items]


def counted(fact: Fact) -> list[Mapping[str, Any]]:
    """Return those of them that are so many whole pieces."""
    return [line for line in known(fact) if not is_part(line)]


def is_part(line: Mapping[str, Any]) -> bool:
    """Return whether a line is no whole number of pieces."""
    quantity = Decimal(line["quantity"])
    return bool(line["unit"] == "kg" or quantity != quantity.to_integral_value())


def read_items(step: Step, answer: Answer, fact: Fact) -> Outcome:
    """Read which inventory items the variants have; those that are not counted have none."""
    data = read(answer, fact.now)
    if not isinstance(data, dict):
        return data
    if not isinstance(data.get("nodes"), list):
        return Unclear("Shopify's answer holds no variants")
    found = {step.name: "read"}
    for variant in nodes(data["nodes"]):
        item = inner(variant, "inventoryItem")
        if isinstance(variant.get("id"), str) and isinstance(item.get("id"), str) and item.get("tracked") is True:
            found[f"of-{number(variant['id'])}"] = item["id"]
    return Done(found)


def read_moved(step: Step, answer: Answer, fact: Fact) -> Outcome:
    """Say what an answer to stock changes means. A refusal is a note: the money is already right."""
    found = payload(answer, fact.now, "inventoryAdjustQuantities")
    if isinstance(found, Refused):
        return Done({step.name: REFUSED}, by_hand(counted(fact), fact, found.reason))
    if isinstance(found, dict):
        return Done({step.name: MOVED})
    return found


def in_doubt(fact: Fact) -> str | None:
    """Return a note where it will not be known any more whether stock was moved."""
    if IN_DOUBT not in (value for name, value in fact.refs.items() if name.startswith("stock-")):
        return None
    moves = _moves(counted(fact), fact)
    return f"whether Shopify's stock was moved is not known, its answer was lost: count there, it was {moves}"


def by_hand(lines: Iterable[Mapping[str, Any]], fact: Fact, why: str) -> str:
    """Return the note that asks a person to move what could not be moved."""
    return f"Shopify's stock was not moved ({why}); correct it there by hand: {_moves(lines, fact)}"


def _moves(lines: Iterable[Mapping[str, Any]], fact: Fact) -> str:
    sign = "-" if fact.record.kind is Kind.SALE else "+"
    return ", ".join(f"{line['sku']} {sign}{line['quantity']}" for line in lines)


def _changes(fact: Fact, place: Place) -> list[dict[str, Any]]:
    sign = -1 if fact.record.kind is Kind.SALE else 1
    moved = Counter[str]()
    for line in counted(fact):
        item = fact.refs.get(f"of-{number(fact.items[line['sku']].remote_id)}")
        if item is not None:
            moved[item] += sign * int(Decimal(line["quantity"]))
    # No compare-and-swap: the till is not the only one who sells, and what was sold was sold whatever is left.
    return [
        {"delta": delta, "inventoryItemId": item, "locationId": place.location_id, "changeFromQuantity": None}
        for item, delta in sorted(moved.items())
        if delta
    ]
