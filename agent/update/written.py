"""Which version wrote to this journal last: an entry of the trail whenever it is another, with the row that says so.

It is also the first thing that a version which was switched to has to write, before anybody calls it well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.staff.by import OF_ITSELF

if TYPE_CHECKING:
    import sqlite3

_WHAT = "version"  # the row in `upkeep`


def write_version(connection: sqlite3.Connection, version: str, at: str) -> None:
    """Write it down, from inside a change, where it is another than before."""
    before = _read(connection)
    if before == version:
        return
    connection.execute(
        "insert into upkeep(what, value) values (?, ?) on conflict do update set value = excluded.value",
        (_WHAT, version),
    )
    OF_ITSELF.audit(connection, "version", at, before=before, after=version)


def has_written(reader: sqlite3.Connection, version: str) -> bool:
    """Say whether the journal says that this version wrote to it last."""
    return _read(reader) == version


def _read(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("select value from upkeep where what = ?", (_WHAT,)).fetchone()
    return None if row is None else str(row[0])
