"""Finding the one USB printer that a URL means, and saying why another was not opened."""

from __future__ import annotations

import contextlib
import errno
import sys
from typing import TYPE_CHECKING, Any

from drivers.errors import PortUnavailable
from drivers.ports.usb_descriptors import printer_interface

if TYPE_CHECKING:
    from drivers.ports.url import PortUrl


def find_printer(url: PortUrl, backend: Any) -> Any:
    """Return the pyusb device that `url` means. Raises `PortUnavailable`: none, no printer, or more than one."""
    import usb.core

    vendor, product = (int(part, 16) for part in url.target.split(":"))
    try:
        devices = list(usb.core.find(find_all=True, backend=backend, idVendor=vendor, idProduct=product))
    except usb.core.USBError as error:
        raise refused(url, error) from error
    if not devices:
        raise PortUnavailable(
            f"{url.text}: no USB device {url.target} is plugged in",
            hint="Plug the printer in and switch it on; `lsusb`, or Windows' Device Manager, shows what is there.",
        )
    printers = [device for device in devices if _prints(device)]
    if not printers:
        raise PortUnavailable(
            f"{url.text}: the device is there, but shows no printer on its USB interface",
            hint="If it shows itself as a serial port use serial://; or switch it to the USB printer class"
            " (its manual: memory switches).",
        )
    if url.serial_number is not None:
        printers = _with_serial_number(url, printers)
    if len(printers) > 1:
        raise _several(url, printers)
    return printers[0]


def refused(url: PortUrl, error: Exception) -> PortUnavailable:
    """Translate what pyusb raised while a printer was being opened (`USBError` or `NotImplementedError`)."""
    code = error.errno if isinstance(error, OSError) else errno.ENOSYS
    if code == errno.EACCES:
        if sys.platform == "win32":
            return PortUnavailable(f"{url.text} is held by another program", hint=_HELD)
        return PortUnavailable(f"{url.text}: no permission to open it", hint=f"{_udev_rule(url)}")
    if code == errno.EBUSY:
        return PortUnavailable(f"{url.text} is held by another program", hint=_HELD)
    if code in {errno.ENOSYS, errno.ENOENT} and sys.platform == "win32":
        return PortUnavailable(
            f"{url.text}: Windows' own printer driver has it",
            hint="Print through its queue, spool://QUEUE, or by the printer's serial or network port.",
        )
    return PortUnavailable(f"{url.text}: {error}", hint="Unplug the printer, plug it in again, and look at its cable.")


_HELD = "Close the other program that uses it (CUPS' queue for it, a vendor's tool), or the second agent."


def _udev_rule(url: PortUrl) -> str:
    vendor, product = url.target.split(":")
    return (
        f'Put SUBSYSTEM=="usb", ATTR{{idVendor}}=="{vendor}", ATTR{{idProduct}}=="{product}", GROUP="lp", MODE="0660"'
        " into /etc/udev/rules.d/70-stillopen.rules, add the agent's user to the group lp, run"
        " `sudo udevadm control --reload`, and plug the printer in again."
    )


def _prints(device: Any) -> bool:
    return any(printer_interface(configuration) is not None for configuration in device)


def _serial_number(device: Any) -> str | None:
    """Return a device's serial number; None: it has none, or garbage. Raises `usb.core.USBError`."""
    import usb.util

    try:
        number = usb.util.get_string(device, device.iSerialNumber, 0x0409)  # US English: what all devices have
    except (ValueError, IndexError):  # not UTF-16, or empty
        return None
    return None if number is None else str(number).rstrip("\0 ")


def _with_serial_number(url: PortUrl, printers: list[Any]) -> list[Any]:
    import usb.core

    numbers: dict[int, str | None] = {}
    trouble: Exception | None = None
    for at, printer in enumerate(printers):
        try:
            numbers[at] = _serial_number(printer)
        except (usb.core.USBError, NotImplementedError) as error:
            trouble = error
        finally:
            release(printer)
    same = [printers[at] for at, number in numbers.items() if number == url.serial_number]
    if same:
        return same
    if trouble is not None:  # the one that is meant may be the one that cannot be read
        raise refused(url, trouble) from trouble
    there = sorted(number or "none" for number in numbers.values())
    raise PortUnavailable(
        f"{url.text}: no such serial number; those plugged in: {', '.join(there)}",
        hint=f"Write {_urls(url, numbers.values()) or f'usb://{url.target}'}, or plug that printer in.",
    )


def _several(url: PortUrl, printers: list[Any]) -> PortUnavailable:
    import usb.core

    numbers: list[str | None] = []
    for printer in printers:
        number = None
        with contextlib.suppress(usb.core.USBError, NotImplementedError):
            number = _serial_number(printer)
        release(printer)
        numbers.append(number)
    problem = f"{url.text} means {len(printers)} printers that are plugged in"
    known = {number for number in numbers if number}
    if len(known) == len(numbers):
        return PortUnavailable(problem, hint=f"Write {_urls(url, known)}.")
    return PortUnavailable(
        f"{problem}, and they have no serial numbers that tell them apart",
        hint="Unplug one of them, or use file:///dev/usb/lp0 and lp1, or the printers' serial or network ports.",
    )


def _urls(url: PortUrl, numbers: Any) -> str:
    from urllib.parse import quote

    return " or ".join(f"usb://{url.target}/{quote(number, safe='')}" for number in sorted(filter(None, numbers)))


def release(device: Any) -> None:
    """Close a device that was looked at. Never raises."""
    import usb.core
    import usb.util

    with contextlib.suppress(usb.core.USBError):  # it was unplugged
        usb.util.dispose_resources(device)
