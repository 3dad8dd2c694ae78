"""A full disk: at write after write of a sale's commit, and on a small disk that is really full.

Everything before is safe, no number is used up, and selling goes on when there is room. The sale itself is not in
the journal; but where the disk was full only for what is written behind the commit's last page, and the power is
cut before anything else is written, it is there after the restart, whole.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import apsw
import pytest

from outbox import chain
from outbox.errors import JournalFull
from outbox.journal import Journal
from tests.powercut.campaign import workplace
from tests.powercut.counter import Counter, at, sale, some_of, undisturbed
from tests.powercut.invariants import violations
from tests.powercut.recover import recover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from outbox.record import Record

SMALL_DISK_BYTES = 4 * 1024 * 1024
FILLER_BYTES = 1024 * 1024  # what is deleted to make room again


@pytest.fixture
def work() -> Iterator[Path]:
    with workplace() as folder:
        (folder / "image").mkdir()
        yield folder


async def test_a_sale_that_finds_no_room_is_not_written_and_the_next_one_is(work: Path) -> None:
    operations, after = await undisturbed(work)
    for failing in some_of(operations):
        folder = work / f"full-{failing}"
        folder.mkdir()
        async with Counter(folder) as counter:
            await counter.sell(1)
            counter.fails(at(failing, apsw.SQLITE_FULL))
            with pytest.raises(JournalFull, match="full"):
                await counter.sell(2)
            assert counter.writer.fault is None
            for name, image in counter.images():
                found = recover(image, work / "image")
                assert not violations(found, counter.owed(coming=after)), (failing, name)
            record = await counter.sell(3)
            assert record.receipt_number == "TILL-1-000002"  # no number was used up
            for name, image in counter.images():
                assert not violations(recover(image, work / "image"), counter.owed()), (failing, name)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}", "tmpfs", str(folder)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk takes root on Linux")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_disk_that_is_really_full_loses_nothing_and_sells_again_when_there_is_room(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(FILLER_BYTES))
    journal = Journal(small_disk)
    await journal.open()
    told: list[Record] = []

    async def sell_until_it_is_full() -> None:
        while True:
            told.append(await journal.write(sale(len(told) + 1)))

    try:
        with pytest.raises(JournalFull) as full:
            await sell_until_it_is_full()
        assert "Free some space" in full.value.hint
        assert journal.fault is None
        assert len(told) > 10
        (small_disk / "filler").unlink()
        told += [await journal.write(sale(len(told) + more)) for more in range(1, 11)]
    finally:
        await journal.close()
    journal = Journal(small_disk)
    await journal.open()
    try:
        assert [chain.by_id(journal.reader, record.id) for record in told] == told
        assert chain.verify(journal.reader).broken is None
        assert [record.receipt_number for record in told] == [f"TILL-1-{n:06d}" for n in range(1, len(told) + 1)]
    finally:
        await journal.close()
