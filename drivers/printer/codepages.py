"""Code pages: how text becomes a printer's bytes, with one configured page per printer.

`ESC t n` means a different page on every make of printer, so the number comes from the vendor's own
profile in python-escpos' database. That database is read as the JSON file it is: importing python-escpos'
own reader parses it as YAML, adds a handler to the root logger and leaves a temporary folder behind.
The page is never changed within a receipt: hunting pages character by character depends on the
firmware's table revision (the euro sign of a TM-T88V is looked for on the Greek page).
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

HIGH_HALF = range(0x80, 0x100)  # below it, every page is ASCII
LAST_RESORT = "?"

# What stands in for characters a page lacks: the substitute, and everything it stands in for. Tried before
# Unicode's own decompositions. Look-alikes are written by number, so that a reader can tell them apart.
_STANDS_IN_FOR = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u2500\u2501",
    "*": "\u2022\u25cf\u25aa",
    ".": "\u00b7\u2027",
    "x": "\u00d7",
    "/": "\u00f7\u2044",
    "i": "\u0131",
    "=": "═",
    "|": "│┃║",
    "!": "¡",
    "?": "¿",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "(TM)": "™",
    "(c)": "©",
    "(R)": "®",
    "No.": "№",
    "deg": "°",
    "+/-": "±",
    "ss": "ß",
    "SS": "ẞ",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "d": "đð",
    "D": "ĐÐ",
    "th": "þ",
    "Th": "Þ",
    "h": "ħ",
}
SUBSTITUTES: Mapping[str, str] = {
    character: substitute for substitute, characters in _STANDS_IN_FOR.items() for character in characters
}
_SPACES = frozenset(
    "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_LINE_BREAKS = frozenset("\n\v\f\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class CodePage:
    """One page as one make of printer has it: `ESC t number`, and the characters of its upper half."""

    name: str
    number: int
    high: Mapping[str, int]  # character to byte; control characters are left out

    def fit(self, text: str) -> str:
        """Return the text in this page's characters and line feeds only, transliterated where need be.

        Control characters, which a printer would obey wherever they come from, become `?`.
        """
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        if text.isascii() and text.isprintable():
            return text
        return "".join(map(self._fit_character, text))

    def encode(self, text: str) -> bytes:
        """Encode what `fit` returned. Raises `KeyError` for a character of no page, never sends a wrong one."""
        if text.isascii() and text.isprintable():
            return text.encode("ascii")
        return bytes(ord(character) if " " <= character <= "~" else self.high[character] for character in text)

    def decode(self, data: bytes) -> str:
        """Return what a printer on this page shows for these bytes; a byte that is no character shows as `?`."""
        shown = {byte: character for character, byte in self.high.items()}
        return "".join(
            chr(byte) if 0x20 <= byte <= 0x7E else shown.get(byte, LAST_RESORT)  # noqa: PLR2004 - printable ASCII
            for byte in data
        )

    def _has(self, character: str) -> bool:
        return " " <= character <= "~" or character in self.high

    def _fit_character(self, character: str) -> str:
        if self._has(character):
            return character
        if character in _LINE_BREAKS:
            return "\n"
        if character in _SPACES:
            return " "
        if unicodedata.category(character) in ("Cf", "Mn", "Me"):
            return ""  # joiners, direction marks, soft hyphens, loose accents: nothing to see
        for candidate in (SUBSTITUTES.get(character), _plain(character)):
            if candidate is not None and candidate != character:
                fitted = "".join(map(self._fit_character, candidate))
                if LAST_RESORT not in fitted or LAST_RESORT in candidate:
                    return fitted
        return LAST_RESORT


def code_page(name: str, profile: str = "default", number: int | None = None) -> CodePage:
    """Return the page `name` (such as `cp858`) as the printer model `profile` numbers it.

    `number` overrules the database, which is wrong about some units. Raises `ValueError` naming what
    there is to choose from.
    """
    wanted = name.upper()
    encoding = _database()["encodings"].get(wanted)
    if encoding is None or not ("python_encode" in encoding or "data" in encoding):
        raise ValueError(f"{name!r} is no code page; write one of {', '.join(page_names(profile))}")
    if number is None:
        numbers = [int(slot) for slot, page in printer_profile(profile)["codePages"].items() if page == wanted]
        if not numbers:
            raise ValueError(
                f"the printer profile {profile!r} has no code page {name!r}; write one of "
                f"{', '.join(page_names(profile))}, or give its number from the printer's manual"
            )
        number = min(numbers)
    return CodePage(wanted.lower(), number, _high_half(wanted))


def page_names(profile: str) -> list[str]:
    """Return the names of the code pages a printer model has and this program can write."""
    return sorted(
        {
            page.lower()
            for page in printer_profile(profile)["codePages"].values()
            if _database()["encodings"].get(page, {}).keys() & {"python_encode", "data"}
        }
    )


def printer_profile(name: str) -> dict[str, Any]:
    """Return a printer model's entry in the database. Raises `ValueError` naming the models there are."""
    profiles: dict[str, dict[str, Any]] = _database()["profiles"]
    if name not in profiles:
        raise ValueError(f"{name!r} is no printer profile; write one of {', '.join(sorted(profiles))}")
    return profiles[name]


def page_numbered(number: int, profile: str = "default") -> CodePage:
    """Return the page behind `ESC t number` on a printer model. Raises `ValueError` where there is none."""
    name = printer_profile(profile)["codePages"].get(str(number))
    if name is None:
        raise ValueError(f"the printer profile {profile!r} has no code page number {number}")
    return code_page(name, profile, number)


@cache
def _database() -> dict[str, Any]:
    found = find_spec("escpos")  # found, not imported; importlib.resources would import twenty modules of its own
    assert found is not None
    assert found.origin is not None
    text = Path(found.origin).with_name("capabilities.json").read_text(encoding="utf-8")
    database: dict[str, Any] = json.loads(text)
    return database


@cache
def _high_half(name: str) -> Mapping[str, int]:
    """Return the characters of 80h to FFh; the first byte wins where a page has a character twice."""
    encoding = _database()["encodings"][name]
    high: dict[str, int] = {}
    for byte in HIGH_HALF:
        if "data" in encoding:
            character = "".join(encoding["data"])[byte - HIGH_HALF.start]
        else:
            character = bytes([byte]).decode(encoding["python_encode"], errors="ignore")
        if character and character.isprintable():
            high.setdefault(character, byte)
    return high


def _plain(character: str) -> str:
    """Return a character without its accents, or what Unicode says it is compatible with."""
    return "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
