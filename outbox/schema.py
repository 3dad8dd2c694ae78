"""How the journal's file is opened: the settings its durability rests on, what it is, and which version wrote it."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from outbox import tables
from outbox.errors import (
    PUT_BACK,
    JournalDamaged,
    JournalMissing,
    JournalNewer,
    JournalUnavailable,
    JournalUnread,
    JournalUnsafe,
)
from outbox.sqlite_codes import is_damage, is_held, is_of_the_disk, is_of_the_statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLICATION_ID = 0x5354494C  # "STIL": what the file says it is
WAL_BYTES_KEPT = 64 * 1024 * 1024  # after a checkpoint the log is cut back to this
WAL_PAGES_MAX = 10_000  # 40 MB: only where the writer never found a moment to checkpoint by itself
BUSY_TIMEOUT_MS = 5_000  # a backup may hold the file for a moment; nothing else ever should

MIGRATIONS = tables.MIGRATIONS
READABLE_BY = tables.READABLE_BY

_READABLE_BY = "readable by"  # the row in `upkeep`
WAS_PUT_BACK = "was put back"  # likewise, until an epoch was begun for it

_PRAGMAS = (  # name, what to set, what must be read back
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "EXTRA", 3),
    ("foreign_keys", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("temp_store", "MEMORY", 2),  # else a large change needs room in the system's temporary folder
    ("wal_autocheckpoint", str(WAL_PAGES_MAX), WAL_PAGES_MAX),
    ("journal_size_limit", str(WAL_BYTES_KEPT), WAL_BYTES_KEPT),
)

_log = logging.getLogger("stillopen.journal")

_AS_AGENT = "Run this as the user the agent runs as, or as an administrator."
_NOT_READ = (  # what SQLite says, and the next step; all else is a file, or a folder, that this user may not write
    (is_held, "Another program holds it: wait a moment, and do this again."),
    (is_of_the_disk, "Look at this PC's disk, its cable and its free space; then do this again."),
    (is_of_the_statement, "An older version may have written it: start the agent once, which brings it up to date."),
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the journal for its one writer: settings in force and read back, tables up to date.

    `psow=0`: not every disk keeps the neighbours of a half-written sector, and it costs nothing.
    Raises `JournalUnavailable` and its kinds. To be called on the writer's own thread.
    """
    uri = f"file:{quote(str(path.absolute()).replace(chr(92), '/'))}?psow=0"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise JournalUnavailable(
            f"{path} cannot be opened: {error}",
            hint=f"Check that the folder {path.parent} exists and that the agent's user may write in it.",
        ) from error
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open the journal read-only. A reader never writes, checkpoints or migrates.

    Raises `JournalMissing`, `JournalUnread`, or another `JournalUnavailable`; see `reading` for what comes later.
    """
    uri = f"file:{quote(str(path.absolute()).replace(chr(92), '/'))}?mode=ro"
    try:
        path.stat()  # `exists` would say no of a folder that this user may not look into
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    except (FileNotFoundError, NotADirectoryError):
        raise JournalMissing(
            f"there is no journal at {path}",
            hint="Start the agent once with: stillopen run. Or name its state folder with --state.",
        ) from None
    except OSError as error:
        raise JournalUnread(f"{path} cannot be read: {error.strerror or error}", hint=_AS_AGENT) from error
    except sqlite3.Error as error:
        raise _not_read(path, error) from error
    try:
        connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("pragma query_only = on")
        _check_identity(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _not_read(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Read a journal beside whoever writes it. Whatever SQLite says meanwhile is a `JournalUnavailable`, too."""
    with closing(connect_to_read(path)) as reader:
        try:
            yield reader
        except sqlite3.DatabaseError as error:
            raise _not_read(path, error) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    try:
        connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")
        version = _check_identity(connection, path)
        _note_if_put_back(connection, version)
        for name, value, expected in _PRAGMAS:
            connection.execute(f"pragma {name} = {value}")
            (found,) = connection.execute(f"pragma {name}").fetchone()
            if found != expected:
                raise JournalUnsafe(
                    f"{path}: SQLite keeps {name} at {found!r} instead of {expected!r}",
                    hint="The state folder must be on a local disk (not a network drive); move it with --state.",
                )
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            connection.executescript(
                f"begin immediate; {script} {_readable_by(number)} pragma application_id = {APPLICATION_ID}; "
                f"pragma user_version = {number}; commit;"
            )
        # A log that went through a power cut is not gone on with: its end may lie in mid-block, beside what was
        # acknowledged, and a disk that damages the neighbours of what it writes would take that along. Who reads it
        # just now, such as a backup, holds it up: a store that cannot sell for as long would lose more than that risks.
        ((held, _, _),) = connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        if held:
            _log.warning("Another program reads %s: the log of the last run stays until that is through.", path)
    except sqlite3.OperationalError as error:
        raise JournalUnavailable(
            f"{path} cannot be used: {error}",
            hint="Check the disk's free space and that no other program holds the file.",
        ) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error


def _check_identity(connection: sqlite3.Connection, path: Path) -> int:
    (version,) = connection.execute("pragma user_version").fetchone()
    (application,) = connection.execute("pragma application_id").fetchone()
    (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
    if tables and application != APPLICATION_ID:
        raise JournalDamaged(
            f"{path} is an SQLite file, but not a journal of Stillopen's",
            hint="Move it away, or name another state folder with --state.",
        )
    if version > len(MIGRATIONS) and _least(connection, version) > len(MIGRATIONS):
        raise JournalNewer(
            f"{path} was written by a newer Stillopen (schema {version}; this one knows {len(MIGRATIONS)})",
            hint="Install the newer version again; the file was not touched.",
        )
    return int(version)


def _note_if_put_back(connection: sqlite3.Connection, version: int) -> None:
    """Note that this is a backup, which has no log: before it has one, since a cut would leave nothing to tell by."""
    (mode,) = connection.execute("pragma journal_mode").fetchone()
    if mode == "delete" and version >= 2:  # noqa: PLR2004 - the version that brought `upkeep`
        connection.execute("insert into upkeep values (?, '') on conflict do nothing", (WAS_PUT_BACK,))


def _readable_by(number: int) -> str:
    """Return what notes in a file whose code can go on with it; before version 2 there is no place for it."""
    if number < 2:  # noqa: PLR2004 - the version that brought `upkeep`
        return ""
    return (
        f"insert into upkeep values ('{_READABLE_BY}', '{READABLE_BY[number - 1]} of {number}') "
        "on conflict do update set value = excluded.value;"
    )


def _least(connection: sqlite3.Connection, version: int) -> int:
    """Return the least version whose code can go on with a newer file, as the file itself says; else its own."""
    try:
        row = connection.execute("select value from upkeep where what = ?", (_READABLE_BY,)).fetchone()
    except sqlite3.OperationalError:  # it has no such table
        return version
    least, _, said_at = ("" if row is None else str(row[0])).partition(" of ")
    return int(least) if said_at == str(version) and least.isdecimal() else version


def _not_read(path: Path, error: sqlite3.Error) -> JournalUnavailable:
    """Return what it means that the file could not be read: most often nothing for what is in it."""
    if is_damage(error):
        return _damaged(path, error)
    may_not_write = (
        f"{_AS_AGENT} On a disk that cannot be written: copy it to another, with the -wal and -shm beside it."
    )
    hint = next((hint for is_so, hint in _NOT_READ if is_so(error)), may_not_write)
    return JournalUnread(f"{path} cannot be read: {error}", hint=hint)


def _damaged(path: Path, error: sqlite3.Error) -> JournalDamaged:
    return JournalDamaged(
        f"{path} is damaged: {error}",
        hint=f"Nothing in it was changed. {PUT_BACK}. Then run: stillopen journal verify",
    )
