"""A port to a print queue of Windows, raw: `spool://QUEUE`.

Nothing ever comes back this way, and the spooler takes a document whether or not there is a printer.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING

from drivers.errors import PortLost, PortUnavailable, WriteStalled
from drivers.ports.threaded import ThreadedPort, opened
from drivers.ports.win32 import ERROR_ACCESS_DENIED, ERROR_DISK_FULL, ERROR_PRINT_CANCELLED, Win32Error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from drivers.ports.spool_api import Spooler
    from drivers.ports.spool_state import JobState, QueueState
    from drivers.ports.url import PortUrl

WRITE_SLICE_BYTES = 16 * 1024  # one call; a write that was given up stops this soon
PAUSE_S = 0.05  # after a call that took nothing, so as not to spin
GLANCE_S = 0.1  # between two looks at a short document on its way out of the queue
TITLE = "Stillopen"  # what the queue's window shows

# winerror.h: the names of no queue, and a spooler that is not running
_NO_SUCH_QUEUE = {2, 1801, 1905}  # ERROR_FILE_NOT_FOUND, ERROR_INVALID_PRINTER_NAME, ERROR_PRINTER_DELETED
_NO_SPOOLER = {1717, 1722, 1726, 1753}  # RPC_S_UNKNOWN_IF, _SERVER_UNAVAILABLE, _CALL_FAILED, EPT_S_NOT_REGISTERED
_NO_RAW = 1804  # ERROR_INVALID_DATATYPE
_START_SPOOLER = (
    "Start the Windows service Print Spooler: run `net start spooler` as administrator, or restart this computer."
)


class SpoolLine:
    """An open queue. At most one document is open; one that was left open is deleted."""

    def __init__(self, name: str, spooler: Spooler, handle: int) -> None:
        self._name = name
        self._spooler = spooler
        self._handle = handle
        self._job: int | None = None  # whose document is open
        self._turn = threading.Lock()  # around beginning and ending
        self._interrupted = threading.Event()

    def read_some(self) -> bytes:
        """Block until `interrupt`: nothing comes back from a queue."""
        self._interrupted.wait()
        return b""

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Return how many bytes of the open document the spooler took. Raises `PortLost`."""
        until = time.monotonic() + timeout_s
        while not self._interrupted.is_set():
            try:
                taken = self._spooler.write(self._handle, bytes(data[:WRITE_SLICE_BYTES]))
            except Win32Error as error:
                raise self._lost(error) from error
            if taken or time.monotonic() >= until:
                return taken
            self._interrupted.wait(PAUSE_S)
        return 0

    def begin(self) -> int:
        """Begin a document and return its job's number. Raises `PortLost`."""
        with self._turn:
            self._discard()
            try:
                self._job = self._spooler.start(self._handle, TITLE)
            except Win32Error as error:
                raise self._lost(error) from error
            return self._job

    def end(self) -> None:
        """Hand the open document over. Raises `PortLost`."""
        with self._turn:
            try:
                self._spooler.end(self._handle)
            except Win32Error as error:
                self._discard()
                raise self._lost(error) from error
            self._job = None

    def discard(self) -> None:
        """Delete the open document, if there is one."""
        with self._turn:
            self._discard()

    def queue(self) -> QueueState:
        """Return the state of the queue. Raises `PortLost`."""
        try:
            return self._spooler.queue(self._handle)
        except Win32Error as error:
            raise self._lost(error) from error

    def job(self, number: int) -> JobState | None:
        """Return the state of a job. None: it has left the queue. Raises `PortLost`."""
        try:
            return self._spooler.job(self._handle, number)
        except Win32Error as error:
            raise self._lost(error) from error

    def delete(self, number: int) -> bool:
        """Take a job out of the queue; return whether it is out."""
        return self._spooler.delete(self._handle, number)

    def interrupt(self) -> None:
        """Wake both threads. A call into the spooler that hangs cannot be woken."""
        self._interrupted.set()

    def close(self) -> None:
        """Let go of the queue."""
        self._discard()
        self._spooler.close(self._handle)

    def _discard(self) -> None:
        if self._job is not None:
            self._spooler.discard(self._handle, self._job)
            self._job = None

    def _lost(self, error: Win32Error) -> PortLost:
        if error.code == ERROR_PRINT_CANCELLED:
            return PortLost(
                f"{self._name}: the job was deleted from the queue", hint="Somebody deleted it: print it again."
            )
        if error.code == ERROR_DISK_FULL:
            return PortLost(f"{self._name}: the disk is full", hint="Free some space on this computer's disk.")
        refused = refusal(self._name, error, [])
        return PortLost(str(refused), hint=refused.hint)


class SpoolPort(ThreadedPort):
    """A `DocumentPort` over a `SpoolLine`. Made by `start_spool`."""

    def __init__(
        self,
        url: str,
        line: SpoolLine,
        loop: asyncio.AbstractEventLoop,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(url, line, loop)
        self._queue = line
        self._now = now
        self._sleep = sleep
        self._documents = asyncio.Lock()
        self._within = False  # whether a document is open

    @contextlib.asynccontextmanager
    async def document(self) -> AsyncIterator[int]:
        """Open a document; gives its job's number. Leaving hands it over, leaving by an exception deletes it."""
        async with self._documents:
            number = await self._ask(self._queue.begin)
            self._within = True
            try:
                yield number
            except BaseException:
                self._within = False
                with contextlib.suppress(PortLost):  # closed: that deletes it, too
                    await self._ask(self._queue.discard)
                raise
            self._within = False
            await self._ask(self._queue.end)

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Write into the open document; where none is open, hand `data` over as one and see it leave the queue.

        Raises `WriteStalled` or `PortLost`.
        """
        if self._within or not data:
            await super().write(data, timeout_s=timeout_s)
            return
        async with self.document() as number:
            await super().write(data, timeout_s=timeout_s)
        await self._see_off(number, len(data), timeout_s)

    async def queue(self) -> QueueState:
        """Return the state of the queue. Raises `PortLost`."""
        return await self._ask(self._queue.queue)

    async def job(self, number: int) -> JobState | None:
        """Return the state of a job. None: it has left the queue. Raises `PortLost`."""
        return await self._ask(lambda: self._queue.job(number))

    async def delete(self, number: int) -> bool:
        """Take a job out of the queue; return whether it is out. Raises `PortLost`."""
        return await self._ask(lambda: self._queue.delete(number))

    async def _see_off(self, number: int, count: int, timeout_s: float) -> None:
        """Return when a job has left the queue. Raises `WriteStalled` after taking it out again."""
        until, began = self._now() + timeout_s, False
        while True:
            state = await self.job(number)
            if state is None or state.ended:
                return
            began = began or state.began
            if state.deleted or self._now() >= until:
                break
            await self._sleep(GLANCE_S)
        out = await self.delete(number)
        problem = state.problem
        raise WriteStalled(
            f"{self.url}: {problem.reason if problem else 'the job did not leave its Windows queue in time'}",
            hint=problem.hint if problem else "Look at the printer, and at its queue in Windows' settings (Printers).",
            written=count if began or not out else 0,
        )


async def start_spool(url: PortUrl, spooler: Spooler | None = None) -> SpoolPort:
    """Open a queue by its name (default: by winspool.drv). Raises `PortUnavailable`."""
    line = await opened(url.text, lambda: open_spool(url, spooler))
    port = SpoolPort(url.text, line, asyncio.get_running_loop())
    port.start()
    return port


def open_spool(url: PortUrl, spooler: Spooler | None = None) -> SpoolLine:
    """Open a queue. Raises `PortUnavailable`: no such queue, not allowed, no spooler, no Windows."""
    if spooler is None:
        from drivers.ports.spool_api import load_spooler

        spooler = load_spooler()
    try:
        return SpoolLine(url.text, spooler, spooler.open(url.target))
    except Win32Error as error:
        queues: list[str] = []
        with contextlib.suppress(Win32Error):  # the spooler answers nothing: the first error says why
            queues = spooler.queues()
        raise refusal(url.text, error, queues) from error


def refusal(url: str, error: Win32Error, queues: list[str]) -> PortUnavailable:
    """Translate what the spooler said; `queues` are those that there are."""
    if error.code in _NO_SPOOLER:
        return PortUnavailable(f"{url}: Windows' print spooler is not running", hint=_START_SPOOLER)
    if error.code in _NO_SUCH_QUEUE:
        from urllib.parse import quote

        choices = " or ".join(f"spool://{quote(queue)}" for queue in queues if queue)
        return PortUnavailable(
            f"{url}: Windows has no such print queue",
            hint=(f"Write {choices}." if choices else "Add the printer in Windows' settings (Printers).")
            + " A queue that a person added over the network is that person's alone: the service does not see it.",
        )
    if error.code == ERROR_ACCESS_DENIED:
        return PortUnavailable(
            f"{url}: Windows does not let the agent print there",
            hint="Open the printer's properties in Windows, tab Security, and let the agent's user (the service's is"
            " SYSTEM or LOCAL SERVICE) print.",
        )
    if error.code == _NO_RAW:
        return PortUnavailable(
            f"{url}: the queue's driver takes no raw bytes",
            hint='Give the queue the driver "Generic / Text Only", or its maker\'s driver for receipts.',
        )
    return PortUnavailable(
        f"{url}: {error}", hint="Print a test page from the queue's properties in Windows; restart the Print Spooler."
    )
