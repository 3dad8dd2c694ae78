"""Offline by hand: clouds that nothing is sent to until somebody says so. It is on the disk, and survives a restart.

Selling is not touched: records are written and wait. What is on the wire when a cloud is taken off line is let end,
since nobody could know otherwise what has become of it.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent.problem import conflict, not_found
from agent.staff.actions import Action
from outbox import answers
from outbox.answers import Reply

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection

    from agent.staff.by import By
    from outbox.answers import Key
    from outbox.journal import Journal

_log = logging.getLogger("stillopen.clouds")


@dataclass(frozen=True, slots=True)
class Held:
    """One cloud that is held: since when (RFC 3339), by whom and why."""

    cloud: str
    since: str
    who: str
    reason: str


class Offline:
    """Which of the configured `clouds` are held. What the disk says is asked each time: nothing is remembered."""

    def __init__(
        self, journal: Journal, clouds: Collection[str], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._journal = journal
        self._clouds = clouds
        self._now = now
        self._followers: list[Callable[[], object]] = []

    def follow(self, follower: Callable[[], object]) -> None:
        """Have a part of the agent told when a cloud is held, or let go."""
        self._followers.append(follower)

    def of(self, cloud: str) -> Held | None:
        """Return how a cloud is held, or None."""
        return held_in(self._journal.reader, cloud)

    def is_held(self, cloud: str) -> bool:
        """Return whether nothing may be sent to a cloud."""
        return self.of(cloud) is not None

    def view(self) -> dict[str, Any]:
        """Return, by cloud, since when each is held, by whom and why; None where it is not."""
        held = {one.cloud: asdict(one) for one in _held(self._journal.reader)}
        return {"clouds": {cloud: held.get(cloud) for cloud in self._clouds}}

    async def hold(self, cloud: str | None, reason: str, *, by: By, key: Key | None) -> Reply:
        """Send nothing more to a cloud (None: to all). One that is held already stays so. Raises `Problem`."""
        wanted, at = self._wanted(cloud), self._now().isoformat()

        def change(connection: sqlite3.Connection) -> Reply:
            by.allow(Action.FORCE_OFFLINE)
            already = {held.cloud for held in _held(connection)}
            for one in wanted:
                if one not in already:
                    connection.execute("insert into offline values (?, ?, ?, ?)", (one, at, by.actor.name, reason))
                    by.audit(
                        connection, Action.FORCE_OFFLINE, at, subject=one, why=reason, before="online", after="offline"
                    )
            return self._reply(connection, key, at)

        reply = await self._journal.write(change)
        _log.warning("Held offline by %s: %s (%s). Records wait on this PC.", by.actor.name, ", ".join(wanted), reason)
        self._tell()
        return reply

    async def release(self, cloud: str | None, reason: str | None, *, by: By, key: Key | None) -> Reply:
        """Send to a cloud again (None: to all), at once. Raises `Problem`."""
        wanted, at = self._wanted(cloud), self._now().isoformat()

        def change(connection: sqlite3.Connection) -> Reply:
            by.allow(Action.FORCE_OFFLINE)
            for one in [held.cloud for held in _held(connection) if held.cloud in wanted]:
                connection.execute("delete from offline where cloud = ?", (one,))
                by.audit(
                    connection, Action.FORCE_OFFLINE, at, subject=one, why=reason, before="offline", after="online"
                )
            return self._reply(connection, key, at)

        reply = await self._journal.write(change)
        _log.info("Back online by %s: %s.", by.actor.name, ", ".join(wanted))
        self._tell()
        return reply

    def _wanted(self, cloud: str | None) -> list[str]:
        if cloud is None:
            if not self._clouds:
                raise conflict("no-clouds", "The configuration has no cloud: everything stays on this PC anyway.")
            return list(self._clouds)
        if cloud not in self._clouds:
            known = ", ".join(self._clouds) or "none"
            raise not_found("cloud", f"There is no cloud {cloud!r}; the configuration has: {known}.")
        return [cloud]

    def _reply(self, connection: sqlite3.Connection, key: Key | None, at: str) -> Reply:
        held = {one.cloud: asdict(one) for one in _held(connection)}
        body = {"clouds": {cloud: held.get(cloud) for cloud in self._clouds}}
        return answers.keep(connection, key, Reply(HTTPStatus.OK, body), at)

    def _tell(self) -> None:
        for follower in self._followers:
            follower()


def held_in(connection: sqlite3.Connection, cloud: str) -> Held | None:
    """Return how the journal behind a connection says that a cloud is held, or None."""
    return next((held for held in _held(connection) if held.cloud == cloud), None)


def _held(connection: sqlite3.Connection) -> list[Held]:
    return [Held(*row) for row in connection.execute("select cloud, since, who, reason from offline order by cloud")]
