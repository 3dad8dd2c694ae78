"""Whether a program has a printer open through usblp, Linux' own driver: taking that off would tear it away from it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_NODES = Path("/sys/class/usbmisc")  # lp0 and so on; `device` is the interface, its parent the device
_FILES = Path("/dev/usb")


def held_by_usblp(bus: int, address: int) -> bool:
    """Return whether some program has this device's /dev/usb/lp* open. False also where that cannot be told."""
    for node in _NODES.glob("lp*"):
        try:
            device = (node / "device").resolve().parent
            place = int((device / "busnum").read_text()), int((device / "devnum").read_text())
        except OSError:  # it was unplugged
            continue
        if place == (bus, address):
            return _busy(_FILES / node.name)
    return False


def _busy(file: Path) -> bool:
    # usblp lets one program in at a time, and opening it sends the printer nothing.
    try:
        os.close(os.open(file, os.O_RDWR | getattr(os, "O_NONBLOCK", 0)))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False
