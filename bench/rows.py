"""The rows that a completed sale leaves, put into a file of their own by bare SQLite, a commit each.

It works nothing out: no sale is read, priced or chained. What is left is what the same rows cost where every
sale has a commit to itself.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any, Self

from outbox import schema
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    Row = dict[str, Any]

_ROWS = {
    "record": "select * from record where id = :id",
    "delivery": "select * from delivery where record_seq = (select seq from record where id = :id)",
    "print_job": "select * from print_job where record_id = :id",
    "answer": "select * from answer where key = :key",
}


class Rows:
    """What one sale left: its record, and its delivery, its receipt's job and the answer kept under `key`."""

    def __init__(self, reader: sqlite3.Connection, record_id: str, key: str) -> None:
        self._id = record_id
        self._rows = {table: _one(reader, question, id=record_id, key=key) for table, question in _ROWS.items()}
        self._numbers = itertools.count(1)

    @property
    def payload(self) -> bytes:
        """The bytes that a bare write has to make durable: the record's body and the answer."""
        return f"{self._rows['record']['body']}{self._rows['answer']['body']}".encode()

    @contextlib.contextmanager
    def file(self, path: Path) -> Iterator[Self]:
        """Open a file with the journal's own tables, and every commit in full."""
        self._connection = schema.connect(path)
        try:
            self._connection.execute("pragma synchronous = full")
            yield self
        finally:
            self._connection.close()

    def commit(self) -> None:
        """Insert them once more, under other ids, and commit."""
        number, own_id = next(self._numbers), new_id()
        own: dict[str, Row] = {
            "record": {"seq": number, "till_seq": number, "receipt_number": f"{number:012d}"},
            "delivery": {"id": None, "record_seq": number},
            "print_job": {"id": own_id},
            "answer": {"key": own_id},
        }
        self._connection.execute("begin immediate")
        for table, row in self._rows.items():
            renamed = {name: own_id if value == self._id else value for name, value in row.items()}
            _insert(self._connection, table, renamed | own[table])
        self._connection.execute("commit")


def _one(reader: sqlite3.Connection, question: str, **values: str) -> Row:
    cursor = reader.execute(question, values)
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    assert len(rows) == 1, f"the sale was to leave one row, not {len(rows)}: {question}"
    return dict(zip(names, rows[0], strict=True))


def _insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"insert into {table}({', '.join(row)}) values ({marks})", row)
