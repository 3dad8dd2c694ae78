"""Where the pulls of each cloud's feeds stand: a cursor for what changes, and a sweep that goes through all of it.

A sweep marks everything it sees and, when it has come to its end, takes off what it has not seen: so that what was
deleted is found where a cloud does not say so. Its own cursor lets one that broke off go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from outbox.feeds import Feed

SWEPT_OFF_SHARE_MAX = 0.5  # of what a cloud had given: more at once is a wrong account, or a page that lacks things
SWEPT_OFF_FREE = 20  # a shop this small may change all of it


@dataclass(frozen=True, slots=True)
class Place:
    """How far a feed was pulled. `mark` is set while a sweep is under way. `swept_at`: RFC 3339, of the last one."""

    cursor: str | None = None
    mark: str | None = None
    sweep_cursor: str | None = None
    swept_at: str | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """How a sweep ended: `gone` of `known` were not there any more. `stopped`: too many, so that they all stay."""

    gone: int
    known: int
    stopped: bool = False


def place(db: sqlite3.Connection, cloud: str, feed: Feed) -> Place:
    """Return where a feed stands."""
    row = db.execute(
        "SELECT cursor, mark, sweep_cursor, swept_at FROM feed WHERE cloud = ? AND feed = ?", (cloud, feed)
    ).fetchone()
    return Place() if row is None else Place(*row)


def begin_sweep(db: sqlite3.Connection, cloud: str, feed: Feed, mark: str) -> None:
    """Begin to go through all of a feed. `mark` was never used before."""
    db.execute(
        "INSERT INTO feed (cloud, feed, mark) VALUES (?, ?, ?) "
        "ON CONFLICT (cloud, feed) DO UPDATE SET mark = excluded.mark, sweep_cursor = NULL",
        (cloud, feed, mark),
    )


def keep_cursor(db: sqlite3.Connection, cloud: str, feed: Feed, cursor: str) -> None:
    """Keep where the page that was just applied ended: the sweep's own, while one is under way."""
    db.execute(
        "INSERT INTO feed (cloud, feed, cursor) VALUES (?1, ?2, ?3) ON CONFLICT (cloud, feed) DO UPDATE SET "
        "sweep_cursor = CASE WHEN mark IS NULL THEN NULL ELSE ?3 END, "
        "cursor = CASE WHEN mark IS NULL THEN ?3 ELSE cursor END",
        (cloud, feed, cursor),
    )


def end_sweep(db: sqlite3.Connection, cloud: str, feed: Feed, at: str) -> None:
    """Go on with changes from where the sweep ended."""
    db.execute(
        "UPDATE feed SET cursor = coalesce(sweep_cursor, cursor), mark = NULL, sweep_cursor = NULL, swept_at = ? "
        "WHERE cloud = ? AND feed = ?",
        (at, cloud, feed),
    )


def too_many(gone: int, known: int) -> bool:
    """Return whether a sweep would take off more than anybody does in a day."""
    return gone > SWEPT_OFF_FREE and gone > known * SWEPT_OFF_SHARE_MAX


def older(version: str | None, known: str | None) -> bool:
    """Return whether a version is older than the one that is known: of numbers, or of times in UTC as text."""
    if version is None or known is None:
        return False
    if version.isdigit() and known.isdigit():
        return int(version) < int(known)
    return version < known
