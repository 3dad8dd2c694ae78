from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from outbox.room import BALLAST, BALLAST_BYTES, FULL_BYTES, LOW_BYTES, TIGHT_BYTES, Disk, Room

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MUCH = 2 * LOW_BYTES


class Plate:
    """A disk with as much room as a test says."""

    def __init__(self, free: int) -> None:
        self.free = free

    def __call__(self, _path: Path) -> int:
        if self.free < 0:
            raise OSError("gone")
        return self.free


class Volume:
    """A disk of which the ballast takes what it takes on a real one."""

    def __init__(self, free: int) -> None:
        self.free = free

    def __call__(self, state: Path) -> int:
        ballast = state / BALLAST
        return self.free - (ballast.stat().st_size if ballast.exists() else 0)


def test_what_the_ballast_held_is_for_open_sales_alone_until_there_is_room_for_it_again(tmp_path: Path) -> None:
    volume = Volume(LOW_BYTES + BALLAST_BYTES)
    disk = Disk(tmp_path, free=volume)
    disk.prepare()
    rooms = [disk.room]
    volume.free = FULL_BYTES + BALLAST_BYTES - 1
    assert disk.look() is Room.FULL
    assert not (tmp_path / BALLAST).exists()
    disk.prepare()
    rooms.append(disk.room)
    volume.free = TIGHT_BYTES + BALLAST_BYTES
    disk.prepare()
    assert [*rooms, disk.room] == [Room.ENOUGH, Room.FULL, Room.LOW]
    assert (tmp_path / BALLAST).stat().st_size == BALLAST_BYTES


def test_it_is_said_once_when_it_gets_worse_and_once_when_it_is_well_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stillopen.disk")
    (tmp_path / BALLAST).write_bytes(bytes(BALLAST_BYTES))
    plate = Plate(LOW_BYTES)
    disk = Disk(tmp_path, free=plate)
    seen = []
    for free in (LOW_BYTES, LOW_BYTES - 1, LOW_BYTES - 2, TIGHT_BYTES - 1, FULL_BYTES - 1, FULL_BYTES, MUCH):
        plate.free = free
        seen.append(disk.look())
    assert seen == [Room.ENOUGH, Room.LOW, Room.LOW, Room.TIGHT, Room.FULL, Room.FULL, Room.ENOUGH]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR", "WARNING", "INFO"]
    assert "2047 MB" in caplog.text


def test_the_ballast_holds_real_room_and_is_given_up_when_it_is_needed(tmp_path: Path) -> None:
    plate = Plate(MUCH)
    disk = Disk(tmp_path, free=plate)
    disk.prepare()
    ballast = tmp_path / BALLAST
    assert ballast.stat().st_size == BALLAST_BYTES
    assert ballast.stat().st_blocks * 512 >= BALLAST_BYTES
    disk.prepare()
    plate.free = FULL_BYTES - 1
    disk.look()
    assert not ballast.exists()
    disk.prepare()  # not while there is no room for it
    assert not ballast.exists()
    disk.give_up_ballast()


def test_where_no_ballast_can_be_laid_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    Disk(tmp_path, free=Plate(MUCH)).prepare()
    assert (tmp_path / BALLAST).stat().st_size == BALLAST_BYTES
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / BALLAST).mkdir()
    disk = Disk(tmp_path / "other", free=Plate(MUCH))
    disk.prepare()
    assert "no ballast" in caplog.text
    disk.give_up_ballast()
    assert "could not be given up" in caplog.text


def test_a_disk_that_cannot_be_looked_at_is_as_it_was(tmp_path: Path) -> None:
    plate = Plate(LOW_BYTES + BALLAST_BYTES - 1)
    disk = Disk(tmp_path, free=plate)
    disk.look()
    plate.free = -1
    assert disk.look() is Room.LOW
    assert Disk(tmp_path).look() in Room
