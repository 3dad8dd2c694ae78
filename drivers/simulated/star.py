"""A simulated Star printer, in Star Line Mode or StarPRNT: the same machine, another language.

It behaves as Star's manuals describe theirs: its only answer is the whole status, pushed at every change while that
is switched on, and sent when asked; ETB waits for the printing before it and raises a counter in that status; and
a few bytes, the drawer's among them, are obeyed as they arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.printer.settings import STAR_PROFILE, DialectName
from drivers.printer.status import XOFF
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.star_picture import as_escpos
from drivers.simulated.star_tokens import STAR_SETTINGS, first_star_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.simulated.printer_tokens import Token

COUNTER_READINGS = 32  # five bits
_ASK_NOW = b"\x1b\x06\x01"
_PULSES_NOW = {0x1C: 0, 0x19: 1}


@dataclass(frozen=True, slots=True)
class StarModel(Model):
    """What kind of Star it is. Of a `Model`'s switches, `fences` is whether its status holds a counter."""

    profile: str = STAR_PROFILE
    long_frames: bool = False  # whether its status has two more bytes, as newer models' has
    reports_at_once: bool = False  # whether it reports without being told to, as on Ethernet


class SimulatedStar(SimulatedPrinter):
    """A Star at the far end of a port."""

    settings = STAR_SETTINGS

    def __init__(self, model: StarModel | None = None, on_event: Callable[[str], None] | None = None) -> None:
        self._star = model or StarModel()
        super().__init__(self._star, on_event)
        self.overflowed = False  # the next status says that bytes were thrown away
        self.counter = 0
        self._etb = False  # whether an ETB was reached since the last status
        self._reports_on = self._star.reports_at_once

    def as_escpos(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Return commands in the words that pictures are drawn from."""
        return as_escpos(tokens)

    def lose_reports(self) -> None:
        """Forget that reports were asked for, as after a power cut that a serial line does not show."""
        self._reports_on = False

    # --- receiving ---

    def _first(self, stream: bytes | bytearray) -> Token | None:
        return first_star_token(stream)

    def _watch(self, byte: int) -> None:
        """Look for what is obeyed at once: between commands, and never within the data of one."""
        pending = self._real_time
        pending.append(byte)
        if not _ASK_NOW.startswith(pending):
            pending[:] = pending[-1:] if byte == _ASK_NOW[0] else b""
        if byte in _PULSES_NOW and self._between_commands(len(self._buffer) - 1):
            del self._buffer[-1:]
            if self.model.real_time_pulse and not self.cutter_stuck:
                self._pulse(_PULSES_NOW[byte])
        elif pending == _ASK_NOW:
            pending.clear()
            if self._between_commands(len(self._buffer) - len(_ASK_NOW)):
                del self._buffer[-len(_ASK_NOW) :]
                self._reply(self._frame(), delay_s=self.oddities.late_status_s)

    # --- working off ---

    def _obey(self, token: Token) -> None:
        args = token.args
        match token.name:
            case b"\x17":
                self._count()
            case b"\x1b\x1eE":
                self.counter, self._etb = 0, False
            case b"\x1b\x1ea" if self.model.reports:
                self._reports_on = args[0] % 48 == 1
                self._last_report = b""
                self._report()
            case b"\x18":
                self._sheet.clear()
                self.counter, self._etb = 0, False
            case b"\x07":
                self._pulse(0)
            case b"\x1a":
                self._pulse(1)
            case b"\0" | b"\x1b\x07" | b"\x1b\x1ea":
                pass  # nothing to see
            case b"\x1bd":
                self._cut(token)
            case _:
                self._sheet.append(token)

    def _count(self) -> None:
        if self.model.fences:
            self.counter = (self.counter + 1) % COUNTER_READINGS
            self._etb = True
        self._last_report = b""
        if not (self.oddities.only_latest_id and b"\x17" in self._buffer):
            self._report_first()
            self._last_report = b""
            self._report()

    def _overran(self, count: int) -> None:
        super()._overran(count)
        self.overflowed = True

    def _lose_power(self) -> None:
        super()._lose_power()
        self.counter, self._etb = 0, False
        self._reports_on = self._star.reports_at_once

    # --- answers ---

    def _frame(self) -> bytes:
        etb, self._etb = self._etb, False
        overflowed, self.overflowed = self.overflowed, False
        status = bytes(
            (
                0x02 * etb | 0x04 * (not self._pin_high) | 0x08 * self.offline | 0x20 * self.cover_open,
                0x08 * self.cutter_stuck | 0x40 * self.overheated,
                0x40 * overflowed,
                0x04 * (self.paper_low or self.paper_out) | 0x08 * self.paper_out,
                0x00,
            )
        )
        if self.model.fences:
            status += bytes((self.counter << 1 & 0x0E | self.counter << 2 & 0x60, 0x00))
        if self._star.long_frames:
            status += b"\0\0"
        length = len(status) + 2
        short = length - 2 * self._star.long_frames
        first = 0x01 | short << 1 & 0x0E | short << 2 & 0x60
        return bytes((first, 0x86 if self._star.long_frames else 0x06)) + status

    def _report(self) -> None:
        """Send the status where something in it has changed."""
        if not self._reports_on:
            return
        frame = self._frame()
        told = frame[:2] + bytes([frame[2] & ~0x02]) + frame[3:]  # that an ETB was reached is no change of its own
        if told != self._last_report:
            self._last_report = told
            odd = bytes([XOFF]) if self.oddities.xoff_in_reports else b""
            self._reply(frame[:3] + odd + frame[3:])


def simulated_printer(speaks: DialectName, columns: int) -> SimulatedPrinter:
    """Return a printer that speaks a dialect."""
    if speaks is DialectName.ESCPOS:
        return SimulatedPrinter(Model(columns=columns))
    return SimulatedStar(StarModel(columns=columns))
