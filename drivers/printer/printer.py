"""A receipt printer: supervised, one receipt at a time, and honest about each."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from drivers.errors import DeviceError, NotReady
from drivers.printer.dialects import DIALECTS
from drivers.printer.outcome import KickOutcome, KickResult, PrintOutcome
from drivers.printer.pulse import Pin, kick
from drivers.printer.receipt import check_ready, send_receipt
from drivers.printer.status import PrinterStatus
from drivers.printer.timing import DEFAULT_TIMING, Timing
from drivers.printer.written import draws
from drivers.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.device import DeviceListener, DeviceView
    from drivers.port import Port
    from drivers.printer.document import Document
    from drivers.printer.escpos import Dialect
    from drivers.printer.session import Session
    from drivers.printer.settings import PrinterSettings


class Printer:
    """`run` keeps the printer connected; `print` and `kick` may be called by any number of tasks meanwhile.

    `on_status` hears every change of what the printer says of itself, `on_state` every change of the
    connection. `port` is its URL, for people to read.
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
        timing: Timing = DEFAULT_TIMING,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.settings = settings
        self._speaks = DIALECTS[settings.speaks]
        self._open_port = open_port
        self._on_status = on_status
        self._timing = timing
        self._now = now
        self._sleep = sleep
        self._session: Session | None = None  # the one that is open
        self._ready = asyncio.Event()  # whether there is one
        self._receipts = asyncio.Lock()
        self._pulses = asyncio.Lock()
        self._pulse_at: float | None = None
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

    async def run(self) -> None:
        """Keep the printer connected until cancelled."""
        await self._supervisor.run()

    def check(self, document: Document) -> None:
        """Raise `DocumentInvalid` where this printer could not print the document."""
        self._speaks.encode(document, replace(self._dialect, lettering=None))  # nothing else can go wrong in a text

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
        commands = await self._encode(document)
        async with self._receipts:
            session = self._session
            if session is None:
                view = self.view
                raise NotReady(
                    view.error or "the printer is not connected yet",
                    hint=view.hint or "Wait for it to connect, or look at its power and cable.",
                )
            await check_ready(session)
            ready = self._speaks.job(commands, self._dialect, *session.fences.pair())
            await before_first_byte()
            return await send_receipt(session, ready, on_progress or (lambda _: None))

    async def kick(self, pin: Pin) -> KickOutcome:
        """Open the drawer on connector pin 2 or 5, at once and once. Waits for no receipt."""
        given_up_at = self._now() + self._timing.kick_life_s
        async with self._pulses:
            if self._pulse_at is not None:
                # The solenoid is rated for a fifth of the time: a second press must not cook it.
                until = min(self._pulse_at + self._timing.pulse_gap_s, given_up_at)
                await self._sleep(max(0.0, until - self._now()))
            try:
                async with asyncio.timeout(max(0.0, given_up_at - self._now())):
                    await self._ready.wait()
            except TimeoutError:
                return self._not_connected()
            if self._session is None:
                return self._not_connected()
            try:
                return await kick(self._session, pin, self._speaks.pulse, given_up_at=given_up_at)
            finally:
                self._pulse_at = self._now()

    @cached_property
    def _dialect(self) -> Dialect:
        return self.settings.dialect()

    async def _encode(self, document: Document) -> tuple[bytes, ...]:
        """Return the document's commands; pictures are made on a thread of their own, text takes under 1 ms."""
        if not draws(document, self._dialect):
            return self._speaks.encode(document, self._dialect)
        thread = ThreadPoolExecutor(max_workers=1)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                thread, self._speaks.encode, document, self._dialect
            )
        finally:
            thread.shutdown(wait=False)

    def _not_connected(self) -> KickOutcome:
        view = self.view
        reason = view.error or "the printer is not connected yet"
        return KickOutcome(KickResult.NOT_OPENED, f"{reason}. {view.hint or 'Open the drawer with its key.'}")

    async def _open(self) -> Port:
        """Open the port and hear from the printer: only then is it ready. Raises `PortError`."""
        port = await self._open_port()
        session = self._speaks.session(
            port, self.settings.fence_kind, self._timing, on_status=self._tell, now=self._now, sleep=self._sleep
        )
        try:
            await session.start()
        except BaseException:
            await port.close()
            raise
        self._session = session
        return port

    async def _serve(self, _port: Port) -> None:
        session = self._session
        assert session is not None
        self._ready.set()
        try:
            await session.run()
        except DeviceError as error:
            session.fail(str(error), error.hint)
            raise
        finally:
            self._ready.clear()
            self._session = None
            await session.end()
            self._tell(PrinterStatus())

    def _tell(self, status: PrinterStatus) -> None:
        if self._on_status is not None:
            self._on_status(status)
