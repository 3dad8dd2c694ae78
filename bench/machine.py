"""What the figures were measured on. Without it they mean nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path


def machine(folder: Path) -> dict[str, str]:
    """Name the machine; `folder` is where the state was kept."""
    return {
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.2f} before the run" if hasattr(os, "getloadavg") else "unknown",
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "file system": _file_system(folder.resolve()),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _file_system(folder: Path) -> str:
    """Return the type of the file system that holds a folder: the mount point that is the longest of its parents."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return "unknown"
    holding = [(len(Path(point).parts), kind, device) for device, point, kind, *_ in mounts if _holds(point, folder)]
    _, kind, device = max(holding, default=(0, "unknown", "unknown"))
    return f"{kind} on {device}"


def _holds(point: str, folder: Path) -> bool:
    return folder.is_relative_to(point.replace("\\040", " "))
