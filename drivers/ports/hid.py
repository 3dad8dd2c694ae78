"""A line to a USB HID device, by hidapi: `hid://VID:PID[/SERIAL]`. One read is one input report.

A report goes as hidapi has it: out with its number first (0 where the device numbers none), in with its number first
only where the device numbers its reports. Source: hidapi's own `hidapi.h`; USB HID 1.11, sections 5.6 and 8.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, runtime_checkable

from drivers.errors import NotReady, PortLost
from drivers.ports.hid_find import find_hid, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivers.ports.url import PortUrl

REPORT_BYTES_MAX = 4096  # what Linux' hidraw hands on in one piece; the longest report seen at a till has 121
TURN_S = 0.25  # how soon a read ends that cannot be cancelled; half of what closing may wait for a thread
PAUSE_S = 0.02  # between two tries to send to a device that takes nothing, so as not to spin

_Result = TypeVar("_Result")


class HidDevice(Protocol):
    """What is used of hidapi's `device`. Everything blocks; errors are `OSError` or a count of -1."""

    def open_path(self, path: bytes) -> None:
        """Open."""
        ...

    def read(self, max_length: int, timeout_ms: int = 0) -> Sequence[int]:
        """Return one input report; empty: none came in time."""
        ...

    def write(self, buff: bytes) -> int:
        """Send one output report; -1: it was not taken."""
        ...

    def get_feature_report(self, report_num: int, max_length: int) -> Sequence[int]:
        """Return a feature report."""
        ...

    def send_feature_report(self, buff: bytes) -> int:
        """Send a feature report; -1: it was not taken."""
        ...

    def get_report_descriptor(self) -> Sequence[int]:
        """Return the report descriptor."""
        ...

    def error(self) -> str:
        """Say what went wrong last."""
        ...

    def close(self) -> None:
        """Close."""
        ...


class HidApi(Protocol):
    """What is used of hidapi's module."""

    def device(self) -> HidDevice:
        """Return a handle; nothing is open yet."""
        ...

    def enumerate(self, vendor_id: int = 0, product_id: int = 0) -> list[dict[str, Any]]:
        """List what is plugged in."""
        ...


@runtime_checkable
class ReportLine(Protocol):
    """A line that carries reports, not a stream of bytes. All calls block."""

    def report_descriptor(self) -> bytes:
        """Return what the device says of its reports. Raises `PortLost`."""
        ...

    def feature_report(self, number: int, bytes_max: int) -> bytes:
        """Return a feature report, its number first. Raises `PortLost` or `NotReady`."""
        ...

    def send_feature_report(self, report: bytes) -> None:
        """Send a feature report, its number first. Raises `PortLost` or `NotReady`."""
        ...


@runtime_checkable
class ReportPort(Protocol):
    """A port that may carry reports."""

    async def report_descriptor(self) -> bytes | None:
        """Return what the device says of its reports; None: this is no HID device. Raises `PortLost`."""
        ...


class HidLine:
    """An open HID device."""

    def __init__(self, name: str, device: HidDevice) -> None:
        self._name = name
        self._device = device
        self._interrupted = threading.Event()
        self._inside = threading.Condition()
        self._calls = 0  # threads within hidapi now: it must not be closed under one
        self._closing = False
        self._closed = False

    def read_some(self) -> bytes:
        """Block until there is an input report. Raises `PortLost`."""
        while not self._interrupted.is_set():
            report = self._call(lambda: self._device.read(REPORT_BYTES_MAX, int(1000 * TURN_S)))
            if report:
                return bytes(report)
        return b""

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Send up to `REPORT_BYTES_MAX` as one output report: all of it or nothing. Raises `PortLost`."""
        report = bytes(data[:REPORT_BYTES_MAX])
        until = time.monotonic() + timeout_s
        while not self._interrupted.is_set():
            if self._call(lambda: self._sent(self._device.write(report))):
                return len(report)
            if time.monotonic() >= until:
                return 0
            self._interrupted.wait(PAUSE_S)
        return 0

    def report_descriptor(self) -> bytes:
        """Return what the device says of its reports: as the system keeps it, the device is not asked."""
        return bytes(self._call(self._device.get_report_descriptor))

    def feature_report(self, number: int, bytes_max: int) -> bytes:
        """Return a feature report, its number first. Raises `PortLost`, or `NotReady` where the device has none."""

        def ask() -> bytes:
            try:
                return bytes(self._device.get_feature_report(number, bytes_max))
            except OSError as error:
                raise self._no_feature(number, error) from error

        return self._call(ask)

    def send_feature_report(self, report: bytes) -> None:
        """Send a feature report, its number first. Raises `PortLost`, or `NotReady` where the device refuses it."""

        def send() -> None:
            if self._device.send_feature_report(report) < 0:
                raise self._no_feature(report[0], OSError("the report was not taken"))

        self._call(send)

    def interrupt(self) -> None:
        """End both threads within `TURN_S`."""
        self._interrupted.set()

    def close(self) -> None:
        """Close the device, now or as soon as the last call that hangs in it comes back."""
        with self._inside:
            self._closing = True
            self._close_if_free()

    def _call(self, call: Callable[[], _Result]) -> _Result:
        """Do a call of hidapi, and translate its errors."""
        with self._inside:
            if self._closing:
                raise PortLost(f"{self._name} was closed", hint="Nothing to do: the agent closed it.")
            self._calls += 1
        try:
            return call()
        except (OSError, ValueError) as error:  # ValueError: hidapi's own word for a device that is not open
            raise PortLost(f"{self._name}: {error}", hint="Look at the device's USB cable.") from error
        finally:
            with self._inside:
                self._calls -= 1
                self._close_if_free()

    def _close_if_free(self) -> None:
        if self._closing and not self._calls and not self._closed:
            self._closed = True
            self._device.close()

    def _sent(self, count: int) -> bool:
        """Return whether a report went out; not: the device took none in the system's own time. Raises `OSError`."""
        if count >= 0:  # Windows counts the padding, too: a report goes whole or not at all
            return True
        why = self._device.error()
        if os.strerror(errno.ETIMEDOUT) in why:
            return False
        raise OSError(why or "the report was not taken")

    def _no_feature(self, number: int, error: OSError) -> Exception:
        """Tell a device that is gone from one that knows no such report."""
        if os.strerror(errno.ENODEV) in self._device.error():
            return error
        return NotReady(
            f"{self._name}: the device refuses feature report {number}",
            hint="Look into its manual for the number and length of its feature reports.",
        )


def open_hid(url: PortUrl, api: HidApi | None = None) -> HidLine:
    """Open the device that `url` means; `api` is hidapi's module (default: the one for this system).

    Raises `PortUnavailable`. On Linux another program may have the same device open; hidraw does not lock.
    """
    api = api or hidapi()
    path = find_hid(url, api)
    device = api.device()
    try:
        device.open_path(path)
    except OSError as error:
        raise refused(url, path, error) from error
    return HidLine(url.text, device)


def hidapi() -> HidApi:
    """Return hidapi. On Linux the one over hidraw: the other takes the device from the kernel."""
    from importlib import import_module

    return cast("HidApi", import_module("hidraw" if sys.platform.startswith("linux") else "hid"))
