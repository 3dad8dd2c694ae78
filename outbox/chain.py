"""The journal's records on disk: appended under a hash chain, read back, and verified.

Everything that takes a connection runs where that connection lives: `append` inside a change of the
writer's, the rest on any read-only connection.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outbox.record import GENESIS, NUMBERED, Draft, Kind, Record, canonical_text, link

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

_NUMBER = re.compile(r"-([A-Z]*)([0-9]+)\Z")

PAGE = 500  # records read at a time, so that no reader holds the file open for long

_COLUMNS = "seq, id, kind, till, till_seq, receipt_number, occurred_at, body, prev_hash, hash"

# Two statements: one with RETURNING takes half as long again, as SQLite sets its rows aside in a table first.
_TAKE_A_PLACE = "update till set last_seq = last_seq + 1, last_receipt = last_receipt + ? where id = ?"
_PLACE = (
    "select last_seq, last_receipt, "
    "coalesce((select letters from epoch where number = (select max(number) from epoch)), ''), "
    "(select hash from record where seq = (select max(seq) from record)) from till where id = ?"
)
_ADD = (
    "insert into record(id, kind, till, till_seq, receipt_number, occurred_at, body, prev_hash, hash) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def append(connection: sqlite3.Connection, draft: Draft) -> tuple[Record, bool]:
    """Give the draft its place and add it. Returns the record and whether it is new.

    A draft whose id is in the journal already is the same fact asked for again: the record that is
    there is returned, unchanged.
    """
    present = by_id(connection, draft.id)
    if present is not None:
        return present, False
    numbered = draft.kind in NUMBERED
    if not connection.execute(_TAKE_A_PLACE, (numbered, draft.till)).rowcount:
        connection.execute("insert into till(id, last_seq, last_receipt) values (?, 1, ?)", (draft.till, numbered))
    till_seq, last_receipt, epoch, head = connection.execute(_PLACE, (draft.till,)).fetchone()
    receipt_number = receipt_number_of(draft.till, last_receipt, epoch) if numbered else None
    prev_hash = head or GENESIS
    kind = str(draft.kind)
    body = draft.body | {
        "id": draft.id,
        "kind": kind,
        "till": draft.till,
        "till_seq": till_seq,
        "epoch": epoch,
        "receipt_number": receipt_number,
        "occurred_at": draft.occurred_at,
        "business_date": draft.business_date,
    }
    text = canonical_text(body)
    own_hash = link(prev_hash, text.encode())
    row = (draft.id, kind, draft.till, till_seq, receipt_number, draft.occurred_at, text, prev_hash, own_hash)
    seq = connection.execute(_ADD, row).lastrowid
    assert seq is not None
    record = Record(
        seq=seq,
        id=draft.id,
        kind=draft.kind,
        till=draft.till,
        till_seq=till_seq,
        receipt_number=receipt_number,
        occurred_at=draft.occurred_at,
        body=body,
        prev_hash=prev_hash,
        hash=own_hash,
        text=text,
    )
    return record, True


def receipt_number_of(till: str, number: int, epoch: str = "") -> str:
    """Return how a till's n-th receipt is called, in letters that every cloud takes (A-Z, 0-9, -).

    A till's id has at most 12 characters and an epoch two letters, so that this has at most 21 until a till's
    millionth receipt: the shortest field a cloud has for it (QuickBooks' DocNumber).
    """
    return f"{till.upper()}-{epoch}{number:06d}"


def number_of(receipt_number: str) -> tuple[str, int]:
    """Return the epoch's letters and the count in a receipt number; a count of 0 where there is none to be read."""
    found = _NUMBER.search(receipt_number)
    return (found[1], int(found[2])) if found else ("", 0)


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
    without: frozenset[Kind] = frozenset(),
) -> list[Record]:
    """Return up to `limit` records, newest first, from below the place `before`; of `kinds`, and none of `without`."""
    where, values = ["seq < ?"], [before if before is not None else 2**62]
    if till is not None:
        where.append("till = ?")
        values.append(till)  # type: ignore[arg-type]  # sqlite3 takes either
    if kinds is not None:
        where.append(f"kind in ({','.join('?' * len(kinds))})")
        values.extend(str(kind) for kind in sorted(kinds))  # type: ignore[misc]  # likewise
    if without:  # said as what they are not, for which no index is sorted: the newest are read until there are enough
        where.append(f"kind not in ({','.join('?' * len(without))})")
        values.extend(str(kind) for kind in sorted(without))  # type: ignore[misc]  # likewise
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


def of_till(connection: sqlite3.Connection, till: str, *, after: int) -> Iterator[Record]:
    """Yield a till's own records above its number `after`, oldest first, a page at a time."""
    while True:
        rows = connection.execute(
            f"select {_COLUMNS} from record where till = ? and till_seq > ? order by till_seq limit ?",
            (till, after, PAGE),
        ).fetchall()
        if not rows:
            return
        for row in rows:
            record = _record(row)
            after = record.till_seq
            yield record


def count_of(connection: sqlite3.Connection, till: str, kind: Kind) -> int:
    """Return how many records of a kind a till has."""
    (found,) = connection.execute(
        "select count(*) from record where kind = ? and till = ?", (str(kind), till)
    ).fetchone()
    return int(found)


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


def verify(
    connection: sqlite3.Connection,
    *,
    last: int | None = None,
    page: int = PAGE,
    pause: Callable[[], object] = lambda: None,
) -> Verified:
    """Follow the chain from the first record (or over the `last` ones) and stop at the first that fails.

    Checked: each hash over the stored bytes and the hash before it, that the columns say what the hashed
    body says, that sequence, receipt and Z numbers have no gap per till, and that no epoch comes back. `pause` is
    called before each `page` of so many records.
    """
    after, head = 0, GENESIS
    if last is not None:
        row = connection.execute("select seq, hash from record order by seq desc limit 1 offset ?", (last,)).fetchone()
        after, head = (row[0], row[1]) if row else (0, GENESIS)
    followed = _Followed(partial=after > 0)
    count = 0
    while True:
        pause()
        rows = connection.execute(
            f"select {_COLUMNS} from record where seq > ? order by seq limit ?", (after, page)
        ).fetchall()
        if not rows:
            return Verified(records=count, head=head.hex(), broken=None)
        for row in rows:
            reason = _link_fault(row, head) or followed.fault(row)
            if reason is not None:
                return Verified(records=count, head=head.hex(), broken=Broken(row[0], row[5], reason))
            after, head = row[0], row[9]
            count += 1


def _link_fault(row: tuple[Any, ...], head: bytes) -> str | None:
    *_, text, prev_hash, own_hash = row
    if prev_hash != head:
        return "it does not follow the record before it: one was removed, added or changed"
    if link(prev_hash, text.encode()) != own_hash:
        return "its content is not what was written: the hash differs"
    return None


@dataclass(slots=True)
class _Followed:
    """The numbers given so far, by till; `partial` where earlier ones were not looked at."""

    partial: bool
    tills: dict[str, int] = field(default_factory=dict)
    receipts: dict[str, int] = field(default_factory=dict)
    closings: dict[str, int] = field(default_factory=dict)
    epochs: list[str] = field(default_factory=list)

    def fault(self, row: tuple[Any, ...]) -> str | None:
        """Return what is wrong with a record whose hash holds, or None."""
        _, record_id, kind, till, till_seq, receipt_number, occurred_at, text, *_ = row
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
        if till_seq != self.tills.get(till, till_seq - 1 if self.partial else 0) + 1:
            return f"till {till} goes from number {self.tills.get(till, 0)} to {till_seq}"
        self.tills[till] = till_seq
        epoch = body.get("epoch", "")  # records of before there were epochs are of the first
        if epoch not in self.epochs:
            self.epochs.append(epoch)
        elif epoch != self.epochs[-1]:
            return f"it goes back to epoch {epoch!r} from {self.epochs[-1]!r}"
        if kind == Kind.SHIFT_CLOSE and (fault := self._closing_fault(till, body.get("z_number"))):
            return fault
        return None if receipt_number is None else self._receipt_fault(till, epoch, receipt_number)

    def _closing_fault(self, till: str, number: int | None) -> str | None:
        before = self.closings.get(till, None if self.partial else 0)
        if before is None:
            if number is None:
                return None
            before = number - 1
        self.closings[till] = before + 1  # closings of before they were numbered count, too
        return None if number in (None, before + 1) else f"till {till} goes from Z {before} to {number}"

    def _receipt_fault(self, till: str, epoch: str, receipt_number: str) -> str | None:
        letters, number = number_of(receipt_number)
        if not number or number != self.receipts.get(till, number - 1 if self.partial else 0) + 1:
            return f"till {till} goes from receipt {self.receipts.get(till, 0)} to {number}"
        self.receipts[till] = number
        if letters != epoch:
            return f"its receipt number {receipt_number} is not of epoch {epoch!r}"
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
