"""The audit trail on disk: who did what, added in the same change as what was done, under a hash chain.

An entry is a JSON object; the trail gives it its number. Like records, entries are only ever added (triggers refuse
the rest), and each one's hash is taken over the one before it. The first stands on the journal's `GENESIS`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.record import GENESIS, canonical_text, link

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

PAGE = 500  # entries read at a time, so that no reader holds the file open for long


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that does not hold, and why."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the trail was followed and what was found; `broken` is None when all of it holds."""

    entries: int
    head: str  # the last good hash, in hex
    broken: Broken | None


def append(connection: sqlite3.Connection, entry: dict[str, Any]) -> int:
    """Add an entry, from inside a change; returns its number. Raises `TypeError` on a float."""
    last, head = _last(connection)
    seq = last + 1
    text = canonical_text({**entry, "seq": seq})
    connection.execute(
        "insert into audit(seq, body, prev_hash, hash) values (?, ?, ?, ?)",
        (seq, text, head, link(head, text.encode())),
    )
    return seq


def newest(connection: sqlite3.Connection, limit: int, *, before: int | None = None) -> list[dict[str, Any]]:
    """Return up to `limit` entries, newest first, from below the number `before`."""
    rows = connection.execute(
        "select body from audit where seq < ? order by seq desc limit ?",
        (before if before is not None else 2**62, limit),
    )
    return [json.loads(text) for (text,) in rows.fetchall()]


def oldest_first(connection: sqlite3.Connection, after: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every entry above the number `after`, as it is kept; a page at a time."""
    if not _is_kept(connection):
        return
    while True:
        rows = connection.execute("select seq, body from audit where seq > ? order by seq limit ?", (after, PAGE))
        page = rows.fetchall()
        if not page:
            return
        for seq, text in page:
            after = seq
            yield json.loads(text)


def verify(connection: sqlite3.Connection) -> Verified:
    """Follow the trail from its first entry and stop at the first that does not hold."""
    head, count = GENESIS, 0
    if not _is_kept(connection):
        return Verified(count, head.hex(), None)
    while True:
        rows = connection.execute(
            "select seq, body, prev_hash, hash from audit where seq > ? order by seq limit ?", (count, PAGE)
        ).fetchall()
        if not rows:
            return Verified(count, head.hex(), None)
        for seq, text, prev_hash, own_hash in rows:
            reason = _fault(seq, text, prev_hash, own_hash, expected=count + 1, head=head)
            if reason is not None:
                return Verified(count, head.hex(), Broken(seq, reason))
            head, count = own_hash, seq


def _fault(seq: int, text: str, prev_hash: bytes, own_hash: bytes, *, expected: int, head: bytes) -> str | None:
    if seq != expected:
        return f"entry {expected} is not there"
    if prev_hash != head:
        return "it does not follow the entry before it: one was removed, added or changed"
    if link(prev_hash, text.encode()) != own_hash:
        return "its content is not what was written: the hash differs"
    return None


def _is_kept(connection: sqlite3.Connection) -> bool:
    """Say whether the file has a trail: one of before there was any is read as it is, and has none."""
    return connection.execute("select 1 from sqlite_master where name = 'audit'").fetchone() is not None


def _last(connection: sqlite3.Connection) -> tuple[int, bytes]:
    row = connection.execute("select seq, hash from audit order by seq desc limit 1").fetchone()
    return (0, GENESIS) if row is None else (row[0], row[1])
