"""The courier: the one loop that waits and retries for clouds. One lane a cloud, none in another's way.

Trouble on the line, or in the cloud, slows its lane down and never counts against a record. Only the
cloud's own refusal parks one, and a parked record holds up nothing but the refunds of its own sale.
After trouble the lane sends one delivery alone, and the rest follow when that one is answered.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from outbox import deliveries
from outbox.attempt import Attempts, End, Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from outbox.attempt import Exchanges
    from outbox.connector import Connector, ItemRef
    from outbox.deliveries import Delivery
    from outbox.journal import Journal

BACKOFF_BASE_S = 0.5
BACKOFF_MIN_S = 0.02  # whatever the dice say, a lane never spins
LINE_BACKOFF_MAX_S = 5.0  # a refused connection costs nothing, and a store watches for its line to come back
CLOUD_BACKOFF_MAX_S = 60.0  # a cloud in trouble is not helped by being asked more often
RECORD_BACKOFF_MAX_S = 300.0  # one record that a cloud keeps failing on must not take every probe
UNAUTHORIZED_WAIT_S = 60.0  # a person has to mend it; retrying a delivery asks again at once
LOOK_AHEAD = 8  # deliveries read at a time beyond those that are under way or have to wait

_log = logging.getLogger("stillopen.courier")


class LaneState(StrEnum):
    """What a cloud's lane knows, from its own calls and from nothing else."""

    UNTRIED = "untried"  # no call has ended yet: nothing is known
    OPEN = "open"  # the last call was answered
    LINE = "line"  # the last call did not reach the cloud, or its answer was lost
    TROUBLE = "trouble"  # it answered, and could not do it
    UNAUTHORIZED = "unauthorized"  # it does not accept the credentials


_AFTER = {
    Ending.SETTLED: LaneState.OPEN,
    Ending.LINE: LaneState.LINE,
    Ending.TROUBLE: LaneState.TROUBLE,
    Ending.UNAUTHORIZED: LaneState.UNAUTHORIZED,
}
_MAX_S = {Ending.LINE: LINE_BACKOFF_MAX_S, Ending.TROUBLE: CLOUD_BACKOFF_MAX_S}


@dataclass(frozen=True, slots=True)
class LaneView:
    """One cloud's lane, as a value."""

    cloud: str
    state: LaneState
    since: datetime
    error: str | None = None
    failures: int = 0  # in a row


class Courier:
    """Delivers to one cloud. `run` never returns; `wake` makes it look for work at once."""

    def __init__(
        self,
        cloud: str,
        connector: Connector,
        journal: Journal,
        session: Exchanges,
        *,
        item_refs: Callable[[str, Iterable[str]], Mapping[str, ItemRef]],  # cloud, skus
        on_delivery: Callable[[int], None] = lambda _: None,  # this delivery has come to an end, or to trouble
        on_lane: Callable[[LaneView], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[], float] = random.random,
    ) -> None:
        self.cloud = cloud
        self.view = LaneView(cloud, LaneState.UNTRIED, now())
        self._attempts = Attempts(cloud, connector, journal, session, item_refs, now)
        self._parallel = connector.capabilities.parallel
        self._journal = journal
        self._on_delivery = on_delivery
        self._on_lane = on_lane
        self._now = now
        self._random = random
        self._wake = asyncio.Event()
        self._under_way: dict[asyncio.Task[End], Delivery] = {}
        self._resume_at = 0.0  # loop time
        self._failures: dict[int, int] = {}  # by delivery: how often the cloud failed on it
        self._not_before: dict[int, float] = {}  # by delivery: loop time

    def wake(self, *, fresh: bool = False) -> None:
        """Look for work now. `fresh`: a person asked, or the line is back, so past trouble delays nothing."""
        if fresh:
            self._resume_at = 0.0
            self._not_before.clear()
        self._wake.set()

    async def run(self) -> None:
        """Deliver, for ever. Whatever goes wrong slows the lane down and never ends it."""
        try:
            while True:
                self._wake.clear()
                self._start()
                await self._pause()
                for task in [task for task in self._under_way if task.done()]:
                    self._settle(self._under_way.pop(task), task.result())
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            self._under_way.clear()

    def _start(self) -> None:
        """Start what may go now, oldest first. While the lane has reason to doubt, one alone.

        That one is the oldest of those the cloud has failed on least, so that a record it always fails on
        does not keep the lane from seeing that the others go through.
        """
        now = asyncio.get_running_loop().time()
        if now < self._resume_at:
            return
        sure = self.view.state is LaneState.OPEN
        room = (self._parallel if sure else 1) - len(self._under_way)
        above, limit = 0, LOOK_AHEAD + len(self._under_way) + len(self._not_before)
        while room > 0:
            found = deliveries.due(self._journal.reader, self.cloud, limit, above=above)
            ready = [delivery for delivery in found if self._not_before.get(delivery.id, 0.0) <= now]
            if not sure:
                ready.sort(key=lambda delivery: (self._failures.get(delivery.id, 0), delivery.id))
            for delivery in ready:
                if room > 0 and all(delivery.chain != other.chain for other in self._under_way.values()):
                    attempt = asyncio.create_task(
                        self._attempts.make(delivery), name=f"{self.cloud} delivery {delivery.id}"
                    )
                    self._under_way[attempt] = delivery
                    room -= 1
            if len(found) < limit:
                return
            above = found[-1].id

    async def _pause(self) -> None:
        """Wait until an attempt ends, somebody wakes the lane, or a delay is over."""
        now = asyncio.get_running_loop().time()
        delays = [at - now for at in (self._resume_at, *self._not_before.values()) if at > now]
        woken = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait(
                {woken, *self._under_way},
                timeout=min(delays, default=None),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            woken.cancel()

    def _settle(self, delivery: Delivery, end: End) -> None:
        now = asyncio.get_running_loop().time()
        if end.ending is Ending.SETTLED:
            self._failures.pop(delivery.id, None)
            self._not_before.pop(delivery.id, None)
            self._resume_at = 0.0
        else:
            if now >= self._resume_at:  # the others that were under way met the same trouble: it counts once
                self._resume_at = now + self._lane_delay(end)
            if end.ending is Ending.TROUBLE:
                failures = self._failures[delivery.id] = self._failures.get(delivery.id, 0) + 1
                self._not_before[delivery.id] = now + self._jitter(RECORD_BACKOFF_MAX_S, failures)
        self._note(end)
        self._on_delivery(delivery.id)

    def _lane_delay(self, end: End) -> float:
        if end.ending is Ending.UNAUTHORIZED:
            return UNAUTHORIZED_WAIT_S
        return max(self._jitter(_MAX_S[end.ending], self.view.failures + 1), end.after_s or 0.0)

    def _jitter(self, at_most: float, failures: int) -> float:
        """Full jitter: anywhere up to a ceiling that doubles, so that a thousand stores do not return as one."""
        ceiling = min(at_most, BACKOFF_BASE_S * 2.0 ** min(failures, 16))
        return max(self._random() * ceiling, BACKOFF_MIN_S)

    def _note(self, end: End) -> None:
        before, state = self.view, _AFTER[end.ending]
        good = state is LaneState.OPEN
        since = before.since if state is before.state else self._now()
        self.view = LaneView(self.cloud, state, since, None if good else end.reason, 0 if good else before.failures + 1)
        if good and before.failures:
            _log.info("%s answers again, after %d failures.", self.cloud, before.failures)
        elif not good:
            level = logging.WARNING if state is not before.state else logging.DEBUG
            _log.log(level, "%s: %s. Selling goes on; records wait and are sent later.", self.cloud, end.reason)
        if (state, self.view.error) != (before.state, before.error):
            self._on_lane(self.view)
