"""A till that sells one thing after another on a recorded disk whose writes and syncs can be made to fail."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Self

import apsw

from agent.facts import Facts
from outbox import answers
from outbox.journal import FILE
from outbox.record import Kind, Record
from outbox.writer import Writer
from tests.powercut.connection import Connection, connecting
from tests.powercut.disk import Disk, Image, Pattern
from tests.powercut.promises import Owed, ToldRecord
from tests.powercut.recorder import Entry, Recorder, Synced, Wrote
from tests.powercut.recover import digest
from tests.powercut.store import CLOCK, CLOUDS, KINDS, TILLS, request_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
FACTS = Facts("store-1", dict.fromkeys(CLOUDS, KINDS), CLOCK)
DECISIVE = 8  # writes and syncs: the last pages of a commit, its sync, and what fills its last sector
DRAWS = 2  # of every pattern that leaves something to chance


def sale(number: int) -> Callable[[sqlite3.Connection], Record]:
    """Return the change that makes the `number`-th sale, with all that hangs on it; the same whenever it is run."""
    record_id = str(uuid.UUID(int=number))
    body = {"tenders": [{"type": "cash", "amount": 1250}], "total": 1250, "lines": [{"name": "Mug", "price": 1250}]}

    def change(connection: sqlite3.Connection) -> Record:
        written = FACTS.write(connection, TILLS[0], Kind.SALE, record_id, AT, body, prints=True, opens_drawer=True)
        answers.keep(connection, request_key(_key(number)), written.reply(200), AT.isoformat())
        return written.record

    return change


def _key(number: int) -> str:
    return f"complete {number}"


class Counter:
    """Sells on a recorded disk. `fails` says, for the n-th write or sync since it was set, what goes wrong."""

    def __init__(self, folder: Path) -> None:
        self.recorder = Recorder(folder, fault=self._fault)
        self.writer = Writer(folder / FILE)
        self.digests: list[str] = []  # of all tables, after every commit
        self.told: dict[str, ToldRecord] = {}
        self._fails: Callable[[int], BaseException | None] = lambda _: None
        self.asked = 0  # writes and syncs since `fails` was set

    async def __aenter__(self) -> Self:
        self.recorder.__enter__()
        with connecting(self._connect):
            await self.writer.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.writer.close()
        self.recorder.__exit__(None, None, None)

    def fails(self, when: Callable[[int], BaseException | None]) -> None:
        self._fails = when
        self.asked = 0

    async def sell(self, number: int) -> Record:
        record = await self.writer.write(sale(number))
        self.told[record.id] = ToldRecord(record, _key(number))
        return record

    def owed(self, *, coming: str | None = None) -> Owed:
        """Return what was told so far, beside what may or may not have been written."""
        return Owed(self.digests[-1], coming, records=dict(self.told))

    def images(self) -> Iterator[tuple[str, Image]]:
        """Yield what the disk may hold if the power is cut now, each with a name."""
        disk = Disk({}, careless=False)
        for entry in self.recorder.log:
            disk.do(entry)
        for pattern in Pattern:
            for draw in range(1 if pattern in (Pattern.NOTHING, Pattern.ALL) else DRAWS):
                yield f"{pattern} {draw}", disk.after_a_cut(pattern, Random(f"{pattern} {draw}"))

    def _connect(self, database: str, **_: object) -> Connection:
        return Connection(database, self.recorder.name, lambda connection: self.digests.append(digest(connection)))

    def _fault(self, entry: Entry) -> BaseException | None:
        if not isinstance(entry, Wrote | Synced):
            return None
        self.asked += 1
        return self._fails(self.asked)


def some_of(operations: int) -> list[int]:
    """Return which of so many writes and syncs to try: every fifth page's, and the last ones, where it is decided."""
    return [n for n in range(1, operations + 1) if n % 10 == 1 or n > operations - DECISIVE]


def at(operation: int, code: int) -> Callable[[int], BaseException | None]:
    """Fail one write or sync with an SQLite result code."""
    return lambda n: apsw.exception_for(code) if n == operation else None


def since(operation: int, code: int) -> Callable[[int], BaseException | None]:
    """Fail one write or sync, and all after it."""
    return lambda n: apsw.exception_for(code) if n >= operation else None


async def undisturbed(work: Path) -> tuple[int, str]:
    """Sell twice on a good disk; return the writes and syncs of the second sale, and the tables after it.

    The last of them is the rest of a page that was written to fill a sector; before it comes the sync.
    """
    folder = work / "undisturbed"
    folder.mkdir()
    async with Counter(folder) as counter:
        await counter.sell(1)
        counter.fails(lambda _: None)
        await counter.sell(2)
        operations, wrote = counter.asked, [e for e in counter.recorder.log if isinstance(e, Wrote | Synced)]
        assert [type(entry) for entry in wrote[-2:]] == [Synced, Wrote]
        return operations, counter.digests[-1]
