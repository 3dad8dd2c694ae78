"""Stock at Square moved by what a record sold or took back.

Square takes a change for 24 hours after it happened and not a minute longer.
Source: Square's API description 2025-08-20, `BatchChangeInventoryRequest`, `InventoryAdjustment.occurred_at`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.connector import Done, Refused
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Fact, Outcome

AGE_MAX_S = 24 * 3600 - 300  # Square's 24 hours, less five minutes for clocks and the line
CHANGES_MAX = 100  # Square's limit for one request
QUANTITY_DECIMALS_MAX = 5  # InventoryAdjustment.quantity
REFERENCE_CHARS_MAX = 255  # InventoryAdjustment.reference_id


def changes(fact: Fact, location_id: str) -> list[dict[str, Any]]:
    """Return the record's stock changes, one a line of an item that Square knows."""
    record = fact.record
    out = record.kind is Kind.SALE
    occurred_at = min(datetime.fromisoformat(record.occurred_at), fact.now)
    return [
        {
            "type": "ADJUSTMENT",
            "adjustment": {
                "reference_id": f"{record.id}/{line['id']}"[:REFERENCE_CHARS_MAX],
                "from_state": "IN_STOCK" if out else "UNLINKED_RETURN",
                "to_state": "SOLD" if out else "IN_STOCK",
                "location_id": location_id,
                "catalog_object_id": fact.items[line["sku"]].remote_id,
                "quantity": f"{round(Decimal(line['quantity']), QUANTITY_DECIMALS_MAX).normalize():f}",
                "occurred_at": occurred_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            },
        }
        for line in known(fact)
    ]


def known(fact: Fact) -> list[Mapping[str, Any]]:
    """Return the record's lines whose items Square knows."""
    return [line for line in fact.record.body["lines"] if line["sku"] and line["sku"] in fact.items]


def too_old(fact: Fact) -> bool:
    """Return whether Square no longer takes this record's stock changes."""
    return (fact.now - datetime.fromisoformat(fact.record.occurred_at)).total_seconds() >= AGE_MAX_S


def by_hand(fact: Fact, why: str) -> str:
    """Return the note that asks a person to move what could not be moved."""
    sign = "-" if fact.record.kind is Kind.SALE else "+"
    moves = ", ".join(f"{line['sku']} {sign}{line['quantity']}" for line in known(fact))
    return f"Square's stock was not moved ({why}); correct it there by hand: {moves}"


def verdict(name: str, fact: Fact, read: dict[str, Any] | Outcome) -> Outcome:
    """Say what an answer to stock changes means. A refusal is a note: the money is already right."""
    if isinstance(read, Refused):
        return Done({name: "refused"}, by_hand(fact, read.reason))
    if isinstance(read, dict):
        return Done({name: "moved"})
    return read
