"""An apsw connection that looks like `sqlite3.Connection`, as far as the agent's code uses one.

`connecting` puts it under `outbox.schema` for as long as a journal is opened, so that the agent's own settings,
migrations, transactions and queries run on the recorded disk. Errors come out as sqlite3's, code and all, since
the writer decides by the code what a failure means.
"""

from __future__ import annotations

import contextlib
import sqlite3
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import apsw

from outbox import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_OPEN = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
_KINDS: dict[int, type[sqlite3.DatabaseError]] = {  # by primary result code, as CPython's sqlite3 has it
    apsw.SQLITE_CORRUPT: sqlite3.DatabaseError,
    apsw.SQLITE_NOTADB: sqlite3.DatabaseError,
    apsw.SQLITE_CONSTRAINT: sqlite3.IntegrityError,
    apsw.SQLITE_MISMATCH: sqlite3.IntegrityError,
}


class Cursor:
    """What a statement gave."""

    def __init__(self, cursor: apsw.Cursor, connection: apsw.Connection) -> None:
        self._cursor = cursor
        self.lastrowid: int | None = connection.last_insert_rowid()
        self.rowcount: int = connection.changes()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        with _translated():
            yield from self._cursor

    def fetchone(self) -> tuple[Any, ...] | None:
        with _translated():
            row: tuple[Any, ...] | None = self._cursor.fetchone()
            return row

    def fetchall(self) -> list[tuple[Any, ...]]:
        with _translated():
            return list(self._cursor)

    def close(self) -> None:
        self._cursor.close()


class Connection:
    """A connection to a file under the VFS `vfs`. `on_commit` hears of each transaction, once it is committed.

    `on_begin` is called before each one of the writer's.
    """

    def __init__(
        self,
        uri: str,
        vfs: str,
        on_commit: Callable[[Connection], None] = lambda _: None,
        on_begin: Callable[[], None] = lambda: None,
    ) -> None:
        with _translated():
            self._connection = apsw.Connection(uri, flags=_OPEN, vfs=vfs)
        self._on_commit = on_commit
        self._on_begin = on_begin

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes()

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Cursor:
        was_open = self.in_transaction
        if sql == "begin immediate":
            self._on_begin()
        with _translated():
            cursor = Cursor(self._connection.execute(sql, parameters), self._connection)
        if was_open and sql.lower() == "commit":
            self._on_commit(self)
        return cursor

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Cursor:
        with _translated():
            return Cursor(self._connection.executemany(sql, rows), self._connection)

    def executescript(self, script: str) -> Cursor:
        with _translated():
            cursor = Cursor(self._connection.execute(script), self._connection)
        self._on_commit(self)
        return cursor

    def close(self) -> None:
        with _translated():
            self._connection.close()


@contextlib.contextmanager
def connecting(connect: Callable[..., Connection | sqlite3.Connection]) -> Iterator[None]:
    """While this lasts, what `outbox.schema` opens is opened by `connect`."""
    under = SimpleNamespace(**{**vars(sqlite3), "connect": connect})
    with mock.patch.object(schema, "sqlite3", under):
        yield


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        code = getattr(error, "extendedresult", getattr(error, "result", apsw.SQLITE_ERROR))
        kind = _KINDS.get(code & 0xFF, sqlite3.OperationalError)
        translated = kind(str(error))
        translated.sqlite_errorcode = code
        raise translated from error
