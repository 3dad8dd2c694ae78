"""The journal's records on disk: appended under a hash chain, read back, and verified.

Everything that takes a connection runs where that connection lives: `append` inside a change of the
writer's, the rest on any read-only connection.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.record import GENESIS, NUMBERED, Draft, Kind, Record, canonical, link

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

PAGE = 500  # records read at a time, so that no reader holds the file open for long

_COLUMNS = "seq, id, kind, till, till_seq, receipt_number, occurred_at, body, prev_hash, hash"


def append(connection: sqlite3.Connection, draft: Draft) -> tuple[Record, bool]:
    """Give the draft its place and add it. Returns the record and whether it is new.

    A draft whose id is in the journal already is the same fact asked for again: the record that is
    there is returned, unchanged.
    """
    present = by_id(connection, draft.id)
    if present is not None:
        return present, False
    connection.execute("insert into till(id) values (?) on conflict do nothing", (draft.till,))
    connection.execute(
        "update till set last_seq = last_seq + 1, last_receipt = last_receipt + ? where id = ?",
        (draft.kind in NUMBERED, draft.till),
    )
    till_seq, last_receipt = connection.execute(
        "select last_seq, last_receipt from till where id = ?", (draft.till,)
    ).fetchone()
    receipt_number = receipt_number_of(draft.till, last_receipt) if draft.kind in NUMBERED else None
    head = connection.execute("select hash from record order by seq desc limit 1").fetchone()
    prev_hash = head[0] if head else GENESIS
    body = draft.body | {
        "id": draft.id,
        "kind": str(draft.kind),
        "till": draft.till,
        "till_seq": till_seq,
        "receipt_number": receipt_number,
        "occurred_at": draft.occurred_at,
        "business_date": draft.business_date,
    }
    text = canonical(body)
    own_hash = link(prev_hash, text)
    cursor = connection.execute(
        "insert into record(id, kind, till, till_seq, receipt_number, occurred_at, body, prev_hash, hash) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            draft.id,
            str(draft.kind),
            draft.till,
            till_seq,
            receipt_number,
            draft.occurred_at,
            text.decode(),
            prev_hash,
            own_hash,
        ),
    )
    assert cursor.lastrowid is not None
    record = Record(
        seq=cursor.lastrowid,
        id=draft.id,
        kind=draft.kind,
        till=draft.till,
        till_seq=till_seq,
        receipt_number=receipt_number,
        occurred_at=draft.occurred_at,
        body=body,
        prev_hash=prev_hash,
        hash=own_hash,
        text=text.decode(),
    )
    return record, True


def receipt_number_of(till: str, number: int) -> str:
    """Return how a till's n-th receipt is called, in letters that every cloud takes (A-Z, 0-9, -).

    A till's id has at most 12 characters, so that this has at most 21 until a till's hundred millionth receipt:
    the shortest field a cloud has for it (QuickBooks' DocNumber).
    """
    return f"{till.upper()}-{number:06d}"


def by_id(connection: sqlite3.Connection, record_id: str) -> Record | None:
    """Return the record with this id, or None."""
    row = connection.execute(f"select {_COLUMNS} from record where id = ?", (record_id,)).fetchone()
    return _record(row) if row else None


def by_seq(connection: sqlite3.Connection, seq: int) -> Record | None:
    """Return the record with this place, or None."""
    row = connection.execute(f"select {_COLUMNS} from record where seq = ?", (seq,)).fetchone()
    return _record(row) if row else None


def by_receipt_number(connection: sqlite3.Connection, receipt_number: str) -> Record | None:
    """Return the sale or refund with this receipt number, however it was typed, or None."""
    wanted = receipt_number.strip().upper()
    row = connection.execute(f"select {_COLUMNS} from record where receipt_number = ?", (wanted,)).fetchone()
    return _record(row) if row else None


def refunds_of(connection: sqlite3.Connection, sale_id: str) -> list[Record]:
    """Return the refunds a sale has had, oldest first."""
    rows = connection.execute(
        f"select {_COLUMNS} from record where id in (select refund_id from refund where sale_id = ?) order by seq",
        (sale_id,),
    ).fetchall()
    return [_record(row) for row in rows]


def newest(
    connection: sqlite3.Connection,
    limit: int,
    *,
    before: int | None = None,
    till: str | None = None,
    kinds: frozenset[Kind] | None = None,
) -> list[Record]:
    """Return up to `limit` records, newest first, from below the place `before`."""
    where, values = ["seq < ?"], [before if before is not None else 2**62]
    if till is not None:
        where.append("till = ?")
        values.append(till)  # type: ignore[arg-type]  # sqlite3 takes either
    if kinds is not None:
        where.append(f"kind in ({','.join('?' * len(kinds))})")
        values.extend(str(kind) for kind in sorted(kinds))  # type: ignore[misc]  # likewise
    rows = connection.execute(
        f"select {_COLUMNS} from record where {' and '.join(where)} order by seq desc limit ?",
        (*values, limit),
    ).fetchall()
    return [_record(row) for row in rows]


def oldest_first(connection: sqlite3.Connection, after: int = 0) -> Iterator[Record]:
    """Yield every record above the place `after`, a page at a time."""
    while True:
        rows = connection.execute(
            f"select {_COLUMNS} from record where seq > ? order by seq limit ?", (after, PAGE)
        ).fetchall()
        if not rows:
            return
        for row in rows:
            record = _record(row)
            after = record.seq
            yield record


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that does not hold, and why."""

    seq: int
    receipt_number: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the chain was followed and what was found; `broken` is None when all of it holds."""

    records: int
    head: str  # the last good hash, in hex
    broken: Broken | None


def verify(connection: sqlite3.Connection, *, last: int | None = None) -> Verified:
    """Follow the chain from the first record (or over the `last` ones) and stop at the first that fails.

    Checked: each hash over the stored bytes and the hash before it, that the columns say what the hashed
    body says, and that sequence and receipt numbers have no gap per till.
    """
    after, head = 0, GENESIS
    tills: dict[str, int] = {}
    receipts: dict[str, int] = {}
    if last is not None:
        row = connection.execute("select seq, hash from record order by seq desc limit 1 offset ?", (last,)).fetchone()
        after, head = (row[0], row[1]) if row else (0, GENESIS)
    partial = after > 0
    count = 0
    while True:
        rows = connection.execute(
            f"select {_COLUMNS} from record where seq > ? order by seq limit ?", (after, PAGE)
        ).fetchall()
        if not rows:
            return Verified(records=count, head=head.hex(), broken=None)
        for row in rows:
            reason = _fault(row, head, tills, receipts, partial=partial)
            if reason is not None:
                return Verified(records=count, head=head.hex(), broken=Broken(row[0], row[5], reason))
            after, head = row[0], row[9]
            count += 1


def _fault(
    row: tuple[Any, ...], head: bytes, tills: dict[str, int], receipts: dict[str, int], *, partial: bool
) -> str | None:
    _, record_id, kind, till, till_seq, receipt_number, occurred_at, text, prev_hash, own_hash = row
    if prev_hash != head:
        return "it does not follow the record before it: one was removed, added or changed"
    if link(prev_hash, text.encode()) != own_hash:
        return "its content is not what was written: the hash differs"
    try:
        body = json.loads(text)
    except ValueError:
        return "its content is not JSON"
    columns = {
        "id": record_id,
        "kind": kind,
        "till": till,
        "till_seq": till_seq,
        "receipt_number": receipt_number,
        "occurred_at": occurred_at,
    }
    for name, value in columns.items():
        if body.get(name) != value:
            return f"its {name} is {value!r} beside the content and {body.get(name)!r} in it"
    if till_seq != tills.get(till, till_seq - 1 if partial else 0) + 1:
        return f"till {till} goes from number {tills.get(till, 0)} to {till_seq}"
    tills[till] = till_seq
    if receipt_number is not None:
        number = int(receipt_number.rpartition("-")[2])
        if number != receipts.get(till, number - 1 if partial else 0) + 1:
            return f"till {till} goes from receipt {receipts.get(till, 0)} to {number}"
        receipts[till] = number
    return None


def _record(row: tuple[Any, ...]) -> Record:
    seq, record_id, kind, till, till_seq, receipt_number, occurred_at, text, prev_hash, own_hash = row
    return Record(
        seq=seq,
        id=record_id,
        kind=Kind(kind),
        till=till,
        till_seq=till_seq,
        receipt_number=receipt_number,
        occurred_at=occurred_at,
        body=json.loads(text),
        prev_hash=prev_hash,
        hash=own_hash,
        text=text,
    )
