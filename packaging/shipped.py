"""What a wheel is, by its own word: name, version, licence and its texts, what it needs, what was built into it.

Sources: Core metadata specifications 2.4 (License-Expression, License-File; PyPA), PEP 770 (`.dist-info/sboms`).
"""

from __future__ import annotations

import email
import hashlib
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import licences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from email.message import Message
    from pathlib import Path

COMPILED = (".so", ".pyd", ".dll")
NOTICES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")  # how a file about who may do what is called
_REQUIRED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LOCKED = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Unshippable(Exception):
    """A wheel may not go into a package: `Unlocked`, `Unlicensed`."""


class Unlocked(Unshippable):
    """It is not the file that requirements.lock names."""


class Unlicensed(Unshippable):
    """Nobody has said under which licence it may be shipped, or the text is not there."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A library that was built into a wheel. `licence` is an SPDX expression."""

    name: str
    version: str
    licence: str
    purl: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel. `binaries`: its compiled files with their SHA-256; `texts`: what it says of licences, by file."""

    file: str
    name: str
    version: str
    summary: str
    sha256: str
    licence: str
    needs: tuple[str, ...]
    inside: tuple[Inside, ...]
    binaries: tuple[tuple[str, str], ...]
    texts: tuple[tuple[str, str], ...]


def locked(lock: str) -> frozenset[str]:
    """Return every hash that a lock file allows."""
    return frozenset(_LOCKED.findall(lock))


def read(files: Iterable[Path], lock: str) -> list[Wheel]:
    """Read wheels, by name. `lock`: the text of requirements.lock. Raises `Unshippable`."""
    allowed = locked(lock)
    found: dict[str, Wheel] = {}  # what fits every Python lies in the folder of each
    for file in files:
        if file.name not in found:
            found[file.name] = wheel = of_wheel(file)
            if wheel.sha256 not in allowed:
                raise Unlocked(f"{file.name} is not the file that is locked: delete it, and it is fetched again")
    return sorted(found.values(), key=lambda wheel: (wheel.name, wheel.file))


def of_wheel(file: Path) -> Wheel:
    """Read one wheel. Raises `Unlicensed`."""
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        (home,) = {name.split("/")[0] for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)}
        metadata = email.message_from_bytes(archive.read(f"{home}/METADATA"))
        name, version = plain_name(metadata["Name"]), str(metadata["Version"])
        own = [file for file in names if is_notice(file) and file.startswith(f"{home}/")]
        given = licences.given(name)
        if not own and not given:
            raise Unlicensed(f"{file.name} brings no licence text: put it into packaging/licences.py, with the reason")
        return Wheel(
            file=file.name,
            name=name,
            version=version,
            summary=" ".join(str(metadata["Summary"] or "").split()),
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            licence=licence_of(name, metadata),
            needs=needs(metadata),
            inside=tuple(inside(name, version, archive, names)),
            binaries=tuple(
                (file, hashlib.sha256(archive.read(file)).hexdigest()) for file in sorted(names) if is_compiled(file)
            ),
            texts=(
                *((file, archive.read(file).decode("utf-8", "replace")) for file in names if is_notice(file)),
                *given,
            ),
        )


def plain_name(name: str) -> str:
    """Return a project's name as package URLs have it: PyPA's normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_notice(name: str) -> bool:
    """Say whether a file in a wheel is about licences: its own, or those of a project that it carries along."""
    inner = name.partition(".dist-info/")[2]
    return bool(inner) and (inner.startswith("licenses/") or inner.upper().startswith(NOTICES))


def is_compiled(name: str) -> bool:
    """Say whether a file in a wheel is machine code."""
    return any(suffix in COMPILED for suffix in PurePosixPath(name).suffixes)


def licence_of(name: str, metadata: Message) -> str:
    """Return an SPDX expression. Raises `Unlicensed` where the metadata leave it open, and we have said nothing."""
    expression = metadata["License-Expression"] or licences.decided(name)
    if expression:
        return str(expression)
    told = {licences.CLASSIFIERS.get(one) for one in metadata.get_all("Classifier", []) if one.startswith("License ::")}
    said = str(metadata["License"] or "").strip()
    if said in licences.IDS:
        return said
    if len(told) == 1 and None not in told:
        return str(told.pop())
    raise Unlicensed(f"{name} says of its licence {said or sorted(map(str, told))}: decide it in packaging/licences.py")


def needs(metadata: Message) -> tuple[str, ...]:
    """Return the names of what it asks for, extras left out; some only on another Python or system."""
    asked = [str(line) for line in metadata.get_all("Requires-Dist", [])]
    matches = [_REQUIRED.match(line) for line in asked if not re.search(r";.*\bextra\s*==", line)]
    return tuple(sorted({plain_name(match[0]) for match in matches if match}))


def inside(name: str, version: str, archive: zipfile.ZipFile, names: list[str]) -> Iterator[Inside]:
    """Return what was built into a wheel: by its own SBOMs, by the projects it carries along, and by our own word."""
    found: dict[tuple[str, str], Inside] = {}
    for file in names:
        if ".dist-info/sboms/" in file:
            parts = _components(json.loads(archive.read(file)).get("components"))
            said = [_inside(name, part) for part in parts if _is_in(name, part)]
        elif re.fullmatch(r".+/_vendor/[^/]+\.dist-info/METADATA", file):
            metadata = email.message_from_bytes(archive.read(file))
            inner, of = plain_name(metadata["Name"]), str(metadata["Version"])
            said = [Inside(inner, of, licence_of(inner, metadata), f"pkg:pypi/{inner}@{of}")]
        else:
            continue
        found |= {(one.name, one.version): one for one in said}
    for one, native in licences.UNSAID.get(name, {}).items():
        of = version.rpartition(".")[0]
        found[one, of] = Inside(one, of, native.licence, native.purl.format(version=of))
    yield from (found[key] for key in sorted(found))


def _components(parts: list[dict[str, Any]] | None) -> Iterator[dict[str, Any]]:
    for part in parts or ():
        yield part
        yield from _components(part.get("components"))


def _is_in(name: str, part: Mapping[str, Any]) -> bool:
    """Say whether a component of a wheel's SBOM is shipped, and is not the wheel itself."""
    own = str(part.get("purl", "")).startswith(f"pkg:pypi/{name}@")
    return not own and part.get("scope") != "excluded" and part["name"] not in licences.LEFT_OUT.get(name, {})


def _inside(name: str, part: Mapping[str, Any]) -> Inside:
    native = licences.NATIVE.get(part["name"])
    licence = _expression(part.get("licenses")) or (native and native.licence)
    if not licence:
        raise Unlicensed(f"{name} has {part['name']} built in, whose licence is not said: packaging/licences.py")
    purl = str(part.get("purl", "")).partition("?")[0]  # what follows is where its maker's disk had it
    return Inside(str(part["name"]), str(part.get("version", "")), licence, purl)


def _expression(said: list[dict[str, Any]] | None) -> str | None:
    """Return an SBOM's word on licences as one expression; several stand beside each other."""
    parts = [one.get("expression") or one["license"].get("id") or one["license"].get("name") for one in said or ()]
    return " AND ".join(f"({part})" if " " in part and len(parts) > 1 else part for part in parts) or None
