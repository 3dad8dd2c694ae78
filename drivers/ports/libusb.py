"""libusb, as a pyusb backend that does not lose the count of what went out."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from drivers.errors import PortUnavailable

if TYPE_CHECKING:
    from array import array


class CountingBackend:
    """pyusb's libusb backend, but a bulk write that moved anything returns how much, whatever ended it.

    pyusb does so for a time-out alone: a stall or a pulled plug in the middle of a transfer loses its count
    there, and what lost its count is printed twice or called not printed. The next write meets the error.
    """

    def __init__(self, backend: Any, check: Any) -> None:
        self._backend = backend
        self._check = check

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def bulk_write(self, dev_handle: Any, ep: int, intf: int, data: array[int], timeout: int) -> int:  # noqa: ARG002 - pyusb's call
        """Return how many bytes moved within `timeout` ms; raises `usb.core.USBError` if none did."""
        address, length = data.buffer_info()
        moved = ctypes.c_int()
        code = self._backend.lib.libusb_bulk_transfer(
            dev_handle.handle,
            ep,
            ctypes.cast(address, ctypes.POINTER(ctypes.c_ubyte)),
            length * data.itemsize,
            ctypes.byref(moved),
            timeout,
        )
        if not moved.value:
            self._check(code)
        return moved.value


@lru_cache(maxsize=1)
def libusb() -> CountingBackend:
    """Load libusb, once. Raises `PortUnavailable`."""
    import libusb_package
    from usb.backend import libusb1

    backend = libusb_package.get_libusb1_backend()
    if backend is None:
        raise PortUnavailable(
            "libusb, which usb:// ports need, does not load on this computer",
            hint="Install Stillopen again; or use file:///dev/usb/lp0 on Linux, or the printer's network port.",
        )
    return CountingBackend(backend, libusb1._check)  # noqa: SLF001 - its table from codes to exceptions is private
