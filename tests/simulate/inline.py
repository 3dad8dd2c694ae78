"""What the product takes from its surroundings, put under the seed: threads, clocks, dice, and the disk's moods.

The journal's thread becomes a queue in virtual time: an fsync takes 0.2 to 20 ms of it, and a crash in that time
finds the change either not begun or already on the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

import agent.upkeep
import agent.ways
import outbox.ids
import outbox.journal
import outbox.room
import outbox.writer
from agent.events import Events
from drivers.printer.printer import Printer
from drivers.printer.session import Session as PrinterSession
from drivers.scanner.scanner import Scanner
from drivers.supervisor import Supervisor
from outbox.clock import Clock
from outbox.epoch import Surroundings
from outbox.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path
    from random import Random

    from tests.simulate.world import World

FULL_BYTES = 100 * 1024**2  # below which outbox/room.py lets no sale begin
VERIFIED_AT_START = 100  # records: a store of a few a day starts every day, and the ledger verifies them, too
PRUNE_FIRST_S = 45.0  # of waking time, of which a day here has a minute or two
BALLAST_COMMITS = 150  # what giving the ballast up makes room for; really some thousands
FSYNC_MIN_S, FSYNC_MAX_S = 0.0002, 0.020  # facts/durability.md: an SSD with a cache, and a worn eMMC


class Disk:
    """What the disk will do at the next commits: "error", "full" or "unclear", one each; and how full it is."""

    def __init__(self, state: Path, failing: Callable[[], None]) -> None:
        self._failing = failing
        self.moods: list[str] = []
        self.unclear = 0  # commits of which nobody can say whether they are there
        self.full = False
        self._ballast = state / outbox.room.BALLAST
        self._left = 0  # commits that what the ballast held still has room for

    def fill(self) -> None:
        """Leave no room, but for what the ballast holds."""
        self.full, self._left = True, BALLAST_COMMITS if self._ballast.exists() else 0

    def empty(self) -> None:
        """Make room."""
        self.full = False

    def usage(self, _: Path) -> SimpleNamespace:
        """Be `shutil.disk_usage`."""
        return SimpleNamespace(free=FULL_BYTES if self.full else 2**40)

    def commit(self, connection: sqlite3.Connection) -> sqlite3.Cursor:
        """Commit, or fail as told; SQLite undoes a transaction whose COMMIT fails."""
        mood = self.moods.pop(0) if self.moods else ""
        if not mood and self.full:
            if self._ballast.exists() or not self._left:
                mood = "full"
            else:
                self._left -= 1
        if mood:
            self._failing()
        if mood == "unclear":  # it is there, and SQLite says it is not
            self.unclear += 1
            connection.execute("commit")
        if not mood:
            return connection.execute("commit")
        error = sqlite3.OperationalError(f"planted: {mood}")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL if mood == "full" else sqlite3.SQLITE_IOERR_FSYNC
        raise error


class Commits(Protocol):
    """What a disk does with a commit."""

    def commit(self, connection: sqlite3.Connection) -> sqlite3.Cursor:
        """Commit, or raise `sqlite3.OperationalError`."""
        ...


class Machine(Protocol):
    """What a connection needs of the world around it."""

    @property
    def disk(self) -> Commits:
        """What is written to."""
        ...

    @property
    def random(self) -> Random:
        """The seed's dice."""
        ...

    def opened(self, file: sqlite3.Connection) -> None:
        """Hear of a connection, which the system closes when its process dies."""
        ...


class MoodyConnection:
    """The journal's connection on that disk."""

    def __init__(self, connection: sqlite3.Connection, disk: Commits) -> None:
        self.real = connection
        self._disk = disk

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        if sql == "commit":
            return self._disk.commit(self.real)
        return self.real.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> sqlite3.Cursor:
        return self.real.executemany(sql, parameters)

    @property
    def in_transaction(self) -> bool:
        return self.real.in_transaction

    @property
    def total_changes(self) -> int:
        return self.real.total_changes


class InlineConnection:
    """What `outbox.writer` uses of an aiosqlite connection, in virtual time."""

    def __init__(self, world: Machine, connector: Callable[[], sqlite3.Connection]) -> None:
        self._world = world
        self._connector = connector
        self._thread = SimpleNamespace(join=lambda: None)
        self._conn: Any = None

    def __await__(self) -> Generator[Any, None, InlineConnection]:
        self._conn = MoodyConnection(self._connector(), self._world.disk)
        self._world.opened(self._conn.real)
        try:
            yield from asyncio.sleep(FSYNC_MAX_S).__await__()
        except BaseException:  # nobody waits any more: aiosqlite's thread ends, and lets go of what it opened
            self._conn.real.close()
            raise
        return self

    async def _execute(self, work: Callable[..., Any], *arguments: Any) -> Any:
        took_s = self._world.random.uniform(FSYNC_MIN_S, FSYNC_MAX_S)
        if self._world.random.random() < 1 / 2:  # a crash during the fsync finds it not begun
            await asyncio.sleep(took_s)
            return work(*arguments)
        try:
            result = work(*arguments)
        except Exception:
            await asyncio.sleep(took_s)
            raise
        await asyncio.sleep(took_s)
        return result

    async def close(self) -> None:
        self._conn.real.close()
        await asyncio.sleep(FSYNC_MIN_S)


@contextlib.contextmanager
def under_the_seed(world: World) -> Iterator[None]:
    """Put the world's clocks, dice and threads in the place of the machine's."""

    loop_time = world.loop.time
    bytes_of = world.random.randbytes

    def keyword(owner: Any, name: str, value: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
        defaults = owner.__init__.__kwdefaults__
        before = defaults[name]
        return lambda: defaults.__setitem__(name, value), lambda: defaults.__setitem__(name, before)

    def attribute(owner: Any, name: str, value: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
        before = getattr(owner, name)
        return lambda: setattr(owner, name, value), lambda: setattr(owner, name, before)

    def millis() -> int:
        since: timedelta = world.pc_clock() - datetime(1970, 1, 1, tzinfo=world.pc_clock().tzinfo)
        return int(since.total_seconds() * 1000) * 1_000_000

    changes = [
        keyword(PrinterSession, "random_below", world.random.randrange),
        keyword(PrinterSession, "now", loop_time),
        keyword(Printer, "now", loop_time),
        keyword(Scanner, "now", loop_time),
        keyword(Supervisor, "now", world.pc_clock),
        keyword(Events, "now", world.pc_clock),
        keyword(Clock, "since_boot_ms", world.since_boot_ms),
        keyword(Clock, "boot", lambda: "simulated"),
        keyword(Journal, "around", Surroundings(lot=world.random, now=world.pc_clock)),
        attribute(outbox.ids, "time", SimpleNamespace(time_ns=millis)),
        attribute(outbox.ids, "os", SimpleNamespace(urandom=bytes_of)),
        attribute(
            outbox.writer,
            "aiosqlite",
            SimpleNamespace(Connection=lambda connector, iter_chunk_size: InlineConnection(world, connector)),
        ),
        attribute(agent.ways, "Session", world.session),
        attribute(outbox.room, "shutil", SimpleNamespace(disk_usage=world.disk.usage)),
        attribute(outbox.room, "BALLAST_BYTES", 4096),  # what counts is whether it is there
        attribute(outbox.journal, "VERIFIED_AT_START", VERIFIED_AT_START),
        attribute(agent.upkeep, "PRUNE_FIRST_S", PRUNE_FIRST_S),
    ]
    dice = random.getstate()
    random.seed(world.seed)  # couriers and supervisors took `random.random` when they were imported
    for put, _ in changes:
        put()
    try:
        yield
    finally:
        for _, take_back in changes:
            take_back()
        random.setstate(dice)
