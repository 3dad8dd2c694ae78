"""Removing the agent while records wait: refused, until they were written to a file that somebody keeps."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.places import service_folders
from agent.service.refusal import ServiceRefused
from agent.service.waiting import NOTE, must_outlive, waiting, write_out
from agent.update import machine
from outbox import deliveries
from outbox.ids import new_id
from outbox.journal import FILE, Journal
from outbox.record import Draft, Kind

if TYPE_CHECKING:
    import sqlite3


@pytest.fixture
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file's name that is in no folder of the agent's."""
    return tmp_path_factory.mktemp("stick") / "kept.jsonl"


async def sold(state: Path, count: int) -> None:
    """Write sales that wait for two clouds."""
    from outbox import chain

    journal = Journal(state)
    await journal.open()

    def change(connection: sqlite3.Connection) -> None:
        for _ in range(count):
            draft = Draft(new_id(), Kind.SALE, "till-1", "2026-11-21T12:00:00.000+01:00", "2026-11-21", {"total": 1})
            record, _ = chain.append(connection, draft)
            deliveries.queue(connection, record, dict.fromkeys(("books", "square"), frozenset(Kind)))

    await journal.write(change)
    await journal.close()


async def test_what_waits_is_counted_by_cloud(tmp_path: Path) -> None:
    assert waiting(tmp_path) == {}  # a PC that never sold
    await sold(tmp_path, 3)
    assert waiting(tmp_path) == {"books": 3, "square": 3}


async def test_what_was_written_to_a_file_no_longer_waits_but_what_came_after_does(tmp_path: Path, kept: Path) -> None:
    await sold(tmp_path, 2)
    file = kept
    assert write_out(tmp_path, file) == 4
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["cloud"] for line in lines] == ["books", "square"] * 2
    assert {line["record"]["total"] for line in lines} == {1}
    assert file.stat().st_mode & 0o077 == 0
    assert waiting(tmp_path) == {}
    await sold(tmp_path, 1)
    assert waiting(tmp_path) == {"books": 1, "square": 1}


async def test_half_a_note_counts_as_none(tmp_path: Path, kept: Path) -> None:
    await sold(tmp_path, 1)
    write_out(tmp_path, kept)
    (tmp_path / NOTE).write_text('{"upto": ', encoding="utf-8")
    assert waiting(tmp_path) == {"books": 1, "square": 1}


async def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, kept: Path) -> None:
    await sold(tmp_path, 1)
    file = kept
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        write_out(tmp_path, file)
    assert (file.read_text(encoding="utf-8"), waiting(tmp_path)) == ("mine", {"books": 1, "square": 1})


async def test_the_commands_refuse_until_it_is_written_out(
    tmp_path: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await sold(tmp_path, 2)
    at = ["--config", str(tmp_path / "none.toml"), "--state", str(tmp_path)]
    assert main([*at, "service", "removable"]) == 1
    said = capsys.readouterr().err
    assert "2 for books, 2 for square" in said
    assert "stillopen service export FILE" in said
    assert main([*at, "service", "uninstall"]) == 1
    assert "records wait that no cloud has yet" in capsys.readouterr().err
    file = kept
    assert main([*at, "service", "export", str(file)]) == 0
    assert main([*at, "service", "export", str(file)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main([*at, "service", "removable", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"waiting": {}}


async def test_the_note_is_worth_nothing_for_a_journal_that_was_put_back(tmp_path: Path, kept: Path) -> None:
    await sold(tmp_path, 2)
    copy = tmp_path / "copy.db"
    assert main(["--state", str(tmp_path), "journal", "backup", str(copy)]) == 0
    await sold(tmp_path, 3)
    write_out(tmp_path, kept)
    assert waiting(tmp_path) == {}
    copy.replace(tmp_path / FILE)
    await sold(tmp_path, 3)  # under the numbers that the note says were written out
    assert waiting(tmp_path) == {"books": 5, "square": 5}
    for file in tmp_path.glob(f"{FILE}*"):
        file.unlink()
    await sold(tmp_path, 1)
    assert waiting(tmp_path) == {"books": 1, "square": 1}


async def test_a_note_of_an_older_version_is_none(tmp_path: Path, kept: Path) -> None:
    await sold(tmp_path, 1)
    write_out(tmp_path, kept)
    note = json.loads((tmp_path / NOTE).read_text(encoding="utf-8"))
    (tmp_path / NOTE).write_text(json.dumps({"upto": note["upto"], "file": note["file"]}), encoding="utf-8")
    assert waiting(tmp_path) == {"books": 1, "square": 1}


async def test_what_removal_would_delete_is_no_place_for_it(
    tmp_path: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await sold(tmp_path, 1)
    at = ["--config", str(tmp_path / "none.toml"), "--state", str(tmp_path)]
    (kept.parent / "link").symlink_to(tmp_path)
    for file in (tmp_path / "kept.jsonl", tmp_path / "logs" / "kept.jsonl", kept.parent / "link" / "kept.jsonl"):
        assert main([*at, "service", "export", str(file)]) == 1
        said = capsys.readouterr().err
        assert f"would be taken away with {tmp_path}" in said
        assert "on a stick" in said
        assert not file.exists()
    assert waiting(tmp_path) == {"books": 1, "square": 1}


def test_the_folders_that_go_are_those_of_the_package_and_of_its_environment(tmp_path: Path) -> None:
    service, installed = service_folders(), machine.here()
    for folder in (service.config, service.state, installed.versions, installed.own, Path(sys.prefix)):
        with pytest.raises(ServiceRefused, match="would be taken away"):
            must_outlive(tmp_path / "state", folder / "below" / "kept.jsonl")
    must_outlive(tmp_path / "state", tmp_path / "kept.jsonl")
    must_outlive(tmp_path / "state", tmp_path / "state-and-more" / "kept.jsonl")
