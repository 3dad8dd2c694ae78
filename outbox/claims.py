"""What may be sent next: of each till, its oldest deliveries in order, as many as one request takes.

Order is kept within a till (a stream). What is parked, or keeps failing at a cloud that takes the others,
stands aside and holds up nothing but the refunds of its own sale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox import deliveries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from outbox.deliveries import Waiting

AHEAD = 8  # deliveries read beyond those that are wanted, as some may stand aside


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries of one till that go together, oldest first; never empty."""

    stream: str
    deliveries: tuple[Waiting, ...]


def claim(
    connection: sqlite3.Connection,
    cloud: str,
    stream: str,
    size: int,
    *,
    stands_aside: Callable[[int], bool],
    waits: Callable[[int], bool],
    above: int = 0,
) -> Claim | None:
    """Return up to `size` deliveries of a till that may go now, or None.

    `stands_aside(delivery)` is true of those that others may overtake, `waits(delivery)` of those whose time has
    not come. A batch that is under way already is claimed as it is, or its first part where `size` is smaller.
    """
    taken: list[Waiting] = []
    while True:
        found = deliveries.open_of(connection, cloud, stream, size + AHEAD, above=above)
        for delivery in found:
            aside = stands_aside(delivery.id)
            if aside and waits(delivery.id):
                continue
            if delivery.after is not None and delivery.after_state != "delivered":
                behind = delivery.after in (before.id for before in taken)
                if not behind and _is_held(connection, delivery.after, stands_aside):
                    continue
                if not behind:
                    return _of(stream, taken)
            if taken and (aside or delivery.batch != taken[0].batch):
                return _of(stream, taken)
            taken.append(delivery)
            if aside or len(taken) == size:
                return _of(stream, taken)
        if len(found) < size + AHEAD:
            return _of(stream, taken)
        above = found[-1].id


def _is_held(connection: sqlite3.Connection, delivery_id: int, stands_aside: Callable[[int], bool]) -> bool:
    """Return whether a delivery is parked or stands aside, or waits for one that is, by whatever turns."""
    turn: int | None = delivery_id
    while turn is not None:
        state, after = deliveries.turn(connection, turn)
        if state == "parked" or stands_aside(turn):
            return True
        turn = after if state != "delivered" else None
    return False


def _of(stream: str, taken: list[Waiting]) -> Claim | None:
    return Claim(stream, tuple(taken)) if taken else None
