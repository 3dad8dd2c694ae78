"""What stands on a receipt as plain text, read from the commands a printer obeyed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.printer.layout import columns_of
from drivers.simulated.picture_codes import shown_text
from drivers.simulated.picture_pages import numbered_page, power_on_page
from drivers.simulated.printer_model import RESET
from drivers.simulated.printer_tokens import TEXT

if TYPE_CHECKING:
    from drivers.simulated.picture import Paper
    from drivers.simulated.printer_tokens import Token

CELL_DOTS = 12  # of font A, whose columns the text is written in
_FORM_B_MIN = 65  # `GS k` kinds from here on have a length, those below end in NUL
_QR_STORE = b"\x31\x50\x30"


def receipt_text(tokens: tuple[Token, ...], paper: Paper) -> str:
    """Return the lines, as far as the printer's code pages go; codes and pictures stand in brackets."""
    reader = _Reader(paper)
    for token in tokens:
        reader.obey(token)
    return reader.text()


class _Reader:
    """A pen over lines of characters: it knows where it is in dots, and fills with spaces what was skipped."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self._out: list[str] = []
        self._reset()

    def _reset(self) -> None:
        self._read = power_on_page()
        self._chinese = self._paper.chinese
        self._wide = 1
        self._pen = 0  # where the next character is to stand
        self._written = 0  # how far the line has come

    def text(self) -> str:
        lines = "".join(self._out).strip("\n").split("\n")
        return "".join(f"{line.rstrip(' ')}\n" for line in lines)

    def obey(self, token: Token) -> None:  # noqa: C901, PLR0912 - one case a command
        args = token.args
        match token.name:
            case name if name == TEXT:
                self._write(self._characters(args))
            case b"\n":
                self._end_line()
            case b"\x1bd":
                self._end_line(max(1, args[0]))
            case b"\x1b$":
                self._pen = int.from_bytes(args, "little")
            case b"\x1b\\":
                self._pen += int.from_bytes(args, "little", signed=True)
            case b"\x1d!":
                self._wide = (args[0] >> 4 & 7) + 1
            case b"\x1b!":
                self._wide = 2 if args[0] & 0x20 else 1
            case b"\x1bt":
                self._read = numbered_page(args[0], self._paper.profile)
            case b"\x1c." | b"\x1c&":
                self._chinese = token.name == b"\x1c&"
            case name if name == RESET:
                self._reset()
            case b"\x1dk":
                content = args[2:] if args[0] >= _FORM_B_MIN else args[1:-1]
                self._stand_alone(shown_text(args[0], content))
            case b"\x1d(k" if args[2:5] == _QR_STORE:
                self._stand_alone(args[5:].decode(errors="replace"))
            case b"\x1dv0":
                self._stand_alone("picture")

    def _write(self, characters: str) -> None:
        skipped = max(0, round((self._pen - self._written) / CELL_DOTS))
        self._out.append(" " * skipped + characters)
        self._pen += sum(map(columns_of, characters)) * CELL_DOTS * self._wide
        self._written = self._pen

    def _end_line(self, count: int = 1) -> None:
        self._out.append("\n" * count)
        self._pen = self._written = 0

    def _stand_alone(self, text: str) -> None:
        if self._written:
            self._end_line()
        self._out.append(f"[{text}]")
        self._end_line()

    def _characters(self, raw: bytes) -> str:
        return raw.decode("gb18030", errors="replace") if self._chinese else self._read(raw)
