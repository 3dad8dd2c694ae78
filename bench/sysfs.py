"""The least that finding devices on Linux can be: the same folders listed, the same small files read."""

from __future__ import annotations

from pathlib import Path

FOLDERS = ("/sys/class/tty", "/sys/class/hidraw", "/sys/class/input", "/sys/class/usbmisc", "/sys/bus/usb/devices")
FILES = ("uevent", "idVendor", "idProduct", "serial", "product", "manufacturer", "bInterfaceClass")


def walk() -> int:
    """Read what each device says of itself; return how many files that took."""
    count = 0
    for folder in map(Path, FOLDERS):
        if not folder.is_dir():
            continue
        for device in folder.iterdir():
            if device.name.startswith("tty") and not (device / "device").exists():
                continue  # a console
            for name in FILES:
                try:
                    (device / name).read_bytes()
                except OSError:
                    continue
                count += 1
    return count
