"""The courier: the one loop that waits and retries for clouds. One lane a cloud, none in another's way.

Of each till one request is under way at a time, so that its records arrive in the order they were written;
tills do not wait for each other. Trouble on the line, or in the cloud, slows the lane down and never counts
against a record: after it the lane sends one request alone, and the rest follow when that one is answered.
Only the cloud's own refusal parks a record. One that the cloud keeps failing on, while it takes others, is
overtaken by them.
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
from outbox.attempt import Attempts
from outbox.batch_attempt import BatchAttempts
from outbox.claims import Claim, claim
from outbox.ending import End, Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from outbox.auth.authorizer import Authorizer
    from outbox.calls import Exchanges
    from outbox.connector import Connector, ItemRef
    from outbox.journal import Journal

BACKOFF_BASE_S = 0.5
BACKOFF_MIN_S = 0.02  # whatever the dice say, a lane never spins
LINE_BACKOFF_MAX_S = 5.0  # a refused connection costs nothing, and a store watches for its line to come back
CLOUD_BACKOFF_MAX_S = 60.0  # a cloud in trouble is not helped by being asked more often
RECORD_BACKOFF_MAX_S = 300.0  # one record that a cloud keeps failing on must not take every probe
UNAUTHORIZED_WAIT_S = 60.0  # a person has to mend it; retrying a delivery asks again at once
OTHERS_TURN = 10  # failures in a row after which another record is tried, to see which of the two is at fault

_log = logging.getLogger("stillopen.courier")


class LaneState(StrEnum):
    """What a cloud's lane knows, from its own calls and from nothing else."""

    UNTRIED = "untried"  # no call has ended yet: nothing is known
    OPEN = "open"  # the last call was answered
    LINE = "line"  # the last call did not reach the cloud, or its answer was lost
    TROUBLE = "trouble"  # it answered, and could not do it; or this PC's disk could not keep what came of it
    UNAUTHORIZED = "unauthorized"  # it does not accept the credentials


_AFTER = {
    Ending.SETTLED: LaneState.OPEN,
    Ending.HALVE: LaneState.OPEN,
    Ending.LINE: LaneState.LINE,
    Ending.TROUBLE: LaneState.TROUBLE,
    Ending.OURS: LaneState.TROUBLE,
    Ending.UNAUTHORIZED: LaneState.UNAUTHORIZED,
}
_MAX_S = {
    Ending.LINE: LINE_BACKOFF_MAX_S,
    Ending.TROUBLE: CLOUD_BACKOFF_MAX_S,
    Ending.OURS: CLOUD_BACKOFF_MAX_S,
}


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
        on_deliveries: Callable[[list[int]], None] = lambda _: None,  # these have come to an end, or to trouble
        on_lane: Callable[[LaneView], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[], float] = random.random,
        authorizer: Authorizer | None = None,  # None: the connector's own credentials
    ) -> None:
        self.cloud = cloud
        self.view = LaneView(cloud, LaneState.UNTRIED, now())
        self.paused = False
        self._attempts = Attempts(cloud, connector, journal, session, item_refs, now, authorizer)
        packer = connector.packer
        self._batches = (
            None if packer is None else BatchAttempts(cloud, connector, packer, journal, session, now, authorizer)
        )
        self._size = 1 if packer is None else packer.size
        self._parallel = connector.capabilities.parallel
        self._journal = journal
        self._on_deliveries = on_deliveries
        self._on_lane = on_lane
        self._now = now
        self._random = random
        self._wake = asyncio.Event()
        self._under_way: dict[asyncio.Task[End], Claim] = {}
        self._resume_at = 0.0  # loop time
        self._to_look: set[str] | None = None  # tills that may have something to send; None: whichever there are
        self._heads: dict[str, int] = {}  # by till that has something to send: its oldest delivery
        self._held: set[str] = set()  # tills whose oldest delivery waits for another one
        self._sizes: dict[str, int] = {}  # by till, where batches have to be smaller for now
        self._settled = 0  # how many requests the cloud has answered for good
        self._failures: dict[int, tuple[int, int]] = {}  # by delivery: how often in a row, and `_settled` at the first
        self._not_before: dict[int, float] = {}  # by delivery that stands aside: loop time

    def wake(self, *, stream: str | None = None, fresh: bool = False) -> None:
        """Look for work now, of one till or of all.

        `fresh`: a person asked, or the line is back, so past trouble delays nothing.
        """
        if fresh:
            self._resume_at = 0.0
            self._not_before = dict.fromkeys(self._not_before, 0.0)
        if stream is None:
            self._to_look = None
        elif self._to_look is not None and stream not in self._heads:
            self._to_look.add(stream)
        self._wake.set()

    def is_sending(self, delivery_id: int) -> bool:
        """Return whether a delivery is under way at this moment."""
        return any(one.id == delivery_id for claimed in self._under_way.values() for one in claimed.deliveries)

    def pause(self, *, paused: bool) -> None:
        """Begin nothing new while paused: what is under way ends. Afterwards everything goes at once."""
        self.paused = paused
        self.wake(fresh=not paused)

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
        """Start what may go now, oldest first. While the lane has reason to doubt, one alone."""
        now = asyncio.get_running_loop().time()
        if self.paused or now < self._resume_at:
            return
        sure = self.view.state is LaneState.OPEN
        room = (self._parallel if sure else 1) - len(self._under_way)
        if room <= 0:
            return
        self._look(now)
        busy = {under_way.stream for under_way in self._under_way.values()}
        for stream in sorted(self._heads.keys() - busy, key=self._heads.__getitem__):
            claimed = self._claim(stream)
            if claimed is None:  # it has something to send, which waits for another till's
                del self._heads[stream]
                self._held.add(stream)
                continue
            if not sure:
                claimed = self._in_doubt(claimed)
            attempt = asyncio.create_task(
                self._attempt(claimed), name=f"{self.cloud} delivery {claimed.deliveries[0].id}"
            )
            self._under_way[attempt] = claimed
            room -= 1
            if not room:
                return

    def _look(self, now: float) -> None:
        """Bring `_heads` up to date for the tills where something may have changed."""
        if any(at <= now for at in self._not_before.values()):
            self._to_look = None  # what stood aside may go now
        if self._to_look is None:
            self._to_look = {*deliveries.streams(self._journal.reader, self.cloud), *self._heads}
        for stream in self._to_look:
            self._heads.pop(stream, None)
            for head in deliveries.open_of(self._journal.reader, self.cloud, stream, 1):
                self._heads[stream] = head.id
        self._to_look = set()

    async def _attempt(self, claimed: Claim) -> End:
        if self._batches is not None:
            return await self._batches.make(claimed.deliveries)
        return await self._attempts.make(claimed.deliveries[0].id)

    def _claim(self, stream: str, *, above: int = 0) -> Claim | None:
        now = asyncio.get_running_loop().time()
        return claim(
            self._journal.reader,
            self.cloud,
            stream,
            self._sizes.get(stream, self._size),
            stands_aside=self._not_before.__contains__,
            waits=lambda delivery: self._not_before[delivery] > now,
            above=above,
        )

    def _in_doubt(self, oldest: Claim) -> Claim:
        """Return the one to try: the oldest, but now and then another where the cloud has failed on that one often.

        Only a record that has failed alone is overtaken by its own till's: of a batch nobody knows which is at fault.
        """
        times, _ = self._failures.get(oldest.deliveries[0].id, (0, 0))
        if times < OTHERS_TURN or self.view.failures % OTHERS_TURN:
            return oldest
        for stream in sorted(self._heads.keys() - {oldest.stream}, key=self._heads.__getitem__):
            other = self._claim(stream)
            if other is not None:
                return other
        if len(oldest.deliveries) > 1:
            return oldest
        return self._claim(oldest.stream, above=oldest.deliveries[-1].id) or oldest

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

    def _settle(self, claimed: Claim, end: End) -> None:
        now = asyncio.get_running_loop().time()
        if self._to_look is not None:
            self._to_look |= {claimed.stream, *self._held}
        self._held.clear()
        if end.ending in (Ending.SETTLED, Ending.HALVE):
            self._settled += 1
            self._resume_at = 0.0
            for delivery in claimed.deliveries:
                self._failures.pop(delivery.id, None)
                self._not_before.pop(delivery.id, None)
            self._resize(claimed, grow=end.ending is Ending.SETTLED)
        else:
            if now >= self._resume_at:  # the others that were under way met the same trouble: it counts once
                self._resume_at = now + self._lane_delay(end)
            if end.ending is Ending.TROUBLE:
                self._failed(claimed, now)
        self._note(end)
        self._on_deliveries([delivery.id for delivery in claimed.deliveries])

    def _failed(self, claimed: Claim, now: float) -> None:
        """Count trouble with a record, to see the one that the cloud fails on while it takes others."""
        first = claimed.deliveries[0].id
        times, settled = self._failures.get(first, (0, self._settled))
        times += 1
        self._failures[first] = times, settled
        if times < OTHERS_TURN:
            return
        if len(claimed.deliveries) > 1:
            self._resize(claimed, grow=False)
        elif self._settled > settled:
            self._not_before[first] = now + self._jitter(RECORD_BACKOFF_MAX_S, times)

    def _resize(self, claimed: Claim, *, grow: bool) -> None:
        """Halve the till's batches, or let them grow back."""
        if not grow:
            self._sizes[claimed.stream] = max(1, len(claimed.deliveries) // 2)
        elif claimed.stream in self._sizes:
            self._sizes[claimed.stream] *= 2
            if self._sizes[claimed.stream] >= self._size:
                del self._sizes[claimed.stream]

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
