"""Finding the one HID device that a URL means, and saying why another was not opened."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from drivers.errors import PortUnavailable

if TYPE_CHECKING:
    from drivers.ports.hid import HidApi
    from drivers.ports.url import PortUrl

_DESKTOP, _MOUSE, _KEYBOARD = 0x01, 0x02, 0x06  # HID Usage Tables: page Generic Desktop, and two usages of it


def find_hid(url: PortUrl, api: HidApi) -> bytes:
    """Return hidapi's path of the device that `url` means. Raises `PortUnavailable`: none, or more than one."""
    vendor, product = (int(part, 16) for part in url.target.split(":"))
    plugged = api.enumerate(vendor, product)
    if not plugged:
        raise PortUnavailable(
            f"{url.text}: no HID device {url.target} is plugged in",
            hint="Plug it in; `lsusb`, or Windows' Device Manager, shows what is there.",
        )
    meant = [one for one in plugged if url.serial_number in (None, _serial_number(one))]
    if not meant:
        there = sorted({_serial_number(one) or "none" for one in plugged})
        raise PortUnavailable(
            f"{url.text}: no such serial number; those plugged in: {', '.join(there)}",
            hint=f"Write {_urls(url, plugged) or f'hid://{url.target}'}, or plug that device in.",
        )
    meant = _of_page(url, meant)
    paths = {one["path"]: one for one in meant}  # one path may be there once for each of its collections
    if len(paths) > 1:
        raise _several(url, list(paths.values()))
    return bytes(next(iter(paths)))


def refused(url: PortUrl, path: bytes, error: OSError) -> PortUnavailable:
    """Translate hidapi's refusal to open; it says only that it failed, so Linux' device file is looked at."""
    if sys.platform.startswith("linux"):
        file = Path(os.fsdecode(path))
        if file.exists() and not os.access(file, os.R_OK | os.W_OK):
            return PortUnavailable(f"{url.text}: no permission to open {file}", hint=_udev_rule(url))
    return PortUnavailable(
        f"{url.text}: {error}",
        hint="Close the other program that uses it; a device that types like a keyboard belongs to Windows itself"
        " and cannot be opened: switch it to HID-POS or USB-COM.",
    )


def _of_page(url: PortUrl, plugged: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of devices on the page that is asked for; without one, those that no system keeps to itself."""
    if url.usage_page is None:
        free = [
            one
            for one in plugged
            if not (one.get("usage_page") == _DESKTOP and one.get("usage") in (_MOUSE, _KEYBOARD))
        ]
        return free or plugged
    on_page = [one for one in plugged if one.get("usage_page") == url.usage_page]
    if on_page:
        return on_page
    raise PortUnavailable(
        f"{url.text}: the device has no part on this usage page; it has {', '.join(_pages(plugged))}",
        hint="Write one of these after ?page=, or switch the device to another mode (its manual has the barcode).",
    )


def _udev_rule(url: PortUrl) -> str:
    vendor, product = url.target.split(":")
    return (
        f'Put KERNEL=="hidraw*", ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}", GROUP="lp", '
        'MODE="0660" into /etc/udev/rules.d/70-stillopen-hid.rules, add the agent\'s user to the group lp, run'
        " `sudo udevadm control --reload`, and plug the device in again."
    )


def _several(url: PortUrl, parts: list[dict[str, Any]]) -> PortUnavailable:
    problem = f"{url.text} means {len(parts)} HID devices that are plugged in"
    numbers = [_serial_number(one) for one in parts]
    if None not in numbers and len(set(numbers)) == len(parts):
        return PortUnavailable(problem, hint=f"Write {_urls(url, parts)}.")
    pages = _pages(parts)
    if len(pages) == len(parts):
        return PortUnavailable(
            f"{url.text} means a device with {len(parts)} parts, on the usage pages {', '.join(pages)}",
            hint=f"Write which of them: {url.text}?page={pages[0]} and so on.",
        )
    return PortUnavailable(
        f"{problem}, and nothing that tells them apart",
        hint="Unplug one of them, or give one another number (some drawers have switches for that).",
    )


def _serial_number(one: dict[str, Any]) -> str | None:
    return (one.get("serial_number") or "").rstrip("\0 ") or None


def _pages(parts: list[dict[str, Any]]) -> list[str]:
    return sorted({f"{one.get('usage_page', 0):04x}" for one in parts})


def _urls(url: PortUrl, parts: list[dict[str, Any]]) -> str:
    numbers = sorted({number for one in parts if (number := _serial_number(one))})
    return " or ".join(f"hid://{url.target}/{quote(number, safe='')}" for number in numbers)
