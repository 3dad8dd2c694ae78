"""A keyboard, and a scanner that is one: what is typed is sent as keys, at times of the keyboard's own clock.

The page tells a scanner from a person by those times, not by when it hears of a key; so nothing here waits.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.pages.browser import Page

PERSON_GAP_S = 0.07  # quicker than most type, and slower than any scanner
REST_S = 0.2  # between one thing and the next: a scan is over
WEDGE_GAP_S = 0.005


class Keyboard:
    """One keyboard at one page. Its clock goes at least as fast as the real one, and never back."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._at = 0.0

    async def press(self, key: str, *, alt: bool = False) -> None:
        """Press one key and let it go, as a person does."""
        await self._page.press(key, alt=alt, at=self._next(REST_S))

    async def type(self, text: str) -> None:
        """Type a text as a person does."""
        for char in text:
            await self._page.press(char, at=self._next(PERSON_GAP_S))

    async def scan(self, code: str) -> None:
        """Scan by a keyboard wedge: a burst of keys, and Enter."""
        self._next(REST_S)
        await asyncio.gather(*(self._page.press(key, at=self._next(WEDGE_GAP_S)) for key in (*code, "Enter")))

    def _next(self, gap_s: float) -> float:
        self._at = max(time.time(), self._at + gap_s)
        return self._at
