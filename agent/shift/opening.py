"""How a till comes to its shift: opened with a counted float, or by itself with the first thing that moves money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.problem import conflict
from agent.shift import kept
from outbox.ids import new_id
from outbox.record import Kind

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from agent.facts import Facts, TillSetup, Written
    from agent.staff.by import By
    from outbox.record import Record


def left_by(closing: Record | None) -> int:
    """Return what the last count left in the drawer; 0 where there was none."""
    return 0 if closing is None else int(closing.body.get("left", closing.body["counted"]) or 0)


def begin(
    connection: sqlite3.Connection,
    facts: Facts,
    till: TillSetup,
    at: datetime,
    body: dict[str, Any],
    *,
    by: By,
) -> Written:
    """Write the opening of a till's shift, from inside a change. Raises `Problem` where one is open."""
    if kept.current(connection, till.id) is not None:
        raise conflict("shift-open", f"Till {till.id} has an open shift: close it first.")
    return facts.write(connection, till, Kind.SHIFT_OPEN, new_id(), at, body, by=by)


def ensure(
    connection: sqlite3.Connection, facts: Facts, till: TillSetup, at: datetime, currency: str, *, by: By
) -> tuple[str, Record | None]:
    """Return the id of the till's shift, and its opening where it had to open by itself, in this very change."""
    current = kept.current(connection, till.id)
    if current is not None:
        return current, None
    body = {
        "currency": currency,
        "float": left_by(kept.last_closing(connection, till.id)),
        "count": None,
        "automatic": True,
    }
    opened = begin(connection, facts, till, at, body, by=by).record
    return opened.id, opened


def must_be_open(connection: sqlite3.Connection, till: str) -> None:
    """Refuse money where the store counts its float and nobody has. Raises `Problem`."""
    if kept.current(connection, till) is None:
        raise conflict(
            "shift-needed", f"Till {till} has no shift: count its float and open one first. What is rung stays."
        )
