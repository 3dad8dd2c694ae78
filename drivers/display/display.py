"""A customer display: shows the latest screen, never faster than its wire carries it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from drivers.display.screen import Screen
from drivers.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.device import DeviceListener, DeviceView
    from drivers.display.speech import DisplaySettings
    from drivers.port import Port

BAUD = 9600  # what displays leave the factory with
BITS_A_BYTE = 10  # 8N1: a start bit, eight, a stop bit
STALL_S = 2.0  # for a port to take a screen of 50 bytes
REFRESH_S = 10.0  # a display that was switched off and on shows the sale again within this


class Display:
    """One supervised display. It says nothing back: READY means that its port is open.

    Only the latest screen counts: one that is overtaken while another is on the wire is never sent. It is sent anew
    every `REFRESH_S`, and the greeting with every `show(..., anew=True)` and each new connection.
    """

    def __init__(
        self,
        name: str,
        open_port: Callable[[], Awaitable[Port]],
        settings: DisplaySettings,
        *,
        port: str = "",
        baud: int = BAUD,
        on_state: DeviceListener | None = None,
        refresh_s: float = REFRESH_S,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.screen = Screen()
        self._settings = settings
        self._byte_s = BITS_A_BYTE / baud
        self._refresh_s = refresh_s
        self._now = now
        self._sleep = sleep
        self._anew = True
        self._news = asyncio.Event()
        self._supervisor = Supervisor(
            name, "display", port, open_port=open_port, session=self._serve, on_state=on_state, sleep=sleep
        )

    @property
    def view(self) -> DeviceView:
        """The state of the connection to it."""
        return self._supervisor.view

    async def run(self) -> None:
        """Keep it connected until cancelled."""
        await self._supervisor.run()

    def nudge(self) -> None:
        """Try again now, where it waits to: something was plugged in."""
        self._supervisor.nudge()

    def show(self, screen: Screen, *, anew: bool = False) -> None:
        """Show a screen as soon as the wire is free. `anew` greets the display first, which may have lost its power."""
        self._anew = self._anew or anew
        self.screen = screen
        self._news.set()

    async def _serve(self, port: Port) -> None:
        reading = asyncio.create_task(_until_lost(port))
        writing = asyncio.create_task(self._keep_showing(port))
        try:
            done, _ = await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._anew = True
            for task in (reading, writing):
                task.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)

    async def _keep_showing(self, port: Port) -> None:
        while True:
            self._news.clear()
            data = (self._settings.greeting if self._anew else b"") + self._settings.show(self.screen)
            self._anew = False
            began = self._now()
            await port.write(data, timeout_s=STALL_S)
            # The system takes bytes faster than the wire does; what waits there would be old when it is shown.
            await self._sleep(max(0.0, began + len(data) * self._byte_s - self._now()))
            try:
                async with asyncio.timeout(self._refresh_s):
                    await self._news.wait()
            except TimeoutError:
                pass  # nothing new: the same once more


async def _until_lost(port: Port) -> None:
    """Pass over what comes, for displays with a keyboard behind them. Raises `PortLost`."""
    while True:
        await port.read()
