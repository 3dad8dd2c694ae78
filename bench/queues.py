"""The queues that one would use instead, each made to sync every commit, and filled by the thousand.

Both are called in place, on the thread that asks: nothing waits for another thread, and neither does the rest of
the program. Between the blocks that are measured they drop what was acknowledged, as their pages advise.
"""

from __future__ import annotations

import itertools
import pickle
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

FULL = 2  # what `pragma synchronous` answers where every commit is synced
PER_COMMIT = 10_000
CLEARED = 1_000_000  # acknowledged items dropped at once: all there are


class Queue(Protocol):
    """What is measured of each."""

    name: str

    def put(self, text: str) -> None:
        """Add an item; it is on the disk when this returns."""
        ...

    def take(self) -> None:
        """Take the oldest item and acknowledge it, a commit each."""
        ...

    def fill(self, text: str, count: int) -> None:
        """Add many at once, unmeasured."""
        ...

    def clear(self) -> None:
        """Drop what was acknowledged, unmeasured."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class PersistQueue:
    """persist-queue's queue with acknowledgements; it sets WAL and leaves `synchronous` as SQLite was built."""

    name = "persist-queue's SQLiteAckQueue, WAL, FULL"

    def __init__(self, folder: Path) -> None:
        from persistqueue import SQLiteAckQueue

        self._queue: Any = SQLiteAckQueue(str(folder / "persist-queue"))
        self._connection: sqlite3.Connection = self._queue._conn  # noqa: SLF001 - it has no setting for this
        _sync_every_commit(self._connection)

    def put(self, text: str) -> None:
        self._queue.put(text)

    def take(self) -> None:
        item = self._queue.get(block=False, raw=True)
        self._queue.ack(id=item["pqid"])

    def fill(self, text: str, count: int) -> None:
        # By its own statement, as its `put` can't but commit: a million of them would take all morning.
        row = (pickle.dumps(text), time.time())
        for part in _parts(count):
            with self._connection:
                self._connection.executemany(self._queue._sql_insert, itertools.repeat(row, part))  # noqa: SLF001 - see above
        self._queue.total += count

    def clear(self) -> None:
        self._queue.clear_acked_data(max_delete=CLEARED, keep_latest=0)

    def close(self) -> None:
        self._queue.close()


class LiteQueue:
    """litequeue's queue; it sets WAL and NORMAL."""

    name = "litequeue's LiteQueue, WAL, FULL"

    def __init__(self, folder: Path) -> None:
        import litequeue

        self._queue: Any = litequeue.LiteQueue(folder / "litequeue.db")
        _sync_every_commit(self._queue.conn)

    def put(self, text: str) -> None:
        self._queue.put(text)

    def take(self) -> None:
        self._queue.done(self._queue.pop().message_id)

    def fill(self, text: str, count: int) -> None:
        for part in _parts(count):
            with self._queue.transaction():
                for _ in range(part):
                    self._queue.put(text)

    def clear(self) -> None:
        self._queue.prune()

    def close(self) -> None:
        self._queue.conn.close()


def _sync_every_commit(connection: sqlite3.Connection) -> None:
    connection.execute("pragma synchronous = full")
    (journal_mode,) = connection.execute("pragma journal_mode").fetchone()
    (synchronous,) = connection.execute("pragma synchronous").fetchone()
    assert (journal_mode, synchronous) == ("wal", FULL), "this queue would not be compared at equal durability"


def _parts(count: int) -> list[int]:
    return [min(PER_COMMIT, count - first) for first in range(0, count, PER_COMMIT)]
