"""The folder of versions: what is unpacked, named, pointed at and taken away; and archives that are none."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.update import hours, release
from agent.update.hours import Hours
from agent.update.refusal import NoRoom, NotTrusted
from agent.update.release import Release
from agent.update.versions import Versions
from tests.update.maker import whole, write_version

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = ZoneInfo("Europe/Berlin")


def made(folder: Path, members: dict[str, bytes], **other: Any) -> tuple[Path, Release]:
    archive = folder / "archive.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    size = sum(len(content) for content in members.values())
    said: dict[str, Any] = {"unpacked_bytes": size, "files": len(members), **other}
    return archive, Release("1.1.0", *release.this_pc(), "a.zip", pythons=(), **said)


@pytest.fixture(params=[True, False], ids=["link", "file"])
def versions(request: pytest.FixtureRequest, tmp_path: Path) -> Versions:
    (tmp_path / "versions").mkdir()
    write_version(tmp_path / "versions" / "1.0.0", "1.0.0")
    there = Versions(tmp_path / "versions", links=request.param, free=lambda _: 2**40)
    there.point("1.0.0")
    return there


def test_a_version_is_unpacked_named_pointed_at_and_pruned(versions: Versions, tmp_path: Path) -> None:
    write_version(tmp_path / "built", "1.1.0")
    members = {
        str(file.relative_to(tmp_path / "built")): file.read_bytes()
        for file in (tmp_path / "built").rglob("*")
        if file.is_file()
    }
    archive, said = made(tmp_path, members)
    versions.unpack(archive, said, "1.1.0")
    assert versions.names() == ["1.0.0"]
    assert versions.current() == "1.0.0"
    kept = versions.keep("1.1.0")
    assert whole(kept) == "1.1.0"
    assert {file.stat().st_mode & 0o777 for file in kept.rglob("*.py")} == {0o644}
    versions.point("1.1.0")
    assert versions.current() == "1.1.0"
    assert versions.free_name("1.1.0") == "1.1.0.2"
    assert versions.free_name("1.2.0") == "1.2.0"

    (versions.folder / "package").mkdir()
    (versions.folder / "1.3.0.new").mkdir()
    assert versions.prune(["1.0.0", None]) == ["1.3.0.new"]
    assert versions.prune([]) == ["1.0.0"]
    assert (versions.folder / "package").is_dir()
    assert versions.names() == ["1.1.0"]


def test_nothing_says_what_runs_where_nothing_does(tmp_path: Path) -> None:
    assert Versions(tmp_path, links=True).current() is None
    assert Versions(tmp_path, links=False).current() is None
    (tmp_path / "current").symlink_to("../../etc")
    assert Versions(tmp_path, links=True).current() is None


@pytest.mark.parametrize(
    "name", ["../out.py", "/etc/out.py", "a/../../out.py", "C:/out.py", "a\\..\\..\\out.py", "./out.py", ".."]
)
def test_an_archive_that_leads_out_of_its_folder_is_none(versions: Versions, tmp_path: Path, name: str) -> None:
    archive, said = made(tmp_path, {"stillopen.py": b"x", name: b"y"})
    with pytest.raises(NotTrusted, match="leads out"):
        versions.unpack(archive, said, "1.1.0")
    assert not list(tmp_path.rglob("out.py"))


@pytest.mark.parametrize("other", [{"files": 3}, {"unpacked_bytes": 5}, {"unpacked_bytes": 2**30}])
def test_an_archive_that_is_not_what_was_announced_is_none(
    versions: Versions, tmp_path: Path, other: dict[str, int]
) -> None:
    archive, said = made(tmp_path, {"stillopen.py": b"x", "a/b.py": b"y"}, **other)
    with pytest.raises(NotTrusted, match="others were announced"):
        versions.unpack(archive, said, "1.1.0")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_harmed_archive_is_refused_or_the_same(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("harmed")
    members = {"stillopen.py": b"print(1)\n" * 30, "common/agent/x.py": b"y" * 400}
    archive, said = made(folder, members)
    content = bytearray(archive.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    archive.write_bytes(content[: data.draw(st.integers(at, len(content)))])
    there = Versions(folder, links=True, free=lambda _: 2**40)
    try:
        unpacked = there.unpack(archive, said, "1.1.0")
    except NotTrusted:
        return
    files = {file.relative_to(unpacked).as_posix(): file.read_bytes() for file in unpacked.rglob("*") if file.is_file()}
    assert sorted(files.values()) == sorted(members.values())  # a harmed name or date; the sum was checked before


def test_room_that_the_store_sells_on_with_is_left(tmp_path: Path) -> None:
    archive, said = made(tmp_path, {"stillopen.py": b"x"})
    with pytest.raises(NoRoom, match="have to stay free for selling"):
        Versions(tmp_path, links=True, free=lambda _: 1024**3).unpack(archive, said, "1.1.0")


# --- numbers and hours ---


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 999), min_size=2, max_size=4), st.lists(st.integers(0, 999), min_size=2, max_size=4))
def test_versions_are_ordered_as_numbers(one: list[int], other: list[int]) -> None:
    text, more = ".".join(map(str, one)), ".".join(map(str, other))
    length = max(len(one), len(other))
    padded, against = (numbers + [0] * (length - len(numbers)) for numbers in (one, other))
    assert (release.order(text) < release.order(more)) == (padded < against)
    assert (release.order(text) == release.order(more)) == (padded == against)


def test_what_is_no_versions_number() -> None:
    for text in ("", "1", "1.a", "1.0-1", " 1.0", "1..0", "../1.0", "1.0.0.0.0", "\u0661.0"):
        assert not release.is_version(text)
        with pytest.raises(ValueError, match="is not a version's number"):
            release.order(text)


def test_a_release_reads_back_as_it_was_written() -> None:
    said = Release("1.1.0", "linux", "amd64", "a.zip", 5, 2, ("3.11", "3.12"), "Fünf\nneue")
    assert release.parse(release.as_text(said).encode()) == said
    assert json.loads(release.as_text(said))["version"] == "1.1.0"


@settings(max_examples=100, deadline=None)
@given(
    st.times(),
    st.times(),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone itself
)
def test_hours_hold_from_their_beginning_to_their_end(begin: time, end: time, at: datetime) -> None:
    begin, end = begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    now = at.replace(tzinfo=UTC)
    opened = Hours(begin, end).opened(now, BERLIN)
    local = now.astimezone(BERLIN).time()
    inside = begin <= local < end if begin < end else (local >= begin or local < end)
    if begin != end:
        assert (opened is not None) == inside
    if opened is not None:
        assert opened <= now < opened + timedelta(days=1, hours=1)
        assert opened.timetz().replace(tzinfo=None) == begin


def test_hours_are_read_as_people_write_them() -> None:
    assert str(hours.parse("22:30-04:00")) == "22:30-04:00"
    for text in ("", "3-5", "03:00", "03:00-03:00", "25:00-04:00", "03:00 - 05:00"):
        with pytest.raises(ValueError, match=r"write|the end is"):
            hours.parse(text)
