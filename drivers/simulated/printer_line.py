"""The connector of a simulated device: what comes is taken as far as there is room, answers go out in order."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from drivers.errors import PortError, PortLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port

REPLY_TIMEOUT_S = 5.0  # a host that reads nothing for so long is gone
STILL_THERE_S = 0.2  # how often a printer with a full buffer looks whether its host is there


class HostLine:
    """One host at a time, the newest. `take` returns how many bytes it took; `room` says when to try again."""

    def __init__(self, take: Callable[[bytes], int]) -> None:
        self._take = take
        self._out: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = asyncio.Event()
        self._port: Port | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether a host has the port open."""
        return self._port is not None

    async def serve(self, port: Port) -> None:
        """Take what comes from `port` until it is lost; a newer host takes the device over."""
        self._port = port
        self._room.set()  # whoever waits here for an older host finds out
        while not self._out.empty():
            self._out.get_nowait()
        answering = asyncio.create_task(self._answer(port))
        try:
            while self._port is port:
                received = await port.read()
                while received and self._port is port:
                    received = received[self._take(received) :]
                    if received:
                        await self._wait_for_room(port)
        finally:
            answering.cancel()
            await asyncio.wait({answering})
            if self._port is port:
                self._port = None
            await self.hung_up()

    def send(self, answer: bytes, *, delay_s: float = 0.0) -> None:
        """Answer the host, perhaps later; with no host it is nobody's."""
        if self._port is None:
            return
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, self._out.put_nowait, answer)
        else:
            self._out.put_nowait(answer)

    def room(self) -> None:
        """There may be room again for what was not taken."""
        self._room.set()

    def hang_up(self) -> None:
        """Let go of the host, as a device does whose power fails; `hung_up` waits for it."""
        port, self._port = self._port, None
        self._room.set()
        if port is not None:
            self._closing = asyncio.create_task(port.close(), name=f"hang up {port.url}")

    async def hung_up(self) -> None:
        """Wait until a host that was let go of is gone."""
        if self._closing is not None:
            await self._closing

    async def _wait_for_room(self, port: Port) -> None:
        if self._port is not port:
            raise PortLost(f"{port.url}: the printer was switched off, or another host has it")
        self._room.clear()
        try:
            async with asyncio.timeout(STILL_THERE_S):
                await self._room.wait()
        except TimeoutError:
            await port.write(b"", timeout_s=REPLY_TIMEOUT_S)  # raises where the host has gone

    async def _answer(self, port: Port) -> None:
        with contextlib.suppress(PortError):  # whoever reads finds out that the host is gone
            while True:
                await port.write(await self._out.get(), timeout_s=REPLY_TIMEOUT_S)
