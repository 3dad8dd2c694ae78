"""Who is signed in at which page: over reloads and restarts, until a key, too long a rest, or another's PIN."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable


@dataclass(slots=True)
class SignIn:
    """Somebody at a page. `used` is when they last did something there, by a clock that nobody can set."""

    person: str
    since: str
    used: float


class SignIns:
    """Sign-ins by page, in step with the disk. `idle_s` 0: none ends by time."""

    def __init__(self, idle_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.idle_s = idle_s
        self._clock = clock
        self._at: dict[str, SignIn] = {}

    def load(self, connection: sqlite3.Connection) -> None:
        """Read them. Idle time begins anew: how long the agent was off tells nothing of who stood there."""
        now = self._clock()
        rows = connection.execute("select page, staff, since from sign_in")
        self._at = {page: SignIn(person, since, now) for page, person, since in rows}

    def at(self, page: str) -> SignIn | None:
        """Return who is signed in at a page; None also where they have been idle for too long."""
        found = self._at.get(page)
        return None if found is None or self._idle(found) else found

    def use(self, page: str) -> None:
        """Somebody did something at a page."""
        found = self.at(page)
        if found is not None:
            found.used = self._clock()

    def put(self, page: str, person: str, since: str) -> None:
        """Take what `begin` wrote to the disk."""
        self._at[page] = SignIn(person, since, self._clock())

    def drop(self, page: str, person: str) -> None:
        """Take what `end` wrote to the disk."""
        if page in self._at and self._at[page].person == person:
            del self._at[page]

    def idle(self) -> list[tuple[str, str]]:
        """Return the pages, and who is signed in there, whose time is over."""
        return [(page, found.person) for page, found in self._at.items() if self._idle(found)]

    def pages_of(self, person: str) -> list[str]:
        """Return where somebody is signed in."""
        return [page for page, found in self._at.items() if found.person == person]

    def _idle(self, found: SignIn) -> bool:
        return self.idle_s > 0 and self._clock() - found.used >= self.idle_s


def begin(connection: sqlite3.Connection, page: str, person: str, since: str) -> None:
    """Write that somebody is signed in at a page, from inside a change."""
    connection.execute(
        "insert into sign_in(page, staff, since) values (?, ?, ?) "
        "on conflict do update set staff = excluded.staff, since = excluded.since",
        (page, person, since),
    )


def end(connection: sqlite3.Connection, page: str, person: str) -> None:
    """Write that they are not any more, unless somebody else is by now; from inside a change."""
    connection.execute("delete from sign_in where page = ? and staff = ?", (page, person))
