"""Windows' Data Protection API as a seal: what it protects opens on this PC only, and no key lies in any file.

Source: dpapi.h (CryptProtectData, CryptUnprotectData), wincrypt.h (DATA_BLOB). It protects for the machine, not for one
user: a technician connects a cloud, and the service, which is another user, has to read it. Who may read the file at
all is the state folder's access list, as the installer sets it.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from typing import Any

from outbox.auth.seal import SealBroken

_LOCAL_MACHINE = 0x4  # CRYPTPROTECT_LOCAL_MACHINE
_UI_FORBIDDEN = 0x1  # CRYPTPROTECT_UI_FORBIDDEN: a service has no screen
_DESCRIPTION = "Stillopen"


class Blob(ctypes.Structure):
    """DATA_BLOB."""

    _fields_ = (("size", ctypes.c_uint32), ("data", ctypes.POINTER(ctypes.c_ubyte)))


@dataclass(frozen=True, slots=True)
class DpapiSeal:
    """Seals by crypt32.dll; `local_free` frees what that hands out."""

    crypt32: Any
    local_free: Any
    mark: bytes = b"W"

    def close(self, clear: bytes, name: str) -> bytes:
        """Return the protected bytes. Raises `OSError` where Windows does not do it."""
        sealed = self._call(self.crypt32.CryptProtectData, clear, name, _DESCRIPTION)
        if sealed is None:
            raise OSError(_last_error(), "Windows could not protect the credentials")
        return sealed

    def open(self, sealed: bytes, name: str) -> bytes:
        """Return the clear text. Raises `SealBroken`: also on another PC."""
        clear = self._call(self.crypt32.CryptUnprotectData, sealed, name, None)
        if clear is None:
            raise SealBroken("Windows does not open it on this PC")
        return clear

    def _call(self, call: Any, given: bytes, name: str, description: str | None) -> bytes | None:
        data, entropy, result = _blob(given), _blob(b"stillopen " + name.encode()), Blob()
        done = call(
            ctypes.pointer(data),
            description,
            ctypes.pointer(entropy),
            None,
            None,
            _LOCAL_MACHINE | _UI_FORBIDDEN,
            ctypes.pointer(result),
        )
        if not done:
            return None
        try:
            return ctypes.string_at(result.data, result.size)
        finally:
            self.local_free(result.data)


def _blob(content: bytes) -> Blob:
    room = (ctypes.c_ubyte * len(content)).from_buffer_copy(content)
    return Blob(len(content), ctypes.cast(room, ctypes.POINTER(ctypes.c_ubyte)))


def _last_error() -> int:
    if sys.platform == "win32":
        return ctypes.get_last_error()
    return 0


def of_windows() -> DpapiSeal:  # pragma: no cover - the tests run on Linux, with a crypt32 of their own
    """Return the seal of this PC's own Windows."""
    if sys.platform != "win32":
        raise OSError("there is no DPAPI but on Windows")
    blob = ctypes.POINTER(Blob)
    crypt32 = ctypes.WinDLL("crypt32", use_last_error=True)
    crypt32.CryptProtectData.restype = crypt32.CryptUnprotectData.restype = ctypes.c_int
    crypt32.CryptProtectData.argtypes = (
        blob, ctypes.c_wchar_p, blob, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32, blob,
    )  # fmt: skip
    crypt32.CryptUnprotectData.argtypes = (
        blob, ctypes.c_void_p, blob, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32, blob,
    )  # fmt: skip
    local_free = ctypes.WinDLL("kernel32").LocalFree
    local_free.argtypes, local_free.restype = (ctypes.c_void_p,), ctypes.c_void_p
    return DpapiSeal(crypt32, local_free)
