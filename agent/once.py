"""The same request under the same key: the same reply, and the effect once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.problem import invalid
from outbox import answers

if TYPE_CHECKING:
    import sqlite3

    from outbox.answers import Key, Reply


def kept(connection: sqlite3.Connection, key: Key | None) -> Reply | None:
    """Return the reply this very request was given before, from inside the change that would repeat it.

    Raises `Problem` where the key was used for another request.
    """
    found = answers.find(connection, key) if key is not None else None
    if found is None:
        return None
    reply, same = found
    if not same:
        raise invalid(
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request: make a new key for each new request.",
        )
    return reply
