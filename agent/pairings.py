"""Pairings: which front ends may call, kept in the journal's file as hashes of their secrets."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.permits import Permit
from agent.problem import Problem, not_found

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from outbox.journal import Journal

    Noting = Callable[[sqlite3.Connection], None]  # what adds to the audit trail, in the change that does it

OWN_PAGE = "page"  # the agent's own pages, by a cookie
PROGRAM = "program"  # a program, which sends no Origin
# any other `origin` is a web front end's: scheme://host[:port]

SECRET_BYTES = 32
PAIRINGS_MAX = 200  # front ends of one store; more is one that pairs anew at every start


@dataclass(frozen=True, slots=True)
class Pairing:
    """One front end that was let in. `id` names it in lists and logs and opens nothing."""

    id: str
    origin: str
    name: str
    made_at: str
    acts_as: str | None = None  # a role, or the id of one of the staff; None: as itself
    allow: tuple[str, ...] | None = None  # what it may use; None: everything

    @property
    def permit(self) -> Permit | None:
        """What it may use; None: everything."""
        return None if self.allow is None else Permit(self.allow)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _id(hashed: bytes) -> str:
    return f"pairing-{hashed.hex()[:12]}"


class Pairings:
    """All pairings, read once and kept in step with the disk."""

    def __init__(
        self,
        journal: Journal,
        *,
        now: Callable[[], datetime] = _utc_now,
        secret: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._journal = journal
        self._now = now
        self._secret = secret
        self._by_hash: dict[bytes, Pairing] = {}
        self._by_id: dict[str, Pairing] = {}
        self._shut_out: set[bytes] = set()  # whatever the disk says

    def load(self) -> None:
        """Read them: the journal was opened, or opened again."""
        rows = self._journal.reader.execute(
            "select hash, origin, name, made_at, acts_as, allow from pairing order by made_at, hash"
        )
        self._by_hash = {
            hashed: Pairing(
                _id(hashed), origin, name, made_at, acts_as, None if allow is None else tuple(allow.split())
            )
            for hashed, origin, name, made_at, acts_as, allow in rows
        }
        self._by_id = {pairing.id: pairing for pairing in self._by_hash.values()}

    def all(self) -> list[Pairing]:
        """Return them, the oldest first."""
        return list(self._by_hash.values())

    def find(self, secret: str) -> Pairing | None:
        """Return whose secret it is. Only its hash is looked up, so timing tells nothing of the secret."""
        hashed = _hash(secret)
        return None if hashed in self._shut_out else self._by_hash.get(hashed)

    def by_id(self, pairing_id: str) -> Pairing | None:
        """Return the pairing with this id, or None."""
        return self._by_id.get(pairing_id)

    async def add(
        self,
        origin: str,
        name: str,
        acts_as: str | None = None,
        allow: tuple[str, ...] | None = None,
        *,
        noting: Noting = lambda _: None,
    ) -> tuple[Pairing, str]:
        """Let one in; returns it and its secret, which is kept nowhere. Raises `Problem` when there are too many."""
        if len(self._by_hash) >= PAIRINGS_MAX:
            raise Problem(
                HTTPStatus.CONFLICT,
                "too-many-pairings",
                f"{PAIRINGS_MAX} front ends are paired, as many as there may be; see them with "
                "`stillopen pair --list` and remove the unused with `stillopen pair --revoke ID`",
            )
        secret = self._secret(SECRET_BYTES)
        hashed = _hash(secret)
        made_at = self._now().isoformat(timespec="seconds")

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute(
                "insert into pairing(hash, origin, name, made_at, acts_as, allow) values (?, ?, ?, ?, ?, ?)",
                (hashed, origin, name, made_at, acts_as, None if allow is None else " ".join(allow)),
            )
            noting(connection)

        await self._journal.write(insert)
        pairing = Pairing(_id(hashed), origin, name, made_at, acts_as, allow)
        self._by_hash[hashed] = self._by_id[pairing.id] = pairing
        return pairing, secret

    def shut_out(self, pairing_id: str) -> Pairing:
        """Let one open nothing any more; returns it. Raises `Problem` where there is none of that id.

        It is listed, and would be let in after a restart, until `remove` has the disk rid of it.
        """
        hashed = self._hash_of(pairing_id)
        self._shut_out.add(hashed)
        return self._by_hash[hashed]

    async def remove(self, pairing_id: str, *, noting: Noting = lambda _: None) -> Pairing:
        """Shut one out for good; returns it. Raises `Problem` where there is none of that id."""
        pairing, hashed = self.shut_out(pairing_id), self._hash_of(pairing_id)

        def delete(connection: sqlite3.Connection) -> None:
            connection.execute("delete from pairing where hash = ?", (hashed,))
            noting(connection)

        await self._journal.write(delete)
        self._by_hash.pop(hashed, None)
        self._by_id.pop(pairing.id, None)
        self._shut_out.discard(hashed)
        return pairing

    def _hash_of(self, pairing_id: str) -> bytes:
        for hashed, one in self._by_hash.items():
            if one.id == pairing_id:
                return hashed
        raise not_found("pairing", f"no pairing is called {pairing_id}; see them with `stillopen pair --list`")
