"""The folder of versions: each whole in a folder of its own, and `current`, which says which one runs.

    VERSION/         never changed once it bears its name
    VERSION.new/     being unpacked; nobody looks into it, and whoever starts next takes it away
    current          a link (on Windows a file that holds the name), put in place by one rename
    steady           a link to the newest that was found well: what puts right a switch that was cut short, since the
                     version under trial may not even start

A power cut leaves the old name in `current` or the new one, and either is a whole folder: what it names was on the
disk before.
"""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO

from agent.update.refusal import NoRoom, NotTrusted, UpdateRefused
from agent.update.release import is_version
from outbox.folder_sync import sync_folder
from outbox.room import TIGHT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from agent.update.release import Release

CURRENT, STEADY = "current", "steady"
_MB = 1024**2
_COPY_BYTES = _MB
_NOT_VERSIONS = ("package", CURRENT)  # `package` is dpkg's
_PLAIN_FILE, _PLAIN_FOLDER = 0o644, 0o755


def free_bytes(folder: Path) -> int:
    """Return how much the disk of a folder has left."""
    return shutil.disk_usage(folder).free


def version_of(folder: str) -> str:
    """Return the version in a folder: `1.2.3.2` is 1.2.3, installed a second time."""
    return ".".join(folder.split(".")[:3])


class Versions:
    """The versions in a folder. `links`: `current` is a link, else a file."""

    def __init__(
        self,
        folder: Path,
        *,
        links: bool = os.name != "nt",
        free: Callable[[Path], int] = free_bytes,
        sync: Callable[[Path], None] | None = None,
    ) -> None:
        self.folder = folder
        self._links = links
        self._free = free
        self._sync = sync or _onto_the_disk

    def free(self, folder: Path) -> int:
        """Return how much the disk of a folder has left, in bytes."""
        return self._free(folder)

    def current(self) -> str | None:
        """Return the name of the folder that runs, or None where there is none."""
        at = self.folder / CURRENT
        try:
            name = str(at.readlink()) if self._links else at.read_text(encoding="utf-8").strip()
        except OSError:
            return None
        return name if is_version(name) else None

    def has(self, name: str | None) -> bool:
        """Say whether a version is there as a whole."""
        return name is not None and is_version(name) and (self.folder / name).is_dir()

    def names(self) -> list[str]:
        """Return every version that is there as a whole."""
        return sorted(entry.name for entry in self.folder.iterdir() if self.has(entry.name))

    def free_name(self, version: str) -> str:
        """Return a name for one more folder of a version: `1.2.3`, else `1.2.3.2` and so on."""
        name, number = version, 1
        while (self.folder / name).exists():
            number += 1
            name = f"{version}.{number}"
        return name

    def proven(self, name: str) -> bool:  # noqa: ARG002 - the Windows host says so of one
        """Say whether whatever starts a version has found it well since it was named: nothing here does."""
        return False

    def point(self, name: str) -> None:
        """Have `current` say this name: in one step, on the disk when it returns. Raises `OSError`."""
        if self._links:
            self._link(CURRENT, name)
            return
        made = self.folder / f"{CURRENT}.new"
        with made.open("w", encoding="utf-8") as to:
            to.write(f"{name}\n")
            to.flush()
            os.fsync(to.fileno())
        made.replace(self.folder / CURRENT)

    def rely_on(self, name: str) -> None:
        """Have `steady` say this name, where links are. Raises `OSError`."""
        if self._links:
            self._link(STEADY, name)

    def _link(self, link: str, name: str) -> None:
        made = self.folder / f"{link}.new"
        made.unlink(missing_ok=True)
        made.symlink_to(name)
        made.replace(self.folder / link)
        sync_folder(self.folder)

    def unpack(self, archive: Path, release: Release, name: str) -> Path:
        """Unpack a release's archive, whole and on the disk, into `name`.new; `keep` gives it its name.

        Raises `NotTrusted` where the archive is not what a release is made of, and `NoRoom`.
        """
        made = self.folder / f"{name}.new"
        shutil.rmtree(made, ignore_errors=True)
        must_have_room(self._free(self.folder), release.unpacked_bytes, f"unpacking {release.version}")
        try:
            with zipfile.ZipFile(archive) as packed:
                _unpack(packed, made, release)
        except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, RuntimeError, FileExistsError) as error:
            raise NotTrusted(
                f"{archive.name} is signed, and no archive: {error}", "tell whoever makes the releases"
            ) from error
        except OSError as error:
            raise NoRoom(
                f"{release.version} could not be unpacked: {error}", "make room, and try again; the store sells on"
            ) from error
        return made

    def keep(self, name: str) -> Path:
        """Give what was unpacked its name, once all of it is on the disk. Raises `UpdateRefused`."""
        made, kept = self.folder / f"{name}.new", self.folder / name
        try:
            self._sync(made)
            made.rename(kept)
            sync_folder(self.folder)
        except OSError as error:  # a full disk; on Windows a scanner that has a file of it open, too
            raise UpdateRefused(
                f"{name} could not be put beside what runs: {error}",
                "it is tried again; see the disk: stillopen doctor",
            ) from error
        return kept

    def prune(self, keep: Collection[str | None]) -> list[str]:
        """Take away every version but these and the one that runs, and what is half there; return their names."""
        stay = {*keep, self.current(), *_NOT_VERSIONS}
        gone = []
        for folder in sorted(self.folder.iterdir()):
            name = folder.name
            if folder.is_symlink() or not folder.is_dir() or name in stay:
                continue
            if is_version(name.removesuffix(".new")):
                shutil.rmtree(folder, ignore_errors=True)
                gone.append(name)
        return gone


def _unpack(packed: zipfile.ZipFile, to: Path, release: Release) -> None:
    """Write every file of an archive under `to`: plain files in plain folders, and no more than was announced."""
    members = [member for member in packed.infolist() if not member.is_dir()]
    announced = sum(member.file_size for member in members)
    if len(members) != release.files or announced != release.unpacked_bytes:
        raise zipfile.BadZipFile(f"{len(members)} files of {announced} bytes, and others were announced")
    for member in members:
        place = to / _inside(member.filename)
        place.parent.mkdir(mode=_PLAIN_FOLDER, parents=True, exist_ok=True)
        with packed.open(member) as source, place.open("xb") as target:
            if _copied(source, target, member.file_size) != member.file_size:
                raise zipfile.BadZipFile(f"{member.filename} is not as long as it says")
        place.chmod(_PLAIN_FILE)


def _copied(source: IO[bytes], target: BinaryIO, at_most: int) -> int:
    """Copy, and return how many bytes; never more than one beyond `at_most`."""
    count = 0
    while piece := source.read(min(_COPY_BYTES, at_most + 1 - count)):
        target.write(piece)
        count += len(piece)
        if count > at_most:
            break
    return count


def _inside(name: str) -> Path:
    """Return an archive's name as a path below its folder. Raises `BadZipFile` for one that leads elsewhere."""
    path = PurePosixPath(name)
    bad = not path.parts or path.is_absolute() or "\\" in name or ":" in name or "\0" in name
    if bad or any(part in {"..", "."} for part in name.split("/")):
        raise zipfile.BadZipFile(f"{name!r} leads out of its folder")
    return Path(*path.parts)


def _onto_the_disk(folder: Path) -> None:
    """Have every file below a folder on the disk."""
    if hasattr(os, "sync"):
        os.sync()  # once for thousands of files; Linux waits until it is done: sync(2)
        return
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("r+b") as opened:
                os.fsync(opened.fileno())


def must_have_room(free: int, needed: int, what: str) -> None:
    """Raise `NoRoom` unless so much can be written and the store keeps the room that it sells on with."""
    if free < needed + TIGHT_BYTES:
        raise NoRoom(
            f"{what} takes {needed // _MB} MB, and {TIGHT_BYTES // _MB} MB have to stay free for selling: the disk has "
            f"{free // _MB} MB",
            "make room, and try again; the store sells on",
        )
