"""What opens a drawer and reads its switch: a printer, or a port of the drawer's own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from drivers.printer.timing import DEFAULT_TIMING

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.device import DeviceView
    from drivers.printer.outcome import KickOutcome
    from drivers.printer.printer import Printer
    from drivers.printer.pulse import Pin
    from drivers.printer.status import Level
    from drivers.printer.timing import Timing


class Opener(Protocol):
    """Opens a drawer, once for each time it is told to."""

    @property
    def open_level(self) -> Level | None:
        """Which level of the switch means open, where the maker documents it."""
        ...

    @property
    def level(self) -> Level | None:
        """What the switch says; None: it cannot be read now, or never."""
        ...

    def view(self, name: str) -> DeviceView:
        """Return the state of the connection, under the drawer's name."""
        ...

    async def open(self) -> KickOutcome:
        """Open it, once. Never raises for the device's trouble."""
        ...

    async def look(self) -> None:
        """Return once `level` is what the switch says now, not a moment ago. Never raises for the device's trouble."""
        ...

    async def run(self, on_level: Callable[[], None]) -> None:
        """Keep the connection until cancelled; `on_level` hears when `level` may have changed."""
        ...

    def nudge(self) -> None:
        """Try again now, where it waits to: something was plugged in."""
        ...


class PrinterOpener:
    """A drawer on a receipt printer's connector, on pin 2 or 5. It is ready when the printer is.

    The switch is pin 3 for both drawers of a splitter cable: what it says may be about the other one.
    """

    open_level: Level | None = None

    def __init__(self, printer: Printer, pin: Pin = 2, *, timing: Timing = DEFAULT_TIMING) -> None:
        self._printer = printer
        self._pin = pin
        self._timing = timing

    @property
    def level(self) -> Level | None:
        """What pin 3 says, by the printer's latest word."""
        return self._printer.status.drawer_pin

    def view(self, name: str) -> DeviceView:
        """Return the state of the printer it hangs on, under the drawer's own name."""
        return replace(self._printer.view, name=name, kind="drawer", port=self._printer.name)

    async def open(self) -> KickOutcome:
        """Send one pulse. The printer keeps the solenoid's duty cycle."""
        return await self._printer.kick(self._pin)

    async def look(self) -> None:
        """Wait until an idle printer has been asked again, which one that reports by itself need not be."""
        await asyncio.sleep(self._timing.poll_s + self._timing.reply_s)

    async def run(self, on_level: Callable[[], None]) -> None:  # noqa: ARG002 - whoever hears the printer calls `Drawer.look`
        """Wait until cancelled: the printer runs by itself."""
        await asyncio.Event().wait()

    def nudge(self) -> None:
        """Do nothing: the printer is nudged itself."""
