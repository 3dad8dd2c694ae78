"""A line to a USB printer, by pyusb: `usb://VID:PID[/SERIAL]`.

The device is never reset and never configured anew: either would drop what the printer holds.
"""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from drivers.errors import PortLost
from drivers.ports.ieee1284 import (
    DEVICE_ID_BYTES_MAX,
    DeviceId,
    PortStatus,
    parse_device_id,
    parse_port_status,
)
from drivers.ports.usb_descriptors import PrinterInterface, printer_interface
from drivers.ports.usb_find import find_printer, refused, release
from drivers.ports.usblp import held_by_usblp

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.ports.url import PortUrl

WRITE_SLICE_BYTES = 4096  # one transfer: whole packets at every USB speed, and a small printer's buffer
READ_BYTES_MAX = 4096  # whole packets again: a packet that does not fit is lost
TURN_S = 0.25  # how soon a transfer ends that cannot be cancelled; half of what closing may wait for a thread
PAUSE_S = 0.05  # after an empty answer or a stall, so as not to spin
CONTROL_TIMEOUT_S = 1.0  # printers answer control requests in milliseconds, even with a full buffer

# bmRequestType, bRequest: USB Device Class Definition for Printing Devices 1.1, section 4.2
_GET_DEVICE_ID = (0xA1, 0)
_GET_PORT_STATUS = (0xA1, 1)


class UsbLine:
    """A claimed printer interface. `attach`: a kernel driver was taken off it and is to have it back."""

    def __init__(self, name: str, device: Any, interface: PrinterInterface, *, attach: bool) -> None:
        self._name = name
        self._device = device
        self._interface = interface
        self._attach = attach
        self._interrupted = threading.Event()

    def read_some(self) -> bytes:
        """Block until there are bytes. Raises `PortLost`."""
        if self._interface.back is None:
            self._interrupted.wait()
        while not self._interrupted.is_set():
            data: bytes | None = self._turn(self._interface.back, self._read)
            if data:
                return data
        return b""

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Write one slice; what it returns is exact, also where the endpoint stalls. Raises `PortLost`."""
        until = time.monotonic() + timeout_s
        while not self._interrupted.is_set():
            left_s = until - time.monotonic()
            wait_ms = max(1, int(1000 * min(left_s, TURN_S)))  # 0 would be for ever
            piece = bytes(data[:WRITE_SLICE_BYTES])
            taken: int = self._turn(self._interface.out, partial(self._write, piece, wait_ms)) or 0
            if taken or left_s <= 0:
                return taken
        return 0

    def port_status(self) -> PortStatus | None:
        """Ask GET_PORT_STATUS, which is answered even while the printer takes no bytes. Raises `PortLost`."""
        answer = self._ask(_GET_PORT_STATUS, self._interface.number, 1)
        return parse_port_status(answer[0]) if answer else None

    def device_id(self) -> DeviceId | None:
        """Ask GET_DEVICE_ID. Raises `PortLost`."""
        where = self._interface.number << 8 | self._interface.setting
        answer = self._ask(_GET_DEVICE_ID, where, DEVICE_ID_BYTES_MAX)
        return parse_device_id(answer) if answer else None

    def interrupt(self) -> None:
        """End both threads within `TURN_S`."""
        self._interrupted.set()

    def close(self) -> None:
        """Give the interface back to whoever had it."""
        give_back(self._device, self._interface.number, attach=self._attach)

    def _read(self) -> bytes | None:
        data = self._device.read(self._interface.back, READ_BYTES_MAX, int(1000 * TURN_S)).tobytes()
        if not data:  # between answers some printers send empty packets without end
            self._interrupted.wait(PAUSE_S)
        return bytes(data)

    def _write(self, piece: bytes, wait_ms: int) -> int:
        return int(self._device.write(self._interface.out, piece, wait_ms))

    def _turn(self, endpoint: int | None, transfer: Callable[[], Any]) -> Any:
        """Do one transfer; None where it was only not yet time. Raises `PortLost`."""
        import usb.core

        try:
            return transfer()
        except usb.core.USBTimeoutError:
            return None
        except usb.core.USBError as error:
            if error.errno == errno.EINTR:
                return None
            if error.errno != errno.EPIPE:
                raise self._lost(error) from error
        # A stall: what had moved was counted, so the next transfer goes on from there.
        try:
            self._device.clear_halt(endpoint)
        except usb.core.USBError as error:
            raise self._lost(error) from error
        self._interrupted.wait(PAUSE_S)
        return None

    def _ask(self, request: tuple[int, int], where: int, count: int) -> bytes | None:
        import usb.core

        try:
            answer = self._device.ctrl_transfer(*request, 0, where, count, int(1000 * CONTROL_TIMEOUT_S))
        except usb.core.USBError as error:
            if error.errno in {errno.ENODEV, errno.EIO}:
                raise self._lost(error) from error
            return None  # a stall on endpoint 0 is a printer's way to say that it does not know the request
        return bytes(answer)

    def _lost(self, error: Exception) -> PortLost:
        why = getattr(error, "strerror", None) or error
        return PortLost(f"{self._name}: {why}", hint="Look at the printer's power and USB cable.")


def give_back(device: Any, number: int, *, attach: bool) -> None:
    """Release an interface, let its kernel driver have it again, and close the device. Never raises."""
    import usb.core
    import usb.util

    with contextlib.suppress(usb.core.USBError):  # it was unplugged
        usb.util.release_interface(device, number)
    if attach:
        with contextlib.suppress(usb.core.USBError, NotImplementedError):  # unplugged; the driver is gone
            device.attach_kernel_driver(number)
    release(device)


def open_usb(url: PortUrl, backend: Any = None) -> UsbLine:
    """Claim the printer that `url` means; `backend` is pyusb's (default: libusb). Raises `PortUnavailable`."""
    import usb.core
    import usb.util

    if backend is None:
        from drivers.ports.libusb import libusb

        backend = libusb()
    device = find_printer(url, backend)
    number, attach = 0, False
    try:
        interface = printer_interface(_configuration(device))
        if interface is None:
            raise usb.core.USBError("its active configuration has no printer")
        number = interface.number
        attach = _detach(device, number)
        usb.util.claim_interface(device, number)
        if interface.setting:
            device.set_interface_altsetting(number, interface.setting)
    except (usb.core.USBError, NotImplementedError) as error:
        give_back(device, number, attach=attach)
        raise refused(url, error) from error
    return UsbLine(url.text, device, interface, attach=attach)


def _configuration(device: Any) -> Any:
    """Return the active configuration; sets one only where there is none, for that empties the printer."""
    import usb.core

    try:
        return device.get_active_configuration()
    except usb.core.USBError as error:
        if error.errno is not None:
            raise
        device.set_configuration()
        return device.get_active_configuration()


def _detach(device: Any, number: int) -> bool:
    import usb.core

    try:
        if not device.is_kernel_driver_active(number):
            return False
    except NotImplementedError:  # neither Windows nor macOS tells
        return False
    if held_by_usblp(device.bus, device.address):  # the kernel would take it away from them without a word
        raise usb.core.USBError("another program has it open", errno=errno.EBUSY)
    device.detach_kernel_driver(number)
    return True
