"""USB printers (class 7) and HID devices, each with the URL that means it and no other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from drivers.detect.found import Found, Kind, Way
from drivers.detect.known import known
from drivers.ports.usb_descriptors import printer_interface
from drivers.ports.usbprint import parse_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DESKTOP, _KEYBOARD = 0x01, 0x06  # HID Usage Tables: a page, and a usage of it
_POS_PAGES = range(0x8C, 0x90)  # scanners, scales, card readers
_VENDOR_PAGES = range(0xFF00, 0x10000)


def with_urls(printers: Sequence[Found]) -> list[Found]:
    """Give each printer its `usb://` URL; two that nothing tells apart get their device files, or none."""
    kinds = Counter(one.numbers for one in printers)
    units = Counter((one.numbers, one.serial_number) for one in printers)
    found = []
    for one in printers:
        if one.serial_number and units[one.numbers, one.serial_number] == 1:
            url = f"usb://{one.numbers}/{quote(one.serial_number, safe='')}"
            found.append(replace(one, port=url, lasting=True))
        elif kinds[one.numbers] == 1:
            found.append(replace(one, port=f"usb://{one.numbers}", lasting=True))
        elif one.also:
            found.append(replace(one, port=one.also[0], also=()))
        else:
            found.append(one)
    return found


def on_bus(backend: Any) -> list[Found]:
    """Return the printers that pyusb shows, where no system does. Their strings are not asked for: that is traffic.

    Raises `usb.core.USBError`.
    """
    import usb.core

    return [
        Found(
            Way.USB_PRINTER,
            f"bus {device.bus}, device {device.address}",
            None,
            vendor=device.idVendor,
            product=device.idProduct,
        )
        for device in usb.core.find(find_all=True, backend=backend)
        if any(printer_interface(configuration) is not None for configuration in device)
    ]


def by_usbprint(paths: Iterable[str]) -> list[Found]:
    """Return the printers that Windows' own driver has, from their device paths."""
    found = []
    for path in map(parse_path, paths):
        if path is not None:
            vendor, product = (int(part, 16) for part in path.numbers.split(":"))
            found.append(
                Found(
                    Way.USB_PRINTER,
                    path.path,
                    None,
                    vendor=vendor,
                    product=product,
                    serial_number=path.serial_number,
                )
            )
    return found


def hids(listed: Sequence[dict[str, Any]], *, keyboards: bool) -> list[Found]:
    """Return what hidapi lists that may be a shop's: a part on a page for shops, or of a maker's own.

    `keyboards`: those, too, where nothing else finds them.
    """
    found: dict[Any, Found] = {}
    typing = {_unit(one) for one in listed if one.get("usage_page") == _DESKTOP}
    for one in listed:
        page = one.get("usage_page") or 0
        maker = known(one["vendor_id"], one["product_id"])
        shops = page in _POS_PAGES or (maker is not None and maker.kind is Kind.DRAWER)
        own = page in _VENDOR_PAGES and (maker is not None or _unit(one) not in typing)  # else a mouse with lights
        if shops or own:
            found.setdefault((_unit(one), page), _hid(one, listed))
        elif keyboards and page == _DESKTOP and one.get("usage") == _KEYBOARD:
            found.setdefault((_unit(one), page), _shown(one, Way.KEYBOARD, None, lasting=False))
    return list(found.values())


def _hid(one: dict[str, Any], listed: Sequence[dict[str, Any]]) -> Found:
    numbers = f"{one['vendor_id']:04x}:{one['product_id']:04x}"
    number = _text(one.get("serial_number"))
    page = one.get("usage_page") or 0
    same = [other for other in listed if _unit(other)[:2] == _unit(one)[:2] and other.get("usage_page") == page]
    twins = [other for other in same if other["path"] != one["path"]]
    named = number is not None and all(_text(other.get("serial_number")) != number for other in twins)
    if twins and not named:
        return _shown(one, Way.HID, None, lasting=False)
    several = len({other.get("usage_page") for other in listed if _unit(other) == _unit(one)}) > 1
    url = f"hid://{numbers}{'/' + quote(number, safe='') if number else ''}{f'?page={page:x}' if several else ''}"
    return _shown(one, Way.HID, url, lasting=True)


def _shown(one: dict[str, Any], way: Way, url: str | None, *, lasting: bool) -> Found:
    path = one["path"]
    return Found(
        way,
        path.decode(errors="replace") if isinstance(path, bytes) else str(path),
        url,
        _text(one.get("product_string")),
        _text(one.get("manufacturer_string")),
        one["vendor_id"],
        one["product_id"],
        _text(one.get("serial_number")),
        usage_page=one.get("usage_page") or None,
        lasting=lasting,
    )


def _unit(one: dict[str, Any]) -> tuple[int, int, str]:
    return one["vendor_id"], one["product_id"], one.get("serial_number") or ""


def _text(value: Any) -> str | None:
    text = str(value or "").strip("\0 ")
    return text if text and text.isprintable() else None
