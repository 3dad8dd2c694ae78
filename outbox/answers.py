"""Answers already given under an idempotency key, kept so that the same request gets the same again.

An answer is written in the same transaction as the effect it tells of, so there is no moment at
which a retry could have the effect twice. One that tells of a record is kept without it: the record is
there, and never changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

    from outbox.record import Record

KEPT_DAYS = 7  # a front end that was away for a weekend still gets its answer

as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class Reply:
    """What a caller is told: an HTTP status and a JSON object.

    `kept` says that a repeat of the request gets it again. `beside` is what is kept of one that tells of a
    record: the record's id, and the JSON object of the fields that come after the record's own.
    """

    __slots__ = ("_text", "beside", "body", "kept", "status")

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.body = body
        self.kept = False
        self.beside: tuple[str, str] | None = None
        self._text: str | None = None

    @classmethod
    def of_record(cls, status: int, record: Record, **fields: Any) -> Reply:
        """Return the reply that tells of a record, and of `fields` after its own."""
        reply, fields_text = cls(status, record.body | fields), as_json(fields)
        reply.beside = (record.id, fields_text)
        reply._text = _joined(record.canonical_body().decode(), fields_text)
        return reply

    @property
    def text(self) -> str:
        """The body as it is sent and told: made once, and the same whenever the request is repeated."""
        if self._text is None:
            self._text = as_json(self.body)
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reply) and (self.status, self.body) == (other.status, other.body)

    __hash__ = None  # type: ignore[assignment]  # its body is a dict

    def __repr__(self) -> str:
        return f"Reply({self.status}, {self.body!r})"


@dataclass(frozen=True, slots=True)
class Key:
    """Who asks, under which key, and a digest of what: one key stands for one request."""

    caller: str
    key: str
    fingerprint: str


def keep(connection: sqlite3.Connection, key: Key | None, reply: Reply, at: str) -> Reply:
    """Write down the reply to `key` (None: nobody will ask again) and return it."""
    if key is not None:
        record_id, text = reply.beside or (None, reply.text)
        connection.execute(
            "insert into answer(caller, key, fingerprint, status, record, body, made_at) values (?, ?, ?, ?, ?, ?, ?) "
            "on conflict do nothing",
            (key.caller, key.key, key.fingerprint, reply.status, record_id, text, at),
        )
        reply.kept = True
    return reply


def find(connection: sqlite3.Connection, key: Key) -> tuple[Reply, bool] | None:
    """Return the reply kept for the key, and whether it was for this very request; None where there is none."""
    row = connection.execute(
        "select answer.status, answer.body, answer.fingerprint, record.body from answer "
        "left join record on record.id = answer.record where answer.caller = ? and answer.key = ?",
        (key.caller, key.key),
    ).fetchone()
    if row is None:
        return None
    status, text, fingerprint, record = row
    reply = Reply(status, json.loads(text if record is None else _joined(record, text)))
    reply.kept = True
    return reply, fingerprint == key.fingerprint


def forget(connection: sqlite3.Connection, before: str, limit: int) -> int:
    """Drop the oldest answers made before a time (RFC 3339, UTC), up to `limit` of them; returns how many."""
    return connection.execute(
        "delete from answer where (caller, key) in "
        "(select caller, key from answer where made_at < ? order by made_at limit ?)",
        (before, limit),
    ).rowcount


def _joined(record: str, fields: str) -> str:
    """Return one JSON object of two, neither of them empty."""
    return f"{record[:-1]},{fields[1:]}"
