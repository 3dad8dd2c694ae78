"""A simulated receipt printer: the real byte stream in, the real answers out, and a switch for each fault.

It behaves as Epson describes its own: real-time commands are obeyed as they arrive, wherever they stand;
everything else waits in a buffer and is worked off in order; with no paper, an open cover or a stuck
cutter nothing is worked off, and a full buffer takes no more bytes. Power off loses the buffer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.errors import PortError, PortLost
from drivers.printer.status import XOFF
from drivers.simulated.picture import Paper, draw
from drivers.simulated.printer_tokens import TEXT, Token, first_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port

BUFFER_BYTES = 4096  # a TM-T88's
COMMAND_BYTES_MAX = 1_000_000  # a picture of 2 m; a printer told of a longer one swallows what comes
SHEET_TOKENS_KEPT = 20_000  # some 10,000 lines; a host that never cuts must not fill the memory
RECEIPTS_KEPT = 200  # a demo's afternoon; a picture is drawn only when asked for
REPLY_TIMEOUT_S = 5.0  # a host that reads nothing for so long is gone
STILL_THERE_S = 0.2  # how often a printer with a full buffer looks whether its host is there
_REAL_TIME_BYTES = {b"\x10\x04": 3, b"\x10\x05": 3, b"\x10\x14": 5}
_CUTS = (b"\x1dV", b"\x1bi", b"\x1bm")


class DrawerKind(StrEnum):
    """What hangs on the drawer connector."""

    NORMAL = "normal"  # its switch pulls pin 3 low when it is open
    REVERSED = "reversed"
    JAMMED = "jammed"  # the pulse comes and nothing moves
    ABSENT = "absent"  # pin 3 is high for ever


@dataclass(frozen=True, slots=True)
class Model:
    """What kind of printer it is."""

    columns: int = 48
    dots: int = 576
    profile: str = "default"  # how it numbers its code pages
    process_ids: bool = True  # whether it knows `GS ( H`; one that does not prints the parameters
    fences: bool = True  # whether it answers `GS r`
    reports: bool = True  # whether it knows `GS a`
    answers: bool = True  # False: one-way
    real_time_pulse: bool = True  # whether it obeys `DLE DC4 1`
    chinese: bool = False  # pairs up bytes of 80h and above until it is told not to
    names: tuple[bytes, bytes, bytes, bytes] = (b"1.00", b"STILLOPEN", b"SIM-80", b"00000001")  # GS I 65..68


@dataclass(slots=True)
class Oddities:
    """What is wrong with its answers."""

    silent: bool = False  # takes everything, answers nothing
    late_status_s: float = 0.0  # `DLE EOT` is answered so much later
    xoff_in_reports: bool = False  # an XOFF stands within the four bytes
    report_before_answers: bool = False  # an automatic report comes just before every answer
    only_latest_id: bool = False  # of several process ids in its buffer it reports the last


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came out up to a cut."""

    tokens: tuple[Token, ...]

    @property
    def text(self) -> bytes:
        """The text bytes on it, in order, with a line feed for each."""
        return b"".join(
            token.args if token.name == TEXT else b"\n" for token in self.tokens if token.name in (TEXT, b"\n")
        )


class SimulatedPrinter:
    """A printer at the far end of a port. Plain attributes are its switches; methods are what a person does.

    `on_event` hears `receipt`, `kick`, `drawer` and `status` as they happen.
    """

    def __init__(self, model: Model | None = None, on_event: Callable[[str], None] | None = None) -> None:
        self.model = model or Model()
        self.oddities = Oddities()
        self.on_event = on_event
        self.powered = True
        self.cover_open = False
        self.paper_out = False
        self.paper_low = False
        self.cutter_stuck = False
        self.jam_at_cut = False  # the next cut jams
        self.held = False  # works nothing off, and says it is well: a very slow printer
        self.drawer = DrawerKind.NORMAL
        self.drawer_open = False
        self.kicks: list[int] = []  # the connector pins pulsed, in order
        self.cuts = 0
        self.receipts: deque[Receipt] = deque(maxlen=RECEIPTS_KEPT)
        self.taken = 0  # bytes received since power on
        self.printed = 0  # bytes worked off since power on
        self.paper_out_at: int | None = None  # bytes worked off
        self.power_off_at: int | None = None  # bytes received
        self._sheet: deque[Token] = deque(maxlen=SHEET_TOKENS_KEPT)  # what hangs out of it, uncut
        self._buffer = bytearray()
        self._real_time = bytearray()  # the beginning of a real-time command, if one is arriving
        self._reports_on = False
        self._last_report = b""
        self._out: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = asyncio.Event()
        self._port: Port | None = None

    # --- what a person does ---

    def load_paper(self) -> None:
        """Put a new roll in: what waits in the buffer prints."""
        self.paper_out = self.paper_low = False
        self._changed()

    def run_out_of_paper(self) -> None:
        """Take the roll out."""
        self.paper_out = True
        self._changed()

    def set_paper_low(self) -> None:
        """Let the near-end sensor see the core of the roll."""
        self.paper_low = True
        self._changed()

    def open_cover(self) -> None:
        """Open the cover."""
        self.cover_open = True
        self._changed()

    def close_cover(self) -> None:
        """Close the cover."""
        self.cover_open = False
        self._changed()

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self.drawer_open = False
        self._changed("drawer")

    def release(self) -> None:
        """Let a held printer go on."""
        self.held = False
        self._changed()

    async def power_off(self) -> None:
        """Pull its plug: the buffer and every setting are gone; what is on the paper stays."""
        self._lose_power()
        if self._port is not None:
            await self._port.close()

    def power_on(self) -> None:
        """Switch it on again; a host has to connect anew."""
        self.powered = True
        self.taken = self.printed = 0

    def preload(self, stream: bytes) -> None:
        """Put bytes of an earlier program into the buffer, such as half a picture."""
        self._take(stream)

    @property
    def buffered(self) -> int:
        """How many bytes wait in the buffer."""
        return len(self._buffer)

    def picture(self, receipt: Receipt | None = None) -> bytes:
        """Return a PNG of a receipt, or of what hangs out uncut."""
        tokens = tuple(self._sheet) if receipt is None else receipt.tokens
        paper = Paper(self.model.dots, self.model.columns, self.model.profile, chinese=self.model.chinese)
        return draw(tokens, paper, cut=receipt is not None)

    # --- the wire ---

    async def serve(self, port: Port) -> None:
        """Be the printer at the end of `port` until it is lost; a newer host takes the printer over."""
        if not self.powered:
            await port.close()
            return
        self._port = port
        self._room.set()  # whoever waits here for an older host finds out
        while not self._out.empty():
            self._out.get_nowait()
        answering = asyncio.create_task(self._answer(port))
        try:
            while self._port is port:
                received = await port.read()
                while received and self._port is port:
                    received = received[self._take(received) :]
                    if received:
                        await self._wait_for_room(port)
        finally:
            answering.cancel()
            await asyncio.wait({answering})
            if self._port is port:
                self._port = None

    async def _wait_for_room(self, port: Port) -> None:
        if self._port is not port or not self.powered:
            raise PortLost(f"{port.url}: the printer was switched off")
        self._room.clear()
        try:
            async with asyncio.timeout(STILL_THERE_S):
                await self._room.wait()
        except TimeoutError:
            await port.write(b"", timeout_s=REPLY_TIMEOUT_S)  # raises where the host has gone

    async def _answer(self, port: Port) -> None:
        with contextlib.suppress(PortError):  # whoever reads finds out that the host is gone
            while True:
                await port.write(await self._out.get(), timeout_s=REPLY_TIMEOUT_S)

    def _reply(self, answer: bytes, *, delay_s: float = 0.0) -> None:
        if self._port is None or not self.model.answers or self.oddities.silent:
            return
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, self._out.put_nowait, answer)
        else:
            self._out.put_nowait(answer)

    # --- receiving ---

    def _take(self, received: bytes) -> int:
        """Take what the buffer has room for; return how much that was."""
        # While it works, only the command that is still arriving is in the buffer, and that goes to the head.
        room = BUFFER_BYTES - len(self._buffer) if self._stopped else len(received)
        if self.power_off_at is not None:
            room = min(room, self.power_off_at - self.taken)
        taken = received[: max(0, room)]
        for byte in taken:
            self._buffer.append(byte)
            self._watch(byte)
        self.taken += len(taken)
        self._work()
        if self.power_off_at is not None and self.taken >= self.power_off_at:
            self.power_off_at = None
            self._lose_power()
            raise PortLost("the printer lost its power")
        return len(taken)

    def _first(self, stream: bytes | bytearray) -> Token | None:
        return first_token(stream)

    def _watch(self, byte: int) -> None:
        """Look for real-time commands in the bare stream, as a printer does, in pictures too."""
        pending = self._real_time
        pending.append(byte)
        lead = bytes(pending[:2])
        if len(pending) == 1:
            if byte != 0x10:  # noqa: PLR2004 - DLE
                pending.clear()
        elif lead not in _REAL_TIME_BYTES:
            pending.clear()
            self._watch(byte)
        elif len(pending) == _REAL_TIME_BYTES[lead] or (
            lead == b"\x10\x14" and bytes(pending[2:3]) not in (b"", b"\x01")
        ):
            command = bytes(pending)
            pending.clear()
            if self._between_commands(len(self._buffer) - len(command)):
                del self._buffer[-len(command) :]  # otherwise it is some other command's data, too
            self._obey_now(command)

    def _between_commands(self, place: int) -> bool:
        """Return whether what stands before a place in the buffer are whole commands."""
        at = 0
        while at < place and (token := self._first(self._buffer[at:place])):
            at += token.size
        return at == place

    def _obey_now(self, command: bytes) -> None:
        if command[1] == 0x04 and 1 <= command[2] <= 4:  # noqa: PLR2004 - DLE EOT 1 to 4
            self._report_first()
            self._reply(bytes([self._status(command[2])]), delay_s=self.oddities.late_status_s)
        elif command[1] == 0x05 and command[2] in (1, 2) and self.cutter_stuck:  # noqa: PLR2004 - DLE ENQ
            if command[2] == 2:  # noqa: PLR2004 - recover and clear
                self._buffer.clear()
            self.cutter_stuck = False
            self._changed()
        elif command[:3] == b"\x10\x14\x01" and self.model.real_time_pulse and not self.cutter_stuck:
            self._pulse(command[3])

    # --- working off ---

    @property
    def _stopped(self) -> bool:
        return not self.powered or self.held or self.cover_open or self.paper_out or self.cutter_stuck

    def _work(self) -> None:
        while not self._stopped and (token := self._first(self._buffer)):
            if self.paper_out_at is not None and self.printed + token.size > self.paper_out_at:
                self.paper_out_at = None
                self.run_out_of_paper()
                return
            del self._buffer[: token.size]
            self.printed += token.size
            self._obey(token)
        if len(self._buffer) > COMMAND_BYTES_MAX:
            self._buffer.clear()
        if len(self._buffer) < BUFFER_BYTES:
            self._room.set()

    def _obey(self, token: Token) -> None:
        args = token.args
        match token.name:
            case b"\x1d(H":
                self._process_id(token)
            case b"\x1dr" if args[0] in (1, 49):
                self._answer_in_order(bytes([0x0C * self.paper_out | 0x03 * self.paper_low]))
            case b"\x1dr" if args[0] in (2, 50):
                self._answer_in_order(bytes([self._pin_high]))
            case b"\x1dI" if args[0] in (1, 2, 3):
                self._answer_in_order(bytes([args[0]]))
            case b"\x1dI" if 65 <= args[0] <= 68:  # noqa: PLR2004 - firmware, maker, model, serial number
                self._answer_in_order(b"\x5f" + self.model.names[args[0] - 65] + b"\0")
            case b"\x1da" if self.model.reports:
                self._reports_on = bool(args[0])
                self._last_report = b""
                self._report()
            case b"\x1bp":
                self._pulse(args[0])
            case b"\0":
                pass  # does nothing anywhere
            case name if name in _CUTS:
                self._cut(token)
            case _:
                self._sheet.append(token)

    def _process_id(self, token: Token) -> None:
        if not self.model.process_ids:
            self._sheet.append(Token(TEXT, token.args[2:], token.size))  # what a clone does with it
        elif token.args[2:4] == b"00" and not (self.oddities.only_latest_id and b"\x1d(H" in self._buffer):
            self._answer_in_order(b"\x37\x22" + token.args[4:8] + b"\0")

    def _cut(self, token: Token) -> None:
        self._sheet.append(token)
        self.cuts += 1
        self.receipts.append(Receipt(tuple(self._sheet)))
        self._sheet.clear()
        if self.jam_at_cut:
            self.jam_at_cut = False
            self.cutter_stuck = True
            self._changed()
        self._happened("receipt")

    def _pulse(self, m: int) -> None:
        self.kicks.append(5 if m in (1, 0x31) else 2)
        self._happened("kick")
        if self.drawer in (DrawerKind.NORMAL, DrawerKind.REVERSED):
            self.drawer_open = True
            self._changed("drawer")

    def _lose_power(self) -> None:
        self.powered = False
        self._buffer.clear()
        self._real_time.clear()
        self._reports_on = False
        self.cutter_stuck = False
        self._room.set()
        self._happened("status")

    # --- answers ---

    @property
    def _pin_high(self) -> bool:
        if self.drawer is DrawerKind.REVERSED:
            return self.drawer_open
        return not self.drawer_open

    @property
    def _offline(self) -> bool:
        return self.cover_open or self.paper_out or self.cutter_stuck

    def _status(self, n: int) -> int:
        """Return the answer to `DLE EOT n`."""
        bits = {
            1: 0x04 * self._pin_high | 0x08 * self._offline,
            2: 0x04 * self.cover_open | 0x20 * self.paper_out | 0x40 * self.cutter_stuck,
            3: 0x08 * self.cutter_stuck,
            4: 0x0C * (self.paper_low or self.paper_out) | 0x60 * self.paper_out,
        }
        return 0x12 | bits[n]

    def _answer_in_order(self, answer: bytes) -> None:
        if not self.model.fences:
            return
        self._report_first()
        self._reply(answer)

    def _report_first(self) -> None:
        if self.oddities.report_before_answers and self._reports_on:
            self._last_report = b""
            self._report()

    def _report(self) -> None:
        """Send an automatic report where something in it has changed."""
        report = bytes(
            (
                0x10 | 0x04 * self._pin_high | 0x08 * self._offline | 0x20 * self.cover_open,
                0x08 * self.cutter_stuck,
                0x03 * (self.paper_low or self.paper_out) | 0x0C * self.paper_out,
                0x0F,
            )
        )
        if self._reports_on and report != self._last_report:
            self._last_report = report
            odd = bytes([XOFF]) if self.oddities.xoff_in_reports else b""
            self._reply(report[:2] + odd + report[2:])

    def _changed(self, event: str = "status") -> None:
        self._report()
        self._happened(event)
        self._work()

    def _happened(self, event: str) -> None:
        if self.on_event is not None:
            self.on_event(event)
