"""From a port's URL to an open port."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from drivers.errors import PortUnavailable
from drivers.ports.fd import open_file
from drivers.ports.hid import open_hid
from drivers.ports.tcp import open_tcp
from drivers.ports.threaded import start_port
from drivers.ports.url import parse_port_url

if TYPE_CHECKING:
    from drivers.port import Port
    from drivers.ports.evdev import Ioctl
    from drivers.ports.hid import HidApi
    from drivers.ports.spool_api import Spooler
    from drivers.ports.threaded import Line
    from drivers.ports.url import PortUrl
    from drivers.ports.usbprint_api import UsbPrint
    from drivers.simulated.bench import Bench


async def open_port(
    url: str,
    *,
    bench: Bench | None = None,
    usb: Any = None,
    hid: HidApi | None = None,
    spooler: Spooler | None = None,
    usbprint: UsbPrint | None = None,
    evdev: Ioctl | None = None,
) -> Port:
    """Open a port. `bench` is where `sim://` names are found.

    `usb` is a pyusb backend (default: libusb), `hid` hidapi's module (default: the one that is installed), `spooler`
    a print spooler and `usbprint` the printers that usbprint.sys has (default for both: Windows'), `evdev` what grabs
    a keyboard (default: Linux).
    Raises `PortUrlInvalid`, or `PortUnavailable` with a hint: absent, not allowed, or held.
    """
    parsed = parse_port_url(url)
    match parsed.scheme:
        case "sim":
            if bench is None:
                raise PortUnavailable(
                    f"{url}: there are no simulated devices here",
                    hint="They exist in `stillopen demo`; write the real device's port in the configuration.",
                )
            return await bench.open(parsed.target)
        case "tcp" | "socket":
            assert parsed.port is not None
            return await start_port(url, partial(open_tcp, url, parsed.target, parsed.port))
        case "file":
            return await start_port(url, partial(open_file, url, parsed.target))
        case "usb":
            return await start_port(url, partial(_open_usb, parsed, usb, usbprint))
        case "hid":
            return await start_port(url, partial(open_hid, parsed, hid))
        case "evdev":
            from drivers.ports.evdev import open_evdev  # only for stores whose scanner types

            return await start_port(url, partial(open_evdev, parsed, evdev))
        case "spool":
            from drivers.ports.spool import start_spool  # only for stores whose printer has no other way in

            return await start_spool(parsed, spooler)
        case _:
            return await start_port(url, partial(_open_serial, parsed))


def _open_serial(parsed: PortUrl) -> Line:
    from drivers.ports.serial import open_serial  # pyserial: 30 ms not everyone need spend, and nobody on the loop

    return open_serial(parsed)


def _open_usb(parsed: PortUrl, backend: Any, usbprint: UsbPrint | None) -> Line:
    if usbprint is not None or (sys.platform == "win32" and backend is None):
        from drivers.ports.usbprint import open_usbprint

        line = open_usbprint(parsed, usbprint)
        if line is not None:
            return line
    from drivers.ports.usb import open_usb  # pyusb and libusb: only for stores that have such a printer

    return open_usb(parsed, backend)
