"""A USB cable between hidapi's blocking calls and a simulated HID device on the event loop, and its faults.

Reports travel whole: what goes in at one end in one piece comes out at the other in one.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import random
import threading
from collections import deque
from dataclasses import dataclass

from drivers.errors import PortLost, WriteStalled

FIFO_BYTES = 4096  # taken and not yet read, one direction
WRITE_WAIT_S = 0.05  # the system gives up on a report that the device does not take; Linux' own figure is 5 s


@dataclass(frozen=True, slots=True)
class HidFaults:
    """What is wrong with a device or its cable. Counts are of bytes to the device since it was plugged in."""

    answer_bytes_max: int = FIFO_BYTES  # what the device says is cut into reports of so many bytes
    delay_s: float = 0.0  # before each report, either way
    loss: float = 0.0  # the chance of each report to vanish, 0 to 1
    stall_at: int | None = None  # no report is taken that goes beyond so many bytes
    vanish_at: int | None = None  # the device is gone once so many bytes went out
    denied: bool = False  # the system does not let the agent open it


class HidWire:
    """One stay of a device on the bus: from plugging in to unplugging. `send` and `receive` come from any thread.

    Each raises `OSError` with an errno, as the system does.
    """

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop, faults: HidFaults) -> None:
        self.faults = faults
        self.gone = False
        self.url = f"{name}#device"
        self._name = name
        self._loop = loop
        self._chance = random.Random(0)  # noqa: S311 - which reports a bad cable eats is no secret
        self._changed = threading.Condition()
        self._device_news = asyncio.Event()
        self._out: deque[bytes] = deque()  # to the device
        self._back: deque[bytes] = deque()  # to the host
        self._accepted = 0

    @property
    def accepted(self) -> int:
        """How many bytes have gone out to the device."""
        return self._accepted

    # --- the host's side ---

    def send(self, report: bytes) -> int:
        """Take one report, all of it, or raise: ETIMEDOUT where the device does not take it."""
        with self._changed:
            self._changed.wait(self.faults.delay_s)
            if not self._changed.wait_for(lambda: self.gone or self._has_room(report), WRITE_WAIT_S):
                raise _error(errno.ETIMEDOUT)
            self._check()
            self._accepted += len(report)
            if self._chance.random() >= self.faults.loss:
                self._out.append(report)
            if self.faults.vanish_at is not None and self._accepted >= self.faults.vanish_at:
                self._cut()
        self._tell_device()
        return len(report)

    def receive(self, timeout_s: float) -> bytes:
        """Return one report; empty where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._back or self.gone, timeout_s)
            if not self._back:
                self._check()
                return b""
            report = self._back.popleft()
            self._changed.wait(self.faults.delay_s)
        self._tell_device()
        return report

    def check(self) -> None:
        """Raise what every call to an unplugged device meets."""
        with self._changed:
            self._check()

    def cut(self) -> None:
        """Pull the plug, from any thread."""
        with self._changed:
            self._cut()

    def _check(self) -> None:
        if self.gone:
            raise _error(errno.ENODEV)

    def _has_room(self, report: bytes) -> bool:
        stall_at = self.faults.stall_at
        if stall_at is not None and self._accepted + len(report) > stall_at:
            return False
        return not self._out or sum(map(len, self._out)) + len(report) <= FIFO_BYTES

    def _cut(self) -> None:
        self.gone = True
        self._changed.notify_all()
        self._tell_device()

    def _tell_device(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._device_news.set)

    # --- the device's side: a `Port`, on the event loop ---

    async def read(self) -> bytes:
        """Wait for a report and return it. Raises `PortLost`."""
        while True:
            with self._changed:
                if self._out:
                    self._changed.notify_all()
                    return self._out.popleft()
                if self.gone:
                    raise self._lost(0)
                self._device_news.clear()
            await self._device_news.wait()

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Return when the host's bus took `data`, in reports of `answer_bytes_max`. Raises as `Port` says."""
        size = self.faults.answer_bytes_max
        written = 0
        while written < len(data):
            report = data[written : written + size]
            with self._changed:
                if self.gone:
                    raise self._lost(written)
                room = not self._back or sum(map(len, self._back)) + len(report) <= FIFO_BYTES
                if room:
                    if self._chance.random() >= self.faults.loss:
                        self._back.append(report)
                    written += len(report)
                    self._changed.notify_all()
                else:
                    self._device_news.clear()
            if not room:
                try:
                    async with asyncio.timeout(timeout_s):
                        await self._device_news.wait()
                except TimeoutError:
                    raise WriteStalled(f"{self.url}: the host takes nothing", written=written) from None

    async def close(self) -> None:
        """Go, as a device does whose power fails."""
        self.cut()

    def _lost(self, written: int) -> PortLost:
        return PortLost(f"{self._name} was unplugged", hint="Plug the simulated device in again.", written=written)


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))
