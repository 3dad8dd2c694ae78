"""One open port to a printer, from the first question to the loss of the line.

One question by `DLE EOT` is out at any time, since its answer does not say which it was; one that is late is
waited for, and one that is lost is asked again until there is an answer to it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING

from drivers.errors import PortLost
from drivers.printer.background import Background
from drivers.printer.escpos import FenceKind
from drivers.printer.fence_probe import probe_fence
from drivers.printer.fences import IDS, Fences
from drivers.printer.outcome import SILENT, Trouble, trouble
from drivers.printer.port_word import PortWord
from drivers.printer.reports import REPORTS_ON, Reports
from drivers.printer.settling import Settling
from drivers.printer.status import (
    Asb,
    PrinterStatus,
    RealTimeReply,
    ReplyReader,
    after_asb,
    after_real_time,
)
from drivers.printer.talk import AGAIN, Talk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.port import Port
    from drivers.printer.timing import Timing

WAKE_BYTES = 8192  # NULs: they end a raster left unfinished, in white, and are ignored anywhere else
STATUS_QUESTIONS = (1, 2, 3, 4)  # DLE EOT n: printer, cause of being offline, error, paper


class Session(Talk):
    """An ESC/POS printer on an open port. `run` reads and keeps watch; the rest may be called while it runs.

    With `probe`, `start` finds out which fence the printer answers; `learned` is what it found, or None.
    """

    wake_bytes = bytes(WAKE_BYTES)
    queued = False  # whether a print queue stands before the printer

    def __init__(
        self,
        port: Port,
        fence: FenceKind,
        timing: Timing,
        *,
        on_status: Callable[[PrinterStatus], None],
        probe: bool = False,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random_below: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        super().__init__(port, timing, now=now, sleep=sleep)
        self.fences = Fences(fence, random_below(IDS))
        self.learned: FenceKind | None = None
        self.said = PrinterStatus()  # by the printer itself
        self.edges = 0  # how often the drawer's switch moved
        self.turns = 0  # how often it got into trouble, out of it, or from one into another
        self.answers = False  # whether anything ever came back on this line
        self.reports = False  # whether the printer reports changes by itself
        self.busy = False  # whether a job is on its way: then silence is not yet a lost printer
        self.heard = 0  # answers other than to `DLE EOT`, so far
        self.doubtful = False  # whether the last fence was answered while it said that it cannot print
        self.reported = Reports()
        self._word = PortWord(port)
        self._probe = probe
        self._on_status = on_status
        self._replies = ReplyReader()
        self._asking = asyncio.Lock()
        self._asked: int | None = None  # the n of the DLE EOT that is out
        self._asked_at = 0.0  # by this session's clock
        self._replied = 0  # answers to DLE EOT, so far
        self._settling = Settling()

    @property
    def well(self) -> bool:
        """Whether it can print by all that it says."""
        return trouble(self.said) is None and not self.reported.owed(self)

    @property
    def status(self) -> PrinterStatus:
        """What is known of the printer: what it said, and while it is silent, what its port says."""
        return self._word.on(self.said)

    async def start(self) -> None:
        """Say hello. Raises `PortLost` where a printer that should answer does not."""
        async with Background(self._read()):
            if not await self.ask(1):
                await self._wake_silent()
            if not self.answers:
                await self._weigh_port()
                return
            await self.look()
            await self._weigh_port()
            if trouble(self.status) is None:
                await self.settle()
                if self._probe:
                    self.learned = await probe_fence(self)
            await self.send(REPORTS_ON)
            await self.until(lambda: self.reports, self.timing.asb_s)

    async def run(self) -> None:
        """Read, and keep watch, until the line is lost. Raises `PortLost`."""
        async with Background(self._read()):
            while True:
                await self.until(lambda: False, self.timing.heartbeat_s if self.reports else self.timing.poll_s)
                if not self.busy:
                    await (self._watch() if self.answers else self.ask_port())

    async def end(self) -> None:
        """Let everybody who still waits know that it is over."""
        self.fail("the connection to the printer was closed", AGAIN)
        await self._tell()

    async def ask(self, n: int, *, line_s: float | None = None) -> bool:
        """Ask for a part of the status, as `DLE EOT n` numbers it; return whether the answer came in time.

        Raises `PortLost`.
        """
        async with self._asking:
            # A late answer is still that question's answer: it is waited for before another is asked.
            answered = await self.until(lambda: self._asked is None, self.timing.reply_s)
            if not answered and not await self._ask_again(line_s):
                return False
            self._asked, self._asked_at = n, self.now()
            if not await self.send(self._question(n), line_s=line_s):
                self._asked = None
                return False
            return await self.until(lambda: self._asked is None, self.timing.reply_s)

    async def _ask_again(self, line_s: float | None) -> bool:
        """Ask once more what was perhaps lost, with the printer's power; return whether there is an answer now."""
        n = self._asked
        if n is None or self.now() - self._asked_at < self.timing.late_s:
            return False
        self._asked_at, replied = self.now(), self._replied
        if not await self.send(self._question(n), line_s=line_s):
            return False
        if not await self.until(lambda: self._asked is None, self.timing.reply_s):
            return False
        # What was not lost but held back, as by flow control, is answered now, too, and is no answer to anything else.
        while replied != self._replied:
            replied = self._replied
            await self.until(lambda: self._replied != replied, self.timing.reply_s)  # noqa: B023 - awaited at once
        return True

    def _question(self, n: int) -> bytes:
        return bytes((0x10, 0x04, n))

    async def look_at_drawer(self, *, line_s: float) -> bool:
        """Ask for the level of the drawer's switch, for so long; return whether it is known. Raises `PortLost`."""
        given_up_at = self.now() + line_s
        if await self.ask(1, line_s=line_s):
            return True
        left_s = max(0.0, given_up_at - self.now())
        return self._asked == 1 and await self.until(lambda: self._asked is None, left_s)  # late, and to this question

    @property
    def only_reports(self) -> bool:
        """Whether it cannot be asked now, and tells changes by itself."""
        return False

    async def look(self) -> bool:
        """Ask for the whole status; return whether all of it was answered. Raises `PortLost`."""
        for n in STATUS_QUESTIONS:
            if not await self.ask(n):
                return False
        return True

    async def ask_port(self) -> None:
        """Ask the port about the printer. Raises `PortLost`."""
        before = self.status
        await self._word.ask()
        self._notice(before)

    async def explain(self) -> Trouble:
        """Return why the printer takes nothing, or answers nothing, as far as anybody says. Raises `PortLost`."""
        if trouble(self.said) is None:
            await self.ask_port()
        return trouble(self.status) or SILENT

    async def _weigh_port(self) -> None:
        """Find out whether the port says what the printer says: nothing bears out bad news of the port's alone."""
        before = self.status
        await self._word.ask()
        if trouble(self.said) is None:
            self._word.doubt()
        self._notice(before)

    async def settle(self) -> None:
        """See to it that no answer is owed, so that answers can be counted: as `Settling`. Raises `PortLost`."""
        await self._settling.settle(self)

    async def wake(self) -> None:
        """End an unfinished picture that a printer may be in the middle of. Raises `PortLost`."""
        await self._settling.wake(self)

    async def hears_more(self, heard: int, timeout_s: float) -> bool:
        """Wait for more such answers than `heard` so far; return whether one came. Raises `PortLost`."""
        return await self.until(lambda: self.heard != heard, timeout_s)

    async def hears_now(self) -> bool:
        """Return whether it heard the last byte that was sent: a question it answers at once shows that."""
        return await self.ask(1)

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
        await self.ask_port()
        if self._probe and self._word.well:  # it is on, and well by its port, and says nothing: it never does
            self.fences = self.fences.of(FenceKind.NONE)
            return
        await self._still_asleep(0)

    async def _still_asleep(self, _written: int) -> None:
        problem = await self.explain()
        raise self.fail(problem.reason, problem.hint)

    async def _watch(self) -> None:
        """Look at an idle printer. Raises `PortLost` where it no longer answers."""
        if await self.look():
            await self.reported.turn_on(self)
        elif not self.busy:
            gone = not await self.until(lambda: self._asked is None or self.busy, self.timing.late_s)
            if gone:  # one that said why before it fell silent is BUSY while it is offline
                problem = await self.explain()
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
            self.fail("a mistake in this program ended the conversation with the printer", AGAIN)
            raise
        finally:
            await self._tell()

    def _take(self, received: bytes) -> None:
        before = self.status
        self._word.forget()
        for reply in self._replies.feed(received):
            self.answers = True
            if isinstance(reply, Asb):
                self.reports = True
                self._says(after_asb(self.said, reply))
                self.reported.heard(self.said)
            elif isinstance(reply, RealTimeReply):
                self._replied += 1
                if self._asked is not None:
                    self._says(after_real_time(self.said, self._asked, reply.byte))
                    self._asked = None
            else:
                self.heard += 1
                if self.fences.heard(reply):
                    self.doubtful = not self.well  # the power makes a byte as it comes on, and that would count
        self._notice(before)

    def _says(self, said: PrinterStatus) -> None:
        self.turns += trouble(said) is not trouble(self.said)
        self.edges += self.said.drawer_pin not in (None, said.drawer_pin) and said.drawer_pin is not None
        self.said = said

    def _notice(self, before: PrinterStatus) -> None:
        """Make known what has changed since `before`."""
        if trouble(before) and not trouble(self.status):
            self._settling.hopeless = False
        if self.status != before:
            self._on_status(self.status)
