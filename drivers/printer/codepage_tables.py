"""Which number of `ESC t n` (a Star's `ESC GS t n`) means which code page, by make of printer.

Gathered from @point-of-sale/receipt-printer-encoder 4.0.1 and the ESC/POS printer database that python-escpos 3.1
brings. A printer made by one firm often runs another's firmware: the test page shows whose table it has.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class CodePageTable(StrEnum):
    """Whose numbers a printer's code pages have."""

    EPSON = "epson"
    EPSON_LEGACY = "epson_legacy"  # TM-T88II to IV, TM-T70
    BIXOLON = "bixolon"
    CITIZEN = "citizen"
    HP = "hp"  # A779
    WINCOR = "wincor"  # TH230, TH230+
    FUJITSU = "fujitsu"
    POS_5890 = "pos_5890"  # and POS-8360
    XPRINTER = "xprinter"
    RONGTA = "rongta"  # and Youku
    MPT_II = "mpt_ii"
    STAR = "star"  # in its own languages; one that emulates ESC/POS has Epson's older numbers


_PAGES = ("cp437", "cp850", "cp858", "cp1252", "cp852", "cp866", "cp1250", "cp1251", "cp857", "iso_8859-15")
_ROWS: Mapping[CodePageTable, tuple[int | None, ...]] = {
    CodePageTable.EPSON: (0, 2, 19, 16, 18, 17, 45, 46, 13, 40),
    CodePageTable.EPSON_LEGACY: (0, 2, 19, 16, 18, 17, None, None, None, None),
    CodePageTable.BIXOLON: (0, 2, 19, 16, 18, 17, 47, 28, 37, None),
    CodePageTable.CITIZEN: (0, None, 2, 16, 6, 7, None, None, 8, None),
    CodePageTable.HP: (0, 1, 6, 8, 2, 7, None, 13, 12, None),
    CodePageTable.WINCOR: (0, 1, 6, 8, 2, 7, 17, None, 12, None),
    CodePageTable.FUJITSU: (0, 2, 19, 16, 18, 17, None, None, 8, None),
    CodePageTable.POS_5890: (0, 2, 19, 16, 18, 17, 72, 23, 61, None),
    CodePageTable.XPRINTER: (0, 2, 19, 16, 18, 17, None, 23, None, None),
    CodePageTable.RONGTA: (0, 2, 19, 16, 18, 7, 30, 6, 29, 44),
    CodePageTable.MPT_II: (0, 2, None, None, None, 7, None, 6, None, None),
    CodePageTable.STAR: (1, None, 4, 32, 5, 10, 33, 34, 12, None),
}


def pages_of(table: CodePageTable) -> Mapping[str, int]:
    """Return the code pages a table has, by their names, with their numbers."""
    return {page: number for page, number in zip(_PAGES, _ROWS[table], strict=True) if number is not None}
