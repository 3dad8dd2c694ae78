"""Many changes in one COMMIT, each in a savepoint of its own; and what it means when the disk fails.

Run on the writer's thread. What a change raises undoes only its own work and is handed back in its place.
"""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING, Any

from outbox.errors import PUT_BACK, JournalDamaged, JournalFull, JournalUnclear
from outbox.sqlite_codes import is_damage, is_full, is_held, is_of_the_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WAIT = (
    "Wait: the agent opens the journal again by itself and looks which of the last changes were kept. Then do the last "
    "step again."
)

_log = logging.getLogger("stillopen.journal")


class Raised:
    """What a change raised, on its way back to the caller."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def commit_counted(
    connection: sqlite3.Connection, changes: Sequence[Callable[[sqlite3.Connection], Any]]
) -> tuple[list[Any], int]:
    """Commit the batch; return what each change came to, and how many rows were changed."""
    before = connection.total_changes
    results = commit_twice(connection, changes)
    return results, connection.total_changes - before


def commit_twice(connection: sqlite3.Connection, changes: Sequence[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
    """Commit the batch; after an I/O error, once more from the start, which writes every page again.

    A failed fsync may have lost the pages it was for, so asking for a second fsync proves nothing. Nor does it tell
    whether a COMMIT was made that it had no memory left at its end: that is like one of a disk that failed.
    """
    try:
        return _commit_once(connection, changes)
    except (sqlite3.DatabaseError, MemoryError) as error:
        if is_damage(error):
            raise _damaged(error) from error
        if is_full(error):
            raise JournalFull(
                f"the disk is full: {error}",
                hint="Free some space on the disk that holds the state folder and try again; sales so far are safe.",
            ) from error
        _log.warning("The journal could not be written and is tried once more: %s", str(error) or "no memory left")
    try:
        return _commit_once(connection, changes)
    except (sqlite3.DatabaseError, MemoryError) as error:  # whatever it says: the first COMMIT may have been kept
        raise (_damaged(error) if is_damage(error) else _unclear(error)) from error


def _damaged(error: Exception) -> JournalDamaged:
    return JournalDamaged(f"the journal is damaged: {error}", hint=f"{PUT_BACK}.")


def _unclear(error: Exception) -> JournalUnclear:
    if isinstance(error, MemoryError):
        what, then = (
            "this PC had no memory left while writing the journal",
            "end other programs on this PC, or restart it",
        )
    elif is_held(error):
        what, then = f"another program holds the journal: {error}", "end what has it open: a database tool, a backup"
    else:
        what, then = f"the disk failed while writing the journal: {error}", "the PC's disk has to be checked"
    return JournalUnclear(what, hint=f"{_WAIT} If it does not sell within minutes, {then}.")


def checkpoint(connection: sqlite3.Connection) -> None:
    """Move what the log holds into the file, as far as no reader is in the way. Never waits, never fails a sale."""
    try:
        connection.execute("pragma wal_checkpoint(passive)").fetchall()
    except (sqlite3.DatabaseError, MemoryError) as error:
        _log.warning("The journal's log could not be folded in now (%r); it is tried again later.", error)


def _commit_once(connection: sqlite3.Connection, changes: Sequence[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
    results: list[Any] = []
    try:
        connection.execute("begin immediate")
        for change in changes:
            connection.execute("savepoint one")
            try:
                results.append(change(connection))
            except Exception as error:
                if not connection.in_transaction or is_of_the_disk(error):
                    raise  # it concerns the whole batch; SQLite may have undone all of it already
                connection.execute("rollback to one")
                results.append(Raised(error))
            connection.execute("release one")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise
    return results
