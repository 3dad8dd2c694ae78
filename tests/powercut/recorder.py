"""The disk as the journal meets it: an SQLite VFS that writes through and keeps a log of what it did.

The log is what a power cut is made of. It holds, in order, every file that was created, written, cut short,
synced or deleted, every sync of the folder, and the notes that others put in between ("the caller was told",
"the cloud has it"). `disk.py` rebuilds from it what a disk may hold after any entry.

Syncs of the folder are made inside SQLite's unix VFS, where no shim sees them, so they are logged by its rule:
after the first sync of a journal or write-ahead log that this handle may have created, and after a delete that
asks for it. The `-shm` file is not logged: it is shared memory, and its content is never trusted after a cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

import apsw

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_MAKES_NAMES = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


@dataclass(frozen=True, slots=True)
class Created:
    """A new, empty file under a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """Bytes at an offset. `failed`: the disk said so, and any part of them may be there or not."""

    name: str
    offset: int
    content: bytes
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Resized:
    """A file cut, or grown with zeros, to a size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """All of a file is on the disk. `failed`: it is not, and what was not yet may never be."""

    name: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """A name taken away."""

    name: str


@dataclass(frozen=True, slots=True)
class FolderSynced:
    """All names are on the disk."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What happened between two of the disk's doings; the disk knows nothing of it."""

    what: object


Entry = Created | Wrote | Resized | Synced | Deleted | FolderSynced | Noted


def _no_fault(entry: Entry) -> BaseException | None:
    return None


class Recorder:
    """Logs what is done to the files of one folder. In a `with`, SQLite knows it as the VFS `name`.

    `fault` is asked before each write and sync whether it fails, and with what. `seed` is where SQLite's own
    random numbers (salts and nonces of its journals) come from, so that the same run logs the same bytes.
    """

    def __init__(
        self, folder: Path, *, seed: str = "", fault: Callable[[Entry], BaseException | None] = _no_fault
    ) -> None:
        self.folder = folder
        self.seed = seed
        self.fault = fault
        self.log: list[Entry] = []
        self.name = f"recorder-{id(self):x}"
        self._vfs: _Vfs | None = None

    def __enter__(self) -> Self:
        self._vfs = _Vfs(self)
        apsw.randomness(0)  # SQLite asks for a new seed, and gets the same as in every other run
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._vfs is not None
        self._vfs.unregister()
        self._vfs = None

    def note(self, what: object) -> None:
        """Put what happened between two of the disk's doings into the log."""
        self.log.append(Noted(what))

    def files(self) -> dict[str, bytes]:
        """Return what the folder's database files really hold now."""
        return {
            path.name: path.read_bytes()
            for path in sorted(self.folder.iterdir())
            if ".db" in path.name and not path.name.endswith("-shm")
        }


class _Vfs(apsw.VFS):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._random = Random(recorder.seed)
        self._platform = apsw.vfs_names()[0]  # by its name: this one takes its place as the default
        super().__init__(
            recorder.name, self._platform, makedefault=True
        )  # it is the default one that SQLite's own seed is from

    def xRandomness(self, numbytes: int) -> bytes:  # noqa: N802 - SQLite's
        return self._random.randbytes(numbytes)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's
        if name is None:  # a temporary file: nothing in it outlives the process
            return apsw.VFSFile(self._platform, name, flags)
        return _File(self._recorder, self._platform, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802, FBT001 - SQLite's
        super().xDelete(filename, syncdir)
        self._recorder.log.append(Deleted(Path(filename).name))
        if syncdir:
            self._recorder.log.append(FolderSynced())


class _File(apsw.VFSFile):
    def __init__(self, recorder: Recorder, platform: str, name: str | apsw.URIFilename, flags: list[int]) -> None:
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        is_new = not path.exists()
        self._recorder = recorder
        self._name = path.name
        self._names_unsynced = bool(flags[0] & apsw.SQLITE_OPEN_CREATE and flags[0] & _MAKES_NAMES)
        super().__init__(platform, name, flags)
        if is_new:
            recorder.log.append(Created(self._name))

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's
        content = bytes(data)
        error = self._recorder.fault(Wrote(self._name, offset, content))
        self._recorder.log.append(Wrote(self._name, offset, content, failed=error is not None))
        if error is not None:
            raise error
        super().xWrite(content, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's
        super().xTruncate(newsize)
        self._recorder.log.append(Resized(self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's
        error = self._recorder.fault(Synced(self._name))
        self._recorder.log.append(Synced(self._name, failed=error is not None))
        if error is not None:
            raise error
        super().xSync(flags)
        if self._names_unsynced:
            self._names_unsynced = False
            self._recorder.log.append(FolderSynced())
