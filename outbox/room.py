"""Room on the disk: said days before it runs out, and sales stopped before SQLite would fail.

A ballast file is kept beside the journal. When the disk is full it is given up, and what it held is
enough to finish the sales that are open and to take the clouds' answers; no new sale begins until there is
room for them and for the ballast again.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOW_BYTES = 2 * 1024**3  # a busy store writes 50 MB a day: weeks left
TIGHT_BYTES = 1024**3  # days left: what can wait, such as catalogue pulls, does
FULL_BYTES = 200 * 1024**2  # no sale begins any more; those that are open can be finished
BALLAST_BYTES = 64 * 1024**2  # given up at `FULL_BYTES`: some twenty thousand sales
BALLAST = "ballast"

_log = logging.getLogger("stillopen.disk")


class Room(IntEnum):
    """How much is left; larger is worse."""

    ENOUGH = 0
    LOW = 1
    TIGHT = 2
    FULL = 3


_SAID = {
    Room.LOW: "The disk has %s MB left. Free some space in the next weeks.",
    Room.TIGHT: "The disk has only %s MB left: catalogue pulls wait. Free some space in the next days.",
    Room.FULL: "The disk is full (%s MB left): no new sale can begin. Free some space on it now.",
}


def room_of(free_bytes: int, *, ballast: bool = True) -> Room:
    """Return what so many free bytes mean; without the ballast what it held is not free for anything new."""
    room = Room.ENOUGH
    for limit, worse in ((LOW_BYTES, Room.LOW), (TIGHT_BYTES, Room.TIGHT), (FULL_BYTES, Room.FULL)):
        if free_bytes - (0 if ballast else BALLAST_BYTES) < limit:
            room = worse
    return room


class Disk:
    """Watches the disk that holds `state`. `look` is cheap: one system call."""

    def __init__(self, state: Path, *, free: Callable[[Path], int] | None = None) -> None:
        self._state = state
        self._free = free or (lambda path: shutil.disk_usage(path).free)
        self.room = Room.ENOUGH
        self.free_bytes: int | None = None
        self._tried = False

    def prepare(self) -> None:
        """Look, and put the ballast down where there is room for it; where that failed, not again."""
        path = self._state / BALLAST
        if self.look() >= Room.TIGHT or self._tried or self._has_ballast():
            return
        self._tried = True
        try:
            with path.open("wb") as file:
                if sys.platform == "win32":
                    file.truncate(BALLAST_BYTES)  # NTFS reserves what a file that is not sparse is long
                else:
                    os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
            self._tried = False
        except OSError as error:
            _log.warning("There is no ballast beside the journal: %s. A full disk stops open sales too.", error)

    def look(self) -> Room:
        """Look how much is left, say so when it got worse or better, and give the ballast up when it is needed."""
        try:
            free = self.free_bytes = self._free(self._state)
            ballast = self._has_ballast()
        except OSError as error:
            _log.warning("The disk of %s cannot be looked at: %s", self._state, error)
            return self.room
        room = room_of(free, ballast=ballast)
        if room is not self.room:
            if room > self.room:
                _log.log(logging.ERROR if room is Room.FULL else logging.WARNING, _SAID[room], free // 1024**2)
            elif room is Room.ENOUGH:
                _log.info("The disk has room again: %s MB.", free // 1024**2)
            self.room = room
        if room is Room.FULL:
            self.give_up_ballast()
        return room

    def give_up_ballast(self) -> None:
        """Let the ballast's room go to what has to be finished."""
        try:
            (self._state / BALLAST).unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            _log.warning("The ballast file could not be given up: %s", error)
            return
        _log.warning("The ballast file was given up: what is open can be finished.")

    def _has_ballast(self) -> bool:
        try:
            return (self._state / BALLAST).stat().st_size == BALLAST_BYTES
        except FileNotFoundError:
            return False
