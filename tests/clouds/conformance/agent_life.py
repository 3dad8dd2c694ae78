"""The agent's lives on one state folder: journal, catalogue and courier, started, stopped and killed at any await."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

import outbox.ids
import outbox.journal
import outbox.writer
from outbox.bucket import Bucket
from outbox.catalogue import Catalogue
from outbox.courier import Courier
from outbox.epoch import Surroundings
from outbox.journal import Journal
from tests.simulate.inline import InlineConnection
from tests.simulate.loop import LIFE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Coroutine, Iterator
    from datetime import datetime
    from pathlib import Path
    from random import Random

    from outbox.calls import Exchanges
    from outbox.connector import Connector
    from tests.clouds.conformance.line import Line
    from tests.simulate.loop import VirtualLoop

T = TypeVar("T")

NAME = "cloud"  # what the configuration calls it
VERIFIED_AT_START = 100  # records; whatever was written is held against the cloud anyway
RESTART_S = 1.0


class Died(Exception):
    """The agent died before it answered."""


class EvenDisk:
    """A disk on which every commit holds: what a bad one does is tried elsewhere."""

    def commit(self, connection: sqlite3.Connection) -> sqlite3.Cursor:
        """Commit."""
        return connection.execute("commit")


@dataclass
class Parts:
    """What is running in one life."""

    journal: Journal
    catalogue: Catalogue
    courier: Courier


class AgentLife:
    """Starts and ends the agent. Whoever asks it something is told, or gets `Died`."""

    def __init__(
        self,
        state: Path,
        connector: Connector,
        line: Line,
        loop: VirtualLoop,
        random: Random,
        now: Callable[[], datetime],
    ) -> None:
        self.disk = EvenDisk()
        self.random = random
        self.parts: Parts | None = None
        self.number = 0
        self.deaths = 0
        self._state = state
        self._connector = connector
        self._line = line
        self._loop = loop
        self._now = now
        self._outside = contextvars.copy_context()
        self._context = self._outside
        self._asked: dict[asyncio.Future[Any], None] = {}
        self._files: list[sqlite3.Connection] = []
        self._delivering: asyncio.Task[None] | None = None
        self.pulls: Exchanges = line  # the line as pulls have it: after deliveries, where the cloud names limits
        self._starting = asyncio.Lock()
        loop.alarm = self.kill

    def opened(self, file: sqlite3.Connection) -> None:
        """Remember a connection, which the system closes when its process dies."""
        self._files.append(file)

    async def start(self) -> None:
        """Start on what is on the disk, as often as it dies while it starts."""
        async with self._starting:  # two tills may find it dead at the same moment
            while self.parts is None:
                self.number += 1
                self._context = self._outside.copy()
                self._context.run(LIFE.set, self.number)
                with contextlib.suppress(Died):
                    await self._run(self._open())

    async def _open(self) -> None:
        journal = Journal(self._state, around=Surroundings(lot=self.random, now=self._now))
        catalogue = Catalogue(self._state, now=self._now)
        throttle = self._connector.throttle
        bucket = None if throttle is None else Bucket(throttle, clock=self._loop.time)
        self.pulls = self._line if bucket is None else bucket.of(self._line, first=False)
        courier = Courier(
            NAME,
            self._connector,
            journal,
            self._line if bucket is None else bucket.of(self._line, first=True),
            item_refs=catalogue.refs,
            now=self._now,
            random=self.random.random,
        )
        self._opening = Parts(journal, catalogue, courier)
        await journal.open()
        await catalogue.open()
        self.parts = self._opening
        self._delivering = asyncio.create_task(courier.run(), name="courier")

    async def ask(self, work: Callable[[Parts], Coroutine[Any, Any, T]]) -> T:
        """Have the agent do something, again and again until one life of it has answered."""
        while True:
            if self.parts is None:
                await self.start()
                continue
            try:
                return await self._run(work(self.parts))
            except Died:
                await asyncio.sleep(RESTART_S)

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        asked: asyncio.Future[T] = self._loop.create_future()
        self._asked[asked] = None
        of_life = self.parts
        task = self._loop.create_task(work, context=self._context.copy())

        def answered(task: asyncio.Task[T]) -> None:
            error = Died() if task.cancelled() else task.exception()
            if asked.done():
                return
            if error is not None and self.parts is not of_life is not None:
                error = Died()  # it met parts that were being closed
            if error is not None:
                asked.set_exception(error)
            else:
                asked.set_result(task.result())

        task.add_done_callback(answered, context=self._outside.copy())
        try:
            return await asked
        finally:
            self._asked.pop(asked, None)

    async def stop(self) -> None:
        """Stop as a service manager does."""
        async with self._starting:
            await self._stop()

    async def _stop(self) -> None:
        if self.parts is None:
            return
        parts, delivering = self.parts, self._delivering
        assert delivering is not None
        self.parts = None  # whoever asks from here on waits for the next life

        async def end() -> None:
            delivering.cancel()
            await asyncio.wait([delivering])
            await parts.catalogue.close()
            await parts.journal.close()

        with contextlib.suppress(Died):
            await self._run(end())
            self._files.clear()
            self._ended()

    def kill(self) -> None:
        """End it as `kill -9` does, and do what the system does then."""
        self.deaths += 1
        self.parts = None
        self._ended()
        for file in self._files:
            file.close()
        self._files.clear()
        journal, catalogue = self._opening.journal, self._opening.catalogue
        reader, journal._reader = journal._reader, None
        if reader is not None:  # the last to go: SQLite would fold the log in after a writer
            reader.close()
        catalogue._file._let_go()
        if journal._lock is not None:
            journal._lock.release()
        for asked in list(self._asked):
            if not asked.done():
                asked.set_exception(Died())
                asked.exception()  # whoever asked may be gone, too
        self._asked.clear()

    def _ended(self) -> None:
        self._loop.alarm_at = 0
        self._loop.end_life(self.number, self._context)
        self._line.sender_died()

    def bury(self) -> None:
        """End everything, when the last day is over."""
        if self.parts is not None:
            self.kill()
        self._loop.end_life(0, self._outside)
        self._loop.close()


@contextlib.contextmanager
def under_the_seed(life: AgentLife, clock: Callable[[], datetime]) -> Iterator[None]:
    """Put the seed's clock, dice and disk in the place of the machine's."""

    def nanoseconds() -> int:
        return int(clock().timestamp() * 1000) * 1_000_000

    connection = SimpleNamespace(Connection=lambda connector, iter_chunk_size: InlineConnection(life, connector))
    planted = (
        (outbox.ids, "time", SimpleNamespace(time_ns=nanoseconds)),
        (outbox.ids, "os", SimpleNamespace(urandom=life.random.randbytes)),
        (outbox.writer, "aiosqlite", connection),
        (outbox.journal, "VERIFIED_AT_START", VERIFIED_AT_START),
    )
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in planted]
    for owner, name, value in planted:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in kept:
            setattr(owner, name, value)
