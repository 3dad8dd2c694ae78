"""A printer's settings, as the configuration gives them."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.printer.codepages import code_page, printer_profile
from drivers.printer.escpos import CutKind, Dialect, FenceKind

# Dots across the print area by columns of font A: 80 mm at 203 and at 180 dpi, 58 mm.
_DOTS = {48: 576, 42: 512, 32: 384}
DOTS_PER_COLUMN = 12  # font A at 203 dpi; for papers not named above
COLUMNS_MIN, COLUMNS_MAX = 16, 80  # narrower holds no price beside a name; no receipt printer is wider


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """What has to be known about a printer. Every field has the default that fits most printers."""

    profile: str = "default"  # a model of python-escpos' database: it numbers the code pages
    columns: int = 48
    dots: int | None = None  # None: what printers of so many columns have
    code_page: str = "cp858"
    code_page_number: int | None = None  # overrules the profile's number for the page
    kanji_off: bool = False  # for printers with Chinese firmware that pair up bytes of 80h and above
    fence: FenceKind = FenceKind.GS_R
    cut: CutKind = CutKind.PARTIAL

    def dialect(self) -> Dialect:
        """Return what the bytes are made by. Raises `ValueError` naming the setting and what to write."""
        if not COLUMNS_MIN <= self.columns <= COLUMNS_MAX:
            raise ValueError(f"columns = {self.columns}: write a number from {COLUMNS_MIN} to {COLUMNS_MAX}")
        if self.kanji_off and "star" in printer_profile(self.profile)["vendor"].lower():
            raise ValueError("kanji_off = true: on a Star printer these bytes open the drawer; leave the setting out")
        page = code_page(self.code_page, self.profile, self.code_page_number)
        dots = self.dots or _DOTS.get(self.columns, self.columns * DOTS_PER_COLUMN)
        return Dialect(page, self.columns, dots, self.kanji_off, self.cut)
