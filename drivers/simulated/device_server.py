"""A device server: a simulated serial device behind RFC 2217, so that pyserial's own client sees its modem lines."""

from __future__ import annotations

import asyncio
import contextlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from drivers.errors import PortError

if TYPE_CHECKING:
    from drivers.port import Port
    from drivers.ports.modem import ModemLines
    from drivers.simulated.bench import Peer

WRITE_TIMEOUT_S = 5.0  # a host that reads nothing for so long is gone


class DeviceServer:
    """Puts a peer behind RFC 2217; to be served on TCP, and opened as `rfc2217://`."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def serve(self, port: Port) -> None:
        """Be the device server, and the device on it, at the end of `port` until it is lost."""
        end = _End(port)
        answering = asyncio.create_task(end.answer())
        try:
            await self._peer.serve(end)
        finally:
            answering.cancel()
            await asyncio.wait({answering})


class _End:
    """The device's end: a `Port` that holds modem lines, within telnet's escapes."""

    def __init__(self, port: Port) -> None:
        from serial.rfc2217 import PortManager

        self.url = port.url
        self._port = port
        self._out: asyncio.Queue[bytes] = asyncio.Queue()
        # What PortManager wants of a serial port: settings that it writes, and the lines that it tells of.
        serial: Any = SimpleNamespace(
            baudrate=9600, bytesize=8, parity="N", stopbits=1, xonxoff=False, rtscts=False, break_condition=False,
            dtr=True, rts=True, cts=False, dsr=False, ri=False, cd=False,
            reset_input_buffer=lambda: None, reset_output_buffer=lambda: None,
        )  # fmt: skip  # settings, lines, calls
        connection: Any = SimpleNamespace(write=self._out.put_nowait)
        self._serial = serial
        self._telnet = PortManager(serial, connection)

    def hold_lines(self, lines: ModemLines) -> None:
        """Hold modem lines high, and tell the host."""
        self._serial.cts, self._serial.dsr, self._serial.ri, self._serial.cd = lines.cts, lines.dsr, lines.ri, lines.cd
        self._telnet.check_modem_lines()

    async def read(self) -> bytes:
        """Wait for bytes and return at least one. Raises `PortLost`."""
        while True:
            data = b"".join(self._telnet.filter(await self._port.read()))
            self._telnet.check_modem_lines(force_notification=True)
            if data:
                return data

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Return when the socket took all of `data`. Raises `WriteStalled` or `PortLost`."""
        await self._port.write(b"".join(self._telnet.escape(data)), timeout_s=timeout_s)

    async def close(self) -> None:
        """Let go."""
        await self._port.close()

    async def answer(self) -> None:
        """Send what the telnet side has to say."""
        with contextlib.suppress(PortError):  # whoever reads finds out that the host is gone
            while True:
                await self._port.write(await self._out.get(), timeout_s=WRITE_TIMEOUT_S)
