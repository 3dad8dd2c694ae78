"""What Linux' kernel and udev say when something is plugged in or pulled out. Pure.

Sources: lib/kobject_uevent.c of the kernel; libsystemd's device-monitor.c for udev's own header.
"""

from __future__ import annotations

import struct

_UDEV_MARK = b"libudev\0"
_UDEV_HEADER = struct.Struct("=8sIII")  # mark, magic, size of the header, where the properties begin
_SUBSYSTEMS = frozenset({"tty", "usb", "usbmisc", "hidraw", "input"})
_ACTIONS = frozenset({"add", "remove"})


def is_plug(message: bytes) -> bool:
    """Whether a message says that a device of ours may have come or gone; False for any other bytes."""
    if message.startswith(_UDEV_MARK):
        if len(message) < _UDEV_HEADER.size:
            return False
        message = message[_UDEV_HEADER.unpack_from(message)[3] :]
    said = dict(line.split("=", 1) for line in message.decode("utf-8", "replace").split("\0") if "=" in line)
    return said.get("ACTION") in _ACTIONS and said.get("SUBSYSTEM") in _SUBSYSTEMS
