"""What stands before a person: deliveries that were refused, and those of which the cloud has something else.

A matter is a delivery that is parked, or delivered with a drift or a note. A person sees to it and ticks it off, with a
reason; a parked one that was entered by hand counts as delivered from then on, so that its refunds may go.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox import delivery_views

if TYPE_CHECKING:
    import sqlite3

COUNTED_MAX = 1_000  # of a cloud; who has more reads the list, and a status is asked for every second

# To the letter what the index `delivery_matter` is over: SQLite uses it for nothing else.
_MATTER = "(state = 'parked' or (state = 'delivered' and settled_at is null and (drift <> 0 or notes is not null)))"


@dataclass(frozen=True, slots=True)
class Settled:
    """That a person has seen to a delivery. `at` is RFC 3339; `by` names them, or is None."""

    at: str
    by: str | None
    why: str


class CannotSettle(Exception):
    """There is nothing that a person could tick off: no such delivery, or one that stands before nobody."""


class OnItsWay(CannotSettle):
    """The delivery goes by itself."""


class Nowhere(CannotSettle):
    """There is no such delivery."""


def count(connection: sqlite3.Connection, cloud: str) -> int:
    """Return how many matters a cloud has, up to `COUNTED_MAX`."""
    (found,) = connection.execute(
        f"select count(*) from (select 1 from delivery where cloud = ? and {_MATTER} limit ?)", (cloud, COUNTED_MAX)
    ).fetchone()
    return int(found)


def listed(
    connection: sqlite3.Connection, *, cloud: str | None = None, after: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """Return matters as JSON values, oldest first: the deliveries, and as `matter` whether `parked` or `differs`."""
    where, values = ("cloud = ? and ", (cloud,)) if cloud is not None else ("", ())
    rows = connection.execute(
        f"select id, state from delivery where {where}id > ? and {_MATTER} order by id limit ?",
        (*values, after, limit),
    ).fetchall()
    found = []
    for number, state in rows:
        shown = delivery_views.one_listed(connection, number)
        assert shown is not None, "a delivery is never deleted"
        found.append({"matter": "parked" if state == "parked" else "differs", **shown})
    return found


def settle(connection: sqlite3.Connection, number: int, settled: Settled, *, goes: bool = True) -> str:
    """Tick a delivery off, in the journal's change. Returns its state before. Raises `CannotSettle`.

    One that is not delivered, because it was refused, or because nobody can look whether it arrived, or delivers to
    its cloud at all (not `goes`), is taken for delivered by hand: nothing of it is sent any more.
    """
    row = connection.execute(
        "select state, settled_at, drift, notes, last_error from delivery where id = ?", (number,)
    ).fetchone()
    if row is None:
        raise Nowhere(f"There is no delivery {number}: GET /v1/outbox lists them.")
    state, settled_at, drift, notes, last_error = row
    if state == "delivered":
        if settled_at is not None or not (drift or notes):
            raise CannotSettle(f"Delivery {number} stands before nobody: nothing is to be done.")
    else:
        unclear = connection.execute(
            "select 1 from step where delivery = ? and state = 'unclear'", (number,)
        ).fetchone()
        if state != "parked" and unclear is None and goes:
            raise OnItsWay(f"Delivery {number} is on its way and goes by itself: nothing is to be settled.")
        said = [*json.loads(notes or "[]"), f"settled by hand, it was {state}: {last_error or 'no reason was kept'}"]
        connection.execute(
            "update delivery set state = 'delivered', notes = ?, last_error = null, code = null, hint = null, "
            "done_at = ? where id = ?",
            (json.dumps(said), settled.at, number),
        )
        connection.execute("delete from step where delivery = ? and state <> 'done'", (number,))
    connection.execute(
        "update delivery set settled_at = ?, settled_by = ?, settled_why = ? where id = ?",
        (settled.at, settled.by, settled.why, number),
    )
    return str(state)
