"""A backup that was put back, and the power cut again at every write of its first start and its first sale."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

import pytest

from outbox import backup, schema
from outbox.journal import FILE, Journal
from tests.powercut.campaign import workplace
from tests.powercut.counter import Counter, sale
from tests.powercut.disk import Disk, Image, Pattern
from tests.powercut.recover import recover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from outbox.record import Record

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def work() -> Iterator[Path]:
    with workplace() as folder:
        (folder / "image").mkdir()
        yield folder


async def a_copy(work: Path) -> tuple[bytes, Record]:
    """Return what a backup of a journal with one sale holds, and the sale."""
    journal = Journal(work / "before")
    await journal.open()
    record = await journal.write(sale(1))
    made = await backup.make(journal, work, "copy", AT, keep=1)
    await journal.close()
    return made.path.read_bytes(), record


def images(disk: Disk, step: int) -> Iterator[tuple[str, Image]]:
    for pattern in Pattern:
        name = f"{step} {pattern}"
        yield name, disk.after_a_cut(pattern, Random(name))


async def test_it_is_known_as_one_after_any_cut_and_its_own_log_is_never_taken_for_anothers(work: Path) -> None:
    copy, before = await a_copy(work)
    state = work / "state"
    state.mkdir()
    (state / FILE).write_bytes(copy)
    async with Counter(state) as counter:
        after = await counter.sell(2)
        log = list(counter.recorder.log)
    disk = Disk({FILE: copy}, careless=True)
    logs = 0
    for step, entry in enumerate(log):
        disk.do(entry)
        for name, image in images(disk, step):
            logs += bool(image.get(f"{FILE}-wal"))
            found = recover(image, work / "image")
            assert found.damage is None, name
            assert before.id in found.records, name
            assert after.id in found.records or entry is not log[-1], name
            with closing(schema.connect_to_read(work / "image" / FILE)) as reader:
                assert reader.execute("select 1 from upkeep where what = ?", (schema.WAS_PUT_BACK,)).fetchone(), name
    assert logs > len(Pattern)
