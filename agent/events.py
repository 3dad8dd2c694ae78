"""Events: what has just happened, told to everyone who listens, and waiting for nobody.

An event is `{"type", "at", ...}`. It says that something changed; the state itself is asked for. So a
listener that cannot keep up loses nothing by being let go: it comes back and asks.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

EventType = Literal["scan", "sale", "record", "device", "print", "drawer", "delivery", "cloud", "shift"]
TYPES: tuple[str, ...] = get_args(EventType)

EVENTS_WAITING_MAX = 256  # a minute of the busiest till; a page that is further behind reads the state anew
SUBSCRIBERS_MAX = 64  # front ends and pages of one store; more is a page that forgets to close

POLICY_VIOLATION = 1008  # RFC 6455: the subscriber may not listen any more
TRY_AGAIN_LATER = 1013  # the IANA registry of WebSocket close codes: come back

_log = logging.getLogger("stillopen.events")


def _local_now() -> datetime:
    return datetime.now().astimezone()


class Dropped(Exception):
    """The subscription has ended: `code` and `reason` as a WebSocket close says them."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Subscription:
    """Events for one listener, as JSON text, from the moment it was made. Iterating raises `Dropped`."""

    def __init__(self, caller: str) -> None:
        self.caller = caller
        self.dropped: Dropped | None = None
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue(EVENTS_WAITING_MAX + 1)  # one for the end

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        if self.dropped is not None:
            raise self.dropped
        text = await self._waiting.get()
        if text is None:
            assert self.dropped is not None
            raise self.dropped
        return text

    def offer(self, text: str) -> bool:
        """Queue an event; False when there is no room left, and the listener is to be dropped."""
        if self._waiting.qsize() >= EVENTS_WAITING_MAX:
            return False
        self._waiting.put_nowait(text)
        return True

    def drop(self, code: int, reason: str) -> None:
        """End it: what is still queued is not told any more."""
        if self.dropped is None:
            self.dropped = Dropped(code, reason)
            self._waiting.put_nowait(None)


class Events:
    """The one place events are published. To be used on the event loop's thread only."""

    def __init__(self, *, now: Callable[[], datetime] = _local_now) -> None:
        self._now = now
        self._subscriptions: set[Subscription] = set()
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self.dropped = 0  # subscribers let go because they were slow, since the start

    def __len__(self) -> int:
        return len(self._subscriptions)

    def publish(self, type: EventType, **fields: Any) -> None:  # noqa: A002 - the event's own word
        """Tell everyone, now. Never waits, never raises: a till does not fail because nobody can listen."""
        try:
            event = {"type": type, "at": self._now().isoformat(timespec="milliseconds"), **fields}
            if type not in TYPES:
                raise ValueError(f"{type!r} is no event type; the types are {', '.join(TYPES)}")
            text = json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            for listener in self._listeners:
                listener(event)
        except Exception:  # noqa: BLE001 - a listener's bug must not undo the sale that is being told of
            _log.exception("An event of type %r could not be told; this is a bug, please report it", type)
            return
        for subscription in [one for one in self._subscriptions if not one.offer(text)]:
            self._subscriptions.discard(subscription)
            self.dropped += 1
            subscription.drop(TRY_AGAIN_LATER, "too slow: connect again and read the state anew")
            _log.warning(
                "A listener to /v1/events was let go after %d events it did not read (%s). "
                "It should connect again; if this repeats, look at that front end.",
                EVENTS_WAITING_MAX,
                subscription.caller,
            )

    def listen(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Have `listener` called with every event, inside `publish`: for counting and the like, never for I/O."""
        self._listeners.append(listener)

    def subscribe(self, caller: str) -> Subscription:
        """Start listening; to be ended with `unsubscribe`. Raises `Dropped` when there are too many."""
        if len(self._subscriptions) >= SUBSCRIBERS_MAX:
            raise Dropped(TRY_AGAIN_LATER, f"{SUBSCRIBERS_MAX} listeners are connected already: close one of them")
        subscription = Subscription(caller)
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
