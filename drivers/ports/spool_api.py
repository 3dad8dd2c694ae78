"""winspool.drv: the calls of Windows' print spooler that a raw port needs, as values. They block.

Source: Microsoft's reference of winspool.h (OpenPrinter, StartDocPrinter, WritePrinter, GetPrinter, GetJob, SetJob,
EnumPrinters). Every call raises `Win32Error`.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from drivers.ports.spool_state import JobState, QueueState
from drivers.ports.win32 import (
    BOOL,
    DWORD,
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_INVALID_PARAMETER,
    HANDLE,
    LPDWORD,
    LPWSTR,
    Signature,
    Win32Error,
    system_library,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.ports.win32 import Library

NO_WINDOWS = (
    "spool:// is for Windows. Here, write usb://VID:PID or file:///dev/usb/lp0 for a USB printer (CUPS must have no"
    " queue for it), or tcp://host:9100 for one on the network."
)
JOB_TEXT_CHARS_MAX = 200  # what a driver says of a job goes into one line of a message
ANSWER_BYTES_MAX = 1 << 20  # the list of a print server's queues; more is a mistake
_ANSWER_TRIES = 5  # what is answered may have grown since its size was asked for

_PRINTER_ACCESS_USE = 0x8
_PRINTER_ENUM_LOCAL, _PRINTER_ENUM_CONNECTIONS = 0x2, 0x4
_JOB_CONTROL_DELETE = 5


class PrinterDefaults(ctypes.Structure):
    """PRINTER_DEFAULTSW."""

    _fields_ = (("pDatatype", LPWSTR), ("pDevMode", ctypes.c_void_p), ("DesiredAccess", DWORD))


class DocInfo1(ctypes.Structure):
    """DOC_INFO_1W."""

    _fields_ = (("pDocName", LPWSTR), ("pOutputFile", LPWSTR), ("pDatatype", LPWSTR))


class PrinterInfo2(ctypes.Structure):
    """PRINTER_INFO_2W."""

    _fields_ = (
        ("pServerName", LPWSTR),
        ("pPrinterName", LPWSTR),
        ("pShareName", LPWSTR),
        ("pPortName", LPWSTR),
        ("pDriverName", LPWSTR),
        ("pComment", LPWSTR),
        ("pLocation", LPWSTR),
        ("pDevMode", ctypes.c_void_p),
        ("pSepFile", LPWSTR),
        ("pPrintProcessor", LPWSTR),
        ("pDatatype", LPWSTR),
        ("pParameters", LPWSTR),
        ("pSecurityDescriptor", ctypes.c_void_p),
        ("Attributes", DWORD),
        ("Priority", DWORD),
        ("DefaultPriority", DWORD),
        ("StartTime", DWORD),
        ("UntilTime", DWORD),
        ("Status", DWORD),
        ("cJobs", DWORD),
        ("AveragePPM", DWORD),
    )


class PrinterInfo4(ctypes.Structure):
    """PRINTER_INFO_4W."""

    _fields_ = (("pPrinterName", LPWSTR), ("pServerName", LPWSTR), ("Attributes", DWORD))


class JobInfo1(ctypes.Structure):
    """JOB_INFO_1W; `Submitted` is a SYSTEMTIME."""

    _fields_ = (
        ("JobId", DWORD),
        ("pPrinterName", LPWSTR),
        ("pMachineName", LPWSTR),
        ("pUserName", LPWSTR),
        ("pDocument", LPWSTR),
        ("pDatatype", LPWSTR),
        ("pStatus", LPWSTR),
        ("Status", DWORD),
        ("Priority", DWORD),
        ("Position", DWORD),
        ("TotalPages", DWORD),
        ("PagesPrinted", DWORD),
        ("Submitted", ctypes.c_uint16 * 8),
    )


SIGNATURES: Mapping[str, Signature] = {
    "OpenPrinterW": (BOOL, LPWSTR, ctypes.POINTER(HANDLE), ctypes.POINTER(PrinterDefaults)),
    "ClosePrinter": (BOOL, HANDLE),
    "StartDocPrinterW": (DWORD, HANDLE, DWORD, ctypes.POINTER(DocInfo1)),
    "StartPagePrinter": (BOOL, HANDLE),
    "WritePrinter": (BOOL, HANDLE, ctypes.c_void_p, DWORD, LPDWORD),
    "EndPagePrinter": (BOOL, HANDLE),
    "EndDocPrinter": (BOOL, HANDLE),
    "GetPrinterW": (BOOL, HANDLE, DWORD, ctypes.c_void_p, DWORD, LPDWORD),
    "GetJobW": (BOOL, HANDLE, DWORD, DWORD, ctypes.c_void_p, DWORD, LPDWORD),
    "SetJobW": (BOOL, HANDLE, DWORD, DWORD, ctypes.c_void_p, DWORD),
    "EnumPrintersW": (BOOL, DWORD, LPWSTR, DWORD, ctypes.c_void_p, DWORD, LPDWORD, LPDWORD),
}


class Spooler:
    """Windows' print spooler. A handle is a queue that was opened; it may be used from any thread."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def open(self, queue: str) -> int:
        """Return a handle to a queue, with the right to print."""
        handle = HANDLE()
        wanted = PrinterDefaults(DesiredAccess=_PRINTER_ACCESS_USE)
        self._library.call("OpenPrinterW", queue, ctypes.byref(handle), ctypes.byref(wanted))
        return handle.value or 0

    def close(self, handle: int) -> None:
        """Let go of a queue. Never raises: a spooler that was stopped has forgotten the handle."""
        self._library.plain("ClosePrinter", handle)

    def queues(self) -> list[str]:
        """Return the names of the queues that this program's user has."""
        flags = _PRINTER_ENUM_LOCAL | _PRINTER_ENUM_CONNECTIONS
        count = DWORD()

        def ask(room: Any, size: int, needed: Any) -> None:
            self._library.call("EnumPrintersW", flags, None, 4, room, size, needed, ctypes.byref(count))

        answer = _answer(ask)
        found = ctypes.cast(answer, ctypes.POINTER(PrinterInfo4))
        return sorted(found[at].pPrinterName or "" for at in range(count.value))

    def queue(self, handle: int) -> QueueState:
        """Return the state of a queue."""

        def ask(room: Any, size: int, needed: Any) -> None:
            self._library.call("GetPrinterW", handle, 2, room, size, needed)

        answer = _answer(ask)
        info = PrinterInfo2.from_buffer(answer)
        return QueueState(info.Status, info.Attributes, info.cJobs)

    def start(self, handle: int, title: str) -> int:
        """Begin a document of raw bytes and return its job's number."""
        document = DocInfo1(title, None, "RAW")
        job: int = self._library.call("StartDocPrinterW", handle, 1, ctypes.byref(document))
        try:
            self._library.call("StartPagePrinter", handle)
        except Win32Error:
            self.delete(handle, job)
            self._library.plain("EndDocPrinter", handle)
            raise
        return job

    def write(self, handle: int, data: bytes) -> int:
        """Return how many bytes the spooler took."""
        written = DWORD()
        self._library.call("WritePrinter", handle, data, len(data), ctypes.byref(written))
        return written.value

    def end(self, handle: int) -> None:
        """End the document: from here on the spooler alone has it."""
        self._library.call("EndPagePrinter", handle)
        self._library.call("EndDocPrinter", handle)

    def job(self, handle: int, job: int) -> JobState | None:
        """Return the state of a job. None: it has left the queue."""

        def ask(room: Any, size: int, needed: Any) -> None:
            self._library.call("GetJobW", handle, job, 1, room, size, needed)

        try:
            answer = _answer(ask)
        except Win32Error as error:
            if error.code == ERROR_INVALID_PARAMETER:
                return None
            raise
        info = JobInfo1.from_buffer(answer)
        return JobState(info.Status, " ".join((info.pStatus or "").split())[:JOB_TEXT_CHARS_MAX])

    def delete(self, handle: int, job: int) -> bool:
        """Take a job out of the queue; return whether the spooler agreed, or no longer has it."""
        try:
            self._library.call("SetJobW", handle, job, 0, None, _JOB_CONTROL_DELETE)
        except Win32Error as error:
            return error.code == ERROR_INVALID_PARAMETER
        return True

    def discard(self, handle: int, job: int) -> bool:
        """Delete a document that is still being written; return whether it is out of the queue."""
        gone = self.delete(handle, job)
        for name in ("EndPagePrinter", "EndDocPrinter"):  # both, whatever the first says: only then may another begin
            self._library.plain(name, handle)
        return gone


def load_spooler() -> Spooler:
    """Load winspool.drv. Raises `PortUnavailable` where this is not Windows."""
    return Spooler(system_library("winspool.drv", SIGNATURES, NO_WINDOWS))


def _answer(ask: Any) -> ctypes.Array[ctypes.c_char]:
    """Ask for an answer of unknown size: first its size, then itself. Raises `Win32Error`."""
    size = 0
    for _ in range(_ANSWER_TRIES):
        room = ctypes.create_string_buffer(max(size, 1))
        needed = DWORD()
        try:
            ask(room if size else None, size, ctypes.byref(needed))
        except Win32Error as error:
            if error.code != ERROR_INSUFFICIENT_BUFFER or needed.value > ANSWER_BYTES_MAX:
                raise
            size = needed.value
        else:
            return room
    raise Win32Error("the spooler", ERROR_INSUFFICIENT_BUFFER)
