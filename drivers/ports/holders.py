"""Which programs have a device file open, where the system tells: Linux, /proc (of others' programs only to root)."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HOLDERS_MAX = 4  # named in a message; more is a sentence nobody reads


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that has a file open."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def holders(path: str, *, proc: Path = Path("/proc"), own: int | None = None) -> list[Holder]:
    """Return the programs other than this one (`own`: its process id) that have `path` open; [] also where unknown."""
    return holders_of([path], proc=proc, own=own)[path]


def holders_of(paths: Iterable[str], *, proc: Path = Path("/proc"), own: int | None = None) -> dict[str, list[Holder]]:
    """Return the same for several device files: however many they are, every program is looked at once."""
    own = os.getpid() if own is None else own
    found: dict[str, list[Holder]] = {path: [] for path in paths}
    devices: dict[int, list[str]] = {}
    for path in found:
        with contextlib.suppress(OSError):  # no such file
            if device := Path(path).stat().st_rdev:
                devices.setdefault(device, []).append(path)
    if not devices:
        return found
    try:
        pids = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal())
    except OSError:  # not Linux
        return found
    for pid in pids:
        if pid == own:
            continue
        for device in _open_devices(f"{proc}/{pid}/fd") & devices.keys():
            for path in devices[device]:
                if len(found[path]) < HOLDERS_MAX:
                    found[path].append(Holder(pid, _name(proc / str(pid))))
    return found


def _open_devices(folder: str) -> set[int]:
    """Return the numbers of the device files that a program has open, by /proc/PID/fd."""
    found = set()
    with contextlib.suppress(OSError):  # it ended, or is another user's
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):  # closed meanwhile
                # The link's text first: looking at every open file of every program costs a hundred times as much.
                if os.readlink(entry.path).startswith("/dev/"):  # noqa: PTH115 - a Path for each doubles the time
                    found.add(entry.stat().st_rdev)
    return found


def _name(process: Path) -> str:
    with contextlib.suppress(OSError):
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip() or "a program"
    return "a program"
