"""Windows' own driver of USB printers, usbprint.sys: what of SetupAPI and kernel32 a port to it needs. Calls block.

Sources: Microsoft's reference of usbprint.h, SetupDiGetClassDevs and its like, CreateFile, and overlapped I/O. Every
call raises `Win32Error`.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from drivers.ports.win32 import (
    BOOL,
    DWORD,
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_IO_PENDING,
    ERROR_NO_MORE_ITEMS,
    ERROR_OPERATION_ABORTED,
    ERROR_SEM_TIMEOUT,
    HANDLE,
    INVALID_HANDLE,
    LPDWORD,
    LPWSTR,
    Signature,
    Win32Error,
    system_library,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.ports.win32 import Library

NO_WINDOWS = "Here, usb:// goes through libusb."
DEVICES_MAX = 256  # printers a computer may list; more is a driver that lists for ever
PATH_BYTES_MAX = 64 * 1024  # a device's path has about 150

# CTL_CODE(FILE_DEVICE_UNKNOWN, USBPRINT_IOCTL_INDEX + 12 and + 13, METHOD_BUFFERED, FILE_ANY_ACCESS)
IOCTL_USBPRINT_GET_LPT_STATUS = 0x220030
IOCTL_USBPRINT_GET_1284_ID = 0x220034

_DIGCF_PRESENT, _DIGCF_DEVICEINTERFACE = 0x2, 0x10
_GENERIC_READ, _GENERIC_WRITE = 0x80000000, 0x40000000
_OPEN_EXISTING = 3
_FILE_FLAG_OVERLAPPED = 0x40000000
_WAIT_OBJECT_0 = 0
_INFINITE = 0xFFFFFFFF


class Guid(ctypes.Structure):
    """GUID."""

    _fields_ = (
        ("Data1", ctypes.c_uint32),
        ("Data2", ctypes.c_uint16),
        ("Data3", ctypes.c_uint16),
        ("Data4", ctypes.c_uint8 * 8),
    )


class SpDeviceInterfaceData(ctypes.Structure):
    """SP_DEVICE_INTERFACE_DATA."""

    _fields_ = (("cbSize", DWORD), ("InterfaceClassGuid", Guid), ("Flags", DWORD), ("Reserved", ctypes.c_size_t))


class SpDeviceInterfaceDetailData(ctypes.Structure):
    """SP_DEVICE_INTERFACE_DETAIL_DATA_W, of which `cbSize` is the size without its text: 8, or 6 on 32 bit."""

    if ctypes.sizeof(ctypes.c_void_p) == 4:  # noqa: PLR2004 - setupapi.h packs its structures there
        _pack_ = 1
    _fields_ = (("cbSize", DWORD), ("DevicePath", ctypes.c_uint16 * 1))


class Overlapped(ctypes.Structure):
    """OVERLAPPED."""

    _fields_ = (
        ("Internal", ctypes.c_size_t),
        ("InternalHigh", ctypes.c_size_t),
        ("Offset", DWORD),
        ("OffsetHigh", DWORD),
        ("hEvent", HANDLE),
    )


# GUID_DEVINTERFACE_USBPRINT: 28d78fad-5a12-11d1-ae5b-0000f803a8c2
USBPRINT_GUID = (0x28D78FAD, 0x5A12, 0x11D1, (0xAE, 0x5B, 0x00, 0x00, 0xF8, 0x03, 0xA8, 0xC2))

SETUPAPI: Mapping[str, Signature] = {
    "SetupDiGetClassDevsW": (HANDLE, ctypes.POINTER(Guid), LPWSTR, HANDLE, DWORD),
    "SetupDiEnumDeviceInterfaces": (
        BOOL,
        HANDLE,
        ctypes.c_void_p,
        ctypes.POINTER(Guid),
        DWORD,
        ctypes.POINTER(SpDeviceInterfaceData),
    ),
    "SetupDiGetDeviceInterfaceDetailW": (
        BOOL,
        HANDLE,
        ctypes.POINTER(SpDeviceInterfaceData),
        ctypes.c_void_p,
        DWORD,
        LPDWORD,
        ctypes.c_void_p,
    ),
    "SetupDiDestroyDeviceInfoList": (BOOL, HANDLE),
}
KERNEL32: Mapping[str, Signature] = {
    "CreateFileW": (HANDLE, LPWSTR, DWORD, DWORD, ctypes.c_void_p, DWORD, DWORD, HANDLE),
    "CloseHandle": (BOOL, HANDLE),
    "CreateEventW": (HANDLE, ctypes.c_void_p, BOOL, BOOL, LPWSTR),
    "SetEvent": (BOOL, HANDLE),
    "WaitForMultipleObjects": (DWORD, DWORD, ctypes.POINTER(HANDLE), BOOL, DWORD),
    "ReadFile": (BOOL, HANDLE, ctypes.c_void_p, DWORD, LPDWORD, ctypes.POINTER(Overlapped)),
    "WriteFile": (BOOL, HANDLE, ctypes.c_void_p, DWORD, LPDWORD, ctypes.POINTER(Overlapped)),
    "DeviceIoControl": (
        BOOL,
        HANDLE,
        DWORD,
        ctypes.c_void_p,
        DWORD,
        ctypes.c_void_p,
        DWORD,
        LPDWORD,
        ctypes.POINTER(Overlapped),
    ),
    "CancelIoEx": (BOOL, HANDLE, ctypes.POINTER(Overlapped)),
    "GetOverlappedResult": (BOOL, HANDLE, ctypes.POINTER(Overlapped), LPDWORD, BOOL),
}


class UsbPrint:
    """The printers that usbprint.sys has. Transfers may go on in several threads at once."""

    def __init__(self, setup: Library, kernel: Library) -> None:
        self._setup = setup
        self._kernel = kernel

    def paths(self) -> list[str]:
        """Return the device paths of the printers that are plugged in."""
        guid = Guid(*USBPRINT_GUID[:3], (ctypes.c_uint8 * 8)(*USBPRINT_GUID[3]))
        flags = _DIGCF_PRESENT | _DIGCF_DEVICEINTERFACE
        devices = self._setup.plain("SetupDiGetClassDevsW", ctypes.byref(guid), None, None, flags)
        if devices == INVALID_HANDLE:
            raise self._setup.error("SetupDiGetClassDevsW")
        try:
            return self._paths(devices, guid)
        finally:
            self._setup.plain("SetupDiDestroyDeviceInfoList", devices)

    def _paths(self, devices: int, guid: Guid) -> list[str]:
        paths: list[str] = []
        found = SpDeviceInterfaceData(cbSize=ctypes.sizeof(SpDeviceInterfaceData))
        for at in range(DEVICES_MAX):
            try:
                self._setup.call(
                    "SetupDiEnumDeviceInterfaces", devices, None, ctypes.byref(guid), at, ctypes.byref(found)
                )
            except Win32Error as error:
                if error.code == ERROR_NO_MORE_ITEMS:
                    break
                raise
            paths.append(self._path(devices, found))
        return paths

    def _path(self, devices: int, found: SpDeviceInterfaceData) -> str:
        name = "SetupDiGetDeviceInterfaceDetailW"
        needed = DWORD()
        try:
            self._setup.call(name, devices, ctypes.byref(found), None, 0, ctypes.byref(needed), None)
        except Win32Error as error:
            if error.code != ERROR_INSUFFICIENT_BUFFER or needed.value > PATH_BYTES_MAX:
                raise
        fixed = ctypes.sizeof(SpDeviceInterfaceDetailData)
        room = ctypes.create_string_buffer(max(needed.value, fixed))
        SpDeviceInterfaceDetailData.from_buffer(room).cbSize = fixed
        self._setup.call(name, devices, ctypes.byref(found), room, len(room), None, None)
        text = room.raw[SpDeviceInterfaceDetailData.DevicePath.offset :].decode("utf-16-le", "replace")
        return text.split("\0", 1)[0]

    def open(self, path: str) -> int:
        """Return a handle to a device, for this program alone."""
        access = _GENERIC_READ | _GENERIC_WRITE
        handle = self._kernel.plain("CreateFileW", path, access, 0, None, _OPEN_EXISTING, _FILE_FLAG_OVERLAPPED, None)
        if handle is None or handle == INVALID_HANDLE:
            raise self._kernel.error("CreateFileW")
        return int(handle)

    def close(self, handle: int) -> None:
        """Let go of a device or an event. Never raises."""
        self._kernel.plain("CloseHandle", handle)

    def event(self) -> int:
        """Return a new event that `wake` sets for good."""
        return int(self._kernel.call("CreateEventW", None, True, False, None))

    def wake(self, event: int) -> None:
        """End every transfer that was given this event, now and later. Never raises."""
        self._kernel.plain("SetEvent", event)

    def read(self, handle: int, stop: int, count_max: int) -> bytes:
        """Wait for bytes until `stop` is set. b"": it is, or the device sent an empty packet."""
        room = ctypes.create_string_buffer(count_max)
        count = self._transfer("ReadFile", handle, stop, None, room, count_max)
        return room.raw[:count]

    def write(self, handle: int, stop: int, data: bytes, timeout_s: float) -> int:
        """Return how many bytes the device took within the time, or until `stop` was set."""
        return self._transfer("WriteFile", handle, stop, timeout_s, data, len(data))

    def ask(self, handle: int, stop: int, code: int, count_max: int, timeout_s: float) -> bytes:
        """Return the answer to a control request. b"": none came within the time."""
        room = ctypes.create_string_buffer(count_max)
        count = self._transfer("DeviceIoControl", handle, stop, timeout_s, code, None, 0, room, count_max)
        return room.raw[:count]

    def _transfer(self, name: str, handle: int, stop: int, timeout_s: float | None, *arguments: object) -> int:
        """Start a transfer, wait for its end, or end it; return how many bytes it moved.

        It has ended when this returns: until then Windows may write to the buffers.
        """
        event = self.event()
        overlapped, moved = Overlapped(hEvent=event), DWORD()
        try:
            if not self._kernel.plain(name, handle, *arguments, None, ctypes.byref(overlapped)):
                error = self._kernel.error(name)
                if error.code != ERROR_IO_PENDING:
                    raise error
            wait_ms = _INFINITE if timeout_s is None else max(0, int(1000 * timeout_s))
            ends = (HANDLE * 2)(event, stop)
            if self._kernel.plain("WaitForMultipleObjects", 2, ends, False, wait_ms) != _WAIT_OBJECT_0:
                # It fails where the transfer ends by itself just now: the next call says so.
                self._kernel.plain("CancelIoEx", handle, ctypes.byref(overlapped))
            if not self._kernel.plain(
                "GetOverlappedResult", handle, ctypes.byref(overlapped), ctypes.byref(moved), True
            ):
                error = self._kernel.error(name)
                if error.code not in {ERROR_OPERATION_ABORTED, ERROR_SEM_TIMEOUT}:
                    raise error
            return moved.value
        finally:
            self.close(event)


def load_usbprint() -> UsbPrint:
    """Load SetupAPI and kernel32. Raises `PortUnavailable` where this is not Windows."""
    return UsbPrint(system_library("setupapi", SETUPAPI, NO_WINDOWS), system_library("kernel32", KERNEL32, NO_WINDOWS))
