"""The catalogue's file: read at once, written by one program at a time, set aside when damaged.

Reads are synchronous, on a read-only connection: a lookup is some 10 microseconds, less than a hop to
a thread. Writes run on a thread, one at a time over all programs of this PC, each on a connection of
its own that is closed again: SQLite before 3.51.3 can damage a WAL file when one connection writes
while another checkpoints, and the lock keeps that from happening.

A damaged file is set aside and an empty one takes its place: without its catalogue a till still rings
open items, and an import or the next pull brings the items back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from typing import TYPE_CHECKING, TypeVar

from outbox.catalogue_schema import (
    WRITE_WAIT_S,
    CatalogueBusy,
    CatalogueDamaged,
    CatalogueError,
    CatalogueUnusable,
    is_current,
    is_damage,
    open_reader,
    open_writer,
)
from outbox.hand_over import hand_over, refuse_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

FILE_NAME = "catalogue.db"
LOCK_NAME = "catalogue.lock"
OPEN_WAIT_S = 2.0  # for another program's write when the file has to be made anew; a till waits for this

_log = logging.getLogger("stillopen.catalogue")
_T = TypeVar("_T")


class CatalogueFile:
    """The file in the state folder `state`. Not open until `open`; read from one thread only."""

    def __init__(self, state: Path, now: Callable[[], datetime]) -> None:
        self.path = state / FILE_NAME
        self.trouble: str | None = None  # what befell the file, with the next step, until it is written again
        self._now = now
        self._reader: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None  # which file the reader has open
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Open the file, made if need be; a damaged one is set aside. Raises `CatalogueError`."""
        await asyncio.to_thread(self._open)

    async def close(self) -> None:
        """Let go of the file once nothing is being written. May be called twice."""
        async with self._writing:
            self._let_go()

    def _open(self) -> None:
        try:
            self._connect()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise self._unusable(error) from error
            self._set_aside(error)

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _connect(self) -> None:
        self._let_go()
        if not self.path.exists():
            self._bring_up_to_date()
        self._file = _identity(self.path)
        self._reader = open_reader(self.path)
        if not is_current(self._reader):
            self._let_go()
            self._bring_up_to_date()
            self._reader = open_reader(self.path)

    def _bring_up_to_date(self) -> None:
        with self._locked(OPEN_WAIT_S), contextlib.closing(open_writer(self.path)):
            hand_over(self.path, self.path.parent)

    def read(self, look: Callable[[sqlite3.Connection], _T], nothing: _T) -> _T:
        """Look something up; a damaged file has `nothing` in it. Raises `CatalogueError`."""
        try:
            if self._reader is None or _identity(self.path) != self._file:  # another program set it aside
                self._connect()
            assert self._reader is not None  # _connect sets it or raises
            return look(self._reader)
        except UnicodeEncodeError:  # half a surrogate pair, which no item's text holds
            return nothing
        except sqlite3.Error as error:
            if not is_damage(error):
                raise self._unusable(error) from error
            self._set_aside(error)
            return nothing

    async def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run `work` on a thread with a connection that writes; it commits itself. Raises `CatalogueError`."""
        async with self._writing:
            try:
                result = await asyncio.to_thread(self._write_now, work)
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise self._unusable(error) from error
                self._set_aside(error)
                raise CatalogueDamaged(
                    f"{self.path} was damaged; nothing of this was kept",
                    hint="do the same again: an empty catalogue has taken its place",
                ) from error
        self.trouble = None
        return result

    def _write_now(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._locked(WRITE_WAIT_S), contextlib.closing(open_writer(self.path)) as connection:
            return work(connection)

    @contextlib.contextmanager
    def _locked(self, wait_s: float) -> Iterator[None]:
        """Hold the writers' lock of this PC. Raises `CatalogueBusy` or `CatalogueUnusable`."""
        import filelock

        path = self.path.with_name(LOCK_NAME)
        lock = filelock.FileLock(path)
        try:
            refuse_link(self.path, path.parent)
        except OSError as error:
            raise CatalogueUnusable(
                f"{self.path} is not written: {error.strerror}", hint="look where it leads, and remove it"
            ) from error
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire(timeout=wait_s)
        except filelock.Timeout:
            raise CatalogueBusy(
                f"another program is writing {self.path}", hint="wait until its import has ended, then try again"
            ) from None
        except (OSError, NotImplementedError) as error:
            raise CatalogueUnusable(
                f"{path} cannot be locked ({error})",
                hint="use a state folder on a local disk that this user may write to (--state DIR)",
            ) from error
        try:
            hand_over(path, path.parent)
            yield
        finally:
            lock.release()

    def _set_aside(self, error: sqlite3.Error) -> None:
        """Rename the damaged file and make an empty one; where that fails, the catalogue reads as empty."""
        self._let_go()
        aside = self.path.with_name(f"catalogue-damaged-{self._now():%Y%m%dT%H%M%S%fZ}.db")
        try:
            if _identity(self.path) == self._file:  # else another program has put a new one there already
                for suffix in ("-wal", "-shm", ""):
                    with contextlib.suppress(FileNotFoundError):
                        self.path.with_name(self.path.name + suffix).rename(aside.with_name(aside.name + suffix))
            self._connect()
        except (OSError, sqlite3.Error, CatalogueError) as second:
            trouble = f"{self.path} is damaged ({error}) and cannot be set aside ({second})"
        else:
            trouble = f"{self.path} was damaged ({error}) and is kept as {aside.name}"
        trouble += ": import the items again, or pull them from the cloud"
        _log.log(logging.DEBUG if trouble == self.trouble else logging.ERROR, "%s", trouble)
        self.trouble = trouble

    def _unusable(self, error: sqlite3.Error) -> CatalogueError:
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_BUSY:
            return CatalogueBusy(f"{self.path} is in use ({error})", hint="wait a moment and try again")
        if code == sqlite3.SQLITE_FULL:
            return CatalogueUnusable(f"no room left for {self.path}", hint="free space on that disk, then try again")
        return CatalogueUnusable(
            f"{self.path} cannot be used ({error})",
            hint="see that the state folder is on a local disk and this user may write to it (--state DIR)",
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells one file from another that took its place."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino)
