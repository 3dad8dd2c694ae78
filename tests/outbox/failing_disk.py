"""A journal's connection on a disk that fails, and a journal that somebody has changed."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from outbox.journal import Journal


class Failing:
    """The journal's connection on a disk that fails at the next commits, each "lost" or "kept", or is "full"."""

    def __init__(self, connection: sqlite3.Connection, *ends: str) -> None:
        self._connection = connection
        self._ends = list(ends)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if sql == "commit" and self._ends:
            end = self._ends.pop(0)
            if end == "kept":
                self._connection.execute(sql)
            error = sqlite3.OperationalError("database or disk is full" if end == "full" else "disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL if end == "full" else sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return self._connection.execute(sql, *args)

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
        return self._connection.executemany(sql, rows)

    def close(self) -> None:
        self._connection.close()


def fail(journal: Journal, *ends: str) -> None:
    connection = journal._writer._connection
    assert connection is not None
    connection._connection = cast("sqlite3.Connection", Failing(connection._conn, *ends))


def damage(journal: Journal) -> None:
    """Change a record behind the journal's back, as a program with the file open can."""
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("drop trigger record_no_update")
    other.execute("""update record set body = replace(body, '"total":1250', '"total":1251') where kind = 'sale'""")
    other.close()
