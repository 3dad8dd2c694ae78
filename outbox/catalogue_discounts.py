"""Named discounts in the catalogue's file, by cloud. One that no till can hold is kept with the reason, and counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox import catalogue_feeds as feeds
from outbox.discount import NamedDiscount, each_name_once, stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from outbox.feeds import PulledDiscount

OFFERED_MAX = 500  # more than anybody finds anything among

_NOW = (
    "SELECT cloud, remote_id, name, percent, amount, until FROM cloud_discount WHERE cloud = ?1 AND trouble IS NULL "
    "AND (since IS NULL OR since <= ?2) AND (until IS NULL OR until > ?2) ORDER BY name, remote_id LIMIT ?3"
)


@dataclass(frozen=True, slots=True)
class DiscountCounts:
    """How many of a cloud's discounts a till can hold, and how many not."""

    usable: int = 0
    left_out: int = 0


def offered(db: sqlite3.Connection, clouds: Sequence[str], at: datetime) -> list[NamedDiscount]:
    """Return what can be given now, by name; of one name, that of the cloud that stands first."""
    rows = (row for cloud in clouds for row in db.execute(_NOW, (cloud, stamp(at), OFFERED_MAX)))
    return each_name_once((NamedDiscount(*row) for row in rows), clouds)[:OFFERED_MAX]


def counts(db: sqlite3.Connection, cloud: str) -> DiscountCounts:
    """Return how many a cloud gives."""
    query = "SELECT count(*) FILTER (WHERE trouble IS NULL), count(trouble) FROM cloud_discount WHERE cloud = ?"
    return DiscountCounts(*db.execute(query, (cloud,)).fetchone())


def apply(
    db: sqlite3.Connection, cloud: str, discounts: Sequence[PulledDiscount], tombstones: Sequence[str], mark: str | None
) -> None:
    """Forget what was deleted, then add or change what was sent; an older version changes nothing. Repeatable."""
    for remote_id in tombstones:
        forget(db, cloud, remote_id)
    for one in discounts:
        key = (cloud, one.remote_id)
        row = db.execute("SELECT version FROM cloud_discount WHERE cloud = ? AND remote_id = ?", key).fetchone()
        if row is not None and feeds.older(one.version, row[0]):
            if mark is not None:
                db.execute("UPDATE cloud_discount SET mark = ? WHERE cloud = ? AND remote_id = ?", (mark, *key))
            continue
        db.execute(
            "INSERT OR REPLACE INTO cloud_discount "
            "(cloud, remote_id, version, name, percent, amount, since, until, trouble, mark) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*key, one.version, one.name, one.percent, one.amount, one.since, one.until, one.trouble, mark),
        )


def unseen(db: sqlite3.Connection, cloud: str, mark: str | None) -> tuple[list[str], int]:
    """Return the ids that a sweep has not seen, and how many there are in all."""
    (known,) = db.execute("SELECT count(*) FROM cloud_discount WHERE cloud = ?", (cloud,)).fetchone()
    gone = db.execute("SELECT remote_id FROM cloud_discount WHERE cloud = ? AND mark IS NOT ?", (cloud, mark))
    return [remote_id for (remote_id,) in gone.fetchall()], known


def forget(db: sqlite3.Connection, cloud: str, remote_id: str) -> None:
    """Forget one that is not there any more."""
    db.execute("DELETE FROM cloud_discount WHERE cloud = ? AND remote_id = ?", (cloud, remote_id))
