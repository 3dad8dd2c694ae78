"""The way to a customer display that is plugged into the printer: between two receipts, never within one.

`ESC =` says who obeys what follows: 1 the printer, 2 the display. A printer that is not selected ignores everything but
that and real-time commands, so each screen goes out in one piece that ends with the printer selected; and since a
printer, or a display between it and the PC, may begin with the display selected, every job and every connection selects
the printer first. Sources: Epson's ESC/POS reference for DM-D displays, `ESC =`; Wincor Nixdorf's TH230 programmer's
guide, page 52.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.errors import NotReady, PortLost, PortUnavailable

if TYPE_CHECKING:
    from drivers.printer.printer import Printer

SELECT_PRINTER = b"\x1b=\x01"
SELECT_DISPLAY = b"\x1b=\x02"
_RESET = b"\x1b@"


def to_display(commands: bytes) -> bytes:
    """Return what makes the display obey these commands, and the printer whatever comes after them.

    Some take `ESC @` for the end of a selection, too, and would print what follows it.
    """
    return SELECT_DISPLAY + commands.replace(_RESET, _RESET + SELECT_DISPLAY) + SELECT_PRINTER


class Passage:
    """A `Port` to the display behind a printer. Nothing comes back from there."""

    def __init__(self, printer: Printer) -> None:
        self.url = printer.name
        self._printer = printer

    async def read(self) -> bytes:
        """Wait until the printer is lost. Raises `PortLost`, always."""
        await self._printer.until_lost()
        raise PortLost(f"the printer {self.url} is lost", hint="Look at the printer: the display is plugged into it.")

    async def write(self, data: bytes, *, timeout_s: float) -> None:  # noqa: ARG002 - a receipt may take its time
        """Hand whole commands on as soon as no receipt is on its way. Raises `PortLost`."""
        try:
            await self._printer.pass_on(data)
        except NotReady as error:
            raise PortLost(f"the printer {self.url}: {error}", hint=error.hint) from error

    async def close(self) -> None:
        """Let go of it: the port is the printer's own."""


async def open_passage(printer: Printer) -> Passage:
    """Return the way to a printer's display. Raises `PortUnavailable` where nothing gets through now."""
    try:
        printer.check_passage()
    except NotReady as error:
        raise PortUnavailable(f"the printer {printer.name}: {error}", hint=error.hint) from error
    return Passage(printer)
