"""A simulated customer display: obeys the real bytes, and shows what a customer would see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.display.screen import COLUMNS, LINES
from drivers.display.speech import DisplayProtocol
from drivers.printer.codepage_tables import CodePageTable, pages_of
from drivers.printer.codepages import code_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port

_CELLS = COLUMNS * LINES
_STRING_END = 0x0D


class SimulatedDisplay:
    """A `Peer`. `text` is what it shows now, `shown` every text that stood still between two reads."""

    def __init__(self, protocol: DisplayProtocol = DisplayProtocol.CD5220) -> None:
        self.shown: list[tuple[str, str]] = []
        self.heard = 0  # bytes
        self.unknown = 0  # bytes that are no command it knows
        self._protocol = protocol
        self._obey: Callable[[bytes], int] = {
            DisplayProtocol.CD5220: self._as_cd5220,
            DisplayProtocol.ESCPOS: self._as_escpos,
            DisplayProtocol.LOGIC_CONTROLS: self._as_logic_controls,
        }[protocol]
        self._pending = b""
        self.power_cycle()

    def power_cycle(self) -> None:
        """Switch it off and on: it is empty and set as in the factory."""
        self._cells = bytearray(b" " * _CELLS)
        self._cursor = 0
        self._string_mode = False
        self._page = code_page("cp437", table=CodePageTable.EPSON)
        self._pending = b""

    @property
    def text(self) -> tuple[str, str]:
        """What stands on its two lines."""
        shown = self._page.decode(bytes(self._cells))
        return shown[:COLUMNS].rstrip(), shown[COLUMNS:].rstrip()

    async def serve(self, port: Port) -> None:
        """Be the display at the end of `port` until it is lost."""
        while True:
            self.take(await port.read())

    def take(self, received: bytes) -> None:
        """Obey what came, from a port or through a printer."""
        self.heard += len(received)
        self._pending += received
        while self._pending:
            used = self._obey(self._pending)
            if not used:
                break  # half a command
            self._pending = self._pending[used:]
        if not self._pending and self.shown[-1:] != [self.text]:
            self.shown.append(self.text)

    def _as_cd5220(self, data: bytes) -> int:
        if data[:1] == b"\x1b":
            if len(data) < 3 and data[:2] != b"\x1b@":  # noqa: PLR2004 - the shortest of the others
                return 0
            if data[1:3] in {b"QA", b"QB"}:
                end = data.find(_STRING_END)
                if end < 0:
                    return 0
                line = COLUMNS * (data[2:3] == b"B")
                self._cells[line : line + COLUMNS] = data[3:end][:COLUMNS].ljust(COLUMNS)
                self._string_mode = True
                return end + 1
            if not self._string_mode:
                return self._as_escpos(data)
            self.unknown += 1
            return 1
        if self._string_mode and data[:1] != b"\x0c":
            self.unknown += data[0] != _STRING_END
            return 1
        return 1 if data[0] == _STRING_END else self._as_escpos(data)

    def _as_escpos(self, data: bytes) -> int:
        if data[:1] == b"\x0c":
            self._clear()
            return 1
        if data[0] >= 0x20:  # noqa: PLR2004 - the first character that is no command
            self._put(data[0])
            return 1
        if len(data) < 2:  # noqa: PLR2004 - every other command has two bytes at least
            return 0
        if data[:2] == b"\x1b@":
            self._clear()
            self._page = code_page("cp437", table=CodePageTable.EPSON)
            return 2
        if data[:2] == b"\x1f\x01":
            return 2
        length = {b"\x1bt": 3, b"\x1fC": 3, b"\x1f$": 4}.get(data[:2])
        if length is None:
            self.unknown += 1
            return 1
        if len(data) < length:
            return 0
        if data[:2] == b"\x1bt":
            self._choose_page(data[2])
        elif data[:2] == b"\x1f$":
            self._cursor = (data[3] - 1) * COLUMNS + data[2] - 1
        return length

    def _as_logic_controls(self, data: bytes) -> int:
        if data[0] >= 0x20:  # noqa: PLR2004 - as above
            self._put(data[0])
        elif data[0] == 0x1F:  # noqa: PLR2004 - reset
            self._clear()
        elif data[0] == 0x10:  # noqa: PLR2004 - the cursor, and where to
            if len(data) == 1:
                return 0
            self._cursor = data[1]
            return 2
        elif data[0] not in {0x11, 0x14}:  # normal mode, no cursor
            self.unknown += 1
        return 1

    def _choose_page(self, number: int) -> None:
        for name, known in pages_of(CodePageTable.EPSON).items():
            if known == number:
                self._page = code_page(name, table=CodePageTable.EPSON)

    def _put(self, byte: int) -> None:
        self._cells[self._cursor % _CELLS] = byte
        self._cursor = (self._cursor + 1) % _CELLS

    def _clear(self) -> None:
        self._cells[:] = b" " * _CELLS
        self._cursor = 0
        self._string_mode = False
