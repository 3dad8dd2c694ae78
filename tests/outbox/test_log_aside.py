"""A backup put back beside the log of the journal that was there before: neither is written into the other."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outbox import backup, chain, head, log_aside, schema
from outbox.errors import JournalUnavailable
from outbox.journal import FILE, Journal
from tests.outbox.facts import draft, write

LOCKS = """
import fcntl, sys
from outbox.log_again import _READERS_BYTES, _READERS_FROM
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _READERS_BYTES, _READERS_FROM)
        print("free")
    except OSError:
        print("held")
"""
AT = datetime(2026, 11, 20, tzinfo=UTC)
IN_COPY = 60


@pytest.fixture(params=[60, 300])  # SQLite took the former for the copy's own, and made a ruin of it with the latter
async def state(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return a state folder after a power cut, its journal written over with the copy from before the last sales."""
    folder, lost = tmp_path / "state", tmp_path / "lost"
    journal = Journal(folder)
    await journal.open()
    await asyncio.gather(*(write(journal, draft()) for _ in range(IN_COPY)))
    copy = await backup.make(journal, tmp_path, "copy", AT, keep=1)
    await asyncio.gather(*(write(journal, draft()) for _ in range(request.param)))
    lost.mkdir()
    for name in (FILE, f"{FILE}-wal", f"{FILE}-shm", head.FILE):
        shutil.copyfile(folder / name, lost / name)
    await journal.close()
    for path in lost.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())  # the same file all the time: its inode tells nothing
    shutil.copyfile(copy.path, folder / FILE)
    assert head.read(folder) is not None, "it is older than the copy, and knows of nothing that is missing"
    return folder


async def started(state: Path) -> str:
    """Start, sell, and return the number of the receipt: of the journal that was put back, in an epoch of its own."""
    journal = Journal(state)
    await journal.open()
    try:
        found = chain.verify(journal.reader)
        assert (found.broken, found.records) == (None, IN_COPY)
        letters, why = journal.reader.execute("select letters, why from epoch").fetchone()
        assert why == "it is a backup"
        record = await write(journal, draft())
        assert record.receipt_number == f"TILL-1-{letters}{IN_COPY + 1:06d}"
        return str(letters)
    finally:
        await journal.close()


async def test_the_copy_is_what_is_sold_into_and_the_log_is_kept(state: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = (state / f"{FILE}-wal").read_bytes()
    letters = await started(state)
    kept = state / f"{FILE}-before-1-wal"
    assert kept.read_bytes() == log
    assert (state / f"{FILE}-before-1-shm").exists()
    assert str(kept) in caplog.text
    journal = Journal(state)  # and that is that: no further epoch, no further log
    await journal.open()
    assert journal.reader.execute("select letters from epoch").fetchall() == [(letters,)]
    await journal.close()
    assert not (state / f"{FILE}-before-2-wal").exists()


async def test_a_cut_at_any_step_leaves_the_rest_to_the_next_start(state: Path) -> None:
    (state / f"{FILE}-shm").rename(state / f"{FILE}-before-1-shm")
    taken = log_aside.take(state / FILE)
    assert taken == state / f"{FILE}-before-2-wal"
    assert log_aside.take(state / FILE) is None
    schema.connect(state / FILE).close()  # it has a log of its own from here on, and no epoch yet
    await started(state)


async def test_a_log_that_cannot_be_taken_away_keeps_the_copy_shut(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = (state / FILE).read_bytes()

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refused)
        with pytest.raises(JournalUnavailable, match="the log of another journal") as failed:
            await Journal(state).open()
    assert "Move it" in failed.value.hint
    assert (state / FILE).read_bytes() == copy
    await started(state)


def is_held(journal: Path) -> bool:
    """Return whether another process finds SQLite's lock on the file, which keeps it from folding the log in."""
    asked = subprocess.run([sys.executable, "-c", LOCKS, str(journal)], capture_output=True, text=True, check=True)
    return asked.stdout.strip() == "held"


async def test_a_journal_that_is_open_stays_locked_while_it_is_read_beside(journal: Journal) -> None:
    await write(journal, draft())
    assert await asyncio.to_thread(is_held, journal.path)
    with closing(schema.connect_to_read(journal.path)):
        pass
    with schema.reading(journal.path):
        pass
    assert await asyncio.to_thread(is_held, journal.path)


async def test_the_log_of_a_journal_that_was_deleted_is_kept(journal: Journal, tmp_path: Path) -> None:
    await write(journal, draft())
    state = tmp_path / "state"
    state.mkdir()
    shutil.copyfile(tmp_path / f"{FILE}-wal", state / f"{FILE}-wal")
    log = (state / f"{FILE}-wal").read_bytes()
    other = Journal(state)
    await other.open()
    assert chain.verify(other.reader).records == 0
    await other.close()
    assert (state / f"{FILE}-before-1-wal").read_bytes() == log


async def test_a_journals_own_log_stays(journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert not log_aside.is_foreign(tmp_path / "nowhere.db")
    await write(journal, draft())
    assert not log_aside.is_foreign(journal.path)
    with caplog.at_level(logging.INFO, "stillopen.journal"):
        assert log_aside.take(journal.path) is None
    assert not caplog.records
    assert journal.log_bytes > 0
