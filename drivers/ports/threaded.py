"""A port over a blocking line: a thread reads it, another writes it once it is written to, the loop sees only bytes.

Threads, because neither of asyncio's loops can wait for a serial port on Windows, and because only a
blocking write of our own knows how many bytes the operating system took before it stalled.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from drivers.errors import NotReady, PortError, PortLost, PortUnavailable, WriteStalled
from drivers.ports.hid import ReportLine
from drivers.ports.ieee1284 import DeviceId, PortStatus, StatusLine
from drivers.ports.inbox import Inbox
from drivers.ports.modem import ModemLine, ModemLines

if TYPE_CHECKING:
    from collections.abc import Callable

OPEN_WAIT_S = 10.0  # a name that does not resolve, a driver that hangs; a healthy port opens in under one
CLOSE_WAIT_S = 2.0  # CloseHandle can hang for ever behind a stalled write (pyserial issue 513)
ASK_WAIT_S = 30.0  # Windows gives a print queue on a computer that is off up by itself after some 20
WAKE_AGAIN_S = 0.05  # an interrupt that came just before a blocking read is lost on Windows: repeat it


_Answer = TypeVar("_Answer")


class Line(Protocol):
    """A blocking byte stream. One thread reads, another writes, a third interrupts and closes."""

    def read_some(self) -> bytes:
        """Block until there are bytes, and return them; b"" after `interrupt`. Raises `PortLost`."""
        ...

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Return how many bytes were taken; 0: none within the time, or `interrupt`. Raises `PortLost`."""
        ...

    def interrupt(self) -> None:
        """Wake both threads, from a third. Never raises."""
        ...

    def close(self) -> None:
        """Let go. Called once, after both threads have left (or did not within `CLOSE_WAIT_S`)."""
        ...


_OpenLine = TypeVar("_OpenLine", bound=Line)


@dataclass(slots=True, eq=False)
class _Write:
    """One write under way. The writing thread alone changes `written`."""

    data: memoryview
    timeout_s: float
    done: asyncio.Future[None]
    written: int = 0
    abandoned: bool = False


async def start_port(url: str, open_line: Callable[[], Line]) -> ThreadedPort:
    """Open a line on a thread of its own and put a port on it. Raises what `open_line` raises."""
    port = ThreadedPort(url, await opened(url, open_line), asyncio.get_running_loop())
    port.start()
    return port


async def opened(url: str, open_line: Callable[[], _OpenLine]) -> _OpenLine:
    """Open a line on a thread of its own. Raises what `open_line` raises, or `PortUnavailable` after `OPEN_WAIT_S`."""
    loop = asyncio.get_running_loop()
    opening: asyncio.Future[_OpenLine] = loop.create_future()
    _spawn(f"open {url}", lambda: _open(loop, opening, open_line))
    try:
        await asyncio.wait({opening}, timeout=OPEN_WAIT_S)
    except asyncio.CancelledError:
        opening.add_done_callback(_discard)
        raise
    if not opening.done():
        opening.add_done_callback(_discard)
        raise PortUnavailable(
            f"{url} did not open within {OPEN_WAIT_S:.0f} s",
            hint="Unplug the device and plug it in again; if that does not help, restart this computer.",
        )
    return opening.result()


class ThreadedPort:
    """A `Port` over a `Line`. Made by `start_port`."""

    def __init__(self, url: str, line: Line, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._line = line
        self._loop = loop
        self._inbox = Inbox(loop, whole=isinstance(line, ReportLine))
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writing: _Write | None = None
        self._answers: set[asyncio.Future[Any]] = set()  # to questions that are out
        self._closing = threading.Event()
        self._closed = asyncio.Event()
        self._writer_runs = False  # most scanners are never written to
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the reading thread."""
        self._threads = [_spawn(f"read {self.url}", self._read_loop)]

    async def read(self) -> bytes:
        """Wait for bytes and return at least one. Raises `PortLost`."""
        return await self._inbox.take()

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Return when the operating system took all of `data`. Raises `WriteStalled` or `PortLost`.

        A write that is cancelled stops at its next slice.
        """
        if self._closing.is_set():
            raise _closed(self.url, 0)
        if not self._writer_runs:
            self._writer_runs = True
            self._threads.append(_spawn(f"write {self.url}", self._write_loop))
        write = _Write(memoryview(data), timeout_s, self._loop.create_future())
        self._writing = write
        self._writes.put(write)
        try:
            await write.done
        finally:
            write.abandoned = True
            self._writing = None

    async def port_status(self) -> PortStatus | None:
        """Return what the port itself says of the printer; None: it cannot be read. Raises `PortLost`."""
        return await self._ask(self._line.port_status) if isinstance(self._line, StatusLine) else None

    async def device_id(self) -> DeviceId | None:
        """Return the printer's IEEE 1284 device id; None: it cannot be read. Raises `PortLost`."""
        return await self._ask(self._line.device_id) if isinstance(self._line, StatusLine) else None

    async def modem_lines(self) -> ModemLines | None:
        """Return the modem lines the other end holds high; None: there are none. Raises `PortLost`."""
        return await self._ask(self._line.modem_lines) if isinstance(self._line, ModemLine) else None

    async def report_descriptor(self) -> bytes | None:
        """Return what a HID device says of its reports; None: this is no HID device. Raises `PortLost`."""
        return await self._ask(self._line.report_descriptor) if isinstance(self._line, ReportLine) else None

    async def feature_report(self, number: int, bytes_max: int) -> bytes | None:
        """Return a HID feature report, its number first; None: this is no HID device. Raises `PortLost`, `NotReady`."""
        if not isinstance(self._line, ReportLine):
            return None
        return await self._ask(partial(self._line.feature_report, number, bytes_max))

    async def send_feature_report(self, report: bytes) -> None:
        """Send a HID feature report, its number first. Raises `PortLost`, or `NotReady`: it was not taken."""
        if not isinstance(self._line, ReportLine):
            raise NotReady(f"{self.url} is no HID device", hint="Write its hid:// port in the configuration.")
        await self._ask(partial(self._line.send_feature_report, report))

    async def close(self) -> None:
        """Let go of the port; returns within `CLOSE_WAIT_S` even if the driver does not."""
        if not self._closing.is_set():
            self._closing.set()
            self._inbox.end(_closed(self.url, 0))
            self._writes.put(None)
            for answer in self._answers:
                _unanswered(answer, _closed(self.url, 0))
            _spawn(f"close {self.url}", self._shut)
        try:
            with contextlib.suppress(TimeoutError):
                # Not wait_for: before Python 3.12 it forgets a cancellation that comes together with the event.
                async with asyncio.timeout(2 * CLOSE_WAIT_S):
                    await self._closed.wait()
        finally:
            # Only what hangs: a thread that comes back has counted what went out with its last slice, and says so.
            if self._writing is not None:
                _settle(self._writing, _closed(self.url, self._writing.written))

    async def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        """Ask on a thread of its own: reading and writing go on. `close` waits for that thread, for a while.

        Raises `PortLost`, also after `ASK_WAIT_S`.
        """
        if self._closing.is_set():
            raise _closed(self.url, 0)
        answer: asyncio.Future[_Answer] = self._loop.create_future()

        def ask() -> None:
            try:
                self._post(_answered, answer, question())
            except Exception as error:  # noqa: BLE001 - whatever it is, the asking task must hear of it
                self._post(_unanswered, answer, error)

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(_spawn(f"ask {self.url}", ask))
        self._answers.add(answer)
        try:
            async with asyncio.timeout(ASK_WAIT_S):
                return await answer
        except TimeoutError:
            raise PortLost(
                f"{self.url} did not answer within {ASK_WAIT_S:.0f} s",
                hint="Unplug the device and plug it in again; if that does not help, restart this computer.",
            ) from None
        finally:
            self._answers.discard(answer)

    def _read_loop(self) -> None:
        try:
            while self._inbox.wait_for_room():
                data = self._line.read_some()
                if data:
                    self._inbox.put(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the reading task must hear of it
            self._inbox.end(error)

    def _write_loop(self) -> None:
        while (write := self._writes.get()) is not None:
            self._post(_settle, write, self._perform(write))

    def _perform(self, write: _Write) -> Exception | None:
        try:
            while write.written < len(write.data):
                if write.abandoned or self._closing.is_set():
                    return _closed(self.url, write.written)
                taken = self._line.write_some(write.data[write.written :], write.timeout_s)
                if not taken and not self._closing.is_set():
                    return WriteStalled(
                        f"{self.url} took {write.written} of {len(write.data)} bytes, then nothing more"
                        f" for {write.timeout_s:g} s",
                        hint="Look at the device: is it on, has it paper, is its cover closed?",
                        written=write.written,
                    )
                write.written += taken
        except PortLost as error:
            error.written += write.written
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, the writing task must hear of it
            return error
        return None

    def _shut(self) -> None:
        for thread in tuple(self._threads):
            for _ in range(int(CLOSE_WAIT_S / 2 / WAKE_AGAIN_S)):
                self._line.interrupt()
                thread.join(WAKE_AGAIN_S)
                if not thread.is_alive():
                    break
        self._line.close()
        self._post(self._closed.set)

    def _post(self, call: Callable[..., object], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is left to tell
            self._loop.call_soon_threadsafe(call, *args)


def _spawn(name: str, work: Callable[[], None]) -> threading.Thread:
    """Start a thread that a hung driver cannot turn into a program that does not end."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def _open(
    loop: asyncio.AbstractEventLoop, opening: asyncio.Future[_OpenLine], open_line: Callable[[], _OpenLine]
) -> None:
    try:
        line = open_line()
    except Exception as error:  # noqa: BLE001 - whatever it is, the opening task must hear of it
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is left to tell
            loop.call_soon_threadsafe(opening.set_exception, error)
        return
    try:
        loop.call_soon_threadsafe(opening.set_result, line)
    except RuntimeError:  # the loop closed while the driver was opening
        line.close()


def _discard(opening: asyncio.Future[_OpenLine]) -> None:
    """Close what was opened for somebody who has stopped waiting for it."""
    if opening.exception() is None:
        _spawn("close an unwanted port", opening.result().close)


def _answered(answer: asyncio.Future[_Answer], value: _Answer) -> None:
    if not answer.done():
        answer.set_result(value)


def _unanswered(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _settle(write: _Write, error: Exception | None) -> None:
    if write.done.done():
        return
    if error is None:
        write.done.set_result(None)
    else:
        write.done.set_exception(error)


def _closed(url: str, written: int) -> PortError:
    return PortLost(f"{url} was closed", hint="Nothing to do: the agent closed it.", written=written)
