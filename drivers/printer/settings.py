"""A printer's settings, as the configuration gives them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.printer.codepage_tables import CodePageTable
from drivers.printer.codepages import CodePage, code_page, printer_profile
from drivers.printer.escpos import CutKind, Dialect, FenceKind, Font
from drivers.printer.lettering import Lettering
from drivers.printer.typefaces import Typefaces, own_font

if TYPE_CHECKING:
    from pathlib import Path

# Dots across the print area by columns: 80 mm at 203 and at 180 dpi, 58 mm at 203 and at 180. Other papers have as many
# as their columns take.
_DOTS = {
    Font.A: {48: 576, 42: 512, 32: 384, 30: 360},
    Font.B: {64: 576, 56: 512, 42: 384, 40: 360},
}
COLUMNS_MIN, COLUMNS_MAX = 16, 80  # narrower holds no price beside a name; no receipt printer is wider
PLAIN_PROFILE = "default"
STAR_PROFILE = "TSP600"  # numbers the pages as every Star does that is set to a dialect of its own


class MissingCharacters(StrEnum):
    """What becomes of text in letters that the code page lacks, such as Chinese or Arabic names of goods."""

    IMAGE = "image"  # a picture of the line, where a font has the letters; else as below
    SUBSTITUTE = "substitute"  # `?`, as for everything that can't be written in any way


class DialectName(StrEnum):
    """The language a printer is set to. A Star may be set to any of the three: its self-test print says to which."""

    ESCPOS = "escpos"
    STAR_LINE = "star_line"
    STARPRNT = "starprnt"


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """What has to be known about a printer. Every field has the default that fits most printers."""

    profile: str = PLAIN_PROFILE  # a model of python-escpos' database: it numbers the code pages
    columns: int = 48
    dots: int | None = None  # None: what printers of so many columns have
    code_page: str = "cp858"
    code_page_table: CodePageTable | None = None  # whose numbers the pages have; None: the profile's
    code_page_number: int | None = None  # overrules both for the page
    kanji_off: bool = False  # for printers with Chinese firmware that pair up bytes of 80h and above
    fence: FenceKind | None = None  # None: what every printer of the dialect with a way back has
    cut: CutKind = CutKind.PARTIAL
    speaks: DialectName = DialectName.ESCPOS  # the configuration's `dialect`
    font: Font = Font.A
    missing_characters: MissingCharacters = MissingCharacters.IMAGE
    font_file: Path | None = None  # drawn with before the fonts of this PC
    ask_dialect: bool = False  # the printer is asked what it speaks; `speaks` does not count then
    ask_fence: bool = False  # so is what it answers; `fence` does not count then
    feeds_display: bool = False  # a customer display is plugged into it

    def found(self, speaks: DialectName) -> PrinterSettings:
        """Return the settings for a printer that was found to speak this; what only another dialect has is left out."""
        star = speaks is not DialectName.ESCPOS
        return replace(
            self,
            speaks=speaks,
            profile=self.profile if _of_star(self.profile) or not star else PLAIN_PROFILE,
            kanji_off=self.kanji_off and not star,
            fence=self.fence if self.fence in _FENCES[speaks] else None,
            code_page_table=self.code_page_table if star is (self.code_page_table is CodePageTable.STAR) else None,
        )

    @property
    def fence_kind(self) -> FenceKind:
        """Return what the printer is asked so that it says how far it has come."""
        return self.fence or _FENCES[self.speaks][0]

    @property
    def numbering(self) -> str:
        """Return the model whose numbers of the code pages hold."""
        star = self.speaks is not DialectName.ESCPOS and self.profile == PLAIN_PROFILE
        return STAR_PROFILE if star else self.profile

    def dialect(self) -> Dialect:
        """Return what the bytes are made by. Raises `ValueError` naming the setting and what to write."""
        if not COLUMNS_MIN <= self.columns <= COLUMNS_MAX:
            raise ValueError(f"columns = {self.columns}: write a number from {COLUMNS_MIN} to {COLUMNS_MAX}")
        self.check_profile()
        self.check_fence()
        if self.kanji_off and self._is_star:
            raise ValueError("kanji_off = true: on a Star printer these bytes open the drawer; leave the setting out")
        self.check_table()
        dots = self.dots or _DOTS[self.font].get(self.columns, self.columns * self.font.column)
        lettering = None
        if self.missing_characters is MissingCharacters.IMAGE:
            files = (self.font_file,) if self.font_file else ()
            lettering = Lettering(Typefaces((*files, own_font())))
        return Dialect(self.page(), self.columns, dots, self.kanji_off, self.cut, self.font, lettering)

    def page(self) -> CodePage:
        """Return the code page as this printer numbers it. Raises `ValueError` naming what there is to choose from."""
        return code_page(self.code_page, self.numbering, self.code_page_number, self.code_page_table)

    def check_profile(self) -> None:
        """Raise `ValueError` where the model does not speak the dialect. An ESC/POS Star is fine: they emulate it."""
        if self.speaks is not DialectName.ESCPOS and not self._is_star:
            raise ValueError(f'{self.profile!r} is no Star printer; leave it out, or write dialect = "escpos"')

    def check_table(self) -> None:
        """Raise `ValueError` where the table is another dialect's."""
        if self.code_page_table is None:
            return
        star = self.speaks is not DialectName.ESCPOS
        if star is not (self.code_page_table is CodePageTable.STAR):
            fits = '"star"' if star else '"epson", or its maker\'s'
            raise ValueError(
                f'{str(self.code_page_table)!r} numbers no pages of the dialect "{self.speaks}"; write {fits}'
            )

    def check_fence(self) -> None:
        """Raise `ValueError` where the dialect has no such question."""
        fits = _FENCES[self.speaks]
        if self.fence_kind not in fits:
            choices = ", ".join(f'"{kind}"' for kind in fits)
            raise ValueError(f'{str(self.fence_kind)!r} is none of the dialect "{self.speaks}"; write one of {choices}')

    @property
    def _is_star(self) -> bool:
        return _of_star(self.numbering)


def _of_star(profile: str) -> bool:
    return "star" in printer_profile(profile)["vendor"].lower()


_FENCES = {
    DialectName.ESCPOS: (FenceKind.GS_R, FenceKind.GS_H, FenceKind.NONE),
    DialectName.STAR_LINE: (FenceKind.ETB, FenceKind.NONE),
    DialectName.STARPRNT: (FenceKind.ETB, FenceKind.NONE),
}
