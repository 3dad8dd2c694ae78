"""A scanner: a port, frames, scans."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from drivers.errors import NotReady
from drivers.ports.hid import ReportPort
from drivers.scanner.code_ids import CodeIds
from drivers.scanner.decode import decode
from drivers.scanner.framing import Framer, FrameState, Suffix
from drivers.scanner.refusals import refuse
from drivers.scanner.scan import Reason, Refusal, Scan
from drivers.scanner.voice import Voice
from drivers.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from drivers.device import DeviceListener, DeviceView
    from drivers.port import Port
    from drivers.scanner.commands import Command, Family
    from drivers.scanner.embedded import Template
    from drivers.scanner.framing import Frame
    from drivers.scanner.hid_pos import Layout
    from drivers.scanner.wedge_layouts import Layout as KeyboardLayout

DUPLICATE_WINDOW_MS = 400  # a stand re-reads within 300 ms; a cashier's second item takes longer

LAST_LOOK_S = 0.02  # for a port's thread to have its turn, where the whole program was held up

_FRAME_REASONS = {FrameState.OVERLONG: Reason.OVERLONG, FrameState.HALF: Reason.HALF}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScanCounts:
    """What a scanner has done since the agent started."""

    scans: int = 0
    duplicates: int = 0
    refused: int = 0


class FrameReader(Protocol):
    """Cuts what a port says into frames: bytes with a suffix, HID reports, or the keys of a wedge."""

    @property
    def deadline(self) -> float | None:
        """When `flush` should be called unless more comes; None: there is nothing to wait for."""
        ...

    def feed(self, data: bytes, now: float) -> list[Frame]:
        """Take one read that is there at `now`; return the frames that are complete."""
        ...

    def flush(self, now: float) -> list[Frame]:
        """Return what silence has ended by `now`."""
        ...


class Scanner:
    """One supervised scanner. `on_scan` hears of every scan and refusal, in the order they were made.

    A frame identical to one seen within `duplicate_window_ms` is the same item held still: it is dropped and
    counted, and the window begins again. With a `keyboard` layout the port carries the key events of a wedge; a
    port of HID reports says so itself. Nothing is ever sent to a scanner without a `family`.
    """

    def __init__(
        self,
        name: str,
        open_port: Callable[[], Awaitable[Port]],
        on_scan: Callable[[Scan | Refusal], None],
        *,
        port: str = "",
        on_state: DeviceListener | None = None,
        templates: Sequence[Template] = (),
        code_ids: CodeIds = CodeIds.AIM,
        suffix: Suffix = Suffix.CR,
        idle_flush_ms: int | None = None,
        duplicate_window_ms: int = DUPLICATE_WINDOW_MS,
        price_decimals: int = 2,
        keyboard: KeyboardLayout | None = None,
        family: Family | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._on_scan = on_scan
        self._templates = tuple(templates)
        self._code_ids = code_ids.table
        self._suffix = suffix
        self._idle_flush_s = None if idle_flush_ms is None else idle_flush_ms / 1000
        self._window_s = duplicate_window_ms / 1000
        self._price_decimals = price_decimals
        self._keyboard = keyboard
        self._voice = Voice(name, family, sleep=sleep)
        self._now = now
        self._counts = ScanCounts()
        self._seen: dict[bytes, float] = {}  # frames within the window, and when each was last seen
        self._supervisor = Supervisor(
            name, "scanner", port, open_port=open_port, session=self._session, on_state=on_state
        )

    @property
    def view(self) -> DeviceView:
        """The device's state now."""
        return self._supervisor.view

    @property
    def counts(self) -> ScanCounts:
        """How many scans, duplicates and refusals there were."""
        return self._counts

    async def run(self) -> None:
        """Keep the scanner running until cancelled."""
        await self._supervisor.run()

    def nudge(self) -> None:
        """Try again now, where it waits to: something was plugged in."""
        self._supervisor.nudge()

    async def tell(self, command: Command) -> None:
        """Tell the scanner something. Raises `NotReady`, `PortLost` or `WriteStalled`; unnamed, it is told nothing."""
        await self._voice.tell(command)

    async def _session(self, port: Port) -> None:
        layout = await self._layout(port)
        async with self._voice.on(port, layout):
            await self._listen(port, self._framer(layout))

    async def _layout(self, port: Port) -> Layout | None:
        """Return how to read a HID-POS scanner's reports; None: this is none. Raises `PortLost` or `NotReady`."""
        descriptor = await port.report_descriptor() if isinstance(port, ReportPort) else None
        if descriptor is None:
            return None
        from drivers.scanner.hid_pos import read_layout  # only for scanners in that mode

        layout = read_layout(descriptor)
        if layout is None:
            raise NotReady(
                f"{self.view.port}: by its report descriptor this device sends no scans",
                hint="Switch the scanner to HID-POS (its manual has the barcode), or use USB-COM.",
            )
        return layout

    def _framer(self, layout: Layout | None) -> FrameReader:
        if layout is not None:
            from drivers.scanner.hid_pos import HidPosFramer

            return HidPosFramer(layout)
        opened_at, flush_s = self._now(), self._idle_flush_s
        if self._keyboard is not None:
            from drivers.scanner.wedge import WedgeFramer  # only for scanners that type

            return WedgeFramer(self._keyboard, self._suffix, idle_flush_s=flush_s, opened_at=opened_at)
        return Framer(self._suffix, idle_flush_s=flush_s, opened_at=opened_at)

    async def _listen(self, port: Port, framer: FrameReader) -> None:
        while True:
            deadline = framer.deadline
            data = await _read(port, None if deadline is None else max(0.0, deadline - self._now()))
            for frame in framer.flush(self._now()) if data is None else framer.feed(data, self._now()):
                self._take(frame)

    def _take(self, frame: Frame) -> None:
        reason = _FRAME_REASONS.get(frame.state)
        if reason is not None:
            self._tell(refuse(reason))
            return
        outcome = decode(frame.data, self._templates, price_decimals=self._price_decimals, code_ids=self._code_ids)
        if isinstance(outcome, Refusal) and outcome.reason is Reason.CARD:
            self._tell(outcome)  # and not kept among the frames seen
        elif self._is_new(frame.data):
            self._tell(outcome)
        else:
            self._counts = replace(self._counts, duplicates=self._counts.duplicates + 1)
            log.debug("scanner %s: the same code again within the window", self.name)

    def _is_new(self, data: bytes) -> bool:
        now = self._now()
        self._seen = {seen: at for seen, at in self._seen.items() if now - at < self._window_s}
        new = data not in self._seen
        self._seen[data] = now
        return new

    def _tell(self, outcome: Scan | Refusal) -> None:
        counts = self._counts
        if isinstance(outcome, Refusal):
            self._counts = replace(counts, refused=counts.refused + 1)
            log.info("scanner %s: a code was refused (%s). %s", self.name, outcome.reason, outcome.hint)
        else:
            self._counts = replace(counts, scans=counts.scans + 1)
        try:
            self._on_scan(outcome)
        except Exception:  # a listener's mistake is not the scanner's
            log.exception("the listener of scanner %s failed", self.name)


async def _read(port: Port, wait_s: float | None) -> bytes | None:
    """Return what comes within the time, or was there by the end of it; None: it was silent. Raises `PortLost`."""
    for limit_s in (wait_s, LAST_LOOK_S):  # after a busy moment the time is over, and yet the bytes came within it
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                return await port.read()
    return None
