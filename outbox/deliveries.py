"""Deliveries on disk: which record goes to which cloud, how far it has come, and what was sent.

A delivery is waiting, sending, delivered or parked. Its requests are steps, each written down before
it is first sent, body and all: `ready` was never sent or is known to have had no effect, `unclear` may
have had one (also after a crash), `done` had. What happened is decided by the courier; this file only
keeps it. Functions that write are run inside the journal's changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from outbox.connector import Idempotency, Request, Step

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from outbox.record import Kind, Record

STATES = ("waiting", "sending", "delivered", "parked")
REASON_CHARS_MAX = 500  # what a person reads; a cloud's HTML error page is not kept


@dataclass(frozen=True, slots=True)
class Delivery:
    """One record on its way to one cloud."""

    id: int
    cloud: str
    record_seq: int
    stream: str  # the record's till: within one, deliveries keep their order
    chain: str
    generation: int
    last_error: str | None
    doubt: bool  # written before this disk was put back: it may have been sent since


class Waiting(NamedTuple):
    """A delivery that is neither delivered nor parked: what is needed to choose the next."""

    id: int
    last_error: str | None
    batch: int | None  # the request it is under way in, with others
    after: int | None  # this delivery first
    after_state: str | None


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step written down and not done."""

    step: Step
    unclear: bool
    first_sent_at: str  # by this PC's clock
    cloud_time: str | None  # a time by the cloud's clock that was past then; None: it was never heard


def queue(connection: sqlite3.Connection, record: Record, clouds: Mapping[str, frozenset[Kind]]) -> None:
    """Queue a new record for every cloud that takes its kind. A refund waits for its sale and earlier refunds."""
    original = record.body.get("original")
    chain = original["id"] if isinstance(original, dict) and "id" in original else record.id
    for cloud, kinds in clouds.items():
        if record.kind not in kinds:
            continue
        after = None
        if chain != record.id:
            row = connection.execute(
                "select delivery.id from delivery join record on record.seq = delivery.record_seq "
                "where delivery.cloud = ? and record.id = ?",
                (cloud, chain),
            ).fetchone()
            (before,) = connection.execute(
                "select max(delivery.id) from refund cross join record on record.id = refund.refund_id "
                "cross join delivery on delivery.cloud = ? and delivery.record_seq = record.seq "
                "where refund.sale_id = ?",
                (cloud, chain),
            ).fetchone()
            after = before or (row[0] if row else None)
        connection.execute(
            "insert into delivery(cloud, record_seq, stream, chain, after) values (?, ?, ?, ?, ?)",
            (cloud, record.seq, record.till, chain, after),
        )


def streams(connection: sqlite3.Connection, cloud: str) -> list[str]:
    """Return the tills that have deliveries open, in one step of the index each."""
    found: list[str] = []
    while True:
        row = connection.execute(
            "select stream from delivery where cloud = ? and stream > ? and state in ('waiting', 'sending') "
            "order by stream limit 1",
            (cloud, found[-1] if found else ""),
        ).fetchone()
        if row is None:
            return found
        found.append(row[0])


def open_of(connection: sqlite3.Connection, cloud: str, stream: str, limit: int, *, above: int = 0) -> list[Waiting]:
    """Return the oldest deliveries of a till that are neither delivered nor parked, in order."""
    rows = connection.execute(
        "select id, last_error, batch, after, "
        "(select earlier.state from delivery as earlier where earlier.id = delivery.after) from delivery "
        "where cloud = ? and stream = ? and id > ? and state in ('waiting', 'sending') order by id limit ?",
        (cloud, stream, above, limit),
    )
    return [Waiting(*row) for row in rows]


def turn(connection: sqlite3.Connection, delivery_id: int) -> tuple[str, int | None]:
    """Return a delivery's state, and which one has to be delivered before it."""
    state, after = connection.execute("select state, after from delivery where id = ?", (delivery_id,)).fetchone()
    return state, after


def one(connection: sqlite3.Connection, delivery_id: int) -> Delivery | None:
    """Return a delivery, or None."""
    row = connection.execute(
        "select id, cloud, record_seq, stream, chain, generation, last_error, doubt from delivery where id = ?",
        (delivery_id,),
    ).fetchone()
    if row is None:
        return None
    number, cloud, record_seq, stream, chain, generation, last_error, doubt = row
    return Delivery(number, cloud, record_seq, stream, chain, generation, last_error, bool(doubt))


def state_of(connection: sqlite3.Connection, delivery_id: int) -> str | None:
    """Return a delivery's state, or None where there is no such delivery."""
    row = connection.execute("select state from delivery where id = ?", (delivery_id,)).fetchone()
    return row[0] if row else None


def refs(connection: sqlite3.Connection, delivery_id: int) -> dict[str, str]:
    """Return what the delivery's finished steps brought back, together."""
    found: dict[str, str] = {}
    for (text,) in connection.execute("select refs from step where delivery = ? and state = 'done'", (delivery_id,)):
        found |= json.loads(text)
    return found


def sale_refs(connection: sqlite3.Connection, delivery: Delivery) -> dict[str, str]:
    """Return what delivering the sale this one hangs on brought back (nothing for the sale itself)."""
    row = connection.execute(
        "select delivery.id from delivery join record on record.seq = delivery.record_seq "
        "where delivery.cloud = ? and record.id = ? and delivery.id <> ?",
        (delivery.cloud, delivery.chain, delivery.id),
    ).fetchone()
    return refs(connection, row[0]) if row else {}


def open_step(connection: sqlite3.Connection, delivery_id: int) -> OpenStep | None:
    """Return the step that was begun and is not done, exactly as it was frozen, or None."""
    row = connection.execute(
        "select name, key, idempotency, key_life_s, method, path, headers, body, state, first_sent_at, cloud_time "
        "from step where delivery = ? and state <> 'done'",
        (delivery_id,),
    ).fetchone()
    if row is None:
        return None
    name, key, idempotency, key_life_s, method, path, headers, body, state, first_sent_at, cloud_time = row
    request = Request(method, path, bytes(body), tuple((str(n), str(v)) for n, v in json.loads(headers)))
    step = Step(name, key, Idempotency(idempotency), request, key_life_s)
    return OpenStep(step, state == "unclear", first_sent_at, cloud_time)


# --- what the courier writes ---


def begin(connection: sqlite3.Connection, delivery_id: int, coming: OpenStep) -> None:
    """Write a step down as sent, before it is: from here a crash leaves it unclear."""
    step, request = coming.step, coming.step.request
    connection.execute(
        "insert into step(delivery, name, state, key, idempotency, key_life_s, method, path, headers, body, "
        "first_sent_at, cloud_time) values (?, ?, 'unclear', ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "on conflict(delivery, name) do update set state = 'unclear' where state <> 'done'",
        (
            delivery_id,
            step.name,
            step.key,
            str(step.idempotency),
            step.key_life_s,
            request.method,
            request.path,
            json.dumps(request.headers),
            request.body,
            coming.first_sent_at,
            coming.cloud_time,
        ),
    )
    connection.execute("update delivery set state = 'sending', attempts = attempts + 1 where id = ?", (delivery_id,))


def counted(connection: sqlite3.Connection, delivery_ids: Iterable[int], attempts: int) -> None:
    """Add attempts that were made and not written down, as they changed nothing else."""
    if attempts:
        connection.execute(
            "update delivery set attempts = attempts + ? where id in (select value from json_each(?))",
            (attempts, json.dumps([*delivery_ids])),
        )


def not_sent(connection: sqlite3.Connection, delivery_id: int, name: str, reason: str, *, unclear: bool) -> None:
    """Take an attempt back: nothing left this machine. `unclear`: the step is left as one that may have been sent."""
    connection.execute(
        "update step set state = ? where delivery = ? and name = ?",
        ("unclear" if unclear else "ready", delivery_id, name),
    )
    connection.execute(
        "update delivery set state = 'waiting', attempts = attempts - 1, last_error = ? where id = ?",
        (short(reason), delivery_id),
    )


def failed(connection: sqlite3.Connection, delivery_id: int, name: str, reason: str, *, unclear: bool) -> None:
    """Keep the end of an attempt that has to be made again."""
    connection.execute(
        "update step set state = ? where delivery = ? and name = ? and state <> 'done'",
        ("unclear" if unclear else "ready", delivery_id, name),
    )
    connection.execute(
        "update delivery set state = 'waiting', last_error = ? where id = ?", (short(reason), delivery_id)
    )


def step_done(
    connection: sqlite3.Connection, delivery_id: int, name: str, found: Mapping[str, str], note: str | None
) -> None:
    """Keep what a step brought back."""
    connection.execute(
        "update step set state = 'done', refs = ?, note = ? where delivery = ? and name = ?",
        (json.dumps(dict(found)), note, delivery_id, name),
    )


def delivered(
    connection: sqlite3.Connection,
    delivery_id: int,
    remote_id: str | None,
    drift: int,
    notes: Iterable[str],
    now: datetime,
) -> None:
    """Close a delivery. `drift` and the notes stay for the books; the frozen bodies have served."""
    kept = [
        row[0]
        for row in connection.execute(
            "select note from step where delivery = ? and note is not null order by first_sent_at", (delivery_id,)
        )
    ]
    notes = [*kept, *(note for note in notes if note not in kept)]
    connection.execute(
        "update delivery set state = 'delivered', remote_id = ?, drift = ?, notes = ?, last_error = null, "
        "code = null, hint = null, done_at = ? where id = ?",
        (remote_id, drift, json.dumps(notes) if notes else None, now.isoformat(), delivery_id),
    )
    connection.execute("update step set body = x'' where delivery = ?", (delivery_id,))


def parked(connection: sqlite3.Connection, delivery_id: int, code: str, reason: str, hint: str) -> None:
    """Set a delivery aside: the cloud itself refused it. A person mends the reason and releases it."""
    connection.execute(
        "update delivery set state = 'parked', code = ?, last_error = ?, hint = ? where id = ?",
        (code, short(reason), hint, delivery_id),
    )


def release(connection: sqlite3.Connection, delivery_id: int) -> bool:
    """Let a parked delivery go again, with the refused request made anew. Returns whether it was parked.

    A refused request had no effect, so its frozen body goes; an unclear one stays, and is looked for.
    """
    changed = connection.execute(
        "update delivery set state = 'waiting', generation = generation + 1, code = null, hint = null "
        "where id = ? and state = 'parked'",
        (delivery_id,),
    ).rowcount
    if changed:
        connection.execute("delete from step where delivery = ? and state = 'ready'", (delivery_id,))
    return bool(changed)


def short(reason: str) -> str:
    """Return a reason as it is kept."""
    return reason if len(reason) <= REASON_CHARS_MAX else reason[: REASON_CHARS_MAX - 1] + "…"
