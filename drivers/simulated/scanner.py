"""A simulated scanner: it sends codes as a real one does, with what real ones get wrong as switches."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.errors import PortLost
from drivers.scanner.parity import with_parity_bits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.port import Port

SEND_TIMEOUT_S = 5.0  # a host that takes nothing this long is not listening
REREAD_S = 0.08  # how soon a scanner in a stand reads the same code again


@dataclass(frozen=True, slots=True)
class ScannerFaults:
    """What is wrong with the scanner."""

    half_frame_at_plug_in: bytes = b""  # the end of a code that was under way, or its beginning
    nul_at_plug_in: bool = False
    two_in_one_write: bool = False  # every other code waits for the next
    cr_apart: bool = False  # the suffix comes by itself, after `pause_s`
    parity_7e1: bool = False
    duplicate: bool = False  # every code is read again after `REREAD_S`
    pause_s: float = 0.01


class SimulatedScanner:
    """A `Peer`: connect it by a bench, a socket or a tty, then `scan`."""

    def __init__(
        self,
        *,
        prefix: bytes = b"",
        suffix: bytes = b"\r",
        faults: ScannerFaults | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.faults = faults or ScannerFaults()
        self.heard = bytearray()  # commands from the host
        self._prefix = prefix
        self._suffix = suffix
        self._sleep = sleep
        self._port: Port | None = None
        self._connected = asyncio.Event()
        self._held = b""

    async def serve(self, port: Port) -> None:
        """Be the scanner at the end of `port` until it is lost."""
        faults = self.faults
        noise = (b"\x00" if faults.nul_at_plug_in else b"") + faults.half_frame_at_plug_in
        if noise:
            await port.write(noise, timeout_s=SEND_TIMEOUT_S)
        self._port = port
        self._connected.set()
        try:
            while True:
                self.heard += await port.read()
        finally:
            self._connected.clear()
            self._port = None

    async def scan(self, code: str | bytes) -> None:
        """Send one code, once somebody has the port open. Raises `PortLost` if it is unplugged meanwhile."""
        await self._connected.wait()
        data = code.encode() if isinstance(code, str) else code
        await self._send(data)
        if self.faults.duplicate:
            await self._sleep(REREAD_S)
            await self._send(data)

    async def _send(self, code: bytes) -> None:
        frame, suffix = self._prefix + code, self._suffix
        if self.faults.parity_7e1:
            frame, suffix = with_parity_bits(frame), with_parity_bits(suffix)
        if self.faults.two_in_one_write and not self._held:
            self._held = frame + suffix
            return
        held, self._held = self._held, b""
        if self.faults.cr_apart:
            await self._write(held + frame)
            await self._sleep(self.faults.pause_s)
            await self._write(suffix)
        else:
            await self._write(held + frame + suffix)

    async def _write(self, data: bytes) -> None:
        if self._port is None:
            raise PortLost("the simulated scanner is not connected", hint="Plug it in on the bench.")
        await self._port.write(data, timeout_s=SEND_TIMEOUT_S)
