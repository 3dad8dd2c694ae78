"""Batches on disk: several deliveries of one till in one request, written down before it is first sent.

A batch is there while its request may be under way, and its deliveries name it. It goes when they are
delivered, or when it is sent in smaller parts. Functions that write are run inside the journal's changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox.connector import Complete, Idempotency, Packed, Request, Step

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from outbox.connector import Packer

STEP = "batch"  # what a batch's one request is called among steps


@dataclass(frozen=True, slots=True)
class Frozen:
    """A batch as it was written down: the request, and what is in it, oldest first."""

    id: int
    step: Step
    delivery_ids: tuple[int, ...]
    records: tuple[Packed, ...]
    fresh: bool  # written by this very change, so that nothing of it was ever sent


def freeze(
    connection: sqlite3.Connection, delivery_ids: Sequence[int], batch: int | None, packer: Packer, now: datetime
) -> Frozen:
    """Return the request for these deliveries, written down and marked as sent.

    `batch` is the one they are in already: sent again as it is where it holds exactly these, and given up where
    it holds more, since it is then to go in parts.
    """
    packed = records(connection, delivery_ids)
    if batch is not None:
        found = _read(connection, batch, len(delivery_ids))
        if found is not None:
            return Frozen(batch, found, tuple(delivery_ids), packed, fresh=False)
        drop(connection, batch)
    step = packer.pack(packed)
    request = step.request
    cursor = connection.execute(
        "insert into batch(key, idempotency, method, path, headers, body, first_sent_at) values (?, ?, ?, ?, ?, ?, ?)",
        (
            step.key,
            str(step.idempotency),
            request.method,
            request.path,
            json.dumps(request.headers),
            request.body,
            now.isoformat(),
        ),
    )
    assert cursor.lastrowid is not None
    connection.execute(
        "update delivery set state = 'sending', attempts = attempts + 1, batch = ? "
        "where id in (select value from json_each(?))",
        (cursor.lastrowid, json.dumps(delivery_ids)),
    )
    return Frozen(cursor.lastrowid, step, tuple(delivery_ids), packed, fresh=True)


def drop(connection: sqlite3.Connection, batch: int) -> None:
    """Give a batch up: its deliveries wait again, each by itself."""
    connection.execute("update delivery set batch = null where batch = ?", (batch,))
    connection.execute("delete from batch where id = ?", (batch,))


def failed(connection: sqlite3.Connection, frozen: Frozen, reason: str, *, sent: bool) -> None:
    """Keep how an attempt at a batch ended that has to be made again."""
    connection.execute(
        "update delivery set state = 'waiting', last_error = ?, attempts = attempts - ? "
        "where id in (select value from json_each(?))",
        (reason, 0 if sent else 1, json.dumps(frozen.delivery_ids)),
    )


def delivered(connection: sqlite3.Connection, frozen: Frozen, ends: Sequence[Complete], now: datetime) -> None:
    """Close every delivery of a batch; the frozen request has served."""
    connection.executemany(
        "update delivery set state = 'delivered', batch = null, remote_id = ?, drift = ?, notes = ?, "
        "last_error = null, code = null, hint = null, done_at = ? where id = ?",
        [
            (end.remote_id, end.drift, json.dumps(end.notes) if end.notes else None, now.isoformat(), delivery_id)
            for delivery_id, end in zip(frozen.delivery_ids, ends, strict=True)
        ],
    )
    connection.execute("delete from batch where id = ?", (frozen.id,))


def records(connection: sqlite3.Connection, delivery_ids: Sequence[int]) -> tuple[Packed, ...]:
    """Return what is to be packed for these deliveries, in their order."""
    rows = connection.execute(
        "select record.id, kind, receipt_number, body, hash from json_each(?) as wanted "
        "cross join delivery on delivery.id = wanted.value cross join record on record.seq = delivery.record_seq "
        "order by delivery.id",
        (json.dumps(delivery_ids),),
    ).fetchall()
    return tuple(Packed(*row) for row in rows)


def _read(connection: sqlite3.Connection, batch: int, size: int) -> Step | None:
    (held,) = connection.execute("select count(*) from delivery where batch = ?", (batch,)).fetchone()
    row = connection.execute(
        "select key, idempotency, method, path, headers, body from batch where id = ?", (batch,)
    ).fetchone()
    if row is None or held != size:
        return None
    key, idempotency, method, path, headers, body = row
    request = Request(method, path, bytes(body), tuple((str(n), str(v)) for n, v in json.loads(headers)))
    return Step(STEP, key, Idempotency(idempotency), request)
