"""A receipt printer: supervised, one receipt at a time, and honest about each."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.errors import DeviceError, NotReady, WriteStalled
from drivers.ports.documents import DocumentPort
from drivers.printer.counts import Counts
from drivers.printer.document import Cut
from drivers.printer.escpos import CutKind, FenceKind
from drivers.printer.memory import NoMemory, unit_of
from drivers.printer.outcome import KickOutcome, KickResult, PrintOutcome, Result, trouble
from drivers.printer.passage import SELECT_PRINTER, to_display
from drivers.printer.port_word import device_id
from drivers.printer.pulse import Pin, kick
from drivers.printer.receipt import check_ready, send_receipt
from drivers.printer.settings import DialectName
from drivers.printer.status import PrinterStatus
from drivers.printer.timing import DEFAULT_TIMING, Timing
from drivers.printer.unwritten import Missing
from drivers.printer.voice import Voice
from drivers.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.device import DeviceListener, DeviceView, Notice
    from drivers.port import Port
    from drivers.printer.document import Document
    from drivers.printer.memory import Memory
    from drivers.printer.session import Session
    from drivers.printer.settings import PrinterSettings


class Printer:
    """`run` keeps the printer connected; `print` and `kick` may be called by any number of tasks meanwhile.

    `on_status` hears every change of what the printer says of itself, `on_state` every change of the
    connection. `port` is its URL, for people to read. `memory` keeps what an asked printer answered.
    """

    def __init__(
        self,
        name: str,
        open_port: Callable[[], Awaitable[Port]],
        settings: PrinterSettings,
        on_state: DeviceListener | None = None,
        on_status: Callable[[PrinterStatus], None] | None = None,
        *,
        port: str = "",
        memory: Memory | None = None,
        timing: Timing = DEFAULT_TIMING,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.settings = settings
        self.counts = Counts(now)
        self._voice = Voice(settings)
        self._missing = Missing(name)
        self._memory = memory or NoMemory()
        self._unit = port  # which unit it is, as far as can be told
        self._open_port = open_port
        self._on_status = on_status
        self._timing = timing
        self._now = now
        self._sleep = sleep
        self._session: Session | None = None  # the one that is open
        self._ready = asyncio.Event()  # whether there is one
        self._lost = asyncio.Event()  # whether there is none
        self._receipts = asyncio.Lock()
        self._pulses = asyncio.Lock()
        self._rested_at: float | None = None  # from when on the drawers' solenoids may have another pulse
        self._supervisor = Supervisor(
            name, "printer", port, open_port=self._open, session=self._serve, on_state=on_state, sleep=sleep
        )

    @property
    def view(self) -> DeviceView:
        """The state of the connection."""
        return self._supervisor.view

    @property
    def status(self) -> PrinterStatus:
        """What the printer last said of itself; nothing while it is not connected."""
        return self._session.status if self._session else PrinterStatus()

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What of its printing a person should know and mend; kept until the agent starts anew."""
        return self._missing.notices

    async def run(self) -> None:
        """Keep the printer connected until cancelled."""
        await self._supervisor.run()

    def nudge(self) -> None:
        """Try again now, where it waits to: something was plugged in."""
        self._supervisor.nudge()

    def check(self, document: Document) -> None:
        """Raise `DocumentInvalid` where this printer could not print the document."""
        self._voice.check(document)

    async def print(
        self,
        document: Document,
        *,
        before_first_byte: Callable[[], Awaitable[None]],
        on_progress: Callable[[str], None] | None = None,
    ) -> PrintOutcome:
        """Print a document, once, after the ones already waiting. Never sends anything twice.

        Raises `DocumentInvalid` or `NotReady`: nothing was sent then, and `before_first_byte` not awaited.
        Otherwise that is awaited, and the way ends in an outcome. Cancelled after it, the receipt is
        unknown. `on_progress` hears in words what is waited for.
        """
        voice = self._voice
        commands, unwritten = await voice.encode(document)
        async with self._receipts:
            while voice is not self._voice:  # another printer was found there meanwhile
                voice = self._voice
                commands, unwritten = await voice.encode(document)
            session = self._connected()
            await check_ready(session)
            ready = voice.job(commands, session.fences.pair())
            if self.settings.feeds_display:
                ready = replace(ready, opening=SELECT_PRINTER + ready.opening)
            if self._missing.heard(unwritten):
                self._tell(self.status)
            await before_first_byte()
            outcome = await send_receipt(session, ready, on_progress or (lambda _: None))
            if outcome.result is Result.NOT_PRINTED:
                await self._doubt(session)
            if voice.settings.cut is not CutKind.NONE:
                self.counts.printed(outcome, sum(isinstance(item, Cut) for item in document.items))
            return outcome

    def _connected(self) -> Session:
        """Return the session that is open. Raises `NotReady`."""
        if self._session is not None:
            return self._session
        view = self.view
        raise NotReady(
            view.error or "the printer is not connected yet",
            hint=view.hint or "Wait for it to connect, or look at its power and cable.",
        )

    async def pass_on(self, commands: bytes) -> None:
        """Hand whole commands to the display that is plugged into it, after the receipts already waiting.

        Raises `NotReady`, with nothing sent, and `PortLost`.
        """
        async with self._receipts:
            session = self.check_passage()
            if not await session.send(to_display(commands)):
                stuck = await session.explain()
                raise NotReady(stuck.reason, hint=stuck.hint)

    def check_passage(self) -> Session:
        """Return the session that a display can be reached through now. Raises `NotReady`."""
        session = self._connected()
        if session.queued or self._voice.settings.speaks is not DialectName.ESCPOS:
            raise NotReady("nothing gets through it to a display", hint="Give the display a port of its own.")
        problem = trouble(session.status)
        if problem:
            raise NotReady(problem.reason, hint=problem.hint)
        return session

    async def until_lost(self) -> None:
        """Return as soon as it is not connected."""
        await self._lost.wait()

    async def kick(self, pin: Pin) -> KickOutcome:
        """Open the drawer on connector pin 2 or 5, at once and once. Waits for no receipt."""
        outcome = await self._kick(pin)
        self.counts.kicked(outcome)
        return outcome

    async def _kick(self, pin: Pin) -> KickOutcome:
        given_up_at = self._now() + self._timing.kick_life_s
        async with self._pulses:
            if self._rested_at is not None:
                # The solenoid is rated for a fifth of the time: a second press must not cook it.
                await self._sleep(max(0.0, min(self._rested_at, given_up_at) - self._now()))
            try:
                async with asyncio.timeout(max(0.0, given_up_at - self._now())):
                    await self._ready.wait()
            except TimeoutError:
                return self._not_connected()
            if self._session is None:
                return self._not_connected()
            try:
                return await kick(self._session, pin, self._voice.speaker.pulse, given_up_at=given_up_at)
            finally:
                long = self._voice.speaker.long_pulses
                self._rested_at = self._now() + (self._timing.long_pulse_gap_s if long else self._timing.pulse_gap_s)

    def _not_connected(self) -> KickOutcome:
        view = self.view
        reason = view.error or "the printer is not connected yet"
        return KickOutcome(KickResult.NOT_OPENED, f"{reason}. {view.hint or 'Open the drawer with its key.'}")

    async def _open(self) -> Port:
        """Open the port and hear from the printer: only then is it ready. Raises `PortError`."""
        port = await self._open_port()
        try:
            voice, session = await self._begin(port)
        except BaseException:
            await port.close()
            raise
        self._voice, self._session = voice, session
        return port

    async def _begin(self, port: Port) -> tuple[Voice, Session]:
        """Find out what has to be known of the printer on an open port, and say hello. Raises `DeviceError`."""
        if isinstance(port, DocumentPort):
            from drivers.printer.queued import QueueSession  # only for printers that are reached through a queue

            queue = QueueSession(port, self._timing, on_status=self._tell, now=self._now, sleep=self._sleep)
            await queue.start()
            return self._voice, queue
        if self.settings.feeds_display:
            try:
                await port.write(SELECT_PRINTER, timeout_s=self._timing.stall_s)
            except WriteStalled as stall:  # it takes nothing now, and is woken below
                if stall.written:
                    raise  # the next byte would end this command
        asks = self.settings.ask_dialect or self.settings.ask_fence
        says = await device_id(port) if asks else None
        voice = self._voice
        if self.settings.ask_dialect:
            from drivers.printer.dialect_probe import ask_dialect, by_device_id  # only where nobody said which it is

            speaks = says and by_device_id(says)
            speaks = speaks or await ask_dialect(port, self._timing, sleep=self._sleep)
            if speaks is not voice.settings.speaks:
                voice = Voice(self.settings.found(speaks))
        fence, known = voice.settings.fence_kind, None
        if self.settings.ask_fence:
            self._unit = unit_of(self.view.port, says)
            known = self._memory.recall(self._unit)
            fence = known or fence
        session = voice.speaker.session(
            port,
            fence,
            self._timing,
            on_status=self._tell,
            probe=self.settings.ask_fence and known is None,
            now=self._now,
            sleep=self._sleep,
        )
        await session.start()
        if session.learned is not None:
            await self._memory.learn(self._unit, session.learned)
        return voice, session

    async def _doubt(self, session: Session) -> None:
        """Forget what a well printer was found to answer, and did not: it may be another unit at the same place."""
        if self.settings.ask_fence and session.fences.kind is FenceKind.GS_H and trouble(session.status) is None:
            await self._memory.learn(self._unit, None)
            session.fail("the printer did not answer as it did before", "It is asked anew what it knows.")
            await session.end()

    async def _serve(self, _port: Port) -> None:
        session = self._session
        assert session is not None
        self._ready.set()
        self._lost.clear()
        self.counts.connected()
        try:
            await session.run()
        except DeviceError as error:
            self.counts.lost()
            session.fail(str(error), error.hint)
            raise
        finally:
            self._ready.clear()
            self.counts.disconnected()
            self._session = None
            self._lost.set()
            await session.end()
            self._tell(PrinterStatus())

    def _tell(self, status: PrinterStatus) -> None:
        self.counts.status(status)
        if self._on_status is not None:
            self._on_status(status)
