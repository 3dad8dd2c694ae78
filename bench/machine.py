"""What the figures were measured on, and of which code. Without that they mean nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNKNOWN = "unknown"
_NO_CODE = (":(exclude)bench/results", ":(exclude)*.md")  # what a run itself writes


def machine(folder: Path) -> dict[str, str]:
    """Name the machine; `folder` is where the state was kept."""
    return {
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.2f} before the run" if hasattr(os, "getloadavg") else UNKNOWN,
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "file system": _file_system(folder.resolve()),
    }


def commit(root: Path = ROOT) -> str:
    """Return which code this is; a `+` says that it was changed since. `UNKNOWN` where no git says."""
    named = _git(root, "describe", "--always")
    if named is None:
        return UNKNOWN
    return named + ("+" if _git(root, "diff", "--name-only", "HEAD", "--", ".", *_NO_CODE) else "")


def _git(root: Path, *words: str) -> str | None:
    try:
        told = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), UNKNOWN)


def _file_system(folder: Path) -> str:
    """Return the type of the file system that holds a folder: the mount point that is the longest of its parents."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return UNKNOWN
    holding = [(len(Path(point).parts), kind, device) for device, point, kind, *_ in mounts if _holds(point, folder)]
    _, kind, device = max(holding, default=(0, UNKNOWN, UNKNOWN))
    return f"{kind} on {device}"


def _holds(point: str, folder: Path) -> bool:
    return folder.is_relative_to(point.replace("\\040", " "))
