"""A simulated receipt printer: the real byte stream in, the real answers out, and a switch for each fault.

It behaves as Epson describes its own: real-time commands are obeyed as they arrive, wherever they stand;
everything else waits in a buffer and is worked off in order; with no paper, an open cover or a stuck
cutter nothing is worked off, and a full buffer takes no more bytes. Power off loses the buffer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.errors import PortLost
from drivers.printer.status import XOFF
from drivers.simulated.printer_answers import automatic_report, drawer_sensor, paper_sensors, real_time_status
from drivers.simulated.printer_body import PrinterBody
from drivers.simulated.printer_line import HostLine
from drivers.simulated.printer_model import RESET, DrawerKind, Model, Oddities, Receipt
from drivers.simulated.printer_tokens import TEXT, Token, first_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port
    from drivers.simulated.display import SimulatedDisplay

__all__ = ["BUFFER_BYTES", "DrawerKind", "Model", "Oddities", "Receipt", "SimulatedPrinter"]

BUFFER_BYTES = 4096  # a TM-T88's
COMMAND_BYTES_MAX = 1_000_000  # a picture of 2 m; a printer told of a longer one swallows what comes
_REAL_TIME_BYTES = {b"\x10\x04": 3, b"\x10\x05": 3, b"\x10\x14": 5}
_SELECT, _PASSED_ON = b"\x1b=", b"to the display"
_CUTS = (b"\x1dV", b"\x1bi", b"\x1bm")


class SimulatedPrinter(PrinterBody):
    """A printer at the far end of a port; what a person does to it, and its switches, are its body's."""

    def __init__(self, model: Model | None = None, on_event: Callable[[str], None] | None = None) -> None:
        super().__init__(model, on_event)
        self.taken = 0  # bytes received since power on
        self.printed = 0  # bytes worked off since power on
        self.overrun = 0  # bytes thrown away because there was no room
        self.paper_out_at: int | None = None  # bytes worked off
        self.power_off_at: int | None = None  # bytes received
        self.display: SimulatedDisplay | None = None  # what is plugged into it, if anything
        self.deaf = False  # while the display is selected: only a selection, and real-time commands, are obeyed
        self._buffer = bytearray()
        self._real_time = bytearray()  # the beginning of a real-time command, if one is arriving
        self._reports_on = False
        self._last_report = b""
        self._line = HostLine(lambda received: self._take(received))  # noqa: PLW0108 - a test may listen in on `_take`

    # --- power, and the wire ---

    def cut_power(self) -> None:
        """Pull its plug: the buffer and every setting are gone; what is on the paper stays."""
        self._lose_power()
        self._line.hang_up()

    async def power_off(self) -> None:
        """Pull its plug, and wait until its host is let go of."""
        self.cut_power()
        await self._line.hung_up()

    def power_on(self) -> None:
        """Switch it on again; a host has to connect anew."""
        self.powered = True
        self.deaf = self.oddities.display_first and self.display is not None
        self.taken = self.printed = 0
        self._happened("status")

    def flicker(self, glitch: bytes = b"") -> None:
        """Be off for a moment, and lose buffer and settings. A serial line shows a `glitch` of that, or nothing."""
        self._lose_power()
        self.power_on()
        self._line.send(glitch)

    def preload(self, stream: bytes) -> None:
        """Put bytes of an earlier program into the buffer, such as half a picture."""
        self._take(stream)

    def forget_buffer(self) -> None:
        """Empty the buffer, as a person does by its buttons."""
        self._buffer.clear()
        self._line.room()

    @property
    def in_picture(self) -> bool:
        """Whether it waits for the rest of a picture."""
        return bytes(self._buffer[:3]) in (b"\x1dv0", b"\x1b*r")

    @property
    def buffered(self) -> int:
        """How many bytes wait in the buffer."""
        return len(self._buffer)

    async def serve(self, port: Port) -> None:
        """Be the printer at the end of `port` until it is lost; a newer host takes the printer over."""
        if not self.powered:
            await port.close()
            return
        await self._line.serve(port)

    # --- receiving ---

    def _take(self, received: bytes) -> int:
        """Take what the buffer has room for; return how much that was. Raises `PortLost` as its power goes."""
        taken = 0
        while taken < len(received) and (room := self._room(len(received) - taken)) > 0:
            for byte in received[taken : taken + room]:
                self._buffer.append(byte)
                self._watch(byte)
            if self._stopped and len(self._buffer) > BUFFER_BYTES and self.oddities.overruns:
                self._overran(len(self._buffer) - BUFFER_BYTES)
            taken += room
            self.taken += room
            self._work()
            self.milestones.count_bytes(room)
            if self.power_off_at is not None and self.taken >= self.power_off_at:
                self.power_off_at = None
                self._lose_power()
            if not self.powered:
                raise PortLost("the printer lost its power")
        return taken

    def _overran(self, count: int) -> None:
        """Throw away what came last."""
        self.overrun += count
        del self._buffer[-count:]

    def _room(self, most: int) -> int:
        """Return how many bytes it takes now."""
        # While it works, only the command that is still arriving is in the buffer, and that goes to the head.
        if self._stopped and not self.oddities.overruns:
            most = min(most, BUFFER_BYTES - len(self._buffer))
        if self.power_off_at is not None:
            most = min(most, self.power_off_at - self.taken)
        return self.milestones.bytes_to_next(most)

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
            self._reply(real_time_status(command[2], self.condition), delay_s=self.oddities.late_status_s)
        elif command[1] == 0x05 and command[2] in (1, 2) and self.cutter_stuck:  # noqa: PLR2004 - DLE ENQ
            if command[2] == 2:  # noqa: PLR2004 - recover and clear
                self._buffer.clear()
            self.set_cutter(stuck=False)
        elif command[:3] == b"\x10\x14\x01" and self.model.real_time_pulse and not self.cutter_stuck:
            self._pulse(command[3])

    # --- working off ---

    def _work(self) -> None:
        while not self._stopped and (token := self._for_display() if self.deaf else self._first(self._buffer)):
            if self.paper_out_at is not None and self.printed + token.size > self.paper_out_at:
                self.paper_out_at = None
                self.run_out_of_paper()
                return
            del self._buffer[: token.size]
            self.printed += token.size
            if not self._is_of_display(token):
                self._obey(token)
        if len(self._buffer) > COMMAND_BYTES_MAX:
            self._buffer.clear()
        if len(self._buffer) < BUFFER_BYTES:
            self._line.room()

    def _for_display(self) -> Token | None:
        """Return what comes next while the display is selected: its own bytes, or the next selection."""
        at = self._buffer.find(_SELECT)
        if at == 0:
            return self._first(self._buffer)
        end = len(self._buffer) - self._buffer.endswith(b"\x1b") if at < 0 else at
        return Token(_PASSED_ON, bytes(self._buffer[:end]), end) if end else None

    def _is_of_display(self, token: Token) -> bool:
        if self.display is None or token.name not in (_SELECT, _PASSED_ON):
            return False
        if token.name == _SELECT:
            self.deaf = token.args == b"\x02"
        else:
            self.display.take(token.args)
        return True

    def _obey(self, token: Token) -> None:
        args = token.args
        match token.name:
            case b"\x1d(H":
                self._process_id(token)
            case b"\x1dr" if args[0] in (1, 49):
                self._answer_in_order(paper_sensors(self.condition))
            case b"\x1dr" if args[0] in (2, 50):
                self._answer_in_order(drawer_sensor(self.condition))
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

    def _lose_power(self) -> None:
        self.powered = False
        self._buffer.clear()
        self._real_time.clear()
        self._reports_on = False
        self.cutter_stuck = self.overheated = False
        if not self._sheet:
            self._before = ()
        else:
            self._sheet.append(Token(RESET, b"", 0))  # what follows on this sheet is printed with nothing set
        self._line.room()
        self._happened("status")

    # --- answers ---

    def _reply(self, answer: bytes, *, delay_s: float = 0.0) -> None:
        if self.model.answers and not self.oddities.silent:
            self._line.send(answer, delay_s=delay_s)

    def _answer_in_order(self, answer: bytes) -> None:
        if self.model.fences:
            self._report_first()
            self._reply(answer)

    def _report_first(self) -> None:
        if self.oddities.report_before_answers and self._reports_on:
            self._last_report = b""
            self._report()

    def _report(self) -> None:
        """Send an automatic report where something in it has changed."""
        report = automatic_report(self.condition)
        if self._reports_on and report != self._last_report:
            self._last_report = report
            odd = bytes([XOFF]) if self.oddities.xoff_in_reports else b""
            self._reply(report[:2] + odd + report[2:])

    def _changed(self, event: str = "status") -> None:
        self._report()
        super()._changed(event)
        self._work()
