"""The journal as the agent holds it: one folder, one lock, one writer, and a reader beside it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, TypeVar

from outbox import answers, chain, epoch, head, log_again, log_aside, place, schema
from outbox.errors import PUT_BACK, JournalDamaged, JournalUnavailable, JournalUnclear, StateInUse
from outbox.sqlite_codes import is_damage
from outbox.writer import Writer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager
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
            log_aside.take(self.path)
            log_again.make_certain(self.path)
            await self._writer.open()
            self._reader = schema.connect_to_read(self.path)
            self._look(self._reader)
            await epoch.settle(self._reader, self.write, self.path, self._around)
            self._head.judged = True
            self._head.keep(self._reader)
        except sqlite3.DatabaseError as error:
            await self.close()
            raise self._damaged(error) from error
        except BaseException:
            await self.close()
            raise

    async def reopen(self) -> None:
        """After `JournalUnclear`: open the file again as at a start, and look what it holds now.

        The reader stays open meanwhile: as long as one is, SQLite knows how much of the log was synced, and nothing
        beyond that is folded in. What a failed sync left behind it is gone then; see `log_again`.
        Readers see what is there from here on; nothing is written until `go_on`. Raises `OutboxError`: ask again
        later. What turns out to be damaged stays so, and nothing is tried any more.
        """
        assert isinstance(self.fault, JournalUnclear), "what is not unclear is not looked after"
        try:
            await self._writer.reopen(self._look)
            reader = schema.connect_to_read(self.path)
        except JournalDamaged as error:
            self._writer.stop(error)
            raise
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                damaged = self._damaged(error)
                self._writer.stop(damaged)
                raise damaged from error
            raise JournalUnavailable(
                f"{self.path} cannot be read: {error}", hint="Check this PC's disk, its cable and its free space."
            ) from error
        before, self._reader = self._reader, reader
        if before is not None:
            before.close()

    async def go_on(self, at: str) -> None:
        """Write a line and wait for its fsync; only then is the fault over. Raises `OutboxError`."""

        def probe(connection: sqlite3.Connection) -> None:
            connection.execute(
                "insert into upkeep values ('reopened', ?) on conflict do update set value = excluded.value",
                (at,),
            )

        await self._writer.go_on(probe)

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

    async def write(self, change: Callable[[sqlite3.Connection], T], *, behind_rows: int = 0) -> T:
        """Run a change in the next commit; returns after the fsync. See `Writer.write`."""
        return await self._writer.write(change, behind_rows=behind_rows)

    def ahead(self) -> AbstractContextManager[None]:
        """Somebody stands waiting for what is done inside: clouds' lanes stand back. See `Precedence`."""
        return self._writer.precedence.ahead()

    def submit(self, change: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Ask for a change without waiting for it. See `Writer.submit`."""
        return self._writer.submit(change)

    @property
    def fault(self) -> Exception | None:
        """Why nothing more is written, or None."""
        return self._writer.fault

    async def stopped(self) -> None:
        """Wait until there is a fault that nobody was told of yet."""
        await self._writer.stopped.wait()
        self._writer.stopped.clear()

    @property
    def log_bytes(self) -> int:
        """How long the write-ahead log is."""
        try:
            return self.path.with_name(f"{self.path.name}-wal").stat().st_size
        except OSError:  # there is none, or the disk does not say
            return 0

    async def copy(self, target: sqlite3.Connection, *, pages: int, between: Callable[[], Awaitable[None]]) -> None:
        """Copy the whole file while it is sold into; see `Writer.copy`."""
        await self._writer.copy(target, pages=pages, between=between)

    async def rest(self, at_most_s: float) -> None:
        """Wait until nothing is being written, and no longer than that."""
        await self._writer.rest(at_most_s)

    def quiet_s(self) -> float:
        """Return for how long nothing has been written, in seconds."""
        return self._writer.quiet_s()

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

    def _look(self, connection: sqlite3.Connection) -> None:
        check_newest(connection, self.path)

    def _damaged(self, error: sqlite3.DatabaseError) -> JournalDamaged:
        return JournalDamaged(
            f"{self.path} is damaged: {error}",
            hint=f"{PUT_BACK}.",
        )


def check_newest(connection: sqlite3.Connection, path: Path) -> None:
    """Check the newest records, as at each start. Raises `JournalDamaged`, or `sqlite3.DatabaseError`."""
    found = chain.verify(connection, last=VERIFIED_AT_START)
    if found.broken is not None:
        raise JournalDamaged(
            f"{path}: record {found.broken.seq} does not hold: {found.broken.reason}",
            hint=f"{PUT_BACK}. Compare both with: stillopen journal verify",
        )


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
