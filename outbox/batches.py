"""Batches on disk: several deliveries of one till in one request, written down before it is first sent.

A batch is there while its request may be under way, and its deliveries name it. Its bytes are not kept a second
time: they are the records', which never change, and a digest shows that they are packed as they were. The batch
goes when its deliveries are delivered, or when they are sent in smaller parts. Functions that write are run
inside the journal's changes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox.connector import Packed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from outbox.connector import Complete, Packer, Step

# One statement for all of them: a statement each takes twice as long, and sales wait for it meanwhile.
_DELIVERED = (
    "update delivery set state = 'delivered', batch = null, remote_id = ended.remote_id, drift = ended.drift, "
    "notes = ended.notes, last_error = null, code = null, hint = null, done_at = ? from "
    "(select json_extract(value, '$[0]') as id, json_extract(value, '$[1]') as remote_id, "
    "json_extract(value, '$[2]') as drift, json_extract(value, '$[3]') as notes from json_each(?)) as ended "
    "where delivery.id = ended.id"
)


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

    `batch` is the one they are in already: sent again where it holds exactly these and comes to the same bytes, and
    given up otherwise, as when it is to go in parts.
    """
    packed = records(connection, delivery_ids)
    step = packer.pack(packed)
    digest = _digest(step)
    if batch is not None:
        if _is_still(connection, batch, len(delivery_ids), digest):
            return Frozen(batch, step, tuple(delivery_ids), packed, fresh=False)
        drop(connection, batch)
    cursor = connection.execute(
        "insert into batch(key, digest, first_sent_at) values (?, ?, ?)", (step.key, digest, now.isoformat())
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
    rows = [
        (delivery_id, end.remote_id, end.drift, json.dumps(end.notes) if end.notes else None)
        for delivery_id, end in zip(frozen.delivery_ids, ends, strict=True)
    ]
    connection.execute(_DELIVERED, (now.isoformat(), json.dumps(rows)))
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


def _is_still(connection: sqlite3.Connection, batch: int, size: int, digest: bytes) -> bool:
    """Return whether a batch holds so many deliveries, and is packed as it was when it was first sent."""
    (held,) = connection.execute("select count(*) from delivery where batch = ?", (batch,)).fetchone()
    row = connection.execute("select digest from batch where id = ?", (batch,)).fetchone()
    return held == size and row is not None and row[0] == digest


def _digest(step: Step) -> bytes:
    request = step.request
    head = json.dumps([step.key, request.method, request.path, request.headers])
    return hashlib.blake2b(head.encode() + request.body, digest_size=32).digest()  # half the time of SHA-256
