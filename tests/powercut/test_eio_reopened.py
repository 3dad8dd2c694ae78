"""A disk's error of which nobody knows what it left, and the journal opened again on the very same recorded disk.

After an fsync that failed, what was written for it can be read back and may never reach the disk. So an agent that
opens its journal again takes nothing from that part of the log, and one that is started again writes all of the
log to the disk once more; else a power cut in the middle of folding it in damages the journal.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import apsw
import pytest

from outbox import chain, log_again, schema
from outbox.errors import JournalUnclear
from outbox.journal import FILE
from tests.powercut.campaign import workplace
from tests.powercut.connection import connecting
from tests.powercut.counter import Counter
from tests.powercut.disk import Disk, Image, Pattern
from tests.powercut.invariants import Fault, Violation, violations
from tests.powercut.recorder import Synced, Wrote
from tests.powercut.recover import recover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.powercut.recorder import Entry

SOLD_BEFORE = 12  # and folded in, so that what is written next is written over what was there
SYNC_OF_A_SALE = 10  # writes to the log come before it; a sync after fewer is of the log's head
DRAWS = 2


@pytest.fixture
def work() -> Iterator[Path]:
    with workplace() as folder:
        (folder / "image").mkdir()
        (folder / "state").mkdir()
        yield folder


def look(connection: sqlite3.Connection) -> None:
    assert chain.verify(connection).broken is None


def probe(connection: sqlite3.Connection) -> None:
    connection.execute("insert into upkeep values ('reopened', 'now') on conflict do update set value = excluded.value")


def fails_from_the_sync_of_a_sale(counter: Counter) -> None:
    """Let the disk fail at the next sync of a whole sale, and from then on."""
    written, failing = 0, False

    def fault(entry: Entry) -> BaseException | None:
        nonlocal written, failing
        written += isinstance(entry, Wrote)
        failing = failing or (isinstance(entry, Synced) and written > SYNC_OF_A_SALE)
        return apsw.exception_for(apsw.SQLITE_IOERR_FSYNC) if failing else None

    counter.recorder.fault = fault


def works_again(counter: Counter) -> None:
    counter.recorder.fault = lambda _: None


async def sold_and_failed(counter: Counter) -> None:
    """Sell, fold in, write a little more, and fail at the next sale."""
    for number in range(1, SOLD_BEFORE + 1):
        await counter.sell(number)
    await counter.writer._run(lambda tx: tx.execute("pragma wal_checkpoint(truncate)").fetchall())
    await counter.writer.write(probe)
    fails_from_the_sync_of_a_sale(counter)
    with pytest.raises(JournalUnclear):
        await counter.sell(SOLD_BEFORE + 1)


def broken(begin: Image, log: list[Entry], begun: int, counter: Counter, work: Path) -> list[Violation]:
    """Cut the power after each of the log's entries from `begun` on; return the first that does not hold.

    The sale of which nobody knew may be there or not.
    """
    disk = Disk(begin, careless=False)
    for number, entry in enumerate(log):
        disk.do(entry)
        for draw in range(DRAWS) if number >= begun else ():
            for pattern in Pattern:
                image = disk.after_a_cut(pattern, Random(f"{number} {pattern} {draw}"))
                found = recover(image, work / "image")
                wrong = violations(found, counter.owed(coming=found.tables))
                if wrong:
                    return wrong
    return []


async def test_an_agent_that_opens_it_again_takes_nothing_that_was_not_synced(work: Path) -> None:
    async with Counter(work / "state") as counter:
        with connecting(counter._connect):
            reader = schema.connect_to_read(work / "state" / FILE)  # as the journal keeps one, all the time
            await sold_and_failed(counter)
            begun = len(counter.recorder.log)
            works_again(counter)
            await counter.writer.reopen(look)
            reader.close()
        await counter.writer.go_on(probe)
        assert await records(counter) == 2 * SOLD_BEFORE  # a sale and its drawer each
        assert not broken({}, counter.recorder.log, begun, counter, work)
        record = await counter.sell(SOLD_BEFORE + 1)
        assert record.receipt_number == f"TILL-1-{SOLD_BEFORE + 1:06d}"
        assert await records(counter) == 2 * (SOLD_BEFORE + 1)
        for _, image in counter.images():
            assert not violations(recover(image, work / "image"), counter.owed())


async def records(counter: Counter) -> int:
    found = await counter.writer.write(chain.verify)
    assert found.broken is None
    return found.records


@pytest.mark.parametrize("certain", [True, False], ids=["as it starts", "without writing the log again"])
async def test_an_agent_that_is_started_again_finds_the_sale_and_folds_it_in_safely(
    work: Path, *, certain: bool
) -> None:
    async with Counter(work / "state") as counter:
        await sold_and_failed(counter)
        with suppress(sqlite3.Error):
            await counter.writer.close()  # its disk fails at that, too
        works_again(counter)
        log = counter.recorder.log
        begin: Image = {}
        begun = len(log)
        if certain:
            log_again.make_certain(work / "state" / FILE)
            begin, begun = counter.recorder.files(), 0  # what is read is what is on the disk, from here on
            log.clear()
        with connecting(counter._connect):
            await counter.writer.reopen(look)
        await counter.writer.go_on(probe)
        assert await records(counter) == 2 * (SOLD_BEFORE + 1)
        wrong = broken(begin, log, begun, counter, work)
        assert [violation.fault for violation in wrong] == ([] if certain else [Fault.DAMAGED])
