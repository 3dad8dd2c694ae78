"""Talking on one open port to a printer: whole commands out, and waiting for what they bring.

Everything that goes out goes through `send`, which holds the line for whole commands: a status poll or a
drawer pulse between the bytes of another command would become that command's parameter.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from drivers.errors import DeviceError, PortLost, WriteStalled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.port import Port
    from drivers.printer.timing import Timing

AGAIN = "It connects again by itself: try again in a few seconds."


class Talk:
    """One open port, until the line is lost: `failure` is why."""

    def __init__(
        self,
        port: Port,
        timing: Timing,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.timing = timing
        self.now = now
        self.sleep = sleep
        self.failure: PortLost | None = None
        self._port = port
        self._line = asyncio.Lock()
        self._news = asyncio.Condition()

    def fail(self, reason: str, hint: str) -> PortLost:
        """Give the line up: what the printer has got of it is no longer known. Returns the error."""
        if self.failure is None:
            self.failure = PortLost(reason, hint=hint)
        return self.failure

    async def send(
        self,
        commands: bytes,
        *,
        on_stall: Callable[[int], Awaitable[None]] | None = None,
        line_s: float | None = None,
    ) -> int:
        """Write whole commands and return how many bytes went out: all of them, or none.

        None: the line was not free within `line_s`, or the printer took nothing for a while. A stall in the
        middle is waited out, as nothing else may be said meanwhile: `on_stall` hears how many bytes went out
        so far and ends it by raising; without one the line is given up. Raises `PortLost` with `written`.
        """
        try:
            async with asyncio.timeout(line_s):
                await self._line.acquire()
        except TimeoutError:
            return 0
        try:
            return await self._write(commands, on_stall)
        finally:
            self._line.release()

    async def _write(self, commands: bytes, on_stall: Callable[[int], Awaitable[None]] | None) -> int:
        if self.failure:
            raise self.failure
        written = 0
        try:
            while True:
                try:
                    await self._port.write(commands[written:], timeout_s=self.timing.stall_s)
                except WriteStalled as stall:
                    written += stall.written
                    if not written:
                        return 0
                    if on_stall is None:
                        raise PortLost(str(stall), hint=stall.hint, written=written) from stall
                    await on_stall(written)
                except PortLost as lost:
                    raise PortLost(str(lost), hint=lost.hint, written=written + lost.written) from lost
                else:
                    return len(commands)
        except BaseException as error:  # cancelled, too: the printer is in the middle of a command
            hint = error.hint if isinstance(error, DeviceError) else AGAIN
            self.fail(str(error) or "a command to the printer was left unfinished", hint)
            raise

    async def until(self, happened: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for the printer to say something that makes `happened` true; return whether it did.

        Raises `PortLost`.
        """
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(lambda: happened() or self.failure is not None)
        except TimeoutError:
            return happened()
        if self.failure is not None and not happened():
            raise self.failure
        return True

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()
