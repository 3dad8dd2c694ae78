"""The journal as the agent holds it: one folder, one lock, one writer, and a reader beside it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, TypeVar

from outbox import answers, chain, epoch, head, place, schema
from outbox.errors import JournalDamaged, JournalUnavailable, StateInUse
from outbox.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from filelock import FileLock

T = TypeVar("T")

FILE = "journal.db"
LOCK = "agent.lock"
VERIFIED_AT_START = 1_000  # records; a few milliseconds, and it is the newest that a power cut could touch


class Journal:
    """Facts, and the state that changes together with them, under the folder `state`."""

    def __init__(self, state: Path, *, around: epoch.Surroundings = epoch.HERE) -> None:
        self.path = state / FILE
        self._around = around
        self._head = head.Keeper(state)
        self._state = state
        self._lock: FileLock | None = None
        self._writer = Writer(self.path, when_idle=self._head.keep)
        self._reader: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Take the state folder, open and migrate the file, and check the newest records.

        Raises `StateInUse`, `JournalUnavailable`, `JournalNewer`, `JournalDamaged` or `JournalUnsafe`.
        """
        self._lock = hold(self._state)
        try:
            await self._writer.open()
            self._reader = schema.connect_to_read(self.path)
            found = chain.verify(self._reader, last=VERIFIED_AT_START)
            if found.broken is not None:
                raise JournalDamaged(
                    f"{self.path}: record {found.broken.seq} does not hold: {found.broken.reason}",
                    hint="Keep the whole state folder as it is, put back the newest backup, and compare both with: "
                    "stillopen journal verify",
                )
            await epoch.settle(self._reader, self.write, self.path, self._around)
            self._head.judged = True
            self._head.keep(self._reader)
        except sqlite3.DatabaseError as error:
            await self.close()
            raise JournalDamaged(
                f"{self.path} is damaged: {error}",
                hint="Keep the whole state folder as it is and put back the newest backup.",
            ) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was asked for and let the folder go. The writer closes last, as it checkpoints."""
        if self._reader is not None:
            self._head.keep(self._reader)
            self._reader.close()
            self._reader = None
        await self._writer.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run a change in the next commit; returns after the fsync. See `Writer.write`."""
        return await self._writer.write(change)

    @property
    def fault(self) -> Exception | None:
        """Why nothing more can be written until a restart, or None."""
        return self._writer.fault

    @property
    def reader(self) -> sqlite3.Connection:
        """The read-only connection, for short reads on the loop's thread (some 10 microseconds each)."""
        assert self._reader is not None, "the journal is not open"
        return self._reader

    def answer(self, key: answers.Key) -> tuple[answers.Reply, bool] | None:
        """Return the reply already given under a key; see `answers.find`."""
        return answers.find(self.reader, key)

    async def keep_answer(self, key: answers.Key, reply: answers.Reply, at: str) -> None:
        """Keep a reply that changed nothing else (a refusal)."""
        await self.write(lambda connection: answers.keep(connection, key, reply, at))


def hold(state: Path) -> FileLock:
    """Take the state folder for this process alone. Raises `StateInUse`, `JournalUnsafe` or `JournalUnavailable`."""
    from filelock import FileLock, Timeout

    place.check(state)
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(state / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise StateInUse(
            f"another agent is running on {state}",
            hint="Use that one, stop it first, or name another state folder with --state.",
        ) from None
    except OSError as error:
        raise JournalUnavailable(
            f"the state folder {state} cannot be used: {error}",
            hint="Name a folder that the agent's user may write in, with --state or STILLOPEN_STATE.",
        ) from error
    return lock
