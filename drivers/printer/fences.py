"""Fences: which questions about progress are out, and which have been answered. Pure.

`GS r` answers say nothing but that one more question was reached, so they are counted; process ids say
which. A printer may report only the latest of several ids, and drops them when its buffer is cleared.
"""

from __future__ import annotations

from collections import deque
from typing import Self

from drivers.printer.escpos import Fence, FenceKind
from drivers.printer.status import Block, Reply, Short

IDS = 95**4  # how many process ids there are: four characters from 20h to 7Eh
PASSED_KEPT = 4  # a job asks about its own two; a settling question comes between
_COUNTED = (FenceKind.GS_R, FenceKind.ETB)  # answers that do not say which question they are to


class Fences:
    """The fences of one connection. `first` keeps their ids apart from those of an earlier one."""

    def __init__(self, kind: FenceKind, first: int = 0) -> None:
        self.kind = kind
        self.settled = kind not in _COUNTED  # whether counting can be trusted: no answer is owed to the past
        self._next = first % IDS
        self._out: deque[Fence] = deque()  # asked and not answered
        self._passed: deque[int] = deque(maxlen=PASSED_KEPT)

    def of(self, kind: FenceKind) -> Self:
        """Return the fences of this connection by another question."""
        return type(self)(kind, self._next)

    def make(self) -> Fence:
        """Return the next fence; make them in the order they will be sent."""
        self._next = (self._next + 1) % IDS
        return Fence(self.kind, self._next)

    def pair(self) -> tuple[Fence, Fence]:
        """Return the fences of the next job: at its start and at its end."""
        return self.make(), self.make()

    def sent(self, fence: Fence) -> None:
        """Note that a fence went out, before its answer can come."""
        self._out.append(fence)

    def heard(self, reply: Reply) -> bool:
        """Take note of an answer; return whether it was one to a fence."""
        if not self._out:
            return False
        if self.kind is FenceKind.GS_R and isinstance(reply, Short):
            self._passed.append(self._out.popleft().number)
            return True
        if self.kind is FenceKind.GS_H and isinstance(reply, Block):
            ids = [fence.id for fence in self._out]
            if reply.process_id in ids:
                for _ in range(ids.index(reply.process_id) + 1):
                    self._passed.append(self._out.popleft().number)
                return True
        return False

    def passed(self, fence: Fence) -> bool:
        """Return whether the printer has said that it reached this fence."""
        return fence.number in self._passed

    def restart(self, *, settled: bool = False) -> None:
        """Forget what was asked. Counting can be trusted again once the printer answered, then kept quiet."""
        self._out.clear()
        self._passed.clear()
        self.settled = settled or self.kind not in _COUNTED
