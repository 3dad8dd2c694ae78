"""The one connection that writes and checkpoints the journal, and the group commit in front of it.

Changes are whole closures: each runs on the writer's thread inside a savepoint of its own, many share
one COMMIT and so one fsync, and each caller is told only after that fsync has returned. No caller ever
sees the connection, so no half of a change can be committed by somebody else's.

A closure must take everything from the connection it is given, change nothing outside it, and come to
the same when run again: after a disk error at COMMIT the batch is run once more.

aiosqlite is the thread. Its public face offers statements, not closures, so `_run` uses the method
behind it, in this one place; the version is pinned to the minor for that.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import aiosqlite

from outbox import schema
from outbox.errors import JournalFull, JournalUnavailable, OutboxError
from outbox.group_commit import Raised, checkpoint, commit_counted, commit_twice
from outbox.precedence import Precedence
from outbox.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

T = TypeVar("T")
Change = "Callable[[sqlite3.Connection], T]"

BATCH_MAX = 256  # changes in one commit; more would let the first of them wait for the last
BEHIND_ROWS_MAX = 64  # in one commit, of what nobody stands waiting for: some 3 ms for whoever comes meanwhile
CHECKPOINT_IDLE_S = 0.05  # whoever was just told may have more to write, and goes first
IDLE_FOLD_PAGES = 2_000  # of the log, about: a millisecond or two of work, done when nobody is there
FOLD_PAGES = 4_000  # of the log, about: two to six milliseconds' work, done in a gap that somebody may come into
FOLD_PAGES_MAX = 8_000  # where there is never a gap: SQLite's own, at `WAL_PAGES_MAX`, takes 50 ms inside a sale
PAGES_A_COMMIT = 20  # that a change touches however little it changes: tables, indexes, padding
ROWS_A_PAGE = 2  # that are changed, with their indexes

_log = logging.getLogger("stillopen.journal")


class _Asked(NamedTuple):
    change: Callable[[sqlite3.Connection], Any]
    done: asyncio.Future[Any]
    rows: int = 0


class Writer:
    """Writes to the journal at `path`. `fault` is why nothing is written any more, or None.

    `stopped` is set when there is a fault; whoever sees to it clears it.
    """

    def __init__(self, path: Path, *, when_idle: Callable[[sqlite3.Connection], None] = lambda _: None) -> None:
        self._path = path
        self._when_idle = when_idle  # run on the thread after a checkpoint, when nobody waits
        self._connection: aiosqlite.Connection | None = None
        self._waiting: list[_Asked] = []
        self._behind: deque[_Asked] = deque()  # nobody stands waiting for these
        self._behinds_turn = False
        self._draining: asyncio.Task[None] | None = None
        self._pages = 0  # of the log, about, since the last checkpoint
        self._idle: asyncio.TimerHandle | None = None  # until the next one
        self._steps: Steps | None = None  # a copy that is under way on the thread
        self._copying: asyncio.Future[None] | None = None
        self._rested_at = 0.0  # loop time; since then nothing was committed
        self.precedence = Precedence()
        self.fault: OutboxError | None = None
        self.stopped = asyncio.Event()

    async def open(self) -> None:
        """Open and migrate. Raises `JournalUnavailable`."""
        connection = aiosqlite.Connection(lambda: schema.connect(self._path), iter_chunk_size=64)
        try:
            self._connection = await connection
        except BaseException:
            connection._thread.join()  # noqa: SLF001 - aiosqlite ends it and does not wait; it is idle by now
            raise

    async def close(self) -> None:
        """Wait for what was asked for, then close: the log is checkpointed by SQLite itself."""
        while self._draining is not None:
            await asyncio.shield(self._draining)
        await self._end_copy()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def reopen(self, look: Callable[[sqlite3.Connection], None]) -> None:
        """After `JournalUnclear`: close the file, open it as at a start, and `look` at what it holds.

        Raises what opening and `look` raise. The fault stays, whatever comes of it, until `go_on`.
        """
        assert self.fault is not None, "there is nothing to look after"
        try:
            await self.close()
        except sqlite3.Error as error:  # it is let go of all the same
            _log.debug("The journal could not be closed cleanly: %s", error)
        await self.open()
        await self._run(look)

    async def go_on(self, probe: Callable[[sqlite3.Connection], None]) -> None:
        """Write `probe`, and take up writing again once its fsync has returned. Raises as `write` does."""
        (result,) = await self._run(commit_twice, [probe])
        if isinstance(result, Raised):
            raise result.error
        self.fault = None

    def stop(self, fault: OutboxError) -> None:
        """Refuse every change from now on, for this reason."""
        self.fault = fault
        self.stopped.set()
        _log.critical("Selling has stopped: %s. %s", fault, fault.hint)

    async def copy(self, target: sqlite3.Connection, *, pages: int, between: Callable[[], Awaitable[None]]) -> None:
        """Copy the whole file into `target`, so many pages at a time; what is asked for meanwhile goes first.

        `between` is awaited before each further step. Raises `sqlite3.Error` where the target's disk fails, the
        fault where there is one, and `JournalUnavailable` where the journal was closed meanwhile. One at a time.
        """
        if self.fault is not None:
            raise self.fault
        assert self._connection is not None, "the writer is not open"
        assert self._steps is None, "one copy at a time"
        steps = self._steps = Steps(asyncio.get_running_loop())
        connection = self._connection._conn  # noqa: SLF001 - see the module's docstring
        copying = self._copying = asyncio.ensure_future(
            self._connection._execute(steps.run, connection, target, pages)  # type: ignore[no-untyped-call]  # noqa: SLF001
        )
        whole = False
        try:
            while await steps.stepped() is not None:
                await between()
                steps.go_on()
            whole = self._steps is steps
        finally:
            if self._steps is steps:
                await self._end_copy()
        copying.result()
        if not whole:
            raise JournalUnavailable("the journal was closed while it was copied", hint="The copy is made again later.")

    async def _end_copy(self) -> None:
        """Let the thread leave a copy, within a step. Not to be given up half-way: the target must outlive it."""
        steps, self._steps = self._steps, None  # from here on work goes to the thread's own queue, behind the copy
        if steps is None:
            return
        assert self._copying is not None
        steps.leave()
        cancelled = False
        while not self._copying.done():
            try:
                await asyncio.wait([self._copying])
            except asyncio.CancelledError:
                cancelled = True
        self._copying.exception()  # whoever was cancelled will not ask
        if cancelled:
            raise asyncio.CancelledError

    async def rest(self, at_most_s: float) -> None:
        """Wait until nothing is asked for, and no longer than that."""
        if self._draining is not None:
            await asyncio.wait([self._draining], timeout=at_most_s)

    def quiet_s(self) -> float:
        """Return for how long nothing has been asked for, in seconds."""
        return 0.0 if self._draining is not None else asyncio.get_running_loop().time() - self._rested_at

    async def write(self, change: Callable[[sqlite3.Connection], T], *, behind_rows: int = 0) -> T:
        """Run `change` in a transaction and return what it returned, after the fsync.

        With `behind_rows` nobody stands waiting for it, and it changes about so many rows: it stands back while
        somebody waits (`Precedence.turn`), and goes a little at a time, in order with others of its kind.

        Whatever `change` raises is raised here and undoes only its own work. Raises `JournalFull` (it does not
        count, though a power cut right then may bring it back whole: ask again under the same id), or
        `JournalUnclear` or `JournalDamaged`, after which every write is refused: until `go_on`, or for good. Being
        cancelled while waiting does not stop the change: it is then as unclear as a lost answer.
        """
        if behind_rows:
            try:
                await self.precedence.turn()
            except asyncio.CancelledError:
                with suppress(OutboxError):  # a fault is told to who waits, and nobody does any more
                    self.submit(change, behind_rows=behind_rows)
                raise
        return await asyncio.shield(self.submit(change, behind_rows=behind_rows))

    def submit(self, change: Callable[[sqlite3.Connection], T], *, behind_rows: int = 0) -> asyncio.Future[T]:
        """Ask for what `write` does, for whoever has something to do after it also when nobody waits any more.

        What is returned must not be cancelled: `asyncio.shield` it.
        """
        if self.fault is not None:
            raise self.fault
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if behind_rows:
            self._behind.append(_Asked(change, done, behind_rows))
        else:
            self._waiting.append(_Asked(change, done))
            self.precedence.come()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain(), name="journal writer")
        return done

    async def _drain(self) -> None:
        """Commit batch after batch: what arrives during one fsync shares the next."""
        try:
            while batch := self._next_batch():
                results = await self._commit(batch)
                if not batch[0].rows:  # who stands waiting comes first in it
                    self.precedence.committed()
                for asked, result in zip(batch, results, strict=True):
                    if not asked.rows:
                        self.precedence.go()
                    _resolve(asked.done, result)
                if self._pages >= (FOLD_PAGES_MAX if self.precedence.taken else FOLD_PAGES) and self.fault is None:
                    await self._fold()
        finally:
            self._draining = None
            self._rested_at = asyncio.get_running_loop().time()
        if self._pages >= IDLE_FOLD_PAGES and self.fault is None:
            self._idle = asyncio.get_running_loop().call_later(CHECKPOINT_IDLE_S, self._fold_in)

    async def _commit(self, batch: list[_Asked]) -> list[Any]:
        """Commit a batch; return what each of its changes came to."""
        if self.fault is not None:
            return [self.fault] * len(batch)
        try:
            results, rows = await self._run(commit_counted, [asked.change for asked in batch])
        except OutboxError as error:
            if not isinstance(error, JournalFull):
                self.stop(error)
            return [error] * len(batch)
        except Exception as error:  # noqa: BLE001 - undone, and told to whoever waits: they would wait for ever
            _log.exception("A fault while writing the journal; these changes were undone")
            return [Raised(error)] * len(batch)
        self._pages += PAGES_A_COMMIT + rows // ROWS_A_PAGE
        return results

    def _next_batch(self) -> list[_Asked]:
        """Take what the next commit holds: whoever stands waiting at once, the others in every second one."""
        batch = self._waiting[:BATCH_MAX]
        del self._waiting[:BATCH_MAX]
        if batch and not self._behinds_turn:
            self._behinds_turn = bool(self._behind)
            return batch
        self._behinds_turn = False
        rows = 0
        while self._behind and (not rows or rows + self._behind[0].rows <= BEHIND_ROWS_MAX):
            rows += self._behind[0].rows
            batch.append(self._behind.popleft())
        return batch

    def _fold_in(self) -> None:
        """Checkpoint, if nobody has come meanwhile; whoever comes now waits for some milliseconds."""
        self._idle = None
        if self._draining is None:
            self._draining = asyncio.create_task(self._checkpoint(), name="journal checkpoint")

    async def _checkpoint(self) -> None:
        try:
            await self._fold()
            await self._run(self._when_idle)
        finally:
            self._draining = None
            if self._waiting or self._behind:
                self._draining = asyncio.create_task(self._drain(), name="journal writer")

    async def _fold(self) -> None:
        await self._run(checkpoint)
        self._pages = 0

    async def _run(self, work: Callable[..., T], *arguments: Any) -> T:
        assert self._connection is not None, "the writer is not open"
        connection = self._connection._conn  # noqa: SLF001 - see the module's docstring
        if self._steps is not None:
            return await self._steps.do(partial(work, connection, *arguments))
        result: T = await self._connection._execute(work, connection, *arguments)  # type: ignore[no-untyped-call]  # noqa: SLF001
        return result


def _resolve(done: asyncio.Future[Any], result: Any) -> None:
    if done.done():  # the loop is going down
        return
    if isinstance(result, Raised):
        done.set_exception(result.error)
        done.exception()  # a caller that was cancelled will not ask, and that is no bug
    elif isinstance(result, OutboxError):
        done.set_exception(result)
        done.exception()
    else:
        done.set_result(result)
