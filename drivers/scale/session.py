"""One open port to a scale: one question at a time, and the answer to that question."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from drivers.errors import WriteStalled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.port import Port
    from drivers.scale.reading import Reading
    from drivers.scale.talk import Talk
    from drivers.scale.timing import ScaleTiming


class Session:
    """A scale on an open port. `read` has to run while `ask` and `tell` are used."""

    def __init__(
        self,
        port: Port,
        talk: Talk,
        timing: ScaleTiming,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._port = port
        self._talk = talk
        self._timing = timing
        self._now = now
        self._sleep = sleep
        self._turns = asyncio.Lock()  # one question at a time
        self._answer: asyncio.Future[Reading] | None = None
        self._heard_at = now()
        self._owed = True  # an answer may still come: to a question, or to what another program asked before

    async def read(self) -> None:
        """Take what comes, until the port is lost. Raises `PortLost`."""
        while True:
            received = await self._port.read()
            self._heard_at = self._now()
            if self._answer is None or self._answer.done():
                continue  # nobody asked: whatever it says is of another moment
            heard = self._talk.heard(received)
            if heard.send:
                await self._port.write(heard.send, timeout_s=self._timing.stall_s)
            if heard.reading is not None:
                self._answer.set_result(heard.reading)

    async def ask(self) -> Reading | None:
        """Ask for the weight; None: no answer came in time. Raises `PortLost`."""
        async with self._turns:
            return await self._exchange(self._talk.ask())

    async def tell(self, command: bytes) -> Reading | None:
        """Send a command, and return what the scale answered to it, if anything. Raises `PortLost`."""
        async with self._turns:
            self._talk.ask()  # only so that what came before is forgotten
            return await self._exchange(command)

    async def _exchange(self, question: bytes) -> Reading | None:
        await self._be_quiet()
        self._answer = asyncio.get_running_loop().create_future()
        self._owed = True
        try:
            await self._port.write(question, timeout_s=self._timing.stall_s)
            async with asyncio.timeout(self._timing.reply_s):
                reading = await self._answer
        except (WriteStalled, TimeoutError):
            self._heard_at = self._now()  # the quiet begins here, or with the last late byte
            return None
        finally:
            self._answer = None
        self._owed = False
        return reading

    async def _be_quiet(self) -> None:
        """Let an answer that is late go by: it must not be taken for the next one."""
        while self._owed:
            left_s = self._heard_at + self._timing.quiet_s - self._now()
            if left_s <= 0:
                return
            await self._sleep(left_s)
