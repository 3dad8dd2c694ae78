"""The bare floor: the same bytes made durable with nothing around them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def sqlite_table(path: Path, synchronous: str) -> Iterator[sqlite3.Connection]:
    """Open a WAL file with one table, `fact(body)`; every statement commits by itself."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"pragma synchronous = {synchronous}")
        connection.execute("create table fact(id integer primary key, body blob not null)")
        yield connection
    finally:
        connection.close()


def commit(connection: sqlite3.Connection, body: bytes) -> None:
    """Insert and commit: one fsync."""
    connection.execute("insert into fact(body) values (?)", (body,))


@contextlib.contextmanager
def append_only(path: Path) -> Iterator[int]:
    """Open a file to append to."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def append(descriptor: int, body: bytes) -> None:
    """Write and wait for the disk."""
    os.write(descriptor, body)
    getattr(os, "fdatasync", os.fsync)(descriptor)  # Windows has only fsync
