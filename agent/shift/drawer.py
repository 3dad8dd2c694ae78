"""What a drawer should hold: a till's own part, and with the tills that share it. On any connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.shift import kept, opening, sums

if TYPE_CHECKING:
    import sqlite3

    from agent.facts import TillSetup
    from agent.till import Tills


def sharing(tills: Tills, till: TillSetup) -> list[TillSetup]:
    """Return the other tills whose money lies in this till's drawer."""
    return [other for other in tills if till.drawer is not None and other.drawer == till.drawer and other != till]


def part(connection: sqlite3.Connection, till_id: str) -> int:
    """Return what a till's own money should come to: by its open shift, or as the last count left it."""
    opened = kept.opened(connection, till_id)
    if opened is None:
        return opening.left_by(kept.last_closing(connection, till_id))
    return sums.expected_cash(opened.body["float"], kept.figures(connection, till_id))


def holds(connection: sqlite3.Connection, tills: Tills, till: TillSetup) -> int:
    """Return what all that lies in the till's drawer should come to."""
    return sum(part(connection, one.id) for one in (till, *sharing(tills, till)))


def short(connection: sqlite3.Connection, tills: Tills, till: TillSetup, out: int) -> int:
    """Return how much more is given out than should be there; 0 where there is enough."""
    return max(out - max(holds(connection, tills, till), 0), 0)
