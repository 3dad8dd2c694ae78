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

_OF_RECORD = {"delivery": "record_seq = (select seq from record where id = :id)", "print_job": "record_id = :id"}


class Rows:
    """What one sale left: its record, and its delivery, its receipt's job and the answer kept."""

    def __init__(self, reader: sqlite3.Connection, record_id: str) -> None:
        self._record = _one(reader, "select * from record where id = :id", record_id)
        self._others = {
            table: _one(reader, f"select * from {table} where {where}", record_id)
            for table, where in _OF_RECORD.items()
        }
        self._others["answer"] = _one(reader, "select * from answer where body like '%' || :id || '%'", record_id)
        self._numbers = itertools.count(1)

    @property
    def payload(self) -> bytes:
        """The bytes that a bare write has to make durable: the record's body and the answer."""
        return f"{self._record['body']}{self._others['answer']['body']}".encode()

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
        number = next(self._numbers)
        own = {"seq": number, "id": new_id(), "till_seq": number, "receipt_number": f"{number:012d}"}
        self._connection.execute("begin immediate")
        _insert(self._connection, "record", self._record | own)
        _insert(self._connection, "delivery", self._others["delivery"] | {"id": None, "record_seq": number})
        _insert(self._connection, "print_job", self._others["print_job"] | {"id": own["id"], "record_id": own["id"]})
        _insert(self._connection, "answer", self._others["answer"] | {"key": own["id"]})
        self._connection.execute("commit")


def _one(reader: sqlite3.Connection, question: str, record_id: str) -> dict[str, Any]:
    cursor = reader.execute(question, {"id": record_id})
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    assert len(rows) == 1, f"the sale was to leave one row, not {len(rows)}: {question}"
    return dict(zip(names, rows[0], strict=True))


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"insert into {table}({', '.join(row)}) values ({marks})", row)
