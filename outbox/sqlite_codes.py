"""What SQLite's result codes mean for a journal (https://sqlite.org/rescode.html)."""

from __future__ import annotations

import sqlite3


def _code(error: Exception) -> int:
    """Return SQLite's primary result code, or 0 for what is no error of SQLite's."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def is_full(error: Exception) -> bool:
    """Return whether the disk has no room left; SQLite has undone the transaction then."""
    return _code(error) == sqlite3.SQLITE_FULL


def is_damage(error: Exception) -> bool:
    """Return whether what was read is not what an SQLite file holds."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_of_the_disk(error: Exception) -> bool:
    """Return whether it concerns the file as a whole, and not the one statement."""
    return is_full(error) or is_damage(error) or _code(error) == sqlite3.SQLITE_IOERR


def is_held(error: Exception) -> bool:
    """Return whether another program holds the file for longer than is waited."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_of_the_statement(error: Exception) -> bool:
    """Return whether SQLite does not understand the statement: most often, as the file has no such table or column."""
    return _code(error) == sqlite3.SQLITE_ERROR
