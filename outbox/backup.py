"""A copy of the journal on another disk, made while the store sells, and worth something: it was read again.

    journal-STORE-TILL-20261121T023000Z.db.part    while it is made; a leftover is removed by the next one
    journal-STORE-TILL-20261121T023000Z.db         whole: synced, and its chain followed from the first record

The writer's thread copies a few pages at a time and commits what comes in between (`steps.py`). The target's
disk is synced after every mebibyte, on a thread of its own, while the writer's waits for nothing but work: a
stick that takes a second for that takes it from nobody.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from outbox import chain, schema
from outbox.errors import BackupFailed, OutboxError
from outbox.folder_sync import sync_folder
from outbox.log_aside import HEADER_VERSIONS_AT, NO_LOG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from outbox.journal import Journal

STEP_PAGES = 64  # 256 KB: half a millisecond from memory, and what a sale may have to wait for
SYNC_BYTES = 1024**2  # what the target's disk may owe: a slow stick is never asked for more than a second's work
CACHE_KB = 256  # of the copy's pages in memory: what a step has copied is in the file, for the sync to reach
REST_MAX_S = 0.25  # tills that never rest let a step in four times a second
SPARE_BYTES = 64 * 1024**2  # left on the target beside the copy: what is sold meanwhile, and the disk's own needs
VERIFY_RECORDS = 25  # at a time: a third of a millisecond of the interpreter, which the till shares
VERIFY_REST_S = 0.003  # in between: verifying takes a tenth of one core, a million records some three minutes

PART = ".part"
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was made and read again."""

    path: Path
    records: int
    bytes: int


def name(stem: str, at: datetime) -> str:
    """Return what a copy of this time is called. Names sort by time."""
    return f"{stem}-{at.astimezone(UTC).strftime(_STAMP)}.db"


def made(folder: Path, stem: str) -> list[tuple[datetime, Path]]:
    """Return the whole copies of `stem` in a folder, oldest first. Raises `OSError`."""
    return _ours(folder, stem, ".db")


def _ours(folder: Path, stem: str, end: str) -> list[tuple[datetime, Path]]:
    pattern = re.compile(rf"{re.escape(stem)}-([0-9]{{8}}T[0-9]{{6}}Z){re.escape(end)}")
    found = []
    for path in folder.iterdir():
        match = pattern.fullmatch(path.name)
        with suppress(ValueError):  # 99999999T999999Z is nobody's time, and none of ours
            if match:
                found.append((datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC), path))
    return sorted(found)


async def make(journal: Journal, folder: Path, stem: str, at: datetime, *, keep: int) -> Backup:
    """Copy the journal into `folder`, read the copy again, and drop the oldest others of its kind beyond `keep`.

    Raises `BackupFailed`, or another `OutboxError` where the journal itself cannot be copied now; nothing else is
    touched then. One at a time.
    """
    loop = asyncio.get_running_loop()
    path = folder / name(stem, at)
    part = path.with_name(path.name + PART)
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backup")
    opened: Future[sqlite3.Connection] | None = None
    (page_bytes,) = journal.reader.execute("pragma page_size").fetchone()
    owed = 0

    async def between() -> None:
        nonlocal owed
        owed += STEP_PAGES * page_bytes
        if owed >= SYNC_BYTES:
            owed = 0
            await loop.run_in_executor(thread, _sync, part)
        await journal.rest(REST_MAX_S)

    try:
        await loop.run_in_executor(thread, _prepare, folder, stem, journal)
        opened = thread.submit(_open, part)
        target = await asyncio.wrap_future(opened)
        await journal.copy(target, pages=STEP_PAGES, between=between)
        await loop.run_in_executor(thread, target.close)
        backup = await loop.run_in_executor(thread, _finish, part, path)
        await loop.run_in_executor(thread, _drop_oldest, folder, stem, keep, path)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(
            f"no copy of the journal could be made in {folder}: {error}",
            hint="Look whether that disk is plugged in, has room and may be written. The journal is not affected.",
        ) from error
    else:
        return backup
    finally:
        thread.submit(_clear, opened, part)
        thread.shutdown(wait=False)


def _prepare(folder: Path, stem: str, journal: Journal) -> None:
    """Look whether a copy can be made there, and clear away what a broken-off one left."""
    if not folder.is_dir():  # never made here: where a stick is not plugged in, it would be made on this PC's disk
        raise BackupFailed(
            f"the folder for copies of the journal is not there: {folder}",
            hint="Plug in the disk it is on. On a new disk, make the folder once, writable for the agent's user.",
        )
    for _, left in _ours(folder, stem, f".db{PART}"):
        left.unlink()
    wanted = journal.path.stat().st_size + journal.log_bytes + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise BackupFailed(
            f"{folder} has {free // 1024**2} MB left, and a copy of the journal takes {wanted // 1024**2} MB",
            hint="Free some space on that disk, or keep fewer copies: [backup] keep in stillopen.toml.",
        )


def _open(part: Path) -> sqlite3.Connection:
    target = sqlite3.connect(part, isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = off", "synchronous = off", f"cache_size = -{CACHE_KB}"):
        target.execute(f"pragma {setting}")  # it is worth nothing before it is whole, and then it is synced as a whole
    return target


def _sync(part: Path) -> None:
    with part.open("r+b") as file:
        os.fsync(file.fileno())


def put_on_disk(part: Path) -> int:
    """Have a copy say that it has no log, and sync it; returns its bytes. What is read then comes from its disk."""
    with part.open("r+b") as file:
        file.seek(HEADER_VERSIONS_AT)
        file.write(NO_LOG)
        file.flush()
        os.fsync(file.fileno())
        if sys.platform == "linux":  # else what is read again is what this PC remembers, and not what the disk holds
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return os.fstat(file.fileno()).st_size


def _finish(part: Path, path: Path) -> Backup:
    """Sync the copy, read it again from its disk, and only then give it its name."""
    size = put_on_disk(part)
    try:
        with closing(schema.connect_to_read(part)) as reader:
            (pages,) = reader.execute("pragma page_count").fetchone()
            (page_bytes,) = reader.execute("pragma page_size").fetchone()
            found = chain.verify(reader, page=VERIFY_RECORDS, pause=_rest)
    except OutboxError as error:
        raise _does_not_hold(path, str(error)) from error
    if pages * page_bytes != size:
        raise _does_not_hold(path, f"it has {size} bytes instead of {pages * page_bytes}")
    if found.broken is not None:
        raise _does_not_hold(path, f"record {found.broken.seq}: {found.broken.reason}")
    part.replace(path)
    with suppress(OSError):  # some network drives know no such thing, and have no name to lose
        sync_folder(path.parent)
    return Backup(path, found.records, size)


def _rest(sleep: Callable[[float], None] = time.sleep) -> None:
    sleep(VERIFY_REST_S)


def _does_not_hold(path: Path, why: str) -> BackupFailed:
    return BackupFailed(
        f"the copy {path.name} does not hold: {why}",
        hint="Run stillopen journal verify: if the journal itself holds, the disk of the copies has to be replaced.",
    )


def _drop_oldest(folder: Path, stem: str, keep: int, newest: Path) -> None:
    """Keep the one just made, by a clock that was set back too, and the others up to `keep` in all."""
    others = [path for _, path in made(folder, stem) if path != newest]
    for path in others[: max(0, len(others) - (keep - 1))]:
        path.unlink()


def _clear(opened: Future[sqlite3.Connection] | None, part: Path) -> None:
    """Leave nothing of a copy that did not come to its end."""
    with suppress(Exception):  # it was never opened, or is closed already
        if opened is not None:
            opened.result().close()
    with suppress(OSError):  # its disk was pulled out: the next copy removes it
        part.unlink(missing_ok=True)
