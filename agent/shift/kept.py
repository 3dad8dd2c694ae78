"""The shift that is open at a till, as it is on the disk: which it is, and its sums up to one of its records.

The rest is added when somebody asks, from the journal itself, so nothing kept can disagree with it; and as the sums
are kept anew every so many records, nobody waits for more than those.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.shift import sums
from outbox import chain
from outbox.record import Kind

if TYPE_CHECKING:
    import sqlite3

    from agent.shift.sums import Sums
    from outbox.record import Record

KEPT_EVERY = 100  # records of a till: adding so many takes some 5 ms, and a sale shares in that once in fifty


def current(connection: sqlite3.Connection, till: str) -> str | None:
    """Return the id of the record that opened the till's shift, or None where none is open."""
    row = connection.execute("select opened from shift where till = ?", (till,)).fetchone()
    return row[0] if row else None


def opened(connection: sqlite3.Connection, till: str) -> Record | None:
    """Return the record that opened the till's shift, or None."""
    found = current(connection, till)
    return None if found is None else chain.by_id(connection, found)


def last_closing(connection: sqlite3.Connection, till: str) -> Record | None:
    """Return the till's newest Z, or None."""
    found = chain.newest(connection, 1, till=till, kinds=frozenset({Kind.SHIFT_CLOSE}))
    return found[0] if found else None


def figures(connection: sqlite3.Connection, till: str) -> Sums:
    """Return the sums of the till's open shift up to now; those of nothing where none is open."""
    return _up_to_now(connection, till)[0]


def take(connection: sqlite3.Connection, record: Record) -> None:
    """Follow a record that was just written, from inside its change."""
    if record.kind is Kind.SHIFT_OPEN:
        connection.execute(
            "insert into shift(till, opened, upto, sums) values (?, ?, ?, ?)",
            (record.till, record.id, record.till_seq, ""),
        )
    elif record.kind is Kind.SHIFT_CLOSE:
        connection.execute("delete from shift where till = ?", (record.till,))
    elif record.till_seq % KEPT_EVERY == 0:
        now, upto = _up_to_now(connection, record.till)
        connection.execute(
            "update shift set upto = ?, sums = ? where till = ?",
            (upto, json.dumps(now, ensure_ascii=False), record.till),
        )


def _up_to_now(connection: sqlite3.Connection, till: str) -> tuple[Sums, int]:
    row = connection.execute("select upto, sums from shift where till = ?", (till,)).fetchone()
    if row is None:
        return sums.nothing(), 0
    upto, now = row[0], json.loads(row[1]) if row[1] else sums.nothing()
    for record in chain.of_till(connection, till, after=upto):
        sums.add(now, record)
        upto = record.till_seq
    return now, upto
