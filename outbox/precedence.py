"""Who goes first at the journal: what somebody stands waiting for, before what nobody does.

A cloud's lane costs the same thread and the same loop as a sale does. While a sale is being made it stands back; where
sale follows sale for hours it still gets a turn now and then, one step at a time.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDS_BACK_S = 0.01  # at most, for one turn: a hundred steps a second of what nobody waits for, at the busiest till


class Precedence:
    """Counts who stands waiting, and lets through, one by one, what nobody waits for."""

    def __init__(self) -> None:
        self._ahead = 0
        self._gap = asyncio.Event()
        self._behind = asyncio.Lock()  # first come, first served

    @property
    def taken(self) -> bool:
        """Whether somebody stands waiting."""
        return self._ahead > 0

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Somebody stands waiting for what is done inside."""
        self.come()
        try:
            yield
        finally:
            self.go()

    def come(self) -> None:
        """Somebody stands waiting, until `go`."""
        self._ahead += 1

    def go(self) -> None:
        """They were told."""
        self._ahead -= 1
        if not self._ahead:
            self._gap.set()

    async def turn(self) -> None:
        """Wait until nobody stands waiting, and no longer than `STANDS_BACK_S` once it is one's turn."""
        if not self._ahead and not self._behind.locked():
            return
        async with self._behind:
            loop = asyncio.get_running_loop()
            until = loop.time() + STANDS_BACK_S
            while self._ahead and loop.time() < until:
                self._gap.clear()
                try:
                    async with asyncio.timeout_at(until):
                        await self._gap.wait()
                except TimeoutError:
                    return
