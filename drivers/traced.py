"""A port whose bytes are shown to somebody on their way; in everything else it is the port behind it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.errors import PortLost, WriteStalled
from drivers.ports.hid import ReportPort
from drivers.ports.modem import ModemPort
from drivers.printer.port_word import StatusPort

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port
    from drivers.ports.ieee1284 import DeviceId, PortStatus
    from drivers.ports.modem import ModemLines


class Direction(StrEnum):
    """Seen from the agent."""

    IN = "in"
    OUT = "out"


class TracedPort:
    """`see` is told of what was read and of what went out, after it did; it must not raise.

    Not for ports that carry documents (`DocumentPort`). What goes beside the bytes (a port's status) is not seen.
    """

    def __init__(self, port: Port, see: Callable[[Direction, bytes], None]) -> None:
        self.url = port.url
        self._port = port
        self._see = see

    async def read(self) -> bytes:
        """Wait for bytes and return at least one. Raises `PortLost`."""
        data = await self._port.read()
        self._see(Direction.IN, data)
        return data

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Return when all of `data` was taken. Raises `WriteStalled` or `PortLost`."""
        try:
            await self._port.write(data, timeout_s=timeout_s)
        except (WriteStalled, PortLost) as error:
            self._see(Direction.OUT, data[: error.written])
            raise
        self._see(Direction.OUT, data)

    async def close(self) -> None:
        """Let go of the port."""
        await self._port.close()

    async def modem_lines(self) -> ModemLines | None:
        """Return the modem lines the other end holds high; None: there are none. Raises `PortLost`."""
        return await self._port.modem_lines() if isinstance(self._port, ModemPort) else None

    async def port_status(self) -> PortStatus | None:
        """Return what the port itself says of the printer; None: it cannot be read. Raises `PortLost`."""
        return await self._port.port_status() if isinstance(self._port, StatusPort) else None

    async def device_id(self) -> DeviceId | None:
        """Return the printer's IEEE 1284 device id; None: it cannot be read. Raises `PortLost`."""
        return await self._port.device_id() if isinstance(self._port, StatusPort) else None

    async def report_descriptor(self) -> bytes | None:
        """Return what a HID device says of its reports; None: this is no HID device. Raises `PortLost`."""
        return await self._port.report_descriptor() if isinstance(self._port, ReportPort) else None
