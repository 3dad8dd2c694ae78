"""`stillopen config`: a lane cloned to another PC, twice the same, and refused where it would do harm."""

from __future__ import annotations

import json
import os
import tomllib
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.config.lane import LaneRefused, of_lane
from outbox.journal import hold
from tests.api.shop import open_shop

if TYPE_CHECKING:
    from pathlib import Path

LANE = """# the shop's first lane
[store]
id = "store-1"   # never to be changed
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"

[[till]]
id = "till-1"

[[cloud]]
name = "hook"
kind = "webhook"
url = "https://erp.shop.example/till-1-of-ours"
secret = { env = "NO_SUCH_SECRET_HERE" }
"""


def config(place: Path, *words: str) -> int:
    return main(["config", *words, "--config", str(place / "stillopen.toml"), "--state", str(place / "state")])


@pytest.fixture
def lane(tmp_path: Path) -> Path:
    """Return the file that another PC's `config export` wrote."""
    first = tmp_path / "first"
    first.mkdir()
    (first / "stillopen.toml").write_text(LANE, "utf-8")
    assert config(first, "export", str(tmp_path / "lane.toml")) == 0
    return tmp_path / "lane.toml"


def test_a_bare_pc_becomes_the_lane_and_the_second_time_changes_nothing(
    tmp_path: Path, lane: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare"
    assert config(bare, "import", str(lane)) == 0
    assert (bare / "stillopen.toml").read_text("utf-8") == LANE
    said = capsys.readouterr()
    assert "NO_SUCH_SECRET_HERE" in said.err  # by its name: what has to be put there
    written = (bare / "stillopen.toml").stat().st_mtime_ns
    assert config(bare, "import", str(lane), "--json") == 0
    assert json.loads(capsys.readouterr().out)["written"] is False
    assert (bare / "stillopen.toml").stat().st_mtime_ns == written
    assert sorted(path.name for path in bare.iterdir()) == ["stillopen.toml"]


def test_the_lane_beside_it(tmp_path: Path, lane: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stillopen.toml").write_text(LANE.replace("Corner", "Old"), "utf-8")
    assert config(tmp_path, "import", str(lane), "--till", "till-2", "--store-id", "store-9") == 0
    read = tomllib.loads((tmp_path / "stillopen.toml").read_text("utf-8"))
    assert (read["till"][0]["id"], read["store"]["id"]) == ("till-2", "store-9")
    assert read["cloud"][0]["url"].endswith("till-1-of-ours")  # another word
    assert "# never to be changed" in (tmp_path / "stillopen.toml").read_text("utf-8")
    assert "Old Shop" in (tmp_path / "stillopen.toml.before").read_text("utf-8")
    assert '+id = "till-2"' in capsys.readouterr().out


def test_a_dry_run_shows_and_changes_nothing(tmp_path: Path, lane: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = tmp_path / "bare"
    assert config(bare, "import", str(lane), "--dry-run") == 0
    assert '+id = "till-1"' in capsys.readouterr().out
    assert list(bare.iterdir()) == []


def test_what_is_wrong_is_said_by_the_line_and_nothing_is_touched(
    tmp_path: Path, lane: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lane.write_text(LANE.replace("EUR", "EURO"), "utf-8")
    bare = tmp_path / "bare"
    assert config(bare, "import", str(lane)) == 2
    assert f"{lane}:5:" in capsys.readouterr().err
    assert list(bare.iterdir()) == []


def test_a_secret_that_is_written_out_is_not_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = LANE.replace('{ env = "NO_SUCH_SECRET_HERE" }', '"whsec_planted"')
    (tmp_path / "stillopen.toml").write_text(text, "utf-8")
    assert config(tmp_path, "export", str(tmp_path / "out.toml")) == 2
    said = capsys.readouterr()
    assert "planted" not in said.out + said.err
    assert not (tmp_path / "out.toml").exists()


def test_not_under_a_running_agent(tmp_path: Path, lane: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stillopen.toml").write_text(LANE.replace("Corner", "Old"), "utf-8")
    lock = hold(tmp_path / "state")
    try:
        assert config(tmp_path, "import", str(lane)) == 1
    finally:
        lock.release()
    assert "stop it first" in capsys.readouterr().err
    assert "Old Shop" in (tmp_path / "stillopen.toml").read_text("utf-8")
    assert not (tmp_path / "stillopen.toml.new").exists()
    assert config(tmp_path, "import", str(lane)) == 0


async def test_records_stay_with_their_store(tmp_path: Path, lane: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.sold()
    before = (tmp_path / "stillopen.toml").read_bytes()
    assert config(tmp_path, "import", str(lane), "--store-id", "store-2") == 1
    assert "holds records of store-1, and this is store-2" in capsys.readouterr().err
    assert (tmp_path / "stillopen.toml").read_bytes() == before
    assert config(tmp_path, "import", str(lane)) == 0


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX; Windows has access lists")
def test_who_may_read_it_stays(tmp_path: Path, lane: Path) -> None:
    assert config(tmp_path / "bare", "import", str(lane)) == 0
    assert (tmp_path / "bare" / "stillopen.toml").stat().st_mode & 0o007 == 0
    there = tmp_path / "stillopen.toml"
    there.write_text(LANE.replace("Corner", "Old"), "utf-8")
    there.chmod(0o600)
    assert config(tmp_path, "import", str(lane)) == 0
    assert there.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LANE + '[[till]]\nid = "till-2"\n', "not one till's"),
        (LANE.replace("till-1-of-ours", "till-1"), "more places than one"),
        ('till = [{ id = "till-1" }]\n' + LANE.replace('[[till]]\nid = "till-1"\n', ""), "not plain to see"),
    ],
)
def test_what_cannot_be_renamed_for_certain_is_refused(text: str, words: str) -> None:
    with pytest.raises(LaneRefused, match=words):
        of_lane(text, till="till-3")


def test_an_id_that_is_none() -> None:
    with pytest.raises(LaneRefused, match="is no id"):
        of_lane(LANE, till='x"\n[evil]')
