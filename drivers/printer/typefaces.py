"""Typefaces: which font on this PC has a character. Fonts are looked for at the first need, then remembered."""

from __future__ import annotations

import os
import sys
from functools import cache, cached_property, lru_cache
from importlib.util import find_spec
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
    "Loma.otf",
)


class Face:
    """One font. `font` raises `OSError` where its file is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.font = lru_cache(maxsize=8)(self._font)  # sizes: a receipt has two or three
        self.has = lru_cache(maxsize=CHARACTERS_REMEMBERED)(self._has)

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
    """The fonts in force: the one that is configured, the fixed-width one every Stillopen has, the PC's own."""

    def __init__(self, file: Path | None = None, folders: Iterable[Path] | None = None) -> None:
        self._file = file
        self._folders = folders

    def for_character(self, character: str) -> Face | None:
        """Return the first font that has a character."""
        return next((face for face in self._faces if face.has(character)), None)

    def for_all(self, text: str) -> Face | None:
        """Return the first font that has every character of a text."""
        return next((face for face in self._faces if all(map(face.has, text))), None)

    @cached_property
    def _faces(self) -> tuple[Face, ...]:
        paths = [path for path in (self._file, own_font()) if path is not None]
        folders = system_folders() if self._folders is None else self._folders
        faces = [Face(path) for path in (*paths, *_known(folders))]
        return tuple(face for face in faces if _opens(face))


def own_font() -> Path | None:
    """Return the font that python-barcode brings, which python-escpos needs: DejaVu Sans Mono, Arabic letters too."""
    found = find_spec("barcode")  # found, not imported
    if found is None or found.origin is None:
        return None
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


def _opens(face: Face) -> bool:
    try:
        face.font(PROBE_DOTS)
    except OSError:
        return False  # gone, or no font: the next one may do
    return True


def _known(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the fonts known by name, best first."""
    found: dict[str, Path] = {}
    seen = 0
    for folder in folders:
        for place, _, names in os.walk(folder):
            seen += len(names)
            for name in names:
                found.setdefault(name.lower(), Path(place) / name)
            if seen > FONT_FILES_MAX:
                break
    for name in _KNOWN:
        if name.lower() in found:
            yield found[name.lower()]
