"""The bare floor: the same bytes made durable with nothing around them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

import aiosqlite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

OVERWRITTEN_BYTES = 4 * 1024 * 1024  # gone round and round, as SQLite does in its log
BLOCK_BYTES = 4096

_TABLE = "create table fact(id integer primary key, body blob not null)"
_INSERT = "insert into fact(body) values (?)"


@contextlib.contextmanager
def sqlite_table(path: Path, synchronous: str = "full") -> Iterator[sqlite3.Connection]:
    """Open a WAL file with one table, `fact(body)`; every statement commits by itself."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"pragma synchronous = {synchronous}")
        connection.execute(_TABLE)
        yield connection
    finally:
        connection.close()


def commit(connection: sqlite3.Connection, body: bytes) -> None:
    """Insert and commit: one fsync."""
    connection.execute(_INSERT, (body,))


@contextlib.asynccontextmanager
async def aiosqlite_table(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """Open the same by aiosqlite, as its own pages show it: one connection, statement and commit."""
    async with aiosqlite.connect(path) as connection:
        await connection.execute("pragma journal_mode = wal")
        await connection.execute("pragma synchronous = full")
        await connection.execute(_TABLE)
        await connection.commit()
        yield connection


async def commit_async(connection: aiosqlite.Connection, body: bytes) -> None:
    """Insert and commit, two ways to its thread and back."""
    await connection.execute(_INSERT, (body,))
    await connection.commit()


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
    synced(descriptor)


@contextlib.contextmanager
def ring(path: Path) -> Iterator[int]:
    """Open a file whose blocks are all there already: no write makes it longer."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, bytes(OVERWRITTEN_BYTES))
        os.fsync(descriptor)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def overwrite(descriptor: int, body: bytes) -> None:
    """Write in place, from the next block on, and wait for the disk: an append has the file's length to write too."""
    if os.lseek(descriptor, 0, os.SEEK_CUR) + len(body) > OVERWRITTEN_BYTES:
        os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, body)
    os.lseek(descriptor, -os.lseek(descriptor, 0, os.SEEK_CUR) % BLOCK_BYTES, os.SEEK_CUR)
    synced(descriptor)


def synced(descriptor: int) -> None:
    """Wait for the disk."""
    getattr(os, "fdatasync", os.fsync)(descriptor)  # Windows has only fsync
