"""What the port itself says of its printer, beside the bytes, and whether that is to be believed.

A printer that takes no bytes, or answers none, may still be asked by its port: USB has GET_PORT_STATUS, Linux'
usblp LPGETSTATUS. Many printers answer a constant whatever happens. So its good news is never passed on, and its
bad news only where the printer has not contradicted it, until the byte has been seen to change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from drivers.printer.status import Paper, PrinterStatus

if TYPE_CHECKING:
    from drivers.port import Port
    from drivers.ports.ieee1284 import DeviceId, PortStatus


@runtime_checkable
class StatusPort(Protocol):
    """A port that may be asked about the printer beside the bytes."""

    async def port_status(self) -> PortStatus | None:
        """Return the port status; None: it cannot be read. Raises `PortLost`."""
        ...

    async def device_id(self) -> DeviceId | None:
        """Return the IEEE 1284 device id; None: it cannot be read. Raises `PortLost`."""
        ...


async def device_id(port: Port) -> DeviceId | None:
    """Return the printer's IEEE 1284 device id; None: this port cannot be asked for it. Raises `PortLost`."""
    return await port.device_id() if isinstance(port, StatusPort) else None


class PortWord:
    """The latest word of one open port."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._believed = True
        self._says: PortStatus | None = None

    @property
    def well(self) -> bool | None:
        """Whether it says that all is well; None: it does not say."""
        return None if self._says is None else _well(self._says)

    async def ask(self) -> None:
        """Ask it now. Raises `PortLost`."""
        self._says = await self._port.port_status() if isinstance(self._port, StatusPort) else None
        if self.well:
            self._believed = True

    def doubt(self) -> None:
        """Note that nothing bears out its bad news: it may be a constant."""
        self._believed = bool(self.well)

    def forget(self) -> None:
        """Forget what it said: the printer speaks for itself."""
        self._says = None

    def on(self, status: PrinterStatus) -> PrinterStatus:
        """Return what the printer said, with the port's bad news."""
        says = self._says
        if says is None or not self._believed:
            return status
        if says.paper_empty:
            return replace(status, paper=Paper.END)
        if says.error:
            return replace(status, error=True)
        return status if says.selected else replace(status, online=False)


def _well(says: PortStatus) -> bool:
    return says.selected and not says.error and not says.paper_empty
