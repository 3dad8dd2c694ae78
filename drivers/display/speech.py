"""How each protocol says two lines: what a display hears when it is opened, and what changes its text. Pure.

- CD5220: `1B 51 41` text `0D` is the upper line, `1B 51 42` text `0D` the lower one; after one of them only CLR and
  CAN are obeyed, so the greeting begins with CLR, after a CR that ends a line left half. Source: POS-X XP8200, page 19.
- ESC/POS (Epson DM-D): `1F 24 x y` puts the cursor. Source: Epson's DM-D command reference.
- Logic Controls (PD3000 and alike): `1F` resets, `11` is normal mode, `10 n` puts the cursor, 0 to 39. Source: as
  LCDproc's serialPOS driver knows it. It has no command for a code page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from drivers.display.screen import COLUMNS
from drivers.printer.codepage_tables import CodePageTable
from drivers.printer.codepages import CodePage, code_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.display.screen import Screen

_ESC, _US, _CLR, _CR = b"\x1b", b"\x1f", b"\x0c", b"\r"


class DisplayProtocol(StrEnum):
    """The languages of customer displays."""

    CD5220 = "cd5220"
    ESCPOS = "escpos"
    LOGIC_CONTROLS = "logic_controls"


@dataclass(frozen=True)
class DisplaySettings:
    """What has to be known about a display. `code_page_number` overrules the number its page has on an Epson."""

    protocol: DisplayProtocol = DisplayProtocol.CD5220
    code_page: str = "cp437"
    code_page_number: int | None = None

    @cached_property
    def page(self) -> CodePage:
        """The page that its text is written in. Raises `ValueError` naming what there is to choose from."""
        return code_page(self.code_page, number=self.code_page_number, table=CodePageTable.EPSON)

    @property
    def greeting(self) -> bytes:
        """What brings it, whatever it showed or was set to, into the state that `show` needs."""
        return _SPEECHES[self.protocol].greeting(self.page.number)

    def show(self, screen: Screen) -> bytes:
        """Return what shows both lines whole: a byte that was lost before spoils nothing after."""
        upper, lower = (self._twenty(text) for text in (screen.upper, screen.lower))
        return _SPEECHES[self.protocol].lines(upper, lower)

    def _twenty(self, text: str) -> bytes:
        """Encode exactly twenty characters; a display obeys control characters wherever they come from."""
        fitted = "".join(" " if character == "\n" else character for character in self.page.fit(text))
        return self.page.encode(fitted[:COLUMNS].ljust(COLUMNS))


@dataclass(frozen=True, slots=True)
class _Speech:
    """One protocol."""

    greeting: Callable[[int], bytes]  # from the code page's number
    lines: Callable[[bytes, bytes], bytes]


_SPEECHES = {
    DisplayProtocol.CD5220: _Speech(
        lambda number: _CR + _CLR + _ESC + b"@" + _ESC + b"t" + bytes([number]) + _CLR,
        lambda upper, lower: _ESC + b"QA" + upper + b"\r" + _ESC + b"QB" + lower + b"\r",
    ),
    DisplayProtocol.ESCPOS: _Speech(
        lambda number: _ESC + b"@" + _ESC + b"t" + bytes([number]) + _US + b"\x01" + _US + b"C\x00" + _CLR,
        lambda upper, lower: _US + b"$\x01\x01" + upper + _US + b"$\x01\x02" + lower,
    ),
    DisplayProtocol.LOGIC_CONTROLS: _Speech(
        lambda _: _US + b"\x11\x14",
        lambda upper, lower: b"\x10\x00" + upper + b"\x10\x14" + lower,
    ),
}
