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

STANDS_BACK = 4  # commits that somebody waits for, and then one of what nobody does: some 10 ms at the busiest till


class Precedence:
    """Counts who stands waiting, and lets through, one by one, what nobody waits for."""

    def __init__(self) -> None:
        self._ahead = 0
        self._commits = 0
        self._stirred = asyncio.Event()  # somebody was told
        self._behind = asyncio.Lock()  # first come, first served

    @property
    def taken(self) -> bool:
        """Whether somebody stands waiting."""
        return self._ahead > 0

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Somebody stands waiting for what is done inside, which ends in a commit or in an error."""
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
        self._stirred.set()

    def committed(self) -> None:
        """Note that what somebody waited for is on the disk."""
        self._commits += 1

    async def turn(self) -> None:
        """Wait until nobody stands waiting, and for no more than `STANDS_BACK` commits once it is one's turn."""
        if not self._ahead and not self._behind.locked():
            return
        async with self._behind:
            enough = self._commits + STANDS_BACK
            while self._ahead and self._commits < enough:
                self._stirred.clear()
                await self._stirred.wait()
