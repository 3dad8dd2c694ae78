"""Code pages: how text becomes a printer's bytes, with one configured page per printer.

`ESC t n` means a different page on every make of printer, so the number comes from a vendor's table
(`codepage_tables`), or from the model's profile in python-escpos' database. That database is read as the JSON
file it is: importing python-escpos' own reader parses it as YAML, adds a handler to the root logger and leaves
a temporary folder behind.
The page is never changed within a receipt: hunting pages character by character depends on the
firmware's table revision (the euro sign of a TM-T88V is looked for on the Greek page).
"""

from __future__ import annotations

import codecs
import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.printer.codepage_tables import CodePageTable, pages_of

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
SAMPLE_CHARACTERS = 14  # on a test page: with a number before them they fit the narrowest paper
_TELLING = "ÄÖÜäöüßéñ€\u0131£ŁłőžčЖЩюяğİΩδ"  # where pages differ, and what shops look for
JOINERS = frozenset("\u200c\u200d")
_VARIANTS = frozenset(map(chr, range(0xFE00, 0xFE10)))  # ask for a coloured picture or another form: no printer has one
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
        text = composed(text)
        rest = "".join(set(text).difference(self.high))
        if rest.isascii() and rest.isprintable():
            return text
        return "".join(map(self._fit_character, text))

    def lacks(self, text: str) -> frozenset[str]:
        """Return the characters that would be `?` for want of anything else; a control character is none of them."""
        if text.isascii():
            return frozenset()
        absent = set(unicodedata.normalize("NFC", text)).difference(self.high)
        return frozenset(
            character
            for character in absent
            if not character.isascii()
            and unicodedata.category(character)[0] in "LNPS"
            and LAST_RESORT in self._fit_character(character)
            and SUBSTITUTES.get(character) != LAST_RESORT
        )

    def sample(self) -> str:
        """Return a few characters that look different on another page."""
        letters = (character for character in self.high if unicodedata.category(character)[0] == "L")
        telling = dict.fromkeys((*(character for character in _TELLING if character in self.high), *letters))
        return "".join(telling)[:SAMPLE_CHARACTERS]

    def encode(self, text: str) -> bytes:
        """Encode what `fit` returned. Raises `KeyError` for a character of no page, never sends a wrong one."""
        if text.isascii() and text.isprintable():
            return text.encode("ascii")
        try:
            return codecs.charmap_encode(text, "strict", _charmap(self.name))[0]
        except UnicodeEncodeError as error:
            raise KeyError(text[error.start]) from None

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


def code_page(
    name: str, profile: str = "default", number: int | None = None, table: CodePageTable | None = None
) -> CodePage:
    """Return the page `name` (such as `cp858`) as a vendor's `table`, else the printer model `profile`, numbers it.

    `number` overrules both, which are wrong about some units. Raises `ValueError` naming what there is to choose
    from.
    """
    wanted = name.upper()
    encoding = _database()["encodings"].get(wanted)
    if encoding is None or not ("python_encode" in encoding or "data" in encoding):
        known = page_names(profile) if table is None else pages_of(table)
        raise ValueError(f"{name!r} is no code page; write one of {', '.join(known)}")
    if number is None and table is not None:
        number = pages_of(table).get(wanted.lower())
        if number is None:
            raise ValueError(
                f"the code page table {str(table)!r} has no code page {name!r}; write one of "
                f"{', '.join(pages_of(table))}, or give its number from the printer's manual"
            )
    if number is None:
        numbers = _numbers(wanted, printer_profile(profile))
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


def numbers_of(page: CodePage, *, star: bool) -> tuple[int, ...]:
    """Return every number that a page has anywhere, ascending: what a test page tries.

    A Star that speaks its own language is asked by Star's numbers only, and no other printer by them.
    """
    found = {page.number}
    for table in CodePageTable:
        if (table is CodePageTable.STAR) is star and page.name in pages_of(table):
            found.add(pages_of(table)[page.name])
    for profile in _database()["profiles"].values():
        if ("star" in profile["vendor"].lower()) is star:
            found.update(_numbers(page.name.upper(), profile))
    return tuple(sorted(found))


def composed(text: str) -> str:
    """Return the text with letters and their accents in one, and line feeds for every end of a line."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def tidy(text: str) -> str:
    """Return the text with nothing a printer obeys, and nothing that turns the order of letters about unseen.

    Joiners stay: in some scripts they choose a letter's shape.
    """
    return "".join(map(_tidy_character, composed(text)))


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


def _numbers(wanted: str, profile: Mapping[str, Any]) -> list[int]:
    return [int(slot) for slot, page in profile["codePages"].items() if page == wanted]


def _tidy_character(character: str) -> str:
    if character in _LINE_BREAKS:
        return "\n"
    if character in _SPACES:
        return " "
    if character in _VARIANTS:
        return ""
    category = unicodedata.category(character)
    if category == "Cf":
        return character if character in JOINERS else ""
    return LAST_RESORT if category[0] == "C" else character


@cache
def _charmap(name: str) -> dict[int, int]:
    """Return character to byte, both as numbers, for `codecs`: ten times as fast as one look-up each."""
    high = {ord(character): byte for character, byte in _high_half(name.upper()).items()}
    return {code: code for code in range(0x20, 0x7F)} | high


def _plain(character: str) -> str:
    """Return a character without its accents, or what Unicode says it is compatible with."""
    return "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
