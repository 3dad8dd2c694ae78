"""One open port to a printer, from the first question to the loss of the line.

Everything that goes out goes through `send`, which holds the line for whole commands: a status poll or a
drawer pulse between the bytes of another command would become that command's parameter. One question by
`DLE EOT` is out at any time, since its answer does not say which it was; one that is late is waited for.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING

from drivers.errors import DeviceError, PortLost, WriteStalled
from drivers.printer.fences import IDS, Fences
from drivers.printer.outcome import SILENT, trouble
from drivers.printer.status import (
    Asb,
    PrinterStatus,
    RealTimeReply,
    ReplyReader,
    after_asb,
    after_real_time,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from drivers.port import Port
    from drivers.printer.escpos import FenceKind
    from drivers.printer.timing import Timing

WAKE_BYTES = 8192  # NULs: they end a raster left unfinished, in white, and are ignored anywhere else
STATUS_QUESTIONS = (1, 2, 3, 4)  # DLE EOT n: printer, cause of being offline, error, paper
ASB_ON = b"\x1d\x61\xff"


class Session:
    """An ESC/POS printer on an open port. `run` reads and keeps watch; the rest may be called while it runs."""

    wake_bytes = bytes(WAKE_BYTES)

    def __init__(
        self,
        port: Port,
        fence: FenceKind,
        timing: Timing,
        *,
        on_status: Callable[[PrinterStatus], None],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random_below: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self.timing = timing
        self.now = now
        self.sleep = sleep
        self.fences = Fences(fence, random_below(IDS))
        self.status = PrinterStatus()
        self.answers = False  # whether anything ever came back on this line
        self.reports = False  # whether the printer reports changes by itself
        self.busy = False  # whether a job is on its way: then silence is not yet a lost printer
        self.failure: PortLost | None = None
        self._port = port
        self._on_status = on_status
        self._replies = ReplyReader()
        self._line = asyncio.Lock()
        self._asking = asyncio.Lock()
        self._asked: int | None = None  # the n of the DLE EOT that is out
        self._heard = 0  # answers other than to DLE EOT, so far
        self._never_settles = False  # no answer came: asking before each job would hold up each for nothing
        self._news = asyncio.Condition()

    async def start(self) -> None:
        """Say hello. Raises `PortLost` where a printer that should answer does not."""
        async with Background(self._read()):
            if not await self.ask(1):
                await self._wake_silent()
            if not self.answers:
                return
            await self.look()
            if trouble(self.status) is None:
                await self.settle()
            await self.send(ASB_ON)
            await self.until(lambda: self.reports, self.timing.asb_s)

    async def run(self) -> None:
        """Read, and keep watch, until the line is lost. Raises `PortLost`."""
        async with Background(self._read()):
            while True:
                await self.until(lambda: False, self.timing.heartbeat_s if self.reports else self.timing.poll_s)
                if self.answers and not self.busy:
                    await self._watch()

    async def end(self) -> None:
        """Let everybody who still waits know that it is over."""
        self.fail("the connection to the printer was closed", "")
        await self._tell()

    def fail(self, reason: str, hint: str) -> PortLost:
        """Give the line up: what the printer has got of it is no longer known. Returns the error."""
        if self.failure is None:
            self.failure = PortLost(reason, hint=hint)
        return self.failure

    async def send(
        self,
        commands: bytes,
        *,
        on_stall: Callable[[int], None] | None = None,
        line_s: float | None = None,
    ) -> int:
        """Write whole commands and return how many bytes went out: all of them, or none.

        None: the line was not free within `line_s`, or the printer took nothing for a while. A stall in the
        middle is waited out, as nothing else may be said meanwhile: `on_stall` hears how many bytes went out
        so far and ends it by raising; without one the line is given up. Raises `PortLost` with `written`.
        """
        try:
            async with asyncio.timeout(line_s):
                await self._line.acquire()
        except TimeoutError:
            return 0
        try:
            return await self._write(commands, on_stall)
        finally:
            self._line.release()

    async def _write(self, commands: bytes, on_stall: Callable[[int], None] | None) -> int:
        if self.failure:
            raise self.failure
        written = 0
        try:
            while True:
                try:
                    await self._port.write(commands[written:], timeout_s=self.timing.stall_s)
                except WriteStalled as stall:
                    written += stall.written
                    if not written:
                        return 0
                    if on_stall is None:
                        raise PortLost(str(stall), hint=stall.hint, written=written) from stall
                    on_stall(written)
                except PortLost as lost:
                    raise PortLost(str(lost), hint=lost.hint, written=written + lost.written) from lost
                else:
                    return len(commands)
        except BaseException as error:  # cancelled, too: the printer is in the middle of a command
            hint = error.hint if isinstance(error, DeviceError) else ""
            self.fail(str(error) or "a command to the printer was left unfinished", hint)
            raise

    async def until(self, happened: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for the printer to say something that makes `happened` true; return whether it did.

        Raises `PortLost`.
        """
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(lambda: happened() or self.failure is not None)
        except TimeoutError:
            return happened()
        if self.failure is not None and not happened():
            raise self.failure
        return True

    async def ask(self, n: int, *, line_s: float | None = None) -> bool:
        """Ask for a part of the status, as `DLE EOT n` numbers it; return whether the answer came in time.

        Raises `PortLost`.
        """
        async with self._asking:
            # A late answer is still that question's answer: it is waited for before another is asked.
            if not await self.until(lambda: self._asked is None, self.timing.reply_s):
                return False
            self._asked = n
            if not await self.send(self._question(n), line_s=line_s):
                self._asked = None
                return False
            return await self.until(lambda: self._asked is None, self.timing.reply_s)

    def _question(self, n: int) -> bytes:
        return bytes((0x10, 0x04, n))

    async def look(self) -> bool:
        """Ask for the whole status; return whether all of it was answered. Raises `PortLost`."""
        for n in STATUS_QUESTIONS:
            if not await self.ask(n):
                return False
        return True

    async def settle(self) -> None:
        """See to it that no answer is owed to an earlier program, so that answers can be counted.

        `fences.settled` says whether that came about; it is tried once after each trouble. Raises `PortLost`.
        """
        if self.fences.settled or self._never_settles:
            return
        self._never_settles = True
        self.fences.restart()
        for _ in range(self.timing.settle_tries):
            await self.send(self.fences.make().request)
            if await self._hears_more(self.timing.wake_s):
                break
            # It says it is well and works nothing off: it takes what we say for dots of an older picture.
            await self.wake()
        else:
            return
        # What was answered may have been an older question: ours is answered once nothing more comes.
        while await self._hears_more(self.timing.quiet_s):
            pass
        self.fences.restart(settled=True)
        self._never_settles = False

    async def wake(self) -> None:
        """End an unfinished picture that a printer may be in the middle of. Raises `PortLost`."""
        await self.send(self.wake_bytes)

    async def _hears_more(self, timeout_s: float) -> bool:
        heard = self._heard
        return await self.until(lambda: self._heard != heard, timeout_s)

    async def _wake_silent(self) -> None:
        """End whatever the printer is in the middle of. Raises `PortLost` where it stays silent."""
        if not self.fences.kind.expects_answers:
            return  # a one-way printer: silence is all it has
        for _ in range(self.timing.wake_tries):
            self._asked = None
            if await self.send(self.wake_bytes, on_stall=self._still_asleep) and await self.ask(1):
                # Answers to the earlier attempts may still come; they must not be taken for later ones.
                await self.until(lambda: False, self.timing.reply_s)
                return
            await self.sleep(self.timing.wake_s)
        raise self.fail(SILENT.reason, SILENT.hint)

    def _still_asleep(self, _written: int) -> None:
        raise self.fail(SILENT.reason, SILENT.hint)

    async def _watch(self) -> None:
        """Look at an idle printer. Raises `PortLost` where it no longer answers."""
        answered = await self.ask(1) if self.reports else await self.look()
        if not answered and not self.busy:
            gone = not await self.until(lambda: self._asked is None or self.busy, self.timing.late_s)
            if gone:  # one that said why before it fell silent is BUSY while it is offline
                problem = trouble(self.status) or SILENT
                raise self.fail(problem.reason, problem.hint)

    async def _read(self) -> None:
        """Read until the line is lost, and tell everybody who waits."""
        try:
            while self.failure is None:
                self._take(await self._port.read())
                await self._tell()
        except PortLost as lost:
            self.failure = self.failure or lost
        except Exception:
            self.fail("a mistake in this program ended the conversation with the printer", "")
            raise
        finally:
            await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _take(self, received: bytes) -> None:
        before = self.status
        for reply in self._replies.feed(received):
            self.answers = True
            if isinstance(reply, Asb):
                self.reports = True
                self.status = after_asb(self.status, reply)
            elif isinstance(reply, RealTimeReply):
                if self._asked is not None:
                    self.status = after_real_time(self.status, self._asked, reply.byte)
                    self._asked = None
            else:
                self._heard += 1
                self.fences.heard(reply)
        self._notice(before)

    def _notice(self, before: PrinterStatus) -> None:
        """Make known what has changed since `before`."""
        if trouble(before) and not trouble(self.status):
            self._never_settles = False
        if self.status != before:
            self._on_status(self.status)


class Background:
    """Runs a coroutine while the block runs, and ends it with the block; its own mistake is raised there."""

    def __init__(self, work: Coroutine[None, None, None]) -> None:
        self._work = work

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._work)

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})  # unlike awaiting it, this does not mistake our own end for its end
        if not self._task.cancelled():
            self._task.result()
