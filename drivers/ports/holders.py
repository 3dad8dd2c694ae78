"""Which programs have a device file open, where the system tells: Linux, /proc (of others' programs only to root)."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

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
    own = os.getpid() if own is None else own
    try:
        device = Path(path).stat().st_rdev
        pids = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal())
    except OSError:  # no such file; not Linux
        return []
    found = []
    for pid in pids:
        if pid != own and _has_open(proc / str(pid) / "fd", device):
            found.append(Holder(pid, _name(proc / str(pid))))
            if len(found) == HOLDERS_MAX:
                break
    return found


def _has_open(folder: Path, device: int) -> bool:
    with contextlib.suppress(OSError):  # it ended, or is another user's
        for entry in folder.iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                # The link's text first: looking at every open file of every program costs a hundred times as much.
                if str(entry.readlink()).startswith("/dev/") and device and entry.stat().st_rdev == device:
                    return True
    return False


def _name(process: Path) -> str:
    with contextlib.suppress(OSError):
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip() or "a program"
    return "a program"
