"""What the kernel saw on its buses: a third party's count of what went out (Documentation/usb/usbmon.rst)."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ALL_BUSES = Path("/dev/usbmon0")
MON_IOCT_RING_SIZE = 0x9204  # linux/drivers/usb/mon/mon_bin.c: _IO(0x92, 4)
RING_BYTES = 1200 * 1024  # its largest: a test's bytes fit several times, and nothing is lost however slow we read
NODE_S = 10.0  # udev makes the device file
_HEADER = struct.Struct("<QcBBBHccqiiII8s")  # struct usbmon_packet
_BULK, _CONTROL, _IN = 3, 2, 0x80
_SET_CONFIGURATION = b"\x00\x09"  # bmRequestType, bRequest
_PORT_RESET = (
    b"\x23\x03\x04\x00"  # to the hub, SET_FEATURE, PORT_RESET: how a kernel resets a device (USB 2.0, 11.24.2)
)


@dataclass(frozen=True, slots=True)
class _Event:
    kind: bytes  # S: submitted, C: ended
    transfer: int
    endpoint: int
    status: int
    length: int
    setup: bytes


class Usbmon:
    """Listens while it is entered."""

    def __enter__(self) -> Self:
        subprocess.run(["modprobe", "usbmon"], check=True)
        until = time.monotonic() + NODE_S
        while not ALL_BUSES.exists() and time.monotonic() < until:
            time.sleep(0.05)
        self._fd = os.open(ALL_BUSES, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.ioctl(self._fd, MON_IOCT_RING_SIZE, RING_BYTES)
        self._seen: list[_Event] = []
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def sent(self) -> int:
        """Return how many bytes bulk transfers have moved to devices, as far as they have ended."""
        return sum(event.length for event in self._bulk_out())

    def halted(self) -> bool:
        """Whether a halted endpoint has ended a bulk transfer to a device."""
        return any(event.status == -errno.EPIPE for event in self._bulk_out())

    def configured(self) -> bool:
        """Whether anybody has set a device's configuration."""
        return self._asked(_SET_CONFIGURATION)

    def reset(self) -> bool:
        """Whether anybody has reset a device, as plugging one in does."""
        return self._asked(_PORT_RESET)

    def _asked(self, setup: bytes) -> bool:
        return any(
            event.kind == b"S" and event.transfer == _CONTROL and event.setup.startswith(setup)
            for event in self._events()
        )

    def _bulk_out(self) -> list[_Event]:
        return [
            event
            for event in self._events()
            if event.kind == b"C" and event.transfer == _BULK and not event.endpoint & _IN
        ]

    def _events(self) -> list[_Event]:
        while True:
            try:
                packet = os.read(self._fd, RING_BYTES)  # one event, and the bytes it carried
            except BlockingIOError:
                return self._seen
            head = _HEADER.unpack_from(packet)
            self._seen.append(_Event(head[1], head[2], head[3], head[10], head[11], head[13]))
