"""Typefaces: which font on this PC has a character. Fonts are looked for at the first need, then remembered."""

from __future__ import annotations

import os
import sys
from functools import cache, cached_property, lru_cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.printer.codepages import JOINERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL.ImageFont import FreeTypeFont

FONT_FILES_MAX = 20_000  # looked at by name; a design office's PC has a few thousand
CHARACTERS_REMEMBERED = 4_096  # a shop's stock is written in fewer
PROBE_DOTS = 24  # large enough that a font's box for a missing character is no letter of its own
_IN_NO_FONT = "\U0010ffff"  # a noncharacter: what is drawn for it is the font's box

# Fonts that Windows and the distributions bring, those with most scripts and with Latin beside them first.
_KNOWN = (
    "DejaVuSans.ttf",
    "segoeui.ttf",
    "NotoSansCJK-Regular.ttc",
    "msyh.ttc",
    "msjh.ttc",
    "YuGothM.ttc",
    "msgothic.ttc",
    "malgun.ttf",
    "simsun.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "tahoma.ttf",
    "leelawui.ttf",
    "Nirmala.ttc",
    "Nirmala.ttf",
    "FreeSans.ttf",
    "NotoSans-Regular.ttf",
    "NotoNaskhArabic-Regular.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansBengali-Regular.ttf",
    "NotoSansTamil-Regular.ttf",
    "Lohit-Devanagari.ttf",
    "Lohit-Bengali.ttf",
    "Lohit-Tamil.ttf",
    "Loma.otf",
    "Loma.ttf",
)


class Face:
    """One font. `font` raises `OSError` where its file is none, or gone: `opens` is asked first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.font = lru_cache(maxsize=8)(self._font)  # sizes: a receipt has two or three
        self.has = lru_cache(maxsize=CHARACTERS_REMEMBERED)(self._has)

    @cached_property
    def opens(self) -> bool:
        """Whether it can be drawn with."""
        try:
            self.font(PROBE_DOTS)
        except OSError:
            return False
        return True

    def _font(self, dots: int, *, shaped: bool = False) -> FreeTypeFont:
        """Return it at a size; `shaped` joins and orders letters as their script does."""
        from PIL import ImageFont

        engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
        return ImageFont.truetype(self.path, dots, layout_engine=engine)

    def _has(self, character: str) -> bool:
        """Return whether it draws the character: anything but what it draws for one that it lacks."""
        return character.isspace() or character in JOINERS or self._drawn(character) != self._missing

    @cached_property
    def _missing(self) -> tuple[object, bytes]:
        return self._drawn(_IN_NO_FONT)

    def _drawn(self, character: str) -> tuple[object, bytes]:
        mask, offset = self.font(PROBE_DOTS).getmask2(character)
        return (mask.size, offset), bytes(mask)


class Typefaces:
    """The fonts in force: `files` in their order, then those known by name in `folders` (None: the system's)."""

    def __init__(self, files: Iterable[Path], folders: Iterable[Path] | None = None) -> None:
        self._files = files
        self._folders = folders

    def for_character(self, character: str) -> Face | None:
        """Return the first font that has a character."""
        return next((face for face in self._faces if face.opens and face.has(character)), None)

    def for_all(self, text: str) -> Face | None:
        """Return the first font that has every character of a text."""
        return next((face for face in self._faces if face.opens and all(map(face.has, text))), None)

    @cached_property
    def _faces(self) -> tuple[Face, ...]:
        folders = system_folders() if self._folders is None else self._folders
        return tuple(Face(path) for path in (*self._files, *_known(folders)))


def own_font() -> Path:
    """Return the font that every Stillopen has, by python-escpos' need of python-barcode.

    DejaVu Sans Mono: Latin, Cyrillic, Greek, Arabic and more, each letter as wide as a printer's.
    """
    found = find_spec("barcode")  # found, not imported
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "fonts" / "DejaVuSansMono.ttf"


def system_folders() -> tuple[Path, ...]:
    """Return where this system keeps its fonts."""
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",)
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


@cache
def shapes() -> bool:
    """Return whether letters can be joined and ordered here: Pillow does it where the system has libfribidi."""
    from PIL import features

    return bool(features.check("raqm"))


def _known(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the fonts known by name, best first; of two of a name the first that is found."""
    found: dict[str, Path] = {}
    for path in islice(_files(folders), FONT_FILES_MAX):
        found.setdefault(path.name.lower(), path)
    for name in _KNOWN:
        if name.lower() in found:
            yield found[name.lower()]


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for place, _, names in os.walk(folder):
            yield from (Path(place, name) for name in names)
