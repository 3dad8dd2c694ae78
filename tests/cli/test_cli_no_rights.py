"""Commands of a user who may not use the store's files, and on files that are damaged, old or wrong."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from outbox import schema
from outbox.errors import JournalDamaged, JournalUnavailable, JournalUnread
from outbox.journal import FILE, Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
[[cloud]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
secret = { file = "secret" }
"""
NOBODY = 65_534  # who owns nothing here
REFUSED = [
    ("journal", "verify"),
    ("journal", "export"),
    ("journal", "export", "FILE"),
    ("journal", "backup", "FILE"),
    ("journal", "put-back", "--yes"),
    ("outbox", "list"),
    ("outbox", "status"),
    ("outbox", "export"),
    ("audit", "export", "FILE"),
    ("service", "removable"),
    ("service", "export", "FILE"),
    ("cloud", "check", "hook"),
    ("cloud", "pull", "hook"),
    ("catalogue", "search", "x"),
    ("staff", "list"),
]
GIVE_WHAT_THEY_CAN = [("doctor",), ("bundle", "FILE")]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's here; Windows has access lists")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a store's folder that others may look into; its agent was started once."""
    with tempfile.TemporaryDirectory() as made:  # not below pytest's own, which is its user's alone
        folder = Path(made)
        folder.chmod(0o777)
        (folder / "secret").write_text("whsec_c3RpbGxvcGVuLXRlc3Qtc2VjcmV0LTAwMDE=")
        (folder / "stillopen.toml").write_text(CONFIG)
        asyncio.run(_started(folder / "state"))
        yield folder


async def _started(state: Path) -> None:
    journal = Journal(state)
    await journal.open()
    await journal.close()


@contextmanager
def nobody() -> Iterator[None]:
    """Be somebody without rights: as root, another; as anybody else, who one is."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@contextmanager
def closed(path: Path) -> Iterator[None]:
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        yield
    finally:
        path.chmod(mode)


def run(folder: Path, *words: str) -> int:
    told = [str(folder / f"out-{len(list(folder.iterdir()))}") if word == "FILE" else word for word in words]
    return main(["--config", str(folder / "stillopen.toml"), "--state", str(folder / "state"), *told])


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_a_command_without_rights_says_as_whom_to_run_it(
    folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    run(folder, *words)  # what it imports may lie where only this test's user may look
    before = sorted(folder.iterdir())
    capsys.readouterr()
    with closed(folder / "state"), nobody():
        assert run(folder, *words) == 1
    said = capsys.readouterr()
    assert "un this as the user the agent runs as" in said.err
    assert (said.out, sorted(folder.iterdir())) == ("", before)


@pytest.mark.parametrize("words", GIVE_WHAT_THEY_CAN, ids=" ".join)
@pytest.mark.parametrize("shut", ["state", "."])
def test_what_looks_at_everything_says_what_it_could_not_look_at(
    folder: Path, words: tuple[str, ...], shut: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(folder, *words)
    capsys.readouterr()
    elsewhere = Path(tempfile.gettempdir()) / f"{folder.name}.zip"
    told = [str(elsewhere) if word == "FILE" else word for word in words]
    try:
        with closed(folder / shut), nobody():
            code = run(folder, *told)
    finally:
        elsewhere.unlink(missing_ok=True)
    said = capsys.readouterr().out
    assert (code == 0) == ("FAILED" not in said)
    assert ("not known" if words == ("doctor",) else "journal.json") in said


def test_a_journal_that_this_user_may_not_write_beside_is_not_called_damaged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ((folder / "state"), *(folder / "state").iterdir()):
        path.chmod(path.stat().st_mode | 0o044 | (0o011 if path.is_dir() else 0))
    (folder / "state").chmod(0o555)  # as on a stick that is mounted so; SQLite has to lay its -shm beside the file
    with nobody():
        assert run(folder, "journal", "verify") == 1
    said = capsys.readouterr().err
    assert "cannot be read" in said
    assert "un this as the user the agent runs as" in said
    assert "damaged" not in said
    assert "remove" not in said
    (folder / "state").chmod(0o700)


@pytest.mark.parametrize(
    ("code", "kind", "next_step"),
    [
        (sqlite3.SQLITE_BUSY, JournalUnread, "Another program holds it"),
        (sqlite3.SQLITE_IOERR_READ, JournalUnread, "Look at this PC's disk"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, JournalUnread, "as the user the agent runs as"),
        (sqlite3.SQLITE_CANTOPEN, JournalUnread, "copy it to another, with the -wal"),
        (sqlite3.SQLITE_ERROR, JournalUnread, "start the agent once"),
        (sqlite3.SQLITE_CORRUPT, JournalDamaged, "copy the newest backup"),
        (sqlite3.SQLITE_NOTADB, JournalDamaged, "copy the newest backup"),
    ],
)
def test_what_sqlite_says_while_it_is_read_is_damage_only_where_it_is(
    folder: Path, code: int, kind: type[Exception], next_step: str
) -> None:
    error = sqlite3.OperationalError("said so")
    error.sqlite_errorcode = code

    def read() -> None:
        with schema.reading(folder / "state" / FILE):
            raise error

    with pytest.raises(kind, match="said so") as refused:
        read()
    assert isinstance(refused.value, JournalUnavailable)
    assert next_step in refused.value.hint


def test_how_it_is_with_updates_is_told_also_where_the_configuration_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "stillopen.toml").write_text("[store")
    assert run(folder, "update", "status", "--json") == 0
    said = capsys.readouterr()
    assert set(json.loads(said.out)) >= {"running", "possible", "why_not"}
    assert "next: mend it: stillopen check" in said.err


@pytest.mark.parametrize("words", [("service", "removable"), ("cloud", "check", "hook"), ("cloud", "pull", "hook")])
def test_a_damaged_journal_is_named_by_every_command(
    folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "state" / FILE).write_bytes(b"garbage" * 1000)
    assert run(folder, *words) == 1
    said = capsys.readouterr().err
    assert "is damaged" in said
    assert "next: " in said


def test_a_journal_of_before_this_version_is_not_called_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript(f"{schema.MIGRATIONS[0]} pragma user_version = 1;")
        old.execute(f"pragma application_id = {schema.APPLICATION_ID}")
    assert main(["--state", str(tmp_path), "outbox", "list"]) == 1
    assert "start the agent once, which brings it up to date" in capsys.readouterr().err
