"""Answers already given under an idempotency key, kept so that the same request gets the same again.

An answer is written in the same transaction as the effect it tells of, so there is no moment at
which a retry could have the effect twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import sqlite3

KEPT_DAYS = 7  # a front end that was away for a weekend still gets its answer


class Reply(NamedTuple):
    """What a caller is told: an HTTP status and a JSON object."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """Who asks, under which key, and a digest of what: one key stands for one request."""

    caller: str
    key: str
    fingerprint: str


def keep(connection: sqlite3.Connection, key: Key | None, reply: Reply, at: str) -> Reply:
    """Write down the reply to `key` (None: nobody will ask again) and return it."""
    if key is not None:
        connection.execute(
            "insert into answer(caller, key, fingerprint, status, body, made_at) values (?, ?, ?, ?, ?, ?) "
            "on conflict do nothing",
            (key.caller, key.key, key.fingerprint, reply.status, json.dumps(reply.body), at),
        )
    return reply


def find(connection: sqlite3.Connection, key: Key) -> tuple[Reply, bool] | None:
    """Return the reply kept for the key, and whether it was for this very request; None where there is none."""
    row = connection.execute(
        "select status, body, fingerprint from answer where caller = ? and key = ?", (key.caller, key.key)
    ).fetchone()
    if row is None:
        return None
    status, body, fingerprint = row
    return Reply(status, json.loads(body)), fingerprint == key.fingerprint


def forget(connection: sqlite3.Connection, before: str, limit: int) -> int:
    """Drop the oldest answers made before a time (RFC 3339, UTC), up to `limit` of them; returns how many."""
    return connection.execute(
        "delete from answer where (caller, key) in "
        "(select caller, key from answer where made_at < ? order by made_at limit ?)",
        (before, limit),
    ).rowcount
