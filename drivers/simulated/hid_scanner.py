"""A simulated HID-POS scanner: it answers to the report descriptor that it shows, and sends codes in its reports.

scanner = SimulatedHidScanner()
bus.add("counter", scanner, SCANNER_SHAPE)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.errors import PortLost
from drivers.simulated.hid_bus import HidShape

if TYPE_CHECKING:
    from drivers.port import Port

SEND_TIMEOUT_S = 5.0  # a host that takes nothing this long is not listening
DATA_BYTES = 56  # of one report

# Report 2, as Access-IS documents it: count, AIM identifier, 56 bytes, vendor's identifier, reserved, and whether more
# follows. Report 3: its battery. Report 4, outwards: prevent reading, error, good-read and not-on-file beep.
DESCRIPTOR = bytes.fromhex(
    "05 8c 09 02 a1 01"
    "85 02 09 12 a1 02 15 00 26 ff 00 75 08 95 01 05 01 09 3b 81 02"
    "05 8c 09 fb 81 02 09 fc 81 02 09 fd 81 02 95 38 09 fe 82 02 01"
    "95 01 06 66 ff 09 04 81 02 81 03 05 8c 75 01 25 01 09 ff 81 02 95 07 81 03 c0"
    "85 03 09 15 a1 02 75 08 95 01 06 66 ff 09 05 81 02 c0"
    "85 04 05 8c 09 14 a1 02 75 01 95 04 09 5f 09 85 09 86 09 87 91 02 95 04 91 03 c0"
    "c0"
)
SCANNER_SHAPE = HidShape(vendor=0x0C2E, product=0x0B81, parts=((0x8C, 0x02),), descriptor=DESCRIPTOR)


@dataclass(frozen=True, slots=True)
class HidScannerFaults:
    """What is wrong with the scanner."""

    end_lost: bool = False  # the last report of a long code never comes
    battery_between: bool = False  # it reports its battery in the middle of a long code
    no_identifier: bool = False
    suffix: bytes = b""  # some add one in this mode, too


class SimulatedHidScanner:
    """A `Peer` for the HID bus: plug it in, then `scan`."""

    def __init__(self, faults: HidScannerFaults | None = None) -> None:
        self.faults = faults or HidScannerFaults()
        self.heard: list[bytes] = []  # output reports
        self._port: Port | None = None
        self._connected = asyncio.Event()

    @property
    def disabled(self) -> bool:
        """Whether the last report that it was sent keeps it from reading."""
        return bool(self.heard) and bool(self.heard[-1][1] & 0x01)

    async def serve(self, port: Port) -> None:
        """Be the scanner at the end of `port` until it is lost."""
        self._port = port
        self._connected.set()
        try:
            while True:
                self.heard.append(await port.read())
        finally:
            self._connected.clear()
            self._port = None

    async def scan(self, code: str | bytes, identifier: bytes = b"]E0") -> None:
        """Send one code; an empty `identifier` is none. Raises `PortLost` if it is unplugged meanwhile."""
        await self._connected.wait()
        data = (code.encode() if isinstance(code, str) else code) + self.faults.suffix
        pieces = [data[at : at + DATA_BYTES] for at in range(0, len(data), DATA_BYTES)] or [b""]
        aim = b"" if self.faults.no_identifier else identifier
        for number, piece in enumerate(pieces, 1):
            last = number == len(pieces)
            if last and self.faults.end_lost:
                return
            head = bytes([2, len(piece)]) + aim.ljust(3, b"\0") + piece.ljust(DATA_BYTES, b"\0")
            await self._write(head + b"\0\0" + (b"\0" if last else b"\1"))
            if self.faults.battery_between and not last:
                await self._write(b"\x03\x64")

    async def _write(self, report: bytes) -> None:
        if self._port is None:
            raise PortLost("the simulated scanner is not connected", hint="Plug it in on the bus.")
        await self._port.write(report, timeout_s=SEND_TIMEOUT_S)
