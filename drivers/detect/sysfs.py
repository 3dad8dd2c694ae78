"""What Linux shows of USB printers and of devices that type, read from /sys and /dev. Nothing is opened but text.

Source: the kernel's Documentation/ABI/stable/sysfs-bus-usb; systemd's rules 60-persistent-input and -serial for the
names under /dev.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
        by_id, by_path = (self._typing(folder) for folder in ("by-id", "by-path"))
        there = {event: one for event in (by_id | by_path) if (one := self._keyboard(event)) is not None}
        # Of two that share a name by-id, udev gives it to one; which of them may change when either is replugged.
        shared = {(one.numbers, one.serial_number) for event, one in there.items() if event not in by_id}
        found = []
        for event, one in there.items():
            named = event in by_id and ((one.numbers, one.serial_number) not in shared or event not in by_path)
            link = by_id[event] if named else by_path[event]
            found.append(replace(one, port=f"evdev://{link}", lasting=named and one.serial_number is not None))
        return found

    def stable_name(self, device: str, folder: str) -> str | None:
        """Return the name under /dev/serial/FOLDER (by-id, by-path) that leads to a serial port; None: none does."""
        return next(
            (str(link) for link in sorted(self.dev.glob(f"serial/{folder}/*")) if str(link.resolve()) == device), None
        )

    def _typing(self, folder: str) -> dict[Path, Path]:
        """Return the names of keyboards in a folder of /dev/input, by the device file each leads to."""
        found: dict[Path, Path] = {}
        for link in sorted(self.dev.glob(f"input/{folder}/{_KEYBOARDS}")):
            found.setdefault(link.resolve(), link)
        return found

    def _keyboard(self, event: Path) -> Found | None:
        """Return what a keyboard's device file is, with no port yet; None: no USB device."""
        device = self.sys / "class/input" / event.name / "device"
        vendor, product = _number(device / "id/vendor"), _number(device / "id/product")
        if not vendor:  # a laptop's own keyboard, a power button
            return None
        name, serial_number = _text(device / "name"), _text(device / "uniq")
        return Found(Way.KEYBOARD, str(event), None, name, vendor=vendor, product=product, serial_number=serial_number)

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
