"""Whose turn it is to call a cloud: units that come back by and by, and two queues for them. Pure; times are given.

Deliveries go before pulls, since a sale is worth more than a price; but while both wait, every tenth turn is a pull's,
so that prices arrive on the busiest day. Within a queue the first to come is the first to go, whatever it costs: a dear
request is not overtaken for ever by cheap ones.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from outbox.throttle import Allowance, Limits

T = TypeVar("T")

IN_A_ROW = 9  # deliveries, while a pull waits: prices may take ten times as long to come on the busiest day
PER_S_MIN = 0.01  # whatever a cloud says of itself, a call is made every few minutes: else nothing would ever be heard


@dataclass(frozen=True, slots=True)
class Waiter(Generic[T]):
    """Someone who waits, and what their call costs."""

    who: T
    cost: float


@dataclass(frozen=True, slots=True)
class State:
    """The units that are left, how many there can be, and how many come back in a second."""

    left: float
    burst: float
    per_s: float


@dataclass(slots=True)
class Turns(Generic[T]):
    """The turns at one cloud. `now` is in seconds of a clock that is never set; one that goes back is not believed."""

    limits: Limits
    now: float
    first: deque[Waiter[T]] = field(default_factory=deque)
    then: deque[Waiter[T]] = field(default_factory=deque)
    under_way: int = 0
    _spent: float = 0.0  # by those under way
    _level: float = field(init=False)
    _burst: float = field(init=False)
    _per_s: float = field(init=False)
    _in_a_row: int = 0

    def __post_init__(self) -> None:
        self._level = self._burst = max(self.limits.burst, 1.0)
        self._per_s = max(self.limits.per_s, PER_S_MIN)

    def state(self, now: float) -> State:
        """Return how much may be spent now."""
        return State(min(self._burst, self._level + max(0.0, now - self.now) * self._per_s), self._burst, self._per_s)

    def wait(self, who: T, cost: float, *, first: bool) -> None:
        """Get in line. What costs more than there can ever be costs all there can be."""
        wanted = cost if math.isfinite(cost) and cost > 0 else 0.0
        (self.first if first else self.then).append(Waiter(who, wanted))

    def leave(self, who: T) -> None:
        """Get out of the line again."""
        for queue in (self.first, self.then):
            for waiter in [waiter for waiter in queue if waiter.who == who]:
                queue.remove(waiter)

    def ready(self, now: float) -> list[Waiter[T]]:
        """Return those whose turn it is now; their units are spent."""
        self._pass_time(now)
        found: list[Waiter[T]] = []
        while (queue := self._next()) is not None and not self._is_full():
            cost = min(queue[0].cost, self._burst)
            if cost > self._level:
                break
            waiter = queue.popleft()
            self._in_a_row = self._in_a_row + 1 if queue is self.first and self.then else 0
            self._level -= cost
            self._spent += cost
            self.under_way += 1
            found.append(Waiter(waiter.who, cost))
        return found

    def ready_in(self) -> float | None:
        """Return after how many seconds the next one's units are there; None: nobody waits for units."""
        queue = self._next()
        if queue is None or self._is_full():
            return None
        return max(0.0, (min(queue[0].cost, self._burst) - self._level) / self._per_s)

    def ended(self, cost: float, now: float, said: Allowance | None, *, spent: bool = True) -> None:
        """Take note of a call's end. `spent`: the cloud may have seen it."""
        self._pass_time(now)
        self.under_way -= 1
        self._spent -= cost
        if not spent:
            self._level = min(self._burst, self._level + cost)
        if said is None:
            return
        if said.burst is not None and math.isfinite(said.burst) and said.burst >= 1:
            self._burst = said.burst
        if said.per_s is not None and math.isfinite(said.per_s) and said.per_s > 0:
            self._per_s = max(said.per_s, PER_S_MIN)
        if said.left is not None and math.isfinite(said.left):
            self._level = said.left - self._spent  # it has not counted what is still on its way there
        self._level = min(self._burst, max(self._level, -self._burst))

    def _next(self) -> deque[Waiter[T]] | None:
        if self.first and (not self.then or self._in_a_row < IN_A_ROW):
            return self.first
        return self.then or None

    def _is_full(self) -> bool:
        return self.limits.at_once is not None and self.under_way >= max(self.limits.at_once, 1)

    def _pass_time(self, now: float) -> None:
        self._level = min(self._burst, self._level + max(0.0, now - self.now) * self._per_s)
        self.now = now
