"""Everything that is plugged in, from every place the system shows it. Blocks; opens no port and sends no byte."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from drivers.detect import usb
from drivers.detect.found import Found, Way
from drivers.detect.serials import serials
from drivers.detect.sysfs import Linux
from drivers.errors import PortUnavailable
from drivers.ports.serial_list import list_serial
from drivers.ports.win32 import Win32Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from drivers.ports.hid import HidApi
    from drivers.ports.spool_api import Spooler
    from drivers.ports.usbprint_api import UsbPrint

# Queues that every Windows has and no receipt comes out of.
_NO_PRINTERS = ("Microsoft Print to PDF", "Microsoft XPS Document Writer", "Fax", "OneNote")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where devices are looked for; None is this system's own. Tests bring simulated ones."""

    list_ports: Callable[[], Iterable[Any]] | None = None
    linux: Linux | None = None
    hid: HidApi | None = None
    usb: Any = None  # a pyusb backend
    usbprint: UsbPrint | None = None
    spooler: Spooler | None = None
    platform: str = sys.platform


@dataclass(frozen=True, slots=True)
class Unseen:
    """A kind of devices that could not be looked for, and why."""

    way: Way
    error: str
    hint: str


@dataclass(slots=True)
class Sight:
    """What a look has found, and what it could not look for."""

    found: list[Found] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)


def look(sources: Sources | None = None) -> Sight:
    """Look for everything. Never raises for a kind of device that cannot be looked for: it is in `unseen`."""
    sources = sources or Sources()
    linux = sources.linux or (Linux() if sources.platform.startswith("linux") else None)
    sight = Sight()
    _add(sight, Way.SERIAL, lambda: serials(list_serial(sources.list_ports), linux))
    _add(sight, Way.USB_PRINTER, lambda: usb.with_urls(_printers(sources, linux)))
    _add(sight, Way.HID, lambda: usb.hids(_hid(sources).enumerate(), keyboards=linux is None))
    if linux is not None:
        _add(sight, Way.KEYBOARD, linux.keyboards)
    if sources.spooler is not None or sources.platform == "win32":
        _add(sight, Way.QUEUE, lambda: _queues(sources))
    return sight


def _add(sight: Sight, way: Way, find: Callable[[], list[Found]]) -> None:
    try:
        sight.found += find()
    except PortUnavailable as error:
        sight.unseen.append(Unseen(way, str(error), error.hint))
    except (OSError, ImportError, NotImplementedError, Win32Error) as error:
        sight.unseen.append(
            Unseen(way, f"{type(error).__name__}: {error}", "Write the device's port by hand; it works all the same.")
        )


def _printers(sources: Sources, linux: Linux | None) -> list[Found]:
    if linux is not None and sources.usb is None:
        return linux.usb_printers()
    found = []
    if sources.usbprint is not None or sources.platform == "win32":
        found = usb.by_usbprint(_usbprint(sources).paths())
    if sources.usb is not None:
        found += usb.on_bus(sources.usb)
    return found


def _queues(sources: Sources) -> list[Found]:
    from drivers.ports.spool_api import load_spooler

    names = (sources.spooler or load_spooler()).queues()
    return [
        Found(Way.QUEUE, name, f"spool://{quote(name, safe='')}", name, lasting=True)
        for name in names
        if not name.startswith(_NO_PRINTERS)
    ]


def _usbprint(sources: Sources) -> UsbPrint:
    from drivers.ports.usbprint_api import load_usbprint

    return sources.usbprint or load_usbprint()


def _hid(sources: Sources) -> HidApi:
    from drivers.ports.hid import hidapi

    return sources.hid or hidapi()
