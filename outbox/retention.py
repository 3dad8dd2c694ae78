"""What has served its time, and goes; a chunk at a time, so that no sale ever waits for more than one.

Records are never deleted: a trigger refuses it, and nothing here tries. What goes is what hung on them while
they were on their way: answers that nobody will ask for again, requests that were answered long ago (what they
brought back stays, for refunds), documents that were printed, and how a drawer's opening ended (that it was
opened is a record). Functions run inside the journal's changes; no statement reads more than a chunk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from outbox import answers

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

CHUNK = 100  # rows a transaction: some milliseconds, also from a disk that turns
KEPT_DAYS = 35  # a month, and the days until somebody has looked at its books
MARGIN_DAYS = 1  # times are compared as text, and some have the store's offset: up to 14 hours


class Pruned(NamedTuple):
    """How many rows went or were emptied, and whether there may be more."""

    rows: int
    more: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """One kind of thing that goes once it is so many days old."""

    name: str
    kept_days: int
    drop: Callable[[sqlite3.Connection, str], Pruned]  # what is older than a time (RFC 3339, UTC)

    def prune(self, connection: sqlite3.Connection, now: datetime) -> Pruned:
        """Drop a chunk of what is too old at `now`."""
        before = now.astimezone(UTC) - timedelta(days=self.kept_days + MARGIN_DAYS)
        return self.drop(connection, before.isoformat())


def _answers(connection: sqlite3.Connection, before: str) -> Pruned:
    rows = answers.forget(connection, before, CHUNK)
    return Pruned(rows, rows == CHUNK)


def _documents(connection: sqlite3.Connection, before: str) -> Pruned:
    """Empty what front ends had printed; the jobs and how they ended stay."""
    rows = connection.execute(
        "update print_job set document = null where id in (select id from print_job where document is not null "
        "and updated_at < ? and state not in ('queued', 'sending') order by updated_at limit ?)",
        (before, CHUNK),
    ).rowcount
    return Pruned(rows, rows == CHUNK)


def _steps(connection: sqlite3.Connection, before: str) -> Pruned:
    """Drop the requests of delivered records, cloud by cloud in the journal's order.

    A step that brought something back stays with that alone: a refund of its sale may be made years later. How
    far each cloud has come is kept. It goes no further than the oldest delivery that is still to be made; those
    that are parked, and what waits for them, are passed by, and keep their few steps should they go after all.
    """
    for (cloud,) in connection.execute("select distinct cloud from delivery_count").fetchall():
        mark = f"steps of {cloud}"
        after = int(_upto(connection, mark) or 0)
        rows = connection.execute(
            "select id, record_seq, state, done_at, after from delivery where cloud = ? and record_seq > ? "
            "order by record_seq limit ?",
            (cloud, after, CHUNK),
        ).fetchall()
        served, passed = [], after
        for delivery_id, record_seq, state, done_at, behind in rows:
            if state == "delivered":
                if done_at >= before:
                    break
                served.append((delivery_id,))
            elif state != "parked" and behind is None:
                break
            passed = record_seq
        if passed > after:
            connection.executemany("delete from step where delivery = ? and (refs = '{}' or state <> 'done')", served)
            connection.executemany("update step set key = '', headers = '[]', body = x'' where delivery = ?", served)
            _note(connection, mark, str(passed))
            return Pruned(len(served), more=True)
    return Pruned(0, more=False)


def _kicks(connection: sqlite3.Connection, before: str) -> Pruned:
    """Drop how openings of the drawer ended, in the journal's order. What is not settled stays."""
    after = int(_upto(connection, "kicks") or 0)
    rows = connection.execute(
        "select seq, id, occurred_at from record where kind = 'drawer' and seq > ? order by seq limit ?", (after, CHUNK)
    ).fetchall()
    limit = datetime.fromisoformat(before)
    old = [(seq, record_id) for seq, record_id, at in rows if datetime.fromisoformat(at) < limit]
    if not old:
        return Pruned(0, more=False)
    gone = sum(
        connection.execute("delete from kick where record_id = ? and state <> 'sending'", (record_id,)).rowcount
        for _, record_id in old
    )
    _note(connection, "kicks", str(old[-1][0]))
    return Pruned(gone, len(old) == CHUNK)


DUTIES = (
    Duty("answers", answers.KEPT_DAYS, _answers),
    Duty("printed documents", KEPT_DAYS, _documents),
    Duty("answered requests", KEPT_DAYS, _steps),
    Duty("openings of drawers", KEPT_DAYS, _kicks),
)


def _upto(connection: sqlite3.Connection, what: str) -> str | None:
    row = connection.execute("select value from upkeep where what = ?", (what,)).fetchone()
    return row[0] if row else None


def _note(connection: sqlite3.Connection, what: str, value: str) -> None:
    connection.execute(
        "insert into upkeep(what, value) values (?, ?) on conflict do update set value = excluded.value", (what, value)
    )
