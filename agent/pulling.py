"""When each cloud is pulled: what changed every few minutes, and all of it once a night where it reports no deletions.

A till's own work comes first: pulls go after deliveries in the cloud's limits, a sweep rests between its pages, and
with little room on the disk nothing is pulled at all.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from outbox.feeds import Feed
from outbox.room import Disk, Room

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from agent.config import CloudConfig, Config
    from agent.line.exchanges import Exchanges
    from agent.ways import Way
    from outbox.catalogue import Catalogue
    from outbox.connector import Connector
    from outbox.pull import CustomerList, Pulled

SWEEP_REST_S = 0.2  # between two pages of a sweep: a hundred thousand items then take some minutes, and no sale waits

_log = logging.getLogger("stillopen.clouds")


class Pulling:
    """Pulls from every cloud that gives something, for ever. `ways` are those that can be called."""

    def __init__(
        self,
        config: Config,
        catalogue: Catalogue,
        customers: CustomerList,
        disk: Disk,
        exchanges: Exchanges,
        ways: Callable[[str], Way],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clouds = {cloud.name: cloud for cloud in config.clouds}
        self._timezone = ZoneInfo(config.store.timezone)
        self._catalogue = catalogue
        self._customers = customers
        self._disk = disk
        self._exchanges = exchanges
        self._ways = ways
        self._now = now
        self._turns = {name: asyncio.Lock() for name in self._clouds}  # two pulls of one feed would end each other's
        self._said: dict[str, tuple[str, ...]] = {}  # by cloud: what the last pull complained of

    async def for_ever(self, name: str) -> None:
        """Pull from one cloud again and again. A fault in one pull is logged, and the next is made."""
        while True:
            try:
                if self._disk.room < Room.TIGHT and self._exchanges.may(name):  # sales need what is left
                    await self.once(name)
            except Exception:  # noqa: BLE001 - a bug in one pull must not stop the next
                _log.exception("A fault while pulling from %s", name)
            await asyncio.sleep(self._clouds[name].pull_every_s)

    async def once(self, name: str, *, whole: bool = False, let_go: bool = False) -> Pulled:
        """Pull what has changed at a cloud, and all of what is due to be gone through; `whole`: all there is.

        `let_go`: take off what is gone, however much it is. Waits for a pull of that cloud that is under way.
        """
        async with self._turns[name]:
            return await self._once(name, whole=whole, let_go=let_go)

    async def _once(self, name: str, *, whole: bool, let_go: bool) -> Pulled:
        from outbox.pull import Wishes, pull  # the first is made after the start, and the till does not wait for it

        way = self._ways(name)
        wishes = Wishes(
            sweep=frozenset(Feed) if whole else self._due(name, way.connector),
            let_go=let_go,
            above=names_above(name, tuple(self._clouds.values())),
            rest=lambda: asyncio.sleep(SWEEP_REST_S),
        )
        pulled = await pull(
            name,
            way.connector,
            way.then,
            self._catalogue,
            self._now,
            way.authorizer,
            customers=self._customers,
            wishes=wishes,
        )
        self._say(name, pulled)
        return pulled

    def _due(self, name: str, connector: Connector) -> frozenset[Feed]:
        """Return the feeds that report no deletions and were not gone through since it was last the hour for it."""
        local, at = self._now().astimezone(self._timezone), self._clouds[name].sweep_at
        return frozenset(
            rules.feed
            for rules in connector.capabilities.feeds
            if not rules.tombstones and sweep_due(self._catalogue.place(name, rules.feed).swept_at, local, at)
        )

    def _say(self, name: str, pulled: Pulled) -> None:
        """Log what could not be used, and why a pull ended early: as a warning when it is new."""
        said = list(pulled.troubles)
        if pulled.ended is not None:
            said.append(f"it ended early: {pulled.ended.reason}. It goes on where it stopped.")
            if hint := getattr(pulled.ended, "hint", ""):
                said.append(hint)
        before = self._said.get(name, ())
        for line in said:
            _log.log(logging.DEBUG if line in before else logging.WARNING, "Pulling from %s: %s", name, line)
        self._said[name] = tuple(said)


def sweep_due(swept_at: str | None, local: datetime, at: time) -> bool:
    """Return whether it was the hour for a sweep since the last one. A PC that was off then does it once it is on.

    One that is said to be of a later time than now was made while the clock was ahead, and tells nothing.
    """
    latest = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if latest > local:
        latest -= timedelta(days=1)
    return swept_at is None or not latest <= datetime.fromisoformat(swept_at) <= local


def names_above(name: str, clouds: Collection[CloudConfig]) -> tuple[str, ...]:
    """Return the clouds that stand before one in the configuration: their word on an item of one sku is right."""
    names = [cloud.name for cloud in clouds]
    return tuple(names[: names.index(name)])
