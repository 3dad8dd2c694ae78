"""A release as its maker announces it, and for which PCs it is. Pure."""

from __future__ import annotations

import json
import platform
import re
import sys
from dataclasses import asdict, dataclass, fields
from typing import Any

from agent.update.refusal import NotFit, NotTrusted

RELEASE_BYTES_MAX = 64 * 1024  # ours is a few hundred bytes
ARCHIVE_BYTES_MAX = 512 * 1024 * 1024  # ten times what one is
UNPACKED_BYTES_MAX = 2 * 1024**3
FILES_MAX = 100_000  # ours has some 8,000

_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}", re.ASCII)
_RELEASE = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){2}", re.ASCII)
_ARCHIVE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}\.zip", re.ASCII)
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Release:
    """One version for one kind of PC. `archive` is its file's name; `pythons` as `3.11`; bytes, not kilobytes."""

    version: str
    system: str
    machine: str
    archive: str
    unpacked_bytes: int
    files: int
    pythons: tuple[str, ...]
    notes: str = ""  # what is new, for the person who decides

    @property
    def target(self) -> str:
        """Its archive's place in the repository."""
        return f"{channel(self.system, self.machine)}/{self.archive}"


def channel(system: str, machine: str) -> str:
    """Return where releases for one kind of PC are in a repository."""
    return f"{system}-{machine}"


def this_pc() -> tuple[str, str]:
    """Return the system and the machine of this PC, in the repository's words."""
    machine = platform.machine().lower()
    return ("windows" if sys.platform == "win32" else "linux"), _MACHINES.get(machine, machine)


def parse(text: bytes) -> Release:
    """Read a release. Its file was signed; what does not hold here is its maker's fault. Raises `NotTrusted`."""
    try:
        raw = json.loads(text)
        release = Release(**{**raw, "pythons": tuple(raw["pythons"])})
        _check(release)
    except (ValueError, TypeError, KeyError) as error:
        raise NotTrusted(
            f"the release is signed, and is not one: {error}", "tell whoever makes the releases; this PC sells on"
        ) from error
    return release


def as_text(release: Release) -> str:
    """Return a release as its file has it."""
    return json.dumps(asdict(release), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _check(release: Release) -> None:
    values: dict[str, Any] = {field.name: getattr(release, field.name) for field in fields(release)}
    for name in ("version", "system", "machine", "archive", "notes"):
        if not isinstance(values[name], str):
            raise TypeError(f"{name} is no text")
    if not _RELEASE.fullmatch(release.version):
        raise ValueError(f"{release.version!r} has not three numbers, as 1.2.3")  # a fourth is a folder's
    if not _ARCHIVE.fullmatch(release.archive):
        raise ValueError(f"{release.archive!r} is not the name of an archive")
    if not 0 < int(release.unpacked_bytes) <= UNPACKED_BYTES_MAX or not 0 < int(release.files) <= FILES_MAX:
        raise ValueError(f"{release.files} files of {release.unpacked_bytes} bytes")


def is_version(text: str) -> bool:
    """Say whether a folder of a version may be called so: `1.2.3`, or `1.2.3.2` for the same a second time."""
    return _VERSION.fullmatch(text) is not None


def order(version: str) -> tuple[int, ...]:
    """Return what versions are compared by: `1.2` and `1.2.0` are the same. Raises `ValueError`."""
    if not is_version(version):
        raise ValueError(f"{version!r} is not a version's number")
    numbers = [int(part) for part in version.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def must_fit(release: Release, running: str, *, python: str | None = None) -> None:
    """Raise `NotFit` unless a release is newer than what runs and made for this PC."""
    system, machine = this_pc()
    if (release.system, release.machine) != (system, machine):
        raise NotFit(
            f"{release.version} is for {release.system} on {release.machine}, and this is {system} on {machine}",
            "tell whoever makes the releases",
        )
    minor = python or f"{sys.version_info.major}.{sys.version_info.minor}"
    if release.pythons and minor not in release.pythons:
        raise NotFit(
            f"{release.version} is made for Python {', '.join(release.pythons)}, and this PC has {minor}",
            "install the package of that version by hand, once there is one for this system",
        )
    if order(release.version) <= order(running):
        raise NotFit(f"{running} runs here, and the newest release is {release.version}", "there is nothing to do")
