"""Windows' own functions for the ports that call them: loaded late, bound once, their failures one exception.

The types have the same width on every system (a DWORD is not ctypes' `c_ulong` on Linux), so that a structure's
layout can be checked anywhere.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Any

from drivers.errors import PortUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BOOL = ctypes.c_int32
DWORD = ctypes.c_uint32
HANDLE = ctypes.c_void_p
LPWSTR = ctypes.c_wchar_p
LPDWORD = ctypes.POINTER(DWORD)
INVALID_HANDLE = ctypes.c_void_p(-1).value  # what CreateFileW and SetupDiGetClassDevsW return for an error

# winerror.h
ERROR_FILE_NOT_FOUND = 2
ERROR_PATH_NOT_FOUND = 3
ERROR_ACCESS_DENIED = 5
ERROR_SHARING_VIOLATION = 32
ERROR_PRINT_CANCELLED = 63
ERROR_INVALID_PARAMETER = 87
ERROR_DISK_FULL = 112
ERROR_SEM_TIMEOUT = 121
ERROR_INSUFFICIENT_BUFFER = 122
ERROR_NO_MORE_ITEMS = 259
ERROR_OPERATION_ABORTED = 995
ERROR_IO_PENDING = 997
ERROR_NOT_FOUND = 1168

Signature = tuple[Any, ...]  # the type that is returned, then those of the arguments


class Win32Error(Exception):
    """A Windows function failed; `code` is what GetLastError said. No port lets it out."""

    def __init__(self, function: str, code: int, text: str = "") -> None:
        super().__init__(f"{text.rstrip(' .') or 'Windows refused'} (error {code} in {function})")
        self.code = code


class Library:
    """A DLL's functions. `last_error` gives the calling thread's code of the last failure."""

    def __init__(
        self,
        functions: Mapping[str, Callable[..., Any]],
        last_error: Callable[[], int],
        text: Callable[[int], str] = lambda _code: "",
    ) -> None:
        self._functions = functions
        self._last_error = last_error
        self._text = text

    def call(self, name: str, *arguments: object) -> Any:
        """Call a function whose failure is 0. Raises `Win32Error`."""
        answer = self._functions[name](*arguments)
        if not answer:
            raise self.error(name)
        return answer

    def plain(self, name: str, *arguments: object) -> Any:
        """Call a function that never fails, or fails in a way of its own."""
        return self._functions[name](*arguments)

    def error(self, name: str) -> Win32Error:
        """Return why the last call on this thread failed."""
        code = self._last_error()
        return Win32Error(name, code, self._text(code))


def system_library(name: str, signatures: Mapping[str, Signature], hint: str) -> Library:
    """Load one of Windows' libraries. Raises `PortUnavailable` with `hint` where this is not Windows."""
    if sys.platform != "win32":
        raise PortUnavailable(f"{name} is part of Windows, and this computer runs another system", hint=hint)
    library = ctypes.WinDLL(name, use_last_error=True)
    functions = {}
    for function, (answer, *arguments) in signatures.items():
        bound = getattr(library, function)
        bound.restype, bound.argtypes = answer, arguments
        functions[function] = bound
    return Library(functions, ctypes.get_last_error, ctypes.FormatError)
