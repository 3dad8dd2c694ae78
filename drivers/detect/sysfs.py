"""What Linux shows of USB printers and of devices that type, read from /sys and /dev. Nothing is opened but text.

Source: the kernel's Documentation/ABI/stable/sysfs-bus-usb; systemd's rules 60-persistent-input and -serial for the
names under /dev.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from drivers.detect.found import Found, Way
from drivers.ports.usb_descriptors import ONE_WAY, PRINTER_CLASS, PRINTER_SUBCLASS, TWO_WAYS

_KEYBOARDS = "*-event-kbd"


@dataclass(frozen=True, slots=True)
class Linux:
    """Where Linux shows its devices; tests lay out folders of their own."""

    sys: Path = field(default_factory=lambda: Path("/sys"))
    dev: Path = field(default_factory=lambda: Path("/dev"))

    def usb_printers(self) -> list[Found]:
        """Return every printer interface that this program can print through."""
        found = []
        for interface in sorted(self._folder("bus/usb/devices").glob("*:*")):
            shows = tuple(_number(interface / f"bInterface{what}") for what in ("Class", "SubClass", "Protocol"))
            if shows not in {(PRINTER_CLASS, PRINTER_SUBCLASS, ONE_WAY), (PRINTER_CLASS, PRINTER_SUBCLASS, TWO_WAYS)}:
                continue
            device = interface.with_name(interface.name.split(":")[0])
            file = self._device_file(interface)
            found.append(
                Found(
                    Way.USB_PRINTER,
                    interface.name,
                    None,
                    _text(device / "product"),
                    _text(device / "manufacturer"),
                    _number(device / "idVendor"),
                    _number(device / "idProduct"),
                    _text(device / "serial"),
                    also=() if file is None else (f"file://{file}",),
                )
            )
        return found

    def keyboards(self) -> list[Found]:
        """Return the USB devices that type: keyboards, and scanners that pretend to be one."""
        found: dict[Path, Found] = {}
        # By-path where two of a kind would share a name; so the later folder fills in what the first has not.
        for folder in ("by-id", "by-path"):
            for link in sorted(self.dev.glob(f"input/{folder}/{_KEYBOARDS}")):
                event = link.resolve()
                if event in found:
                    continue
                device = self.sys / "class/input" / event.name / "device"
                vendor, product = _number(device / "id/vendor"), _number(device / "id/product")
                if not vendor:  # a laptop's own keyboard, a power button
                    continue
                name, serial_number = _text(device / "name"), _text(device / "uniq")
                found[event] = Found(
                    Way.KEYBOARD,
                    str(event),
                    f"evdev://{link}",
                    name,
                    vendor=vendor,
                    product=product,
                    serial_number=serial_number,
                    lasting=folder == "by-id" and serial_number is not None,
                )
        return list(found.values())

    def stable_name(self, device: str, folder: str) -> str | None:
        """Return the name under /dev/serial/FOLDER (by-id, by-path) that leads to a serial port; None: none does."""
        return next(
            (str(link) for link in sorted(self.dev.glob(f"serial/{folder}/*")) if str(link.resolve()) == device), None
        )

    def _folder(self, name: str) -> Path:
        return self.sys / name

    def _device_file(self, interface: Path) -> str | None:
        for node in sorted(self._folder("class/usbmisc").glob("lp*")):
            if (node / "device").resolve() == interface.resolve():
                return str(self.dev / "usb" / node.name)
        return None


def _text(file: Path) -> str | None:
    try:
        text = file.read_text(encoding="utf-8", errors="replace").strip("\0 \n")
    except OSError:  # unplugged meanwhile, or the device says nothing
        return None
    return text if text and text.isprintable() else None


def _number(file: Path) -> int | None:
    text = _text(file)
    try:
        return None if text is None else int(text, 16)
    except ValueError:
        return None
