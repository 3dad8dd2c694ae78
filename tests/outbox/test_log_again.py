"""The log that an earlier run left is written once more, whole, before anything is taken from it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from outbox import chain, log_again
from outbox.journal import Journal
from tests.outbox.facts import draft, write

READS = """
import sqlite3, sys
reader = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
reader.execute("select count(*) from record").fetchone()
print("reading", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
async def crashed(journal: Journal, tmp_path: Path) -> Path:
    """Return a state folder as a killed agent leaves it: with a log."""
    for _ in range(20):
        await write(journal, draft())
    state = tmp_path / "crashed"
    state.mkdir()
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(tmp_path / name, state / name)
    return state


async def records(state: Path) -> int:
    journal = Journal(state)
    await journal.open()
    try:
        return chain.verify(journal.reader).records
    finally:
        await journal.close()


async def test_it_is_another_file_with_the_same_content(crashed: Path) -> None:
    log = crashed / "journal.db-wal"
    content, number = log.read_bytes(), log.stat().st_ino
    log.chmod(0o640)
    log_again.make_certain(crashed / "journal.db")
    assert (log.read_bytes(), log.stat().st_mode & 0o777) == (content, 0o640)
    assert log.stat().st_ino != number
    assert sorted(path.name for path in crashed.iterdir()) == ["journal.db", "journal.db-wal"]
    assert await records(crashed) == 20


async def test_every_start_does_it(crashed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    sync = os.fsync

    def seen(number: int) -> None:
        synced.append(Path(f"/proc/self/fd/{number}").readlink().name)
        sync(number)

    monkeypatch.setattr(os, "fsync", seen)
    assert await records(crashed) == 20
    assert synced[:2] == ["journal.db-wal-new", crashed.name]


async def test_a_start_that_broke_off_in_the_middle_of_it_is_nothing_to_the_next(crashed: Path) -> None:
    (crashed / "journal.db-wal-new").write_bytes(b"half")
    assert await records(crashed) == 20
    assert not (crashed / "journal.db-wal-new").exists()


async def test_without_room_for_it_the_log_is_used_as_it_is(
    crashed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        (crashed / "journal.db-wal-new").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with caplog.at_level(logging.WARNING, "stillopen.journal"):
        assert await records(crashed) == 20
    assert "No space left" in caplog.text
    assert not (crashed / "journal.db-wal-new").exists()


async def test_the_log_of_a_file_that_somebody_reads_is_left_alone(
    crashed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    number = (crashed / "journal.db-wal").stat().st_ino
    other = await asyncio.to_thread(
        lambda: subprocess.Popen(
            [sys.executable, "-c", READS, str(crashed / "journal.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    )
    with other:
        assert other.stdout is not None
        await asyncio.to_thread(other.stdout.readline)
        with caplog.at_level(logging.INFO, "stillopen.journal"):
            log_again.make_certain(crashed / "journal.db")
        assert (crashed / "journal.db-wal").stat().st_ino == number
        assert "Another program reads" in caplog.text
        other.communicate(b"\n")
    log_again.make_certain(crashed / "journal.db")
    assert (crashed / "journal.db-wal").stat().st_ino != number


def test_where_there_is_no_log_nothing_is_done(tmp_path: Path) -> None:
    log_again.make_certain(tmp_path / "journal.db")
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        connection.execute("create table t(n)")
    (tmp_path / "journal.db-wal").touch()
    log_again.make_certain(tmp_path / "journal.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.db", "journal.db-wal"]
