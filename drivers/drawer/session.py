"""One open port to a drawer: it is told to open, and its switch is looked at."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from drivers.errors import PortError, PortLost, WriteStalled
from drivers.printer.outcome import KickOutcome, KickResult
from drivers.printer.pulse import NO_SWITCH

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.drawer.talk import Talk
    from drivers.drawer.timing import DrawerTiming
    from drivers.port import Port
    from drivers.printer.status import Level

UNANSWERED_MAX = 3  # questions in a row, after which what the switch said last is no longer taken for true
NO_WORD = "This drawer does not report its switch: look whether it is open."


class Session:
    """A drawer on an open port. `run` keeps watch; `open` may be called while it runs."""

    def __init__(
        self,
        port: Port,
        talk: Talk,
        timing: DrawerTiming,
        on_level: Callable[[], None],
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.level: Level | None = None
        self.charged_at = now() + timing.charge_s
        self._port = port
        self._talk = talk
        self._timing = timing
        self._on_level = on_level
        self._now = now
        self._sleep = sleep
        self._line = asyncio.Lock()  # one command at a time
        self._looking = asyncio.Lock()
        self._answers = asyncio.Event()
        self._unanswered = 0

    async def run(self) -> None:
        """Read, and look at the switch, until the port is lost. Raises `PortLost`."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._watch())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def open(self, given_up_at: float) -> KickOutcome:
        """Send the command once, and watch the switch. Nothing is sent after `given_up_at`."""
        before = await self._look_in_time(given_up_at)
        try:
            async with self._line:
                if self._now() >= given_up_at:
                    return KickOutcome(KickResult.NOT_OPENED, "the drawer's port is busy. Press again.")
                left_s = given_up_at - self._now()
                await self._port.write(self._talk.command, timeout_s=min(self._timing.stall_s, left_s))
        except (WriteStalled, PortLost) as error:
            if error.written:
                return KickOutcome(KickResult.UNKNOWN, f"{error}, within the command: look whether it is open.")
            return KickOutcome(KickResult.NOT_OPENED, f"{error}. {error.hint}".strip())
        self.charged_at = self._now() + self._timing.recharge_s
        if before is None:
            return KickOutcome(KickResult.UNKNOWN, NO_WORD)
        try:
            if await self._moved(before):
                return KickOutcome(KickResult.OPENED, "")
        except PortLost as lost:
            return KickOutcome(KickResult.UNKNOWN, f"{lost}, just after the command: look whether it is open.")
        return KickOutcome(KickResult.UNKNOWN, NO_SWITCH)

    async def _look_in_time(self, given_up_at: float) -> Level | None:
        """Return the level just before the command, or None: one that does not answer is to open all the same."""
        try:
            async with asyncio.timeout(min(self._timing.reply_s, max(0.0, given_up_at - self._now()))):
                return await self.look()
        except (TimeoutError, PortError):  # the write meets it, too, and counts what went out
            return None

    async def _moved(self, before: Level) -> bool:
        until = self._now() + self._timing.edge_s
        while self._now() < until:
            if await self.look() not in (None, before):
                return True
            await self._sleep(self._timing.glance_s)
        return False

    async def _read(self) -> None:
        while True:
            level = self._talk.heard(await self._port.read())
            if level is not None:
                self._answers.set()
                self._say(level)

    async def _watch(self) -> None:
        while True:
            await self.look()
            await self._sleep(self._timing.poll_s)

    async def look(self) -> Level | None:
        """Look at the switch; return its level, None where it did not say in time. Raises `PortLost`."""
        async with self._looking:
            if not self._talk.question:
                level = await self._talk.sensed(self._port)
                self._say(level)
                return level
            if await self._answered():
                self._unanswered = 0
                return self.level
            self._talk.unanswered()
            self._unanswered += 1
            if self._unanswered >= UNANSWERED_MAX:
                self._say(None)
            return None

    async def _answered(self) -> bool:
        """Ask for the switch; return whether the answer came in time. Raises `PortLost`."""
        self._answers.clear()
        try:
            async with self._line:
                await self._port.write(self._talk.question, timeout_s=self._timing.stall_s)
            async with asyncio.timeout(self._timing.reply_s):
                await self._answers.wait()
        except (WriteStalled, TimeoutError):
            return False
        return True

    def _say(self, level: Level | None) -> None:
        if level is not self.level:
            self.level = level
            self._on_level()
