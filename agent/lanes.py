"""The clouds of this store: a courier's lane each, the catalogue pulls, and what people see of them."""

from __future__ import annotations

import logging
import re
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent import once, ways
from agent.problem import conflict, not_found
from agent.pulled_customers import PulledCustomers
from agent.pulling import Pulling
from agent.staff.actions import Action
from agent.staff.by import OF_ITSELF
from outbox import answers, deliveries, delivery_views, matters
from outbox.answers import Reply
from outbox.cannot import limits
from outbox.card_reader import TakesCards
from outbox.connector import Request
from outbox.courier import Courier, LaneState
from outbox.feeds import Feed
from outbox.matters import CannotSettle, Nowhere, OnItsWay, Settled
from outbox.session import ExchangeError, is_loopback

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Coroutine, Iterator

    from agent.config import Config
    from agent.events import Events
    from agent.line.exchanges import Exchanges
    from agent.line.offline import Offline
    from agent.staff.by import By
    from agent.ways import Way
    from outbox.answers import Key
    from outbox.auth.keyring import Keyring
    from outbox.card_reader import CardReaders
    from outbox.catalogue import Catalogue
    from outbox.connector import Answer
    from outbox.courier import LaneView
    from outbox.journal import Journal
    from outbox.pull import Pulled
    from outbox.room import Disk

_NUMBER = re.compile(r"[0-9]{1,18}")  # what fits SQLite's integers

_log = logging.getLogger("stillopen.clouds")


class Lanes:
    """One lane a configured cloud. `kinds` says which records each takes."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        catalogue: Catalogue,
        events: Events,
        disk: Disk,
        exchanges: Exchanges,
        offline: Offline,
        *,
        keyring: Keyring,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._events = events
        self._exchanges = exchanges
        self._offline = offline
        self._keyring = keyring
        self._now = now
        self._whole = config
        self._config = {cloud.name: cloud for cloud in config.clouds}
        self._connectors, self._without = ways.connectors(config)
        # Also of a cloud that cannot be called as it is configured: its records wait until it can.
        takes = {cloud.name: ways.capabilities(cloud) for cloud in config.clouds}
        self.kinds = {name: ways.KINDS_UNSEEN if of is None else of.kinds for name, of in takes.items()}
        self._cannot = {name: limits(of) for name, of in takes.items() if of is not None}
        self._ways: dict[str, Way] = {}
        customers = PulledCustomers(journal, now)
        self._pulling = Pulling(config, catalogue, customers, disk, exchanges, self._ways.__getitem__, now=now)
        self._couriers: dict[str, Courier] = {}
        self._settling: Counter[str] = Counter()  # by cloud: how many deliveries are being ticked off at this moment

    async def open(self) -> None:
        """Make sessions and couriers; nothing is sent yet."""
        for name, why in self._without.items():
            _log.error("Cloud %s: %s. Its records wait until then.", name, why)
        for name, connector in self._connectors.items():
            way = self._ways[name] = ways.way(
                self._config[name], self._whole, self._keyring, through=self._exchanges.through, now=self._now
            )
            self._couriers[name] = Courier(
                name,
                connector,
                self._journal,
                way.first,
                item_refs=self._catalogue.refs,
                on_deliveries=self._deliveries,
                on_lane=self._lane,
                now=self._now,
                authorizer=way.authorizer,
            )
        self.obey()
        self._offline.follow(self.obey)

    def obey(self) -> None:
        """Pause the lanes of the clouds that are held offline, or that somebody ticks off at; let the others go."""
        for name, courier in self._couriers.items():
            held = self._settling[name] > 0 or self._offline.is_held(name)
            if held is not courier.paused:
                courier.pause(paused=held)

    async def close(self) -> None:
        """Close the connections."""
        for way in self._ways.values():
            await way.aclose()
        self._ways.clear()
        self._couriers.clear()

    def tasks(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        """Yield what is to run, with its name."""
        for name, courier in self._couriers.items():
            yield f"courier {name}", courier.run()
            if self._connectors[name].capabilities.feeds:
                yield f"pull {name}", self._pulling.for_ever(name)

    def wake(self, till: str | None = None) -> None:
        """Tell every lane that a till has a new record, or that any may have."""
        for courier in self._couriers.values():
            courier.wake(stream=till)

    @property
    def hosts(self) -> dict[str, tuple[str, bool]]:
        """By cloud, the host it is called at, and whether that is beyond this PC; unknown where its secret is."""
        found = {name: urlsplit(connector.base_url).hostname or "" for name, connector in self._connectors.items()}
        return {name: (found.get(name, ""), name in found and not is_loopback(found[name])) for name in self.kinds}

    def lane(self, name: str) -> LaneState | None:
        """Return what a cloud's lane knows of it; None where its secret is not there."""
        courier = self._couriers.get(name)
        return None if courier is None else courier.view.state

    async def ask(self, name: str) -> None:
        """Ask a cloud's host for an answer, whichever: with no credentials, and no path that may be a secret."""
        parts = urlsplit(self._connectors[name].base_url)
        with suppress(ExchangeError):  # how it ended is kept
            await self._ways[name].first.exchange(f"{parts.scheme}://{parts.netloc}", Request("HEAD", "/"), {})

    @property
    def card_readers(self) -> dict[str, CardReaders]:
        """Return, by cloud, what is known of the readers of those that take cards."""
        every = self._connectors.items()
        return {name: connector.card_readers for name, connector in every if isinstance(connector, TakesCards)}

    def discounts(self) -> list[dict[str, Any]]:
        """Return the discounts with a name that can be given now; of one name, the first cloud's."""
        return [one.to_json() for one in self._catalogue.discounts(self._giving(Feed.DISCOUNTS), self._now())]

    def must_give(self, name: str) -> None:
        """Raise `Problem` unless something is pulled from that cloud."""
        if name not in self._config:
            raise not_found("cloud", f"The configuration has no cloud {name}; it has {', '.join(self._config)}.")
        if not any(name in self._giving(feed) for feed in Feed):
            raise conflict("gives-nothing", f"Nothing is pulled from {name}: import the items from a CSV file instead.")

    async def pull(self, name: str, *, whole: bool, let_go: bool) -> Pulled:
        """Pull from a cloud that gives something, now; see `Pulling.once`."""
        return await self._pulling.once(name, whole=whole, let_go=let_go)

    def _giving(self, feed: Feed) -> list[str]:
        every = self._connectors.items()
        return [name for name, of in every if any(rules.feed is feed for rules in of.capabilities.feeds)]

    async def call(self, name: str, request: Request) -> Answer:
        """Ask a cloud something that somebody at a till waits for. Raises `NotSent` or `AnswerLost`."""
        return await self._ways[name].calls.exchange(request)

    def views(self) -> dict[str, dict[str, Any]]:
        """Return, by cloud, the counts, and what its lane knows of it (`untried` is not `open`)."""
        counts = delivery_views.counts(self._journal.reader, self.kinds)
        for name, count in counts.items():
            answered_at, held = self._exchanges.answered_at.get(name), self._offline.of(name)
            count["answered_at"] = None if answered_at is None else answered_at.isoformat()
            count["offline"] = None if held is None else asdict(held)
            count["matters"] = matters.count(self._journal.reader, name)
            count["cannot"] = [asdict(limit) for limit in self._cannot.get(name, ())]
            if name in self._giving(Feed.DISCOUNTS):
                count["discounts"] = asdict(self._catalogue.discount_counts(name))
            if name in self._ways:
                count.update(self._ways[name].view())
            courier = self._couriers.get(name)
            if courier is not None:
                count |= {"state": str(courier.view.state), "since": courier.view.since.isoformat()}
                if courier.view.error is not None:
                    count["last_error"] = courier.view.error
            elif name in self.kinds:
                count |= {"state": str(LaneState.UNAUTHORIZED), "since": None, "last_error": self._without[name]}
            else:
                count |= {"state": "not_configured", "since": None}
        return counts

    def outbox(self, *, cloud: str | None, state: str | None, limit: int, after: int) -> dict[str, Any]:
        """Return counts and a page of deliveries; `next` is the `after` of the page after it, or None."""
        found = delivery_views.listed(self._journal.reader, cloud=cloud, state=state, after=after, limit=limit)
        return {
            "clouds": self.views(),
            "deliveries": found,
            "next": found[-1]["id"] if len(found) == limit else None,
        }

    async def retry(self, delivery_id: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Release a parked delivery; make a waiting one go now. Raises `Problem`."""
        number = int(delivery_id) if _NUMBER.fullmatch(delivery_id) else -1
        at = self._now().isoformat()

        def change(connection: sqlite3.Connection) -> Reply:
            state = deliveries.state_of(connection, number)
            if state is None:
                raise not_found("delivery", f"There is no delivery {delivery_id}: GET /v1/outbox lists them.")
            if state == "delivered":
                raise conflict("already-delivered", f"Delivery {delivery_id} is delivered: there is nothing to retry.")
            deliveries.release(connection, number)
            by.audit(connection, Action.DELIVERY_RETRY, at, subject=delivery_id, before={"state": state})
            shown = delivery_views.shown(connection, number)
            assert shown is not None
            return answers.keep(connection, key, Reply(200, shown), at)

        reply = await self._journal.write(change)
        courier = self._couriers.get(reply.body["cloud"])
        if courier is not None:
            courier.wake(fresh=True)
        self._deliveries([number])
        return reply

    def open_matters(self, *, cloud: str | None, limit: int, after: int) -> dict[str, Any]:
        """Return what stands before a person, oldest first; `next` is the `after` of the page after it, or None."""
        found = matters.listed(self._journal.reader, cloud=cloud, after=after, limit=limit)
        return {"matters": found, "next": found[-1]["id"] if len(found) == limit else None}

    async def settle(self, delivery_id: str, reason: str, *, key: Key | None, by: By) -> Reply:
        """Tick a delivery off that a person has seen to. Nothing of its cloud begins meanwhile. Raises `Problem`."""
        number = int(delivery_id) if _NUMBER.fullmatch(delivery_id) else -1
        delivery = deliveries.one(self._journal.reader, number)
        courier = None if delivery is None else self._couriers.get(delivery.cloud)
        at = self._now().isoformat()

        def change(connection: sqlite3.Connection) -> Reply:
            kept = once.kept(connection, key)
            if kept is not None:
                return kept
            try:
                seen = Settled(at, by.actor.named()["name"], reason)
                before = matters.settle(connection, number, seen, goes=delivery is None or delivery.cloud in self.kinds)
            except Nowhere as error:
                raise not_found("delivery", str(error)) from error
            except OnItsWay as error:
                raise conflict("still-on-its-way", str(error)) from error
            except CannotSettle as error:
                raise conflict("nothing-to-settle", str(error)) from error
            by.audit(connection, Action.DELIVERY_SETTLE, at, subject=delivery_id, before={"state": before}, why=reason)
            shown = delivery_views.shown(connection, number)
            assert shown is not None
            return answers.keep(connection, key, Reply(200, shown), at)

        if courier is None:
            return await self._journal.write(change)
        self._settling[courier.cloud] += 1
        self.obey()
        try:
            if courier.is_sending(number):
                raise conflict("being-sent", f"Delivery {number} is being sent at this moment: ask again in a minute.")
            reply = await self._journal.write(change)
        finally:
            self._settling[courier.cloud] -= 1
            self.obey()
        self._deliveries([number])
        return reply

    def _deliveries(self, delivery_ids: list[int]) -> None:
        if not len(self._events):  # nobody listens: what would be told is not asked for
            self._events.untold("delivery", len(delivery_ids))
            return
        for delivery_id in delivery_ids:
            shown = delivery_views.one_listed(self._journal.reader, delivery_id)
            if shown is not None:
                self._events.publish("delivery", delivery=shown)

    def _lane(self, view: LaneView) -> None:
        self._events.publish(
            "cloud", cloud=view.cloud, state=str(view.state), error=view.error, since=view.since.isoformat()
        )
        self._exchanges.changed(view.cloud)
        if view.state is LaneState.OPEN:  # the line carries again: whoever waits for it may try
            for name, courier in self._couriers.items():
                if name != view.cloud and courier.view.state is LaneState.LINE:
                    courier.wake(fresh=True)
