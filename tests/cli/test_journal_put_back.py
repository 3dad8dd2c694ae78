"""`stillopen journal put-back`: what it shows, asks, notes and refuses; what comes of it is in tests/agent."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from outbox import epoch, schema
from outbox.journal import FILE, Journal, hold
from outbox.record import Kind
from tests.outbox.facts import draft, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
async def state(tmp_path: Path) -> Path:
    """Return the state of a store that sold twice, of which a cloud has nothing yet; one sale is parked."""
    journal = Journal(tmp_path / "state")
    await journal.open()
    for _ in range(2):
        await write(journal, draft(), {"hook": frozenset({Kind.SALE})})
    await journal.write(
        lambda tx: tx.execute("insert into open_sale values ('one', 'till-1', 'parked', '{}', '')").close()
    )
    await journal.close()
    return tmp_path / "state"


def run(state: Path, *words: str) -> int:
    return main(["--state", str(state), "journal", "put-back", *words])


def noted(state: Path) -> bool:
    with schema.reading(state / FILE) as reader:
        rows = reader.execute("select 1 from upkeep where what = ?", (schema.WAS_PUT_BACK,)).fetchall()
    return bool(rows)


async def whys(state: Path) -> list[str]:
    """Start on it, and return why there have been epochs."""
    journal = Journal(state)
    await journal.open()
    try:
        assert not noted(state)  # an epoch was begun for it
        return [notice["detail"].partition("(")[2].partition(")")[0] for notice in epoch.notices(journal.reader)]
    finally:
        await journal.close()


async def test_it_shows_what_is_there_and_notes_it_when_it_is_said_with_yes(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Yes\n"))
    assert run(state) == 0
    said = capsys.readouterr()
    assert "receipts up to TILL-1-000002, of 2026-11-20T10:00:00" in said.out
    assert "open or parked: 1; deliveries that no cloud has yet: 2" in said.out
    assert "Was such an image put back here?" in said.err
    assert await whys(state) == ["an image of its disk was put back"]


@pytest.mark.parametrize("answer", ["", "no\n", "yes it was\n"])
async def test_whatever_else_is_answered_notes_nothing(
    state: Path, answer: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    assert run(state) == 1
    assert "nothing was noted" in capsys.readouterr().err
    assert await whys(state) == []


async def test_a_program_says_yes_beforehand_and_saying_it_twice_is_once(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(state, "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "newest": "TILL-1-000002",
        "occurred_at": "2026-11-20T10:00:00.000+01:00",
        "open_sales": 1,
        "undelivered": 2,
        "noted": True,
    }
    assert run(state, "--yes") == 0
    assert len(await whys(state)) == 1


async def test_what_the_witnesses_see_as_well_is_one_epoch(state: Path) -> None:
    (state / "head").write_text((state / "head").read_text().replace('"seq": 2', '"seq": 9'))
    assert run(state, "--yes") == 0
    assert await whys(state) == ["an image of its disk was put back; record 9 was here and is not any more"]


def test_a_running_agent_is_to_be_stopped_first(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = hold(state)
    try:
        assert run(state, "--yes") == 1
    finally:
        lock.release()
    said = capsys.readouterr()
    assert "another agent is running" in said.err
    assert "next: stop it first" in said.err
    assert said.out == ""
    assert not noted(state)


def test_where_there_is_no_journal_none_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "none", "--yes") == 1
    assert "there is no journal" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_backup_that_was_put_back_needs_nobody_to_say_so(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = state.with_name("copy")
    copy.mkdir()
    assert main(["--state", str(state), "journal", "backup", str(copy / FILE)]) == 0
    (copy / f"{FILE}-wal").write_bytes(b"the log of the journal that was here before")
    assert run(copy, "--yes") == 1
    assert "start the agent: it finds that out by itself" in capsys.readouterr().err


def test_a_journal_that_does_not_hold_is_not_written_to(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(state / FILE)) as connection:
        connection.executescript("drop trigger record_no_update; update record set body = '{}' where seq = 2")
    assert run(state, "--yes") == 1
    assert "record 2 does not hold" in capsys.readouterr().err
    assert not noted(state)


def test_a_journal_of_the_version_before_is_brought_up_to_date_as_a_start_does(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript(f"{schema.MIGRATIONS[0]} pragma journal_mode = wal; pragma user_version = 1;")
        old.execute(f"pragma application_id = {schema.APPLICATION_ID}")
    assert run(tmp_path, "--yes") == 0
    assert noted(tmp_path)


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0, reason="only root could be led astray, or leave files of its own"
)
def test_what_root_leaves_there_is_the_stores_and_no_link_is_followed(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (state, *state.iterdir()):
        os.chown(path, 12_345, 12_345)
    (state / "agent.lock").unlink(missing_ok=True)
    assert run(state, "--yes") == 0
    assert {path.name: path.stat().st_uid for path in state.iterdir() if path.stat().st_uid != 12_345} == {}
    elsewhere = state.with_name("elsewhere")
    elsewhere.write_bytes(b"")
    (state / f"{FILE}-wal-new").symlink_to(elsewhere)
    assert run(state, "--yes") == 1
    assert "journal.db-wal-new is not written" in capsys.readouterr().err
