"""What a person is given as a file: whole or not there, on its disk, and for nobody else to read."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.new_file import new_file
from agent.service.waiting import waiting
from outbox import audit, chain, deliveries
from outbox.ids import new_id
from outbox.journal import Journal
from outbox.record import Draft, Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

RECORDS = 300  # more than fits into what a full disk has left
FULL_BYTES = 64 * 1024  # room for what SQLite lays beside a journal that is read, and not for an export
GIVEN = [("journal", "export"), ("journal", "backup"), ("audit", "export"), ("service", "export")]
posix = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX; Windows has access lists")


@pytest.fixture
async def state(tmp_path: Path) -> Path:
    """Return the state of a store that sold, and whose cloud has nothing yet."""
    journal = Journal(tmp_path / "state")
    await journal.open()

    def change(connection: sqlite3.Connection) -> None:
        for number in range(RECORDS):
            draft = Draft(new_id(), Kind.SALE, "till-1", "2026-11-21T12:00:00.000+01:00", "2026-11-21", {"total": 1})
            record, _ = chain.append(connection, draft)
            deliveries.queue(connection, record, {"books": frozenset(Kind)})
            audit.append(connection, {"what": "test", "number": number, "why": "x" * 300})

    await journal.write(change)
    await journal.close()
    return tmp_path / "state"


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow over `FULL_BYTES`."""
    assert sys.platform != "win32"
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)


def give(state: Path, words: tuple[str, ...], file: Path) -> int:
    return main(["--config", str(state / "none.toml"), "--state", str(state), *words, str(file)])


@posix
@pytest.mark.parametrize("words", GIVEN, ids=" ".join)
def test_what_is_given_is_its_owners_alone(state: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "stick").mkdir()
    before = os.umask(0)
    try:
        assert give(state, words, tmp_path / "stick" / "given") == 0
    finally:
        os.umask(before)
    (given,) = (tmp_path / "stick").iterdir()
    assert (given.name, given.stat().st_mode & 0o777) == ("given", 0o600)


@posix
@pytest.mark.parametrize("words", GIVEN, ids=" ".join)
def test_of_what_a_full_disk_broke_off_nothing_is_left(
    state: Path, tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with full_disk():
        assert give(state, words, stick / "given") == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert "next: " in said
    assert "damaged" not in said
    assert list(stick.iterdir()) == []
    assert waiting(state) == {"books": RECORDS}
    assert give(state, words, stick / "given") == 0  # and not "is there already"


@posix
@pytest.mark.parametrize("words", GIVEN, ids=" ".join)
def test_what_is_there_stays_also_where_it_is_a_link_to_nothing(
    state: Path, tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "given").symlink_to(tmp_path / "elsewhere")
    assert give(state, words, tmp_path / "given") == 1
    assert "is there already" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()


def written(file: Path, text: str, *, meanwhile: Callable[[], object] = lambda: None) -> None:
    with new_file(file) as part:
        part.write_text(text, encoding="utf-8")
        meanwhile()


@pytest.mark.parametrize("without_links", [(), (os,)])
def test_of_two_at_once_the_first_that_is_whole_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_links: tuple[object, ...]
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("a stick knows none")

    for module in without_links:
        monkeypatch.setattr(module, "link", no_links)
    given = tmp_path / "given"
    with pytest.raises(FileExistsError):
        written(given, "second", meanwhile=lambda: written(given, "first"))
    assert list(tmp_path.iterdir()) == [given]
    assert (given.read_text(encoding="utf-8"), given.stat().st_nlink) == ("first", 1)


def test_who_breaks_it_off_leaves_nothing(tmp_path: Path) -> None:
    def ctrl_c() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "given", "half", meanwhile=ctrl_c)
    assert list(tmp_path.iterdir()) == []
