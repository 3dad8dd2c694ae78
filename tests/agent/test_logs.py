"""The log: one JSON object a line where a program reads it, files that rotate, and nothing in it that must not be."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING

import pytest

from agent import logs
from agent.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_one_object_whatever_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "stillopen.log"
    logs.set_up("info", form="json", file=file)
    logging.getLogger("stillopen.x").warning("%s Äpfel\nand a second line", 3)
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("stillopen.y").exception("it ended")
    logging.getLogger("stillopen.z").debug("too small")
    first, second = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert (first["event"], first["level"], first["logger"]) == ("3 Äpfel\nand a second line", "warning", "stillopen.x")
    assert "T" in first["timestamp"]
    assert second["exception"].endswith("RuntimeError: broken")


@pytest.mark.parametrize("form", logs.FORMATS)
def test_neither_a_card_nor_a_token_gets_to_the_disk(tmp_path: Path, form: str) -> None:
    file = tmp_path / "stillopen.log"
    logs.set_up("debug", form=form, file=file)
    log = logging.getLogger("somebody.elses")
    log.warning("slip 4111 1111 1111 1111 refused")
    log.error("GET https://shop.example.com/x?token=planted-in-a-query with Authorization: Bearer planted.bearer.token")
    log.warning('answered {"access_token": "planted-in-json", "password": "planted in words"}')
    log.warning('wrote password="planted-in-quotes" there')
    text = file.read_text(encoding="utf-8")
    if form == "json":
        assert [json.loads(line)["level"] for line in text.splitlines()] == ["warning", "error", "warning", "warning"]
        assert all("T" in json.loads(line)["timestamp"] for line in text.splitlines())
    assert "4111" not in text
    assert "planted" not in text
    assert "shop.example.com" in text


def test_a_file_rotates_and_the_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES_MAX", 500)
    logs.set_up("info", file=tmp_path / "stillopen.log")
    for number in range(100):
        logging.getLogger("stillopen").info("line %d of some words", number)
    files = sorted(tmp_path.iterdir())
    assert len(files) == logs.FILES_KEPT + 1
    assert all(file.stat().st_size <= 500 for file in files)
    assert "line 99" in (tmp_path / "stillopen.log").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX; Windows has access lists")
def test_a_state_folder_that_the_log_makes_is_its_owners_alone(tmp_path: Path) -> None:
    logs.set_up("info", file=tmp_path / "state" / "logs" / "stillopen.log")
    assert [folder.stat().st_mode & 0o777 for folder in (tmp_path / "state", tmp_path / "state" / "logs")] == [
        0o700
    ] * 2


def test_a_file_that_cannot_be_written_is_said_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").write_text("", encoding="utf-8")
    assert main(["--state", str(tmp_path), "run", "--log-file", str(tmp_path / "folder" / "x.log")]) == 1
    assert "name another file with --log-file" in capsys.readouterr().err
