"""Copies of the journal: made while it is sold into, read again, and never anything but whole under their name."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from outbox import backup, chain, schema
from outbox.errors import BackupFailed, JournalUnavailable, JournalUnclear
from outbox.journal import Journal
from tests.outbox.facts import draft, write
from tests.outbox.failing_disk import damage, fail

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
STEM = "journal-store-1-till-1"
NAME = f"{STEM}-20261121T023000Z.db"
LARGE = "x" * 20_000  # some steps, and some syncs, with few records
RECORDS = 150


@pytest.fixture
async def large(journal: Journal) -> Journal:
    await asyncio.gather(*(write(journal, draft(text=LARGE, n=n)) for n in range(RECORDS)))
    return journal


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def records_in(path: Path) -> int:
    with closing(schema.connect_to_read(path)) as reader:
        found = chain.verify(reader)
        assert found.broken is None
        return found.records


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def cleared(folder: Path, *left: str) -> None:
    """Wait until nothing but these is left in a folder: a broken-off copy is cleared away on its own thread."""
    async with asyncio.timeout(10):
        while names(folder) != sorted(left):
            await asyncio.sleep(0.005)


async def test_a_copy_made_while_it_is_sold_into_is_whole_and_holds_what_was_sold_before(
    large: Journal, stick: Path
) -> None:
    sold = 0

    async def sell() -> None:
        nonlocal sold
        while True:
            await write(large, draft(n=sold))
            sold += 1

    selling = asyncio.create_task(sell())
    made = await backup.make(large, stick, STEM, AT, keep=3)
    during = sold
    selling.cancel()
    with suppress(asyncio.CancelledError):
        await selling
    assert during > 0
    assert (made.path, made.bytes) == (stick / NAME, (stick / NAME).stat().st_size)
    assert RECORDS <= made.records <= RECORDS + sold
    assert records_in(made.path) == made.records
    await cleared(stick, NAME)  # and no log beside it: one file to carry away
    copy = stick / "state"
    copy.mkdir()
    shutil.copy(made.path, copy / "journal.db")
    restored = Journal(copy)
    await restored.open()
    await write(restored, draft())
    await restored.close()


async def test_what_is_written_while_a_step_is_waited_for_is_on_the_disk_then_and_in_the_copy(
    large: Journal, tmp_path: Path
) -> None:
    steps = 0

    async def between() -> None:
        nonlocal steps
        steps += 1
        if steps % 3 == 0:
            record = await write(large, draft(n=steps))  # the thread is in the copy, and does this all the same
            assert chain.by_id(large.reader, record.id) is not None
            with pytest.raises(ValueError, match="undone"):
                await large.write(undone)

    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None, check_same_thread=False)) as target:
        await large.copy(target, pages=64, between=between)
        assert steps > 6
        found = chain.verify(target)
    assert (found.broken, found.records) == (None, RECORDS + steps // 3)
    await write(large, draft())


def undone(connection: sqlite3.Connection) -> None:
    chain.append(connection, draft(text=LARGE))
    raise ValueError("undone")


async def test_a_journal_that_is_closed_ends_its_copy(large: Journal, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def between() -> None:
        begun.set()
        await asyncio.sleep(0.05)

    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None, check_same_thread=False)) as target:
        copying = asyncio.create_task(large.copy(target, pages=8, between=between))
        await begun.wait()
        await large.close()
        with pytest.raises(JournalUnavailable, match="closed while it was copied"):
            await copying


async def test_a_copy_that_is_given_up_leaves_nothing_and_holds_nobody_up(large: Journal, stick: Path) -> None:
    making = asyncio.create_task(backup.make(large, stick, STEM, AT, keep=3))
    async with asyncio.timeout(10):
        while large._writer._steps is None:
            await asyncio.sleep(0)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    await cleared(stick)
    await write(large, draft())
    assert (await backup.make(large, stick, STEM, AT, keep=3)).records == RECORDS + 1


async def test_who_is_impatient_twice_still_waits_for_the_thread_to_leave_the_copy(
    large: Journal, tmp_path: Path
) -> None:
    gate, begun = threading.Event(), asyncio.Event()

    async def between() -> None:
        begun.set()
        await asyncio.Event().wait()

    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None, check_same_thread=False)) as target:
        copying = asyncio.create_task(large.copy(target, pages=8, between=between))
        await begun.wait()
        writing = asyncio.create_task(large.write(lambda _: gate.wait()))
        await asyncio.sleep(0.01)
        for _ in range(2):
            copying.cancel()
            await asyncio.sleep(0.01)
        assert not copying.done()  # the thread is busy, and the target must outlive its copy
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await copying
        assert await writing
    await write(large, draft())


async def test_a_disk_that_fails_while_it_is_copied_is_looked_after_first(large: Journal, stick: Path) -> None:
    async def between() -> None:
        fail(large, "lost", "lost")
        with pytest.raises(JournalUnclear):
            await write(large, draft())
        await large.reopen()

    with (
        closing(sqlite3.connect(stick / "copy.db", isolation_level=None, check_same_thread=False)) as target,
        pytest.raises(JournalUnavailable, match="closed while it was copied"),
    ):
        await large.copy(target, pages=8, between=between)
    with pytest.raises(JournalUnclear):
        await backup.make(large, stick, STEM, AT, keep=3)
    await cleared(stick, "copy.db")
    await large.go_on(AT.isoformat())
    assert (await backup.make(large, stick, STEM, AT, keep=3)).records == RECORDS


async def test_a_targets_disk_that_fills_up_ends_the_copy_and_touches_nothing_else(
    large: Journal, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stick / f"{STEM}-20261101T023000Z.db").write_bytes(b"an older one")

    def small(*args: object, **named: object) -> sqlite3.Connection:
        target: sqlite3.Connection = sqlite3.connect(*args, **named)  # type: ignore[call-overload]  # as it was given
        target.execute("pragma max_page_count = 100")
        return target

    monkeypatch.setattr(backup, "sqlite3", SimpleNamespace(**{**vars(sqlite3), "connect": small}))
    with pytest.raises(BackupFailed, match="full") as failed:
        await backup.make(large, stick, STEM, AT, keep=1)
    assert "has room" in failed.value.hint
    await cleared(stick, f"{STEM}-20261101T023000Z.db")
    assert large.fault is None
    await write(large, draft())


async def test_a_disk_that_is_pulled_out_ends_the_copy(
    large: Journal, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []

    def pulled(part: Path) -> None:
        synced.append(part)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(backup, "_sync", pulled)
    with pytest.raises(BackupFailed, match="Input/output error"):
        await backup.make(large, stick, STEM, AT, keep=1)
    assert len(synced) == 1
    await cleared(stick)
    await write(large, draft())


async def test_a_disk_without_enough_room_is_not_begun_on(
    large: Journal, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * 1024**2))
    with pytest.raises(BackupFailed, match="has 3 MB left") as failed:
        await backup.make(large, stick, STEM, AT, keep=1)
    assert "keep" in failed.value.hint
    assert names(stick) == []


async def test_a_folder_that_is_not_there_is_not_made(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="not there") as failed:
        await backup.make(journal, tmp_path / "stick", STEM, AT, keep=1)
    assert "Plug in" in failed.value.hint
    assert not (tmp_path / "stick").exists()


async def test_only_its_own_are_cleared_away_and_only_after_a_new_one_holds(journal: Journal, stick: Path) -> None:
    await write(journal, draft())
    others = (
        f"{STEM}.db",
        f"{STEM}-2-20261101T023000Z.db",
        f"{STEM}-2-20261101T023000Z.db.part",
        f"{STEM}-99999999T999999Z.db",
        f"{STEM}-20261101T023000Z.db.bak",
        "journal-store-1-till-2-20261101T023000Z.db",
        "holiday.jpg",
    )
    for name in (*others, f"{STEM}-20261101T023000Z.db.part"):
        (stick / name).write_bytes(b"")
    for day in range(4):
        made = await backup.make(journal, stick, STEM, AT + timedelta(days=day), keep=2)
        assert made.records == 1
    assert [path.name for _, path in backup.made(stick, STEM)] == [
        f"{STEM}-20261123T023000Z.db",
        f"{STEM}-20261124T023000Z.db",
    ]
    await cleared(stick, *others, f"{STEM}-20261123T023000Z.db", f"{STEM}-20261124T023000Z.db")
    damage(journal)
    with pytest.raises(BackupFailed, match="record 1: its content is not what was written") as failed:
        await backup.make(journal, stick, STEM, AT + timedelta(days=9), keep=1)
    assert "journal verify" in failed.value.hint
    await cleared(stick, *others, f"{STEM}-20261123T023000Z.db", f"{STEM}-20261124T023000Z.db")


@pytest.mark.parametrize("keep", [1, 2])
async def test_with_the_clock_set_back_the_copy_just_made_stays(journal: Journal, stick: Path, keep: int) -> None:
    for day in range(3):
        await backup.make(journal, stick, STEM, AT + timedelta(days=day), keep=keep)
    made = await backup.make(journal, stick, STEM, AT.replace(year=2015), keep=keep)
    newest = [f"{STEM}-20261123T023000Z.db"][: keep - 1]
    assert [path.name for _, path in backup.made(stick, STEM)] == [made.path.name, *newest]
    assert records_in(made.path) == 0


async def test_a_copy_that_is_longer_than_it_says_does_not_hold(journal: Journal, stick: Path) -> None:
    made = await backup.make(journal, stick, STEM, AT, keep=1)
    part = made.path.rename(made.path.with_name("copy.part"))
    with part.open("ab") as file:
        file.write(bytes(4096))
    with pytest.raises(BackupFailed, match="bytes instead of"):
        backup._finish(part, made.path)
    assert not made.path.exists()


async def test_what_is_no_journal_is_no_copy_of_one(stick: Path) -> None:
    part = stick / "copy.part"
    with closing(sqlite3.connect(part)) as other:
        other.execute("create table photos(id)")
    with pytest.raises(BackupFailed, match="not a journal"):
        backup._finish(part, stick / NAME)


def test_names_sort_by_time_whatever_the_zone() -> None:
    local = AT.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+09:00").tzinfo)
    assert backup.name(STEM, local) == NAME
    assert backup.name(STEM, AT + timedelta(seconds=1)) > NAME
