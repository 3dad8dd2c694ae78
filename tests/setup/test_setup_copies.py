"""The configurations before: kept by their dates, none over another, whatever the PC's clock says."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.places import Places
from agent.setup.write import COPIES_MAX, drafted, write
from tests.api.shop import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def saved(folder: Path, name: str, now: datetime) -> Path:
    """Give the store a name; returns the copy of what stood there before."""
    target = folder / "stillopen.toml"
    copy = write(
        drafted(target, {"store": {"name": name}}), Places(target, folder / "state"), now, beside_agent=True
    ).copy
    assert copy is not None
    return copy


def test_two_of_one_second_are_two_copies(tmp_path: Path) -> None:
    (tmp_path / "stillopen.toml").write_text(CONFIG, "utf-8")
    copies = [saved(tmp_path, name, NOON) for name in ("A", "B", "C")]
    assert [copy.read_text("utf-8").split('name = "')[1].split('"')[0] for copy in copies] == ["Corner Shop", "A", "B"]


def test_a_clock_set_back_takes_no_copy_that_was_just_made(tmp_path: Path) -> None:
    (tmp_path / "stillopen.toml").write_text(CONFIG, "utf-8")
    for day in range(1, COPIES_MAX + 2):
        old = tmp_path / f"stillopen.toml.2026-11-{day:02}T10-00-00"
        old.write_text("old", "utf-8")
        os.utime(old, (day, day))
    copy = saved(tmp_path, "A", datetime(2020, 1, 1, tzinfo=UTC))
    assert copy.read_text("utf-8") == CONFIG
    names = sorted(path.name for path in tmp_path.glob("stillopen.toml.*"))
    assert len(names) == COPIES_MAX
    assert "stillopen.toml.2026-11-02T10-00-00" not in names  # the oldest of them
    assert "stillopen.toml.2026-11-03T10-00-00" in names


def test_what_is_kept_for_other_reasons_stays(tmp_path: Path) -> None:
    (tmp_path / "stillopen.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "stillopen.toml.before").write_text("x", "utf-8")
    for at in range(COPIES_MAX + 3):
        saved(tmp_path, f"S{at}", NOON)
    assert len(list(tmp_path.glob("stillopen.toml.2026-*"))) == COPIES_MAX
    assert (tmp_path / "stillopen.toml.before").exists()
