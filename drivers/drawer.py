"""A cash drawer on a receipt printer's connector."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.device import DeviceView
    from drivers.printer.outcome import KickOutcome
    from drivers.printer.printer import Printer
    from drivers.printer.pulse import Pin


class Drawer:
    """Opens by a pulse through its printer, on connector pin 2 or 5. It is ready when the printer is."""

    def __init__(self, name: str, printer: Printer, pin: Pin = 2) -> None:
        self.name = name
        self._printer = printer
        self._pin = pin

    async def open(self) -> KickOutcome:
        """Open it, once. `OPENED` only where its switch moved; the printer keeps the solenoid's duty cycle."""
        return await self._printer.kick(self._pin)

    @property
    def view(self) -> DeviceView:
        """The state of the printer it hangs on, under the drawer's own name."""
        return replace(self._printer.view, name=self.name, kind="drawer", port=self._printer.name)
