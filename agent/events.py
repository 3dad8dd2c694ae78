"""Events: what has just happened, told to everyone who listens, and waiting for nobody.

An event is `{"type", "at", ...}`. It says that something changed; the state itself is asked for. So a
listener that cannot keep up loses nothing by being let go: it comes back and asks.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from outbox.answers import Reply, as_json
from outbox.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from agent.permits import Permit

EventType = Literal[
    "scan", "sale", "record", "device", "print", "drawer", "delivery", "cloud", "shift", "training", "line", "staff",
    "card",
]  # fmt: skip
TYPES: tuple[str, ...] = get_args(EventType)

EVENTS_WAITING_MAX = 256  # a minute of the busiest till; a page that is further behind reads the state anew
SUBSCRIBERS_MAX = 64  # front ends and pages of one store; more is a page that forgets to close

POLICY_VIOLATION = 1008  # RFC 6455: the subscriber may not listen any more
TRY_AGAIN_LATER = 1013  # the IANA registry of WebSocket close codes: come back

_log = logging.getLogger("stillopen.events")


def _local_now() -> datetime:
    return datetime.now().astimezone()


def _ending(type: EventType, fields: dict[str, Any]) -> str:  # noqa: A002 - the event's own word
    """Return what tells events of a type apart: a record's kind, or how a print or a drawer ended."""
    if type == "record":
        return str(fields["record"].body["kind"])
    return str(fields.get("state", ""))


def _as_json(value: Any) -> str:
    """Return a field as JSON; of a reply or a record the text that it has already."""
    if isinstance(value, Reply):
        return value.text
    if isinstance(value, Record):
        return value.canonical_body().decode()
    return as_json(value)


class Dropped(Exception):
    """The subscription has ended: `code` and `reason` as a WebSocket close says them."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Subscription:
    """Events for one listener, as JSON text, from the moment it was made. `ended` is set once it is dropped."""

    def __init__(self, caller: str, claims: frozenset[str] = frozenset(), permit: Permit | None = None) -> None:
        self.caller = caller
        self.claims = claims  # those it holds by being connected
        self._permit = permit
        self.dropped: Dropped | None = None
        self.ended = asyncio.Event()
        self._waiting: asyncio.Queue[str] = asyncio.Queue(EVENTS_WAITING_MAX)

    def hears(self, type: EventType, fields: Mapping[str, Any]) -> bool:  # noqa: A002 - the event's own word
        """Say whether this event is for it."""
        return self._permit is None or self._permit.hears(type, fields)

    async def next(self) -> str:
        """Wait for the next event."""
        return await self._waiting.get()

    def offer(self, text: str) -> bool:
        """Queue an event; False when there is no room left, and the listener is to be dropped."""
        if self._waiting.full():
            return False
        self._waiting.put_nowait(text)
        return True

    def drop(self, code: int, reason: str) -> None:
        """End it: what is still queued is not told any more."""
        self.dropped = Dropped(code, reason)
        self.ended.set()


class Publisher(Protocol):
    """Where a part of the agent tells what has happened."""

    def publish(self, type: EventType, **fields: Any) -> None:  # noqa: A002 - the event's own word
        """Tell everyone, now."""


class Events:
    """The one place events are published. To be used on the event loop's thread only."""

    def __init__(self, *, now: Callable[[], datetime] = _local_now) -> None:
        self._now = now
        self._subscriptions: set[Subscription] = set()
        self.told: Counter[tuple[str, str]] = Counter()  # since the start, by type and how it ended
        self.dropped = 0  # subscribers let go because they were slow, since the start
        self._followers: list[Callable[[str, dict[str, Any]], None]] = []

    def __len__(self) -> int:
        return len(self._subscriptions)

    def publish(self, type: EventType, **fields: Any) -> None:  # noqa: A002 - the event's own word
        """Tell everyone, now. Never waits, never raises: a till does not fail because nobody can listen."""
        self._tell(self._subscriptions, self._followers, type, fields)

    def publish_to(
        self,
        who: Callable[[Subscription], bool],
        type: EventType,  # noqa: A002 - the event's own word
        **fields: Any,
    ) -> None:
        """Tell only these listeners, and no part of the agent itself; as `publish` otherwise."""
        self._tell([one for one in self._subscriptions if who(one)], (), type, fields)

    def _tell(
        self,
        listeners: Collection[Subscription],
        followers: Iterable[Callable[[str, dict[str, Any]], None]],
        type: EventType,  # noqa: A002 - the event's own word
        fields: dict[str, Any],
    ) -> None:
        try:
            if type not in TYPES:
                raise ValueError(f"{type!r} is no event type; the types are {', '.join(TYPES)}")
            self.told[type, _ending(type, fields)] += 1
            for follower in followers:
                follower(type, fields)
            hearing = [one for one in listeners if one.hears(type, fields)]
            if not hearing:
                return
            event = {"type": type, "at": self._now().isoformat(timespec="milliseconds"), **fields}
            text = "{" + ",".join(f'"{name}":{_as_json(value)}' for name, value in event.items()) + "}"
        except Exception:  # noqa: BLE001 - a bug in an event must not undo the sale it tells of
            _log.exception("An event of type %r could not be told; this is a bug, please report it", type)
            return
        for subscription in [one for one in hearing if not one.offer(text)]:
            self._subscriptions.discard(subscription)
            self.dropped += 1
            subscription.drop(TRY_AGAIN_LATER, "too slow: connect again and read the state anew")
            _log.warning(
                "A listener to /v1/events was let go after %d events it did not read (%s). "
                "It should connect again; if this repeats, look at that front end.",
                EVENTS_WAITING_MAX,
                subscription.caller,
            )

    def follow(self, follower: Callable[[str, dict[str, Any]], None]) -> None:
        """Have a part of the agent itself told of every event, at once and with its fields as they are."""
        self._followers.append(follower)

    def untold(self, type: EventType, count: int) -> None:  # noqa: A002 - the event's own word
        """Count events that were not made, as nobody listens."""
        self.told[type, ""] += count

    def subscribe(
        self, caller: str, claims: frozenset[str] = frozenset(), permit: Permit | None = None
    ) -> Subscription:
        """Start listening; to be ended with `unsubscribe`. Raises `Dropped` when there are too many."""
        if len(self._subscriptions) >= SUBSCRIBERS_MAX:
            raise Dropped(TRY_AGAIN_LATER, f"{SUBSCRIBERS_MAX} listeners are connected already: close one of them")
        subscription = Subscription(caller, claims, permit)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop listening; may be called twice."""
        self._subscriptions.discard(subscription)

    def drop_caller(self, caller: str) -> None:
        """Let go everyone who listens as `caller`: its pairing was revoked."""
        for subscription in [one for one in self._subscriptions if one.caller == caller]:
            self._subscriptions.discard(subscription)
            subscription.drop(POLICY_VIOLATION, "the pairing was revoked: pair again")
