"""Whether a port of the configuration means a device that was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivers.detect.found import Way
from drivers.ports.serial_list import names_numbers

if TYPE_CHECKING:
    from drivers.detect.found import Found
    from drivers.ports.url import PortUrl


def means(url: PortUrl, found: Found) -> bool:
    """Whether `url` opens `found` as things are plugged in now; names under /dev are followed to what they lead to."""
    match url.scheme:
        case "serial" if not names_numbers(url):
            return found.way is Way.SERIAL and _real(url.target) == _real(found.place)
        case "serial":
            return found.way is Way.SERIAL and _numbered(url, found)
        case "usb":
            return found.way is Way.USB_PRINTER and _numbered(url, found)
        case "hid":
            page = url.usage_page in (None, found.usage_page)
            return found.way is Way.HID and page and _numbered(url, found)
        case "evdev":
            return found.way is Way.KEYBOARD and _real(url.target) == _real(found.place)
        case "spool":
            return found.way is Way.QUEUE and url.target == found.place
        case "file":
            return found.way is Way.USB_PRINTER and f"file://{url.target}" in (found.port, *found.also)
    return False


def _numbered(url: PortUrl, found: Found) -> bool:
    if url.target != found.numbers:
        return False
    # Windows keeps ids in capitals, and tells them in whatever case they came.
    return url.serial_number is None or url.serial_number.casefold() == (found.serial_number or "").casefold()


def _real(path: str) -> str:
    return str(Path(path).resolve()) if path.startswith("/") else path.upper()
