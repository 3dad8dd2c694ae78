"""Which disk a folder is on, what it calls itself, and whether another path is on another one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from agent.doctor.plug.counters import CounterRefused
from outbox.place import file_system

IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})  # gone with the power

_SYS = Path("/sys")


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk as Linux knows it: its device's name, what it calls itself, how its cache is driven."""

    name: str
    model: str | None = None
    serial: str | None = None
    write_cache: str | None = None  # "write back" or "write through"

    @property
    def title(self) -> str | None:
        """The model and serial number, by which it is the same disk on another day; None where it has neither."""
        return " ".join(part for part in (self.model, self.serial) if part) or None


def disk_of(path: Path, *, sys: Path = _SYS) -> Disk | None:
    """Return the disk under a path; None where the system does not say (not Linux, or several disks as one)."""
    try:
        number = path.stat().st_dev
        device = (sys / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").resolve(strict=True)
        if (device / "partition").exists():
            device = device.parent
        while (device / "slaves").is_dir() and (below := list((device / "slaves").iterdir())):  # encrypted, or LVM
            if len(below) > 1:
                return None
            device = below[0].resolve(strict=True)
            device = device.parent if (device / "partition").exists() else device
    except (OSError, AttributeError):  # Windows has neither /sys nor device numbers
        return None
    return Disk(
        device.name,
        _text(device / "device" / "model"),
        _text(device / "device" / "serial") or _text(device / "serial"),
        _text(device / "queue" / "write_cache"),
    )


def check_elsewhere(file: Path, state: Path, *, mounts: str | None = None, sys: Path = _SYS) -> bool:
    """Raise `CounterRefused` where a counter's file would go down with the disk under test.

    Returns whether it is known to be on another disk; False is another file system of who knows which disk.
    `mounts` and `sys` are for tests.
    """
    hint = "Plug in a USB stick and name a file on it, or count on another machine with --counter HOST:PORT."
    folder = file.absolute().parent
    try:
        same = folder.stat().st_dev == state.stat().st_dev
    except OSError as error:
        raise CounterRefused(f"{folder} cannot be used: {error.strerror}", hint=hint) from error
    if same:
        raise CounterRefused(f"{file} is on the same disk as {state}: it would be lost with it", hint=hint)
    kind = file_system(folder.resolve(), mounts)
    if kind in IN_MEMORY or kind == "overlay":  # a container's: on who knows what disk
        raise CounterRefused(f"{file} is on no disk of its own ({kind}): it would not outlive the cut", hint=hint)
    theirs, ours = disk_of(folder, sys=sys), disk_of(state, sys=sys)
    if theirs is not None and ours is not None and theirs.name == ours.name:
        raise CounterRefused(f"{file} is on another partition of the same disk ({ours.name})", hint=hint)
    return theirs is not None and ours is not None


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace").strip() or None
    except OSError:
        return None
