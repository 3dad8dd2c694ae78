"""A scanner on the guest's own USB bus: a gadget of the kernel's, a serial port, a keyboard or a HID-POS device."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Self

from tests.rig.gadget import run

NUMBERS = {"cdc": ("0c2e", "0aaf"), "hidkbd": ("05e0", "1200"), "hidpos": ("05e0", "1300")}
SHIFT, CTRL, ENTER_KEY = 0x02, 0x01, 0x28  # of a boot keyboard's report: HID 1.11, appendix B; HID Usage Tables, page 7
KEYS = {str(digit): (0, 0x1D + digit) for digit in range(1, 10)} | {"0": (0, 0x27), "\r": (0, ENTER_KEY)}
KEYS |= {chr(ord("A") + at): (SHIFT, 0x04 + at) for at in range(26)} | {"\x1d": (CTRL, 0x30), "]": (0, 0x30)}


@dataclass
class Gadget:
    """A scanner of one kind, and `path`, its end of the cable."""

    kind: str
    name: str
    path: str
    fd: int = -1

    @classmethod
    async def add(cls, kind: str, name: str, serial_number: str | None) -> Self:
        """Make it and plug it in."""
        vendor, product = NUMBERS[kind]
        number = serial_number or "-"
        said = await run("rig-gadget", "add", kind, name, f"0x{vendor}", f"0x{product}", number, "Rig", kind)
        return cls(kind, name, said.strip())

    async def unplug(self) -> None:
        """Pull its plug."""
        self.close()
        await run("rig-gadget", "unplug", self.name)

    async def plug(self) -> None:
        """Put its plug in again, into the same socket."""
        await run("rig-gadget", "plug", self.name)

    async def remove(self) -> None:
        """Unplug it and take it apart."""
        self.close()
        await run("rig-gadget", "del", self.name)

    def open(self) -> None:
        self.fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    async def scan(self, code: str, *, half: bool = False) -> None:
        """Send one code, or the first half of what it takes."""
        reports = list(self._reports(code))
        for report in reports[: len(reports) // 2] if half else reports:
            await asyncio.to_thread(os.write, self.fd, report)

    def _reports(self, code: str) -> list[bytes]:
        if self.kind == "cdc":
            return [bytes([each]) for each in f"{code}\r".encode()]
        if self.kind == "hidkbd":
            strokes = [KEYS[each] for each in f"{code}\r"]
            return [bytes([*each, 0, 0, 0, 0, 0]) for held, key in strokes for each in ((held, 0, key), (0, 0, 0))]
        data = code.encode()
        pieces = [data[at : at + 56] for at in range(0, len(data), 56)]
        return [
            bytes([2, len(piece)]) + b"]C0" + piece.ljust(56, b"\0") + b"\0\0" + bytes([number < len(pieces)])
            for number, piece in enumerate(pieces, 1)
        ]
