"""usbprint.sys, SetupAPI and the part of kernel32 that ports call, over the simulated USB bus."""

from __future__ import annotations

import ctypes
import errno
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import usb.core

from drivers.ports import usbprint_api
from drivers.ports.usbprint_api import Overlapped, SpDeviceInterfaceDetailData, UsbPrint
from drivers.ports.win32 import INVALID_HANDLE
from tests.drivers.ports.windows import FakeLibrary, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.simulated.usb_bus import UsbBus
    from drivers.simulated.usb_shape import UsbPrinter
    from drivers.simulated.usb_wire import UsbWire

GUID = "{28d78fad-5a12-11d1-ae5b-0000f803a8c2}"
ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE, ERROR_GEN_FAILURE, ERROR_NOT_CONNECTED = 2, 6, 31, 1167
ERROR_IO_PENDING, ERROR_ABORTED, ERROR_NO_MORE_ITEMS, WAIT_TIMEOUT = 997, 995, 259, 0x102
STEP_S = 0.02  # how soon a transfer that is under way notices that it was cancelled


@dataclass(eq=False)
class Transfer:
    """An overlapped transfer, from its start until its result was fetched."""

    handle: int
    cancelled: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    moved: int = 0
    code: int = 0


@dataclass(eq=False)
class File:
    """An open device."""

    shape: UsbPrinter
    wire: UsbWire


class FakeUsbPrint(FakeLibrary):
    """Windows with usbprint.sys on every printer of a bus. `extra` paths are listed beside theirs."""

    failures: ClassVar = {
        "CreateFileW": INVALID_HANDLE,
        "SetupDiGetClassDevsW": INVALID_HANDLE,
        "WaitForMultipleObjects": -1,
    }

    def __init__(self, bus: UsbBus) -> None:
        super().__init__()
        self.bus = bus
        self.extra: list[str] = []
        self.composite = False
        self.lists = True
        self.broken_list = False
        self.reads = True  # False: what a printer with no way back answers to a read
        self.at_once = False  # transfers that can end at once do
        self.hangs = False  # control requests are never answered
        self.no_events = False
        self.transfer_bytes: list[int] = []
        self._files: dict[int, File] = {}
        self._lists: dict[int, list[str]] = {}
        self._events: dict[int, bool] = {}
        self._transfers: dict[int, Transfer] = {}
        self._next = 0x1000
        self._changed = threading.Condition()

    def api(self) -> UsbPrint:
        return UsbPrint(self.library(usbprint_api.SETUPAPI), self.library(usbprint_api.KERNEL32))

    def left_open(self) -> int:
        return len(self._files) + len(self._lists) + len(self._events) + len(self._transfers)

    def path(self, shape: UsbPrinter) -> str:
        part = "&mi_00" if self.composite else ""
        number = shape.serial_number if shape.serial_number and not part else "6&2a1b3c4d&0&2"
        return rf"\\?\usb#vid_{shape.vendor:04x}&pid_{shape.product:04x}{part}#{number.lower()}#{GUID}"

    # Windows' own names:
    # ruff: noqa: N802

    def SetupDiGetClassDevsW(self, guid: Any, enumerator: str | None, window: int | None, flags: int) -> int:
        if not self.lists:
            raise Refused(5)
        assert bytes(guid[0]).hex() == "ad8fd728125ad111ae5b0000f803a8c2"
        assert (enumerator, window, flags) == (None, None, 0x12)
        return self._new(self._lists, [*self.extra, *(self.path(stay.shape) for stay in self.bus.enumerate_devices())])

    def SetupDiEnumDeviceInterfaces(self, devices: int, device: int | None, guid: Any, at: int, found: Any) -> None:
        assert device is None
        if self.broken_list:
            raise Refused(5)
        assert found[0].cbSize == (32 if ctypes.sizeof(ctypes.c_void_p) == 8 else 28)
        if at >= len(self._lists[devices]):
            raise Refused(ERROR_NO_MORE_ITEMS)
        found[0].Reserved = at

    def SetupDiGetDeviceInterfaceDetailW(
        self, devices: int, found: Any, room: int | None, size: int, needed: Any, device: int | None
    ) -> None:
        text = (self._lists[devices][found[0].Reserved] + "\0").encode("utf-16-le")
        length = SpDeviceInterfaceDetailData.DevicePath.offset + len(text)
        if needed:
            needed[0] = length
        if size < length:
            raise Refused(122)
        assert room is not None
        assert SpDeviceInterfaceDetailData.from_address(room).cbSize == ctypes.sizeof(SpDeviceInterfaceDetailData)
        ctypes.memmove(room + SpDeviceInterfaceDetailData.DevicePath.offset, text, len(text))

    def SetupDiDestroyDeviceInfoList(self, devices: int) -> None:
        del self._lists[devices]

    def CreateFileW(
        self, path: str, access: int, share: int, security: int | None, how: int, flags: int, template: int | None
    ) -> int:
        assert (access, share, security, how, flags, template) == (0xC0000000, 0, None, 3, 0x40000000, None)
        for stay in self.bus.enumerate_devices():
            if self.path(stay.shape) == path:
                if stay.wire.faults.denied:
                    raise Refused(5)
                if any(file.wire is stay.wire for file in self._files.values()):
                    raise Refused(32)
                return self._new(self._files, File(stay.shape, stay.wire))
        raise Refused(ERROR_FILE_NOT_FOUND)

    def CloseHandle(self, handle: int) -> None:
        with self._changed:
            if handle in self._events:
                del self._events[handle]
                return
            assert not any(under_way.handle == handle for under_way in self._transfers.values())
            del self._files[handle]

    def CreateEventW(self, security: int | None, manual: int, state: int, name: str | None) -> int:
        assert (security, manual, state, name) == (None, 1, 0, None)
        if self.no_events:
            raise Refused(8)
        return self._new(self._events, False)

    def SetEvent(self, event: int) -> None:
        with self._changed:
            if event not in self._events:
                raise Refused(ERROR_INVALID_HANDLE)
            self._events[event] = True
            self._changed.notify_all()

    def WaitForMultipleObjects(self, count: int, events: Any, every: int, wait_ms: int) -> int:
        assert not every
        mine = events[:count]
        with self._changed:
            timeout_s = None if wait_ms == 0xFFFFFFFF else wait_ms / 1000
            self._changed.wait_for(lambda: any(self._events[event] for event in mine), timeout_s)
            return next((at for at, event in enumerate(mine) if self._events[event]), WAIT_TIMEOUT)

    def ReadFile(self, handle: int, room: int, size: int, moved: Any, overlapped: Any) -> int:
        file = self._file(handle)
        assert not moved
        if not self.reads:
            raise Refused(1)
        assert file.shape.back is not None
        endpoint = file.shape.back

        def receive(timeout_s: float) -> int:
            data = file.wire.receive(endpoint, size, timeout_s)
            ctypes.memmove(room, data, len(data))
            return len(data)

        return self._start(handle, overlapped, receive)

    def WriteFile(self, handle: int, data: int, size: int, moved: Any, overlapped: Any) -> int:
        file = self._file(handle)
        assert not moved
        piece = ctypes.string_at(data, size)
        self.transfer_bytes.append(size)
        return self._start(handle, overlapped, lambda timeout_s: file.wire.send(file.shape.out, piece, timeout_s))

    def DeviceIoControl(
        self, handle: int, code: int, data: int | None, length: int, room: int, size: int, moved: Any, overlapped: Any
    ) -> int:
        file = self._file(handle)
        assert (data, length, bool(moved)) == (None, 0, False)
        request = {0x220030: 1, 0x220034: 0}[code]

        def answer(timeout_s: float) -> int:
            file.wire.check()
            if self.hangs:
                threading.Event().wait(timeout_s)
                raise usb.core.USBTimeoutError("x", errno=errno.ETIMEDOUT)
            said = file.shape.answer(0xA1, request, 0)
            if said is None:
                raise usb.core.USBError("x", errno=errno.EPIPE)
            ctypes.memmove(room, said[:size], len(said[:size]))
            return len(said[:size])

        return self._start(handle, overlapped, answer)

    def CancelIoEx(self, handle: int, overlapped: Any) -> None:
        under_way = self._transfers[ctypes.addressof(overlapped[0])]
        assert under_way.handle == handle
        if under_way.done.is_set():
            raise Refused(1168)
        under_way.cancelled.set()

    def GetOverlappedResult(self, handle: int, overlapped: Any, moved: Any, wait: int) -> None:
        assert wait
        under_way = self._transfers[ctypes.addressof(overlapped[0])]
        under_way.done.wait()
        del self._transfers[ctypes.addressof(overlapped[0])]
        moved[0] = under_way.moved
        if under_way.code:
            raise Refused(under_way.code)

    def _new(self, table: dict[int, Any], value: object) -> int:
        with self._changed:
            self._next += 4
            table[self._next] = value
            return self._next

    def _file(self, handle: int) -> File:
        if handle not in self._files:
            raise Refused(ERROR_INVALID_HANDLE)
        return self._files[handle]

    def _start(self, handle: int, overlapped: Any, transfer: Callable[[float], int]) -> int:
        """Do a transfer on a thread of its own, as a driver does; the buffers are the caller's until it has ended."""
        where: Overlapped = overlapped[0]
        under_way = Transfer(handle)
        self._transfers[ctypes.addressof(where)] = under_way
        event = where.hEvent

        def work() -> None:
            while True:
                try:
                    under_way.moved = transfer(STEP_S)
                except usb.core.USBTimeoutError:
                    if not under_way.cancelled.is_set():
                        continue
                    under_way.code = ERROR_ABORTED
                except usb.core.USBError as error:
                    under_way.code = ERROR_NOT_CONNECTED if error.errno == errno.ENODEV else ERROR_GEN_FAILURE
                break
            under_way.done.set()
            self.SetEvent(event)

        if self.at_once:
            work()
            return 1
        threading.Thread(target=work, name="usbprint.sys", daemon=True).start()
        raise Refused(ERROR_IO_PENDING)
