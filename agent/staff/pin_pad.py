"""Typing a PIN: one at a time, counted before it is looked at, and looked at the same whosever it is."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from agent.problem import Problem
from agent.staff import lockout, people, pins
from agent.staff.by import By

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from agent.staff.actor import Actor
    from agent.staff.lockout import Lockouts
    from agent.staff.people import Person
    from outbox.journal import Journal

    Digest = Callable[[str, bytes, pins.Cost], bytes]

T = TypeVar("T")


class PinPad:
    """Says whose PIN was typed. `people` is who works here; `digest` is slow, and runs on a thread."""

    def __init__(self, journal: Journal, lockouts: Lockouts, *, digest: Digest = pins.digest) -> None:
        self._journal = journal
        self._lockouts = lockouts
        self.digest = digest
        self._one_at_a_time = asyncio.Lock()  # else many at once would all be tries before the first was counted

    async def typed(
        self,
        pin: str,
        staff: Mapping[str, Person],
        *,
        at: str,
        page: str,
        asks: Actor,
        named: str | None,
        then: Callable[[sqlite3.Connection, Person], T],
    ) -> T:
        """Find whose PIN it is and do `then` in the change that forgives the try. Raises `Problem`.

        With `named` it has to be that person's; without, it alone says who it is. A page whose tries are used up
        still takes a PIN beside a name: nobody can shut a store out of its own till by typing nonsense there.
        """
        async with self._one_at_a_time:
            self._check_wait(page, named)
            places = [f"page:{page}"] + ([] if named is None else [f"staff:{named}"])
            before = {place: self._lockouts.of(place) for place in places}
            await self._count(places)
            person = await self._whose(pin, staff, named)
            if person is None:
                await self._journal.write(
                    lambda connection: By(asks, page=page).audit(connection, "wrong_pin", at, subject=named)
                )
                raise self._wrong(places)
            before[f"staff:{person.id}"] = None

            def change(connection: sqlite3.Connection) -> T:
                for place, tries in before.items():
                    lockout.write(connection, place, tries)
                return then(connection, person)

            result = await self._journal.write(change)
            for place, tries in before.items():
                self._lockouts.put(place, tries)
            return result

    async def hash_new(self, pin: str) -> bytes:
        """Return what is kept of a new PIN. Raises `Problem` for one that may not be one."""
        pins.check_new(pin)
        salt, cost = await self._journal.write(people.make_salt)
        return await asyncio.to_thread(self.digest, pin, salt, cost)

    def _check_wait(self, page: str, named: str | None) -> None:
        left = self._lockouts.left_s(f"page:{page}" if named is None else f"staff:{named}")
        if left:
            other = "choose your name first, and type your PIN then" if named is None else "another person can sign in"
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "locked-out",
                f"too many wrong PINs: wait {_shown(left)}; meanwhile {other}",
                retry_after_s=left,
            )

    async def _count(self, places: list[str]) -> None:
        """Count the try before it is made: whoever ends the agent in the middle of it has used it up."""
        counted = {place: self._lockouts.one_more(place) for place in places}

        def change(connection: sqlite3.Connection) -> None:
            for place, tries in counted.items():
                lockout.write(connection, place, tries)

        await self._journal.write(change)
        for place, tries in counted.items():
            self._lockouts.put(place, tries)

    async def _whose(self, pin: str, staff: Mapping[str, Person], named: str | None) -> Person | None:
        kept = people.salt_of(self._journal.reader)
        if kept is None:
            return None
        hashed = await asyncio.to_thread(self.digest, pin, *kept)
        found = pins.whose(hashed, [(person.id, person.pin) for person in staff.values() if person.pin is not None])
        return None if found is None or named not in (None, found) else staff[found]

    def _wrong(self, places: list[str]) -> Problem:
        wait = max(self._lockouts.left_s(place) for place in places)
        tries = max((of.failures for of in map(self._lockouts.of, places) if of is not None), default=0)
        left = max(0, lockout.FREE_TRIES + 1 - tries)
        more = f"{left} more before it has to wait" if left else f"the next try is in {_shown(wait)}"
        return Problem(
            HTTPStatus.FORBIDDEN, "wrong-pin", f"that is nobody's PIN here: try again ({more})", retry_after_s=wait
        )


def _shown(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"{seconds} seconds" if seconds < 120 else f"{minutes} minutes"  # noqa: PLR2004 - two minutes
