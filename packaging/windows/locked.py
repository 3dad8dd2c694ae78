"""Which lines of requirements.lock are Windows' own.

The lock is for every system, with markers (PEP 508) where a line is not. pip answers those for the system that it runs
on, whatever `--platform` says: it would leave out what only Windows needs. So they are answered here, and taken off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator


def environment(minor: str) -> dict[str, str]:
    """Return what markers are asked about: 64-bit Windows with CPython `minor`, as "3.11"."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{minor}.0",
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_python_implementation": "CPython",
        "platform_release": "10",
        "platform_system": "Windows",
        "platform_version": "",
        "python_full_version": f"{minor}.0",
        "python_version": minor,
        "sys_platform": "win32",
        "extra": "",
    }


def for_windows(lock: str, minor: str) -> str:
    """Return the lock's lines for Windows, with their hashes and without their markers."""
    asked = environment(minor)
    kept = []
    for line in _whole_lines(lock):
        named, hashes = line.partition(" --hash=")[::2]
        requirement = Requirement(named)
        if requirement.marker is None or requirement.marker.evaluate(asked):
            kept.append(f"{requirement.name}{requirement.specifier} --hash={hashes}\n")
    return "".join(kept)


def _whole_lines(lock: str) -> Iterator[str]:
    """Return each requirement as one line, comments left out."""
    told = "\n".join(line for line in lock.splitlines() if not line.lstrip().startswith("#"))
    for line in told.replace("\\\n", " ").splitlines():
        if line.strip():
            yield " ".join(line.split())
