"""A line to a USB printer through Windows' own driver, usbprint.sys: `usb://VID:PID[/SERIAL]` on Windows.

Both ways, with no other driver installed; built to Microsoft's documentation, and not seen on hardware.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from drivers.errors import PortLost, PortUnavailable
from drivers.ports.ieee1284 import DEVICE_ID_BYTES_MAX, DeviceId, PortStatus, parse_device_id, parse_port_status
from drivers.ports.usbprint_api import IOCTL_USBPRINT_GET_1284_ID, IOCTL_USBPRINT_GET_LPT_STATUS, load_usbprint
from drivers.ports.win32 import ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_SHARING_VIOLATION, Win32Error

if TYPE_CHECKING:
    from drivers.ports.url import PortUrl
    from drivers.ports.usbprint_api import UsbPrint

# One packet at full speed: it was taken or it was not. What a cancelled transfer of several packets had moved is
# documented nowhere, and a wrong count prints something twice.
WRITE_SLICE_BYTES = 64
READ_BYTES_MAX = 4096  # whole packets at every USB speed: a packet that does not fit is lost
TURN_S = 0.25  # how long one transfer waits; a printer that takes nothing is asked again this often
PAUSE_S = 0.05  # after an empty answer, so as not to spin
CONTROL_TIMEOUT_S = 1.0  # printers answer control requests in milliseconds, even with a full buffer

# winerror.h: what the driver may say to a read where the printer has no way back: _INVALID_FUNCTION, _NOT_SUPPORTED,
# _INVALID_PARAMETER
_NEVER_ANSWERS = {1, 50, 87}
# _FILE_NOT_FOUND, _INVALID_HANDLE, _DEV_NOT_EXIST, _NO_SUCH_DEVICE, _DEVICE_NOT_CONNECTED, _DEVICE_REMOVED. Not
# _GEN_FAILURE: that is also a printer's stall at a request it does not know, and the reader notices a pulled plug.
_GONE = {2, 6, 55, 433, 1167, 1617}


class UsbPrintLine:
    """A printer that was opened. `stop` is the event that ends its transfers."""

    def __init__(self, name: str, api: UsbPrint, handle: int, stop: int) -> None:
        self._name = name
        self._api = api
        self._handle = handle
        self._stop = stop
        self._interrupted = threading.Event()

    def read_some(self) -> bytes:
        """Block until there are bytes. Raises `PortLost`."""
        while not self._interrupted.is_set():
            try:
                data = self._api.read(self._handle, self._stop, READ_BYTES_MAX)
            except Win32Error as error:
                if error.code not in _NEVER_ANSWERS:
                    raise self._lost(error) from error
                self._interrupted.wait()
                return b""
            if data:
                return data
            self._interrupted.wait(PAUSE_S)  # between answers some printers send empty packets without end
        return b""

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Write one slice. Raises `PortLost`."""
        piece = bytes(data[:WRITE_SLICE_BYTES])
        until = time.monotonic() + timeout_s
        while not self._interrupted.is_set():
            left_s = until - time.monotonic()
            try:
                taken = self._api.write(self._handle, self._stop, piece, max(0.0, min(left_s, TURN_S)))
            except Win32Error as error:
                raise self._lost(error) from error
            if taken or left_s <= 0:
                return taken
        return 0

    def port_status(self) -> PortStatus | None:
        """Ask the driver for the port status, which is answered even while the printer takes no bytes."""
        answer = self._ask(IOCTL_USBPRINT_GET_LPT_STATUS, 1)
        return parse_port_status(answer[0]) if answer else None

    def device_id(self) -> DeviceId | None:
        """Ask the driver for the device id. Raises `PortLost`."""
        answer = self._ask(IOCTL_USBPRINT_GET_1284_ID, DEVICE_ID_BYTES_MAX)
        return parse_device_id(answer) if answer else None

    def interrupt(self) -> None:
        """Wake both threads."""
        self._interrupted.set()
        self._api.wake(self._stop)

    def close(self) -> None:
        """Let go of the printer: its queue in Windows can have it again."""
        self._api.close(self._handle)
        self._api.close(self._stop)

    def _ask(self, code: int, count_max: int) -> bytes:
        try:
            return self._api.ask(self._handle, self._stop, code, count_max, CONTROL_TIMEOUT_S)
        except Win32Error as error:
            if error.code in _GONE:
                raise self._lost(error) from error
            return b""  # a printer, or a driver, that does not know the request

    def _lost(self, error: Win32Error) -> PortLost:
        return PortLost(f"{self._name}: {error}", hint="Look at the printer's power and USB cable.")


@dataclass(frozen=True, slots=True)
class UsbPrintPath:
    """What a device's path says. `serial_number` is None: it has none, or is a part of a device with several."""

    path: str
    numbers: str  # VID:PID, as in a port's URL
    serial_number: str | None


def parse_path(path: str) -> UsbPrintPath | None:
    r"""Read a device path, `\\?\usb#vid_04b8&pid_0e15#SERIAL#{...}`. None: it is no USB device's.

    Where a device has no serial number, Windows makes up an id whose second character is `&` (Microsoft, "Instance
    IDs"); a part of a composite device (`&mi_00`) always has such a one.
    """
    found = re.match(r"(?i)\\\\[?.]\\usb#vid_([0-9a-f]{4})&pid_([0-9a-f]{4})([^#]*)#([^#]*)#", path)
    if found is None:
        return None
    vendor, product, part, instance = found.groups()
    made_up = bool(part) or not instance or instance[1:2] == "&"
    return UsbPrintPath(path, f"{vendor}:{product}".lower(), None if made_up else instance)


def open_usbprint(url: PortUrl, api: UsbPrint | None = None) -> UsbPrintLine | None:
    """Open the printer that `url` means (default: among this computer's). None: usbprint.sys has none such.

    Raises `PortUnavailable`.
    """
    api = api or load_usbprint()
    try:
        found = find_device(url, api)
        if found is None:
            return None
        handle = api.open(found.path)
        try:
            return UsbPrintLine(url.text, api, handle, api.event())
        except Win32Error:
            api.close(handle)
            raise
    except Win32Error as error:
        raise _refused(url, error) from error


def find_device(url: PortUrl, api: UsbPrint) -> UsbPrintPath | None:
    """Return the device that `url` means. Raises `PortUnavailable`: more than one; and `Win32Error`."""
    listed = [found for found in map(parse_path, api.paths()) if found is not None and found.numbers == url.target]
    devices = listed
    if url.serial_number is not None and listed:
        # Windows keeps device ids in capitals, and device paths in whatever case they came.
        wanted = url.serial_number.casefold()
        devices = [found for found in listed if (found.serial_number or "").casefold() == wanted]
        if not devices:
            raise PortUnavailable(
                f"{url.text}: no such serial number; those plugged in: "
                + ", ".join(sorted(found.serial_number or "none that Windows tells" for found in listed)),
                hint=f"Write {_urls(url, listed) or f'usb://{url.target}'}, or plug that printer in.",
            )
    if len(devices) > 1:
        tells = all(found.serial_number for found in devices)
        raise PortUnavailable(
            f"{url.text} means {len(devices)} printers that are plugged in",
            hint=f"Write {_urls(url, devices)}."
            if tells
            else "Unplug one of them: Windows tells no serial numbers of both. Or use their queues, spool://QUEUE.",
        )
    return devices[0] if devices else None


def _urls(url: PortUrl, devices: list[UsbPrintPath]) -> str:
    numbers = sorted(found.serial_number for found in devices if found.serial_number)
    return " or ".join(f"usb://{url.target}/{quote(number, safe='')}" for number in numbers)


def _refused(url: PortUrl, error: Win32Error) -> PortUnavailable:
    if error.code in {ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION}:
        return PortUnavailable(
            f"{url.text} is held by another program",
            hint="A Windows queue is printing on it, or a vendor's tool has it: pause the queue or remove it, close"
            " the tool, or print through the queue: spool://QUEUE.",
        )
    if error.code == ERROR_FILE_NOT_FOUND:
        return PortUnavailable(f"{url.text} was unplugged just now", hint="Plug the printer in and switch it on.")
    return PortUnavailable(f"{url.text}: {error}", hint="Unplug the printer, plug it in again, and look at its cable.")
