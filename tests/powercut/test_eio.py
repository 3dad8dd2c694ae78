"""A disk that answers EIO, at write after write and sync after sync of a sale's commit.

An I/O error at the commit is neither yes nor no. The writer runs the change once more from the start; if that
fails too, nothing more is accepted, and after a restart the change is there whole or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from outbox.errors import JournalUnclear
from outbox.journal import FILE
from tests.powercut.campaign import workplace
from tests.powercut.counter import Counter, at, since, some_of, undisturbed
from tests.powercut.invariants import violations
from tests.powercut.recorder import Synced
from tests.powercut.recover import recover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def work() -> Iterator[Path]:
    with workplace() as folder:
        (folder / "image").mkdir()
        yield folder


async def test_an_error_that_goes_away_is_not_noticed_at_the_till(work: Path) -> None:
    operations, _ = await undisturbed(work)
    for failing in some_of(operations):
        folder = work / f"once-{failing}"
        folder.mkdir()
        async with Counter(folder) as counter:
            await counter.sell(1)
            counter.fails(at(failing, apsw.SQLITE_IOERR_FSYNC))
            record = await counter.sell(2)
            assert (record.seq, record.receipt_number) == (3, "TILL-1-000002")  # behind the first one's drawer
            assert counter.writer.fault is None
            for name, image in counter.images():
                assert not violations(recover(image, work / "image"), counter.owed()), (failing, name)
            await counter.sell(3)


async def test_an_error_that_stays_stops_selling_and_leaves_the_sale_whole_or_not_at_all(work: Path) -> None:
    operations, after = await undisturbed(work)
    kept = 0
    for failing in some_of(operations):
        folder = work / f"stays-{failing}"
        folder.mkdir()
        async with Counter(folder) as counter:
            await counter.sell(1)
            counter.fails(since(failing, apsw.SQLITE_IOERR_FSYNC))
            with pytest.raises(JournalUnclear, match="the disk failed"):
                await counter.sell(2)
            asked = counter.asked
            with pytest.raises(JournalUnclear):
                await counter.sell(3)
            assert counter.asked == asked  # the disk was not even asked
            assert isinstance(counter.writer.fault, JournalUnclear)
            counter.fails(lambda _: None)
            for name, image in counter.images():
                found = recover(image, work / "image")
                assert not violations(found, counter.owed(coming=after)), (failing, name)
                kept += found.tables == after
    assert kept  # else the error would be a plain no, and there would be nothing unclear about it


async def test_a_second_sync_alone_would_not_do(work: Path) -> None:
    """What the disk forgot at the sync that failed, it has forgotten: the pages have to be written again."""
    operations, _ = await undisturbed(work)
    folder = work / "sync-again"
    folder.mkdir()
    async with Counter(folder) as counter:
        await counter.sell(1)
        log = counter.recorder.log

        def failed_before(n: int) -> None:
            if n == operations - 1:
                log.append(Synced(f"{FILE}-wal", failed=True))

        counter.fails(failed_before)
        await counter.sell(2)
        assert isinstance(log[-2], Synced), "the last but one of a commit is its sync"
        lost = [name for name, image in counter.images() if violations(recover(image, work / "image"), counter.owed())]
    assert "nothing 0" in lost
