"""How fast one cloud is called, by all who call it: deliveries and looks first, pulls after them.

The waiting is here and the deciding in `turns.py`. What an answer says is left corrects the count; a 429 empties it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from outbox.session import NotSent
from outbox.throttle import Allowance
from outbox.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from outbox.calls import Exchanges
    from outbox.connector import Answer, Request
    from outbox.throttle import Throttle
    from outbox.turns import State

WAIT_MIN_S = 0.005  # below what a timer keeps; sooner would be spinning
WAIT_MAX_S = 60.0  # then it is looked again: an answer may have brought more meanwhile

Turn = Turns["asyncio.Future[float]"]


class Bucket:
    """The units of one cloud, shared."""

    def __init__(self, throttle: Throttle, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.throttle = throttle
        self.turns: Turn = Turns(throttle.limits, clock())
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None

    @property
    def state(self) -> State:
        """How much may be spent now."""
        return self.turns.state(self._clock())

    def of(self, session: Exchanges, *, first: bool) -> Paced:
        """Return a session whose calls wait their turn; `first`: before those that are not."""
        return Paced(session, self, first)

    @contextlib.asynccontextmanager
    async def turn(self, cost: float, *, first: bool) -> AsyncIterator[Ending]:
        """Wait for a turn, and take note of how it ended."""
        mine: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.turns.wait(mine, cost, first=first)
        self._go_on()
        try:
            paid = await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it was this one's turn in the very moment it was told to stop
                self.turns.ended(mine.result(), self._clock(), None, spent=False)
            self.turns.leave(mine)
            self._go_on()
            raise
        ending = Ending()
        try:
            yield ending
        finally:
            self.turns.ended(paid, self._clock(), ending.said, spent=ending.spent)
            self._go_on()

    def _go_on(self) -> None:
        """Let those go whose turn it is, and look again when the next one's units are there."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while ready := self.turns.ready(self._clock()):
            for waiter in ready:
                if waiter.who.cancelled():  # its task was told to stop, and has not come to leave the line yet
                    self.turns.ended(waiter.cost, self._clock(), None, spent=False)
                else:
                    waiter.who.set_result(waiter.cost)
        wait_s = self.turns.ready_in()
        if wait_s is not None:
            self._timer = asyncio.get_running_loop().call_later(min(max(wait_s, WAIT_MIN_S), WAIT_MAX_S), self._go_on)

    def close(self) -> None:
        """Look no more: whoever still waits is told to stop by their own task."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@dataclass(slots=True)
class Ending:
    """How a call ended, as its caller saw it."""

    said: Allowance | None = None
    spent: bool = True


class Paced:
    """A session to one cloud whose calls wait their turn."""

    def __init__(self, session: Exchanges, bucket: Bucket, first: bool) -> None:  # noqa: FBT001 - see `Bucket.of`
        self._session = session
        self._bucket = bucket
        self._first = first

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send one request when it may go, and return the whole answer. Raises `NotSent` or `AnswerLost`."""
        throttle = self._bucket.throttle
        async with self._bucket.turn(throttle.cost(request), first=self._first) as ending:
            try:
                answer = await self._session.exchange(base_url, request, headers)
            except NotSent:
                ending.spent = False
                raise
            ending.said = throttle.allowance(answer)
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS and (ending.said is None or ending.said.left is None):
                ending.said = Allowance(0.0)
            return answer
