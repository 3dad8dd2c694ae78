"""A backlog of sales in a journal, made as fast as the disk takes it: a million has to be there within minutes.

The first sale of each till is written by the agent's own code. The others are copies of its rows under ids and
numbers of their own, each with its own hash in the chain: the journal verifies as if they had been sold.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from bench import shop
from outbox import chain, deliveries
from outbox.ids import new_id
from outbox.record import Draft, Kind, canonical, link

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from outbox.journal import Journal

    Row = dict[str, Any]

LINES = 8  # of a sale: 2.7 KB as a record
TILLS = 6  # that the backlog is from
PER_COMMIT = 10_000

_GIVEN = ("id", "kind", "till", "till_seq", "receipt_number", "occurred_at", "business_date")  # by the journal


def body(lines: int = LINES) -> dict[str, Any]:
    """Return a sale's own fields."""
    return {name: value for name, value in shop.record_body(lines).items() if name not in _GIVEN}


def draft(till: str, fields: dict[str, Any]) -> Draft:
    """Return a sale that is ready to be appended, under a new id."""
    return Draft(new_id(), Kind.SALE, till, shop.AT, shop.AT[:10], fields)


async def fill(journal: Journal, count: int, kinds: Mapping[str, frozenset[Kind]]) -> None:
    """Add so many sales, of `TILLS` tills in turn, each queued for every cloud."""
    for first in range(0, count, PER_COMMIT):
        part = min(PER_COMMIT, count - first)

        def change(connection: sqlite3.Connection, part: int = part) -> None:
            add(connection, part, kinds)

        await journal.write(change)
        await asyncio.sleep(0)


def add(connection: sqlite3.Connection, count: int, kinds: Mapping[str, frozenset[Kind]]) -> None:
    """Do the same in the transaction that is open."""
    fields = body()
    copies = []
    for number in range(min(TILLS, count)):
        record, _ = chain.append(connection, draft(f"till-{number + 1}", fields))
        deliveries.queue(connection, record, kinds)
        copies.append(_Copies(connection, record.seq))
    if not copies:
        return
    records: list[Row] = []
    queued: list[Row] = []
    (seq, head) = connection.execute("select seq, hash from record order by seq desc limit 1").fetchone()
    for number in range(count - len(copies)):
        seq += 1
        row, rows = copies[number % len(copies)].next(seq, head)
        head = row["hash"]
        records.append(row)
        queued += rows
    _insert(connection, "record", records)
    _insert(connection, "delivery", queued)
    for one in copies:
        one.count(connection)


class _Copies:
    """Copies of a till's newest sale, as it is on the disk with what is queued for it."""

    def __init__(self, connection: sqlite3.Connection, seq: int) -> None:
        (self._record,) = _rows(connection, "select * from record where seq = ?", seq)
        self._queued = _rows(connection, "select * from delivery where record_seq = ?", seq)
        marked = _marked(self._record["body"])
        self._before_id, marked = marked.split("@id@")
        self._before_receipt, marked = marked.split("@receipt_number@")
        self._before_seq, self._end = marked.split('"@till_seq@"')
        self._made = 0

    def next(self, seq: int, head: bytes) -> tuple[Row, list[Row]]:
        """Return the rows of one more sale, and of its deliveries."""
        self._made += 1
        record_id = new_id()
        till_seq = self._record["till_seq"] + self._made
        first = self._record["receipt_number"]
        receipt_number = f"{first[:-6]}{int(first[-6:]) + self._made:06d}"
        text = "".join(
            (
                *(self._before_id, record_id, self._before_receipt, receipt_number),
                *(self._before_seq, str(till_seq), self._end),
            )
        )
        own = {"id": record_id, "seq": seq, "till_seq": till_seq, "receipt_number": receipt_number, "body": text}
        record = self._record | own | {"prev_hash": head, "hash": link(head, text.encode())}
        return record, [row | {"id": None, "record_seq": seq, "chain": record_id} for row in self._queued]

    def count(self, connection: sqlite3.Connection) -> None:
        """Let the till go on after the last of them."""
        connection.execute(
            "update till set last_seq = last_seq + ?, last_receipt = last_receipt + ? where id = ?",
            (self._made, self._made, self._record["till"]),
        )


def _marked(text: str) -> str:
    """Return a record's text with a mark for each field that no two sales share, in their order in it."""
    marks = {name: f"@{name}@" for name in ("id", "receipt_number", "till_seq")}
    return canonical(json.loads(text) | marks).decode()


def _rows(connection: sqlite3.Connection, question: str, value: object) -> list[Row]:
    cursor = connection.execute(question, (value,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        names = list(rows[0])
        marks = ", ".join(f":{name}" for name in names)
        connection.executemany(f"insert into {table}({', '.join(names)}) values ({marks})", rows)
