"""Folders that look like Linux' /sys and /dev with devices in them, laid out as the kernel and udev document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.detect.sysfs import Linux

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(order=True)
class Listed:
    """A port as pyserial's `comports` lists it."""

    device: str
    description: str = "n/a"
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None
    location: str | None = None
    manufacturer: str | None = None
    product: str | None = None


class Tree:
    """A made-up computer under a folder."""

    def __init__(self, folder: Path) -> None:
        self.sys, self.dev = folder / "sys", folder / "dev"
        self.linux = Linux(self.sys, self.dev)
        self.ports: list[Listed] = []

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def usb_printer(
        self, place: str, numbers: str, *, serial: str = "", lp: int | None = None, protocol: int = 2
    ) -> None:
        device, interface = self.sys / "bus/usb/devices" / place, self.sys / "bus/usb/devices" / f"{place}:1.0"
        vendor, product = numbers.split(":")
        for name, text in (("idVendor", vendor), ("idProduct", product), ("product", "TM-T20II"), ("serial", serial)):
            if text:
                self.write(device / name, text)
        for name, number in (("Class", 7), ("SubClass", 1), ("Protocol", protocol)):
            self.write(interface / f"bInterface{name}", f"{number:02x}")
        if lp is not None:
            node = self.sys / f"class/usbmisc/lp{lp}"
            node.mkdir(parents=True)
            (node / "device").symlink_to(interface)

    def keyboard(
        self, event: str, name: str, numbers: str, *, by_id: str = "", by_path: str = "", uniq: str = ""
    ) -> None:
        device = self.sys / "class/input" / event / "device"
        vendor, product = numbers.split(":")
        for field, text in (("name", name), ("id/vendor", vendor), ("id/product", product), ("uniq", uniq)):
            self.write(device / field, text)
        for folder, link in (("by-id", by_id), ("by-path", by_path)):
            if link:
                self.link(f"input/{folder}/{link}-event-kbd", f"input/{event}")

    def serial(
        self,
        device: str,
        numbers: str = "",
        *,
        serial: str = "",
        location: str = "",
        by_id: str = "",
        name: str = "n/a",
    ) -> None:
        """A port as pyserial shows it; the name by its socket is made up from `location`."""
        vendor, product = (int(part, 16) for part in numbers.split(":")) if numbers else (None, None)
        path = str(self.dev / device)
        self.ports.append(
            Listed(
                path,
                name,
                vendor,
                product,
                serial or None,
                location or None,
            )
        )
        for folder, link in (("by-id", by_id), ("by-path", f"pci-usb-{location}" if location else "")):
            if link:
                self.link(f"serial/{folder}/{link}", device)

    def link(self, name: str, device: str) -> None:
        target, link = self.dev / device, self.dev / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)

    def list_ports(self) -> list[Listed]:
        return self.ports
