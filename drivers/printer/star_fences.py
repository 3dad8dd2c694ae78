"""Fences of a Star: ETB makes it count when everything before was printed, and its status shows the counter. Pure.

Sources: "STAR Line Mode Command Specifications", page 3-54 (ETB, `ESC RS E`) and 5-11 (the counter: 5 bits, and
0 after power on). Each job starts the counter anew, so 1 says that it began and 2 that it is through; finding
out that nothing is owed to an earlier program ends in 3. 0 is never waited for: a printer whose power was cut in
the middle of a receipt says that of itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.printer.escpos import Fence, FenceKind
from drivers.printer.fences import IDS, Fences

ETB = b"\x17"
COUNTER_RESET = b"\x1b\x1e\x45\x00"


class Reading(IntEnum):
    """What the counter shows when a fence was reached."""

    START = 1
    END = 2
    SETTLED = 3


@dataclass(frozen=True, slots=True)
class CounterFence(Fence):
    """A fence that is reached when the counter shows `reading`."""

    reading: Reading

    @property
    def request(self) -> bytes:
        """Return its bytes: ETB, after a reset unless it is a job's end."""
        if self.kind is not FenceKind.ETB:
            return b""
        return ETB if self.reading is Reading.END else COUNTER_RESET + ETB * self.reading


class StarFences(Fences):
    """The fences of one connection to a Star."""

    def make(self) -> Fence:
        """Return the fence that settles what is owed."""
        return self._make(Reading.SETTLED)

    def pair(self) -> tuple[Fence, Fence]:
        """Return the fences of the next job: at its start and at its end."""
        return self._make(Reading.START), self._make(Reading.END)

    def counted(self, counter: int) -> None:
        """Take note of what the counter shows."""
        readings = [fence.reading for fence in self._out if isinstance(fence, CounterFence)]
        if counter in readings:
            for _ in range(readings.index(Reading(counter)) + 1):
                self._passed.append(self._out.popleft().number)

    def _make(self, reading: Reading) -> CounterFence:
        self._next = (self._next + 1) % IDS
        return CounterFence(self.kind, self._next, reading)
