"""A drawer with a port of its own, supervised: serial, USB-COM or USB HID."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from drivers.drawer.session import Session
from drivers.errors import PortError
from drivers.printer.outcome import KickOutcome, KickResult
from drivers.printer.pulse import LATE
from drivers.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.device import DeviceListener, DeviceView
    from drivers.drawer.talk import Talk
    from drivers.drawer.timing import DrawerTiming
    from drivers.port import Port
    from drivers.printer.status import Level


class PortOpener:
    """Opens a drawer through its own port. `talk` makes what knows the drawer's language, anew for each connection.

    `port` is its URL, for people to read; `on_state` hears every change of the connection.
    """

    def __init__(
        self,
        name: str,
        open_port: Callable[[], Awaitable[Port]],
        talk: Callable[[], Talk],
        timing: DrawerTiming,
        *,
        port: str = "",
        on_state: DeviceListener | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.open_level = talk().open_level
        self._talk = talk
        self._timing = timing
        self._now = now
        self._sleep = sleep
        self._on_level: Callable[[], None] = lambda: None
        self._session: Session | None = None  # the one that is open
        self._ready = asyncio.Event()  # whether there is one
        self._turns = asyncio.Lock()
        self._supervisor = Supervisor(
            name, "drawer", port, open_port=open_port, session=self._serve, on_state=on_state, sleep=sleep
        )

    @property
    def level(self) -> Level | None:
        """What the switch says; None: it cannot be read now, or never."""
        return self._session.level if self._session else None

    def view(self, name: str) -> DeviceView:  # noqa: ARG002 - the supervisor has the drawer's name
        """Return the state of the connection."""
        return self._supervisor.view

    async def look(self) -> None:
        """Look at the switch now."""
        if self._session is not None:
            with contextlib.suppress(PortError):  # the session meets it, too, and says so
                await self._session.look()

    async def run(self, on_level: Callable[[], None]) -> None:
        """Keep the port open until cancelled; `on_level` hears when `level` has changed."""
        self._on_level = on_level
        await self._supervisor.run()

    def nudge(self) -> None:
        """Try again now, where it waits to: something was plugged in."""
        self._supervisor.nudge()

    async def open(self) -> KickOutcome:
        """Send the command, once; a drawer that cannot be told within `life_s` is not told later."""
        given_up_at = self._now() + self._timing.life_s
        try:
            async with asyncio.timeout(self._timing.life_s):
                await self._turns.acquire()
        except TimeoutError:
            return KickOutcome(KickResult.NOT_OPENED, LATE)
        try:
            return await self._open(given_up_at)
        finally:
            self._turns.release()

    async def _open(self, given_up_at: float) -> KickOutcome:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, given_up_at - self._now())):
                await self._ready.wait()
        session = self._session
        if session is None:
            view = self._supervisor.view
            reason = view.error or "the drawer is not connected yet"
            return KickOutcome(KickResult.NOT_OPENED, f"{reason}. {view.hint or 'Open the drawer with its key.'}")
        if session.charged_at > given_up_at:
            wait_s = session.charged_at - self._now()
            return KickOutcome(
                KickResult.NOT_OPENED,
                f"the drawer is charging for another {wait_s:.0f} s. Press again then, or open it with its key.",
            )
        await self._sleep(max(0.0, session.charged_at - self._now()))
        return await session.open(given_up_at)

    async def _serve(self, port: Port) -> None:
        self._session = Session(port, self._talk(), self._timing, self._on_level, now=self._now, sleep=self._sleep)
        self._ready.set()
        try:
            await self._session.run()
        finally:
            self._ready.clear()
            self._session = None
            self._on_level()
