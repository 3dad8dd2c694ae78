"""A USB cable between the host's blocking transfers and a simulated device on the event loop, and its faults."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import threading
import time
from dataclasses import dataclass

from drivers.errors import PortLost, WriteStalled

FIFO_BYTES = 4096  # taken and not yet read, one direction: the receive buffer of a small printer


@dataclass(frozen=True, slots=True)
class UsbFaults:
    """What is wrong with a device or its cable. Counts are of bytes to the device since it was plugged in."""

    transfer_bytes_max: int | None = None  # a transfer moves no more than this: short writes, short reads
    delay_s: float = 0.0  # before each transfer
    stall_at: int | None = None  # at this byte the endpoint halts, once, until the host clears it
    nak_at: int | None = None  # no byte beyond so many is taken
    vanish_at: int | None = None  # the device is gone once so many bytes went out
    empty_answers: bool = False  # with nothing to say it sends empty packets, at once and for ever
    denied: bool = False  # the system does not let the agent open it


class UsbWire:
    """One stay of a device on the bus: from plugging in to unplugging. Transfers come from any thread.

    A transfer raises `usb.core.USBError` as libusb does, and `USBTimeoutError` only where nothing moved.
    """

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop, faults: UsbFaults, address: tuple[int, int]) -> None:
        self.faults = faults
        self.address = address  # bus, device number
        self.gone = False
        self.url = f"{name}#device"
        self._name = name
        self._loop = loop
        self._changed = threading.Condition()
        self._device_news = asyncio.Event()
        self._out = bytearray()  # to the device
        self._back = bytearray()  # to the host
        self._accepted = 0
        self._stalled = False
        self._halted: set[int] = set()

    # --- the host's side ---

    def send(self, endpoint: int, data: bytes, timeout_s: float) -> int:
        """Take bytes until all are taken, or nothing more is for the time; return how many were."""
        time.sleep(self.faults.delay_s)
        until, moved = time.monotonic() + timeout_s, 0
        if self.faults.transfer_bytes_max is not None:
            data = data[: self.faults.transfer_bytes_max]
        with self._changed:
            while True:
                self._check(endpoint, moved)
                taken = self._take(endpoint, data[moved:])
                moved += taken
                # What moved is told before what went wrong: the next transfer meets that.
                if moved == len(data) or (moved and (self.gone or self._halted)):
                    return moved
                if not taken and not self._changed.wait(max(0.0, until - time.monotonic())):
                    if moved:
                        return moved
                    raise _timeout()

    def receive(self, endpoint: int, count: int, timeout_s: float) -> bytes:
        """Return bytes for the host, at least one."""
        time.sleep(self.faults.delay_s)
        with self._changed:
            if self.faults.empty_answers and not (self._back or self.gone):
                return b""
            self._changed.wait_for(lambda: self._back or self.gone or endpoint in self._halted, timeout_s)
            if not self._back:
                self._check(endpoint, 0)
                raise _timeout()
            data = bytes(self._back[: min(count, self.faults.transfer_bytes_max or count)])
            del self._back[: len(data)]
        self._tell_device()
        return data

    def check(self) -> None:
        """Raise what every request to an unplugged device meets."""
        with self._changed:
            self._check(None, 0)

    def halt(self, endpoint: int) -> None:
        """Halt an endpoint, as a device does that cannot go on."""
        with self._changed:
            self._halted.add(endpoint)
            self._changed.notify_all()

    def clear_halt(self, endpoint: int) -> None:
        """Let a halted endpoint go on."""
        self.check()
        with self._changed:
            self._halted.discard(endpoint)

    def cut(self) -> None:
        """Pull the plug, from any thread; what the device had received, and was sending, is gone."""
        with self._changed:
            self._cut()

    def _check(self, endpoint: int | None, moved: int) -> None:
        if self.gone and not moved:
            raise usb_error("No such device (it may have been disconnected)", errno.ENODEV)
        if endpoint in self._halted and not moved:
            raise usb_error("Pipe error", errno.EPIPE)

    def _take(self, endpoint: int, data: bytes) -> int:
        faults = self.faults
        room = FIFO_BYTES - len(self._out)
        if not self._stalled and faults.stall_at is not None:
            room = min(room, faults.stall_at - self._accepted)
        for limit in (faults.nak_at, faults.vanish_at):
            if limit is not None:
                room = min(room, limit - self._accepted)
        taken = data[: max(0, room)]
        self._out += taken
        self._accepted += len(taken)
        if not self._stalled and faults.stall_at is not None and self._accepted >= faults.stall_at:
            self._stalled = True
            self._halted.add(endpoint)
        if faults.vanish_at is not None and self._accepted >= faults.vanish_at:
            self._cut()
        self._tell_device()
        return len(taken)

    def _cut(self) -> None:
        self.gone = True
        self._back.clear()
        self._changed.notify_all()
        self._tell_device()

    def _tell_device(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._device_news.set)

    # --- the device's side: a `Port`, on the event loop ---

    async def read(self) -> bytes:
        """Wait for bytes and return at least one. Raises `PortLost`."""
        while True:
            with self._changed:
                if self._out:
                    data = bytes(self._out)
                    self._out.clear()
                    self._changed.notify_all()
                    return data
                if self.gone:
                    raise self._lost(0)
                self._device_news.clear()
            await self._device_news.wait()

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Return when the host's bus took all of `data`. Raises `WriteStalled` or `PortLost`."""
        written = 0
        while True:
            with self._changed:
                if self.gone:
                    raise self._lost(written)
                piece = data[written : written + FIFO_BYTES - len(self._back)]
                self._back += piece
                written += len(piece)
                self._changed.notify_all()
                if written == len(data):
                    return
                if not piece:
                    self._device_news.clear()
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


def usb_error(text: str, code: int) -> Exception:
    """Return what pyusb raises for an errno."""
    import usb.core

    error: Exception = usb.core.USBError(text, errno=code)
    return error


def _timeout() -> Exception:
    import usb.core

    error: Exception = usb.core.USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
    return error
