"""The embeddable Python that a release is built around: python.org's zip for 64-bit Windows, by its hash.

It is not fetched here. Whoever builds a release downloads it, holds it to its signature once, and names file and hash.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WHERE = "https://www.python.org/downloads/windows/, 'Windows embeddable package (64-bit)'"
_MACHINE_AT = 4  # in a PE file, behind its signature: which processor it is for (PE format, COFF file header)
_AMD64 = b"\x64\x86"
_PATH_FILE = re.compile(r"python3(\d+)\._pth")
_NAMED = re.compile(r"python-(3\.\d+\.\d+)")


class NotThat(Exception):
    """The file is not the Python that was named, or not one that can be built around."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """An embeddable Python. `minor`: "3.11"; `version`: "3.11.9", or the minor where its name does not say."""

    file: Path
    sha256: str
    minor: str
    version: str


def read(file: Path, sha256: str) -> Embedded:
    """Look at the zip. Raises `NotThat`; an `OSError` where it cannot be read."""
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != sha256.lower():
        raise NotThat(f"{file.name} has the SHA-256 {found}, and not the one named: download it again from {WHERE}")
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            minors = [match[1] for name in names if (match := _PATH_FILE.fullmatch(name))]
            machine = _machine(archive.read("python.exe"))
    except (zipfile.BadZipFile, KeyError) as error:
        raise NotThat(f"{file.name} holds no python.exe: it is to be {WHERE}") from error
    if len(minors) != 1 or machine != _AMD64:
        raise NotThat(f"{file.name} is not an embeddable Python for 64-bit PCs: it is to be {WHERE}")
    minor = f"3.{minors[0]}"
    named = _NAMED.search(file.name)
    version = named[1] if named and named[1].startswith(f"{minor}.") else minor
    return Embedded(file, found, minor, version)


def _machine(program: bytes) -> bytes:
    header = int.from_bytes(program[0x3C:0x40], "little")
    if program[header : header + 4] != b"PE\0\0":
        return b""
    return program[header + _MACHINE_AT : header + _MACHINE_AT + 2]


def component(python: Embedded) -> dict[str, object]:
    """Return it as a component of the CycloneDX list."""
    return {
        "type": "platform",
        "bom-ref": f"python@{python.version}",
        "name": "CPython, embeddable package for 64-bit Windows",
        "version": python.version,
        "licenses": [{"license": {"id": "PSF-2.0"}}],
        "purl": f"pkg:generic/python@{python.version}",
        "hashes": [{"alg": "SHA-256", "content": python.sha256}],
    }
