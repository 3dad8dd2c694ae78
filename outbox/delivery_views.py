"""Deliveries as people read them: counts by cloud and state, lists, and one with its steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from outbox.deliveries import STATES, open_of, streams

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


def counts(connection: sqlite3.Connection, clouds: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return, by cloud, how many deliveries are in each state, the oldest record not delivered, the last error."""
    found: dict[str, dict[str, Any]] = {}
    rows = connection.execute("select cloud, state, count from delivery_count").fetchall()
    for cloud in sorted({*clouds, *(row[0] for row in rows)}):
        found[cloud] = dict.fromkeys(STATES, 0) | {"oldest_waiting": None, "last_error": None}
        heads = [head for stream in streams(connection, cloud) for head in open_of(connection, cloud, stream, 1)]
        if heads:
            oldest = min(heads)
            found[cloud]["last_error"] = oldest.last_error
            (found[cloud]["oldest_waiting"],) = connection.execute(
                "select occurred_at from record where seq = (select record_seq from delivery where id = ?)",
                (oldest.id,),
            ).fetchone()
    for cloud, state, count in rows:
        found[cloud][state] = count
    return found


def last_delivered(connection: sqlite3.Connection, cloud: str) -> str | None:
    """Return when a cloud took the newest record that it has (RFC 3339), or None. Not for every second."""
    row = connection.execute(
        "select done_at from delivery where cloud = ? and state = 'delivered' order by id desc limit 1", (cloud,)
    ).fetchone()
    return None if row is None else row[0]


_LISTED = (
    "select delivery.id, delivery.cloud, delivery.state, attempts, last_error, code, hint, remote_id, drift, notes, "
    "done_at, settled_at, settled_by, settled_why, record.id, record.kind, record.receipt_number, record.occurred_at, "
    "(select earlier.state from delivery as earlier where earlier.id = delivery.after) "
    "from delivery join record on record.seq = delivery.record_seq "
)


def listed(
    connection: sqlite3.Connection,
    *,
    cloud: str | None = None,
    state: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return deliveries as JSON values, oldest first."""
    where, values = ["delivery.id > ?"], [after]
    for column, value in (("delivery.cloud", cloud), ("delivery.state", state)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)  # type: ignore[arg-type]  # sqlite3 takes either
    rows = connection.execute(
        f"{_LISTED} where {' and '.join(where)} order by delivery.id limit ?", (*values, limit)
    ).fetchall()
    return [_as_json(row) for row in rows]


def one_listed(connection: sqlite3.Connection, delivery_id: int) -> dict[str, Any] | None:
    """Return one delivery as `listed` would, or None."""
    row = connection.execute(f"{_LISTED} where delivery.id = ?", (delivery_id,)).fetchone()
    return None if row is None else _as_json(row)


def shown(connection: sqlite3.Connection, delivery_id: int) -> dict[str, Any] | None:
    """Return one delivery with its steps (never their bodies' credentials: those are not kept), or None."""
    delivery = one_listed(connection, delivery_id)
    if delivery is None:
        return None
    steps = connection.execute(
        "select name, state, method, path, first_sent_at, note, refs from step where delivery = ? "
        "order by first_sent_at, name",
        (delivery_id,),
    ).fetchall()
    return delivery | {
        "steps": [
            {
                "name": name,
                "state": state,
                "request": f"{method} {path}",
                "first_sent_at": first_sent_at,
                "note": note,
                "refs": json.loads(found),
            }
            for name, state, method, path, first_sent_at, note, found in steps
        ]
    }


def _as_json(row: tuple[Any, ...]) -> dict[str, Any]:
    names = (
        "id", "cloud", "state", "attempts", "last_error", "code", "hint", "remote_id", "drift", "notes", "done_at",
        "settled_at", "settled_by", "settled_why", "record_id", "kind", "receipt_number", "occurred_at", "waits_for",
    )  # fmt: skip
    values = dict(zip(names, row, strict=True))
    values["notes"] = json.loads(values["notes"]) if values["notes"] else []
    at, by, why = (values.pop(name) for name in ("settled_at", "settled_by", "settled_why"))
    values["settled"] = None if at is None else {"at": at, "by": by, "reason": why}
    earlier = values.pop("waits_for")
    if earlier is not None and earlier != "delivered" and values["state"] == "waiting":
        values["last_error"] = f"it waits for its sale, or a refund before it, which is {earlier} there"
    return values
