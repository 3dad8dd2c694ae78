"""One open port to a Star printer. As any session, but for what is asked and how it is answered.

A Star is asked by `ESC ACK SOH`, which it obeys at once, only until it reports by itself: then the manual forbids
that, and `ESC RS a 1` is sent instead, which reports once more and sees to it that reports are on. That one is
obeyed in order, so a printer that cannot print may leave it unanswered without being lost.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from drivers.printer.background import Background
from drivers.printer.escpos import FenceKind
from drivers.printer.outcome import trouble
from drivers.printer.session import WAKE_BYTES, Session
from drivers.printer.star_fences import StarFences
from drivers.printer.star_status import Frame, FrameReader, after_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.port import Port
    from drivers.printer.timing import Timing

ASK_NOW = b"\x1b\x06\x01"
REPORTS_ON = b"\x1b\x1e\x61\x01"
UNANSWERED_MAX = 256  # questions a printer that cannot print may have waiting: 1 KB of its buffer of 4 and more
UNANSWERED_BY_WATCH_MAX = 16  # of these, by ourselves: a cover left open overnight must not fill the buffer
LEAVE_RASTER_MODE = b"\x1b\x2a\x72\x42"


class StarSession(Session):
    """A Star printer on an open port, whether or not it reports by itself."""

    fences: StarFences

    def __init__(self, port: Port, fence: FenceKind, timing: Timing, **rest: Any) -> None:
        super().__init__(port, fence, timing, **rest)
        self.fences = StarFences(fence)
        self._frames = FrameReader()
        self._reports_asked_for = False
        self._counter: int | None = None  # as last heard
        self._unanswered = 0  # questions that wait in the printer until it can print
        self._polling = asyncio.Lock()  # held while a poll's question is out

    async def start(self) -> None:
        """Say hello. Raises `PortLost` where a printer that should answer does not."""
        async with Background(self._read()), self._polled():
            if not await self.ask(1):
                await self._wake_silent()
            if not self.answers:
                return
            self._reports_asked_for = True
            await self.send(REPORTS_ON)
            await self.until(lambda: self.reports, self.timing.asb_s)
            if trouble(self.status) is None:
                await self.settle()
                if self._probe:
                    self._find_counter()

    async def run(self) -> None:
        """Read, and keep watch, until the line is lost. Raises `PortLost`."""
        async with self._polled():
            await super().run()

    async def ask(self, n: int, *, line_s: float | None = None) -> bool:
        """Ask for the status and return whether the answer came in time. Raises `PortLost`."""
        if self.reports and not self._asking.locked():
            self._asked = None  # an answer that was lost need not be waited for: any is the whole status
        return await super().ask(n, line_s=line_s)

    @property
    def only_reports(self) -> bool:
        """Whether it reports, and may answer nothing before it can print again."""
        return self.reports and trouble(self.status) is not None

    async def look_at_drawer(self, *, line_s: float) -> bool:
        """Ask, where it can be asked, and let come what was on its way before that. Raises `PortLost`.

        A report that it made earlier looks like the answer, and the next one then like a move.
        """
        known = self.only_reports or await super().look_at_drawer(line_s=line_s)
        if known and self.reports:
            await self.until(lambda: False, self.timing.flight_s)
        return known

    async def hears_now(self) -> bool:
        """Return False: a report looks like the answer to any question."""
        return False

    async def look(self) -> bool:
        """Ask for the status; return whether it is known. Raises `PortLost`."""
        in_trouble = self.only_reports
        if in_trouble and self._unanswered >= UNANSWERED_MAX:
            return True
        # One that said why it cannot print has told all there is, and may answer nothing before that is over.
        return await self.ask(1) or in_trouble

    async def _watch(self) -> None:
        if not self.only_reports:
            await super()._watch()
        elif self._unanswered < UNANSWERED_BY_WATCH_MAX:
            await self.look()  # shows that the line is gone, and turns reports on again after a power cut

    async def _poll(self) -> None:
        """Ask a printer that does not report by itself how far it has come, while somebody waits for that."""
        while True:
            await self.sleep(self.timing.glance_s)
            if self._reports_asked_for and not self.reports:
                async with self._polling:
                    await self.ask(1)

    @asynccontextmanager
    async def _polled(self) -> AsyncIterator[None]:
        """Poll meanwhile. At the end no question is broken off: the printer would be in the middle of a command."""
        async with Background(self._poll()):
            yield
            async with self._polling:
                pass

    def _find_counter(self) -> None:
        """Find out whether its status has a counter at all."""
        if self._counter is None:
            self.fences = self.fences.of(FenceKind.NONE)
        elif self.fences.settled:
            self.learned = FenceKind.ETB

    def _question(self, _n: int) -> bytes:
        if not self.reports:
            return ASK_NOW
        self._unanswered += 1
        return REPORTS_ON

    def _take(self, received: bytes) -> None:
        before = self.status
        self._word.forget()
        for reply in self._frames.feed(received):
            if isinstance(reply, Frame):
                self._take_frame(reply)
        self._notice(before)

    def _take_frame(self, frame: Frame) -> None:
        self.answers = True
        self._unanswered = 0
        if self._asked is None and self._reports_asked_for:
            self.reports = True
        self._asked = None
        self._says(after_frame(self.said, frame))
        if frame.overflow:
            self.fences.restart()  # bytes were lost: whatever it counts, no receipt is known to be whole
        if frame.counter is not None and (frame.counter != self._counter or frame.etb):
            self.heard += 1
            self.fences.counted(frame.counter)
        self._counter = frame.counter


class StarLineSession(StarSession):
    """A Star in Star Line Mode, which an earlier program may have left in raster mode."""

    wake_bytes = bytes(WAKE_BYTES) + LEAVE_RASTER_MODE
