"""What comes out as `?`: letters that the code page lacks, and no font of this PC has or can put in order."""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.device import Notice
from drivers.printer.codepages import tidy
from drivers.printer.document import Row, Text

if TYPE_CHECKING:
    from drivers.printer.document import Document
    from drivers.printer.escpos import Dialect

CODE = "unwritten-letters"
SHOWN_MAX = 5  # letters of each script, so that a person knows which goods are meant

_NO_FONT = (
    "Install a font that has them (Debian and Ubuntu: fonts-noto-core, fonts-noto-cjk), or name its file as "
    "`font_file` of the [[printer]], and restart the agent."
)
_NO_ORDER = (
    "Install libfribidi (Debian and Ubuntu: libfribidi0) and one font that has all of an item's letters, or name its "
    "file as `font_file` of the [[printer]], and restart the agent. On Windows such letters cannot be joined yet: "
    "write these names in Latin letters."
)


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Characters of a document: those that `no_font` has, and those whose script cannot be put in order here."""

    no_font: frozenset[str] = frozenset()
    no_order: frozenset[str] = frozenset()


NOTHING = Unwritten()
_log = logging.getLogger(__name__)


def unwritten(document: Document, dialect: Dialect) -> Unwritten:
    """Return what a document's texts will leave as `?`; nothing where the settings want no pictures of letters."""
    lettering = dialect.lettering
    if lettering is None:
        return NOTHING
    no_font: set[str] = set()
    no_order: set[str] = set()
    for item in document.items:
        if not isinstance(item, Text | Row):
            continue
        parts = (item.text,) if isinstance(item, Text) else (item.left, item.right)
        lacking = frozenset[str]().union(*map(dialect.page.lacks, parts))
        if lacking:
            fontless = lettering.lacks(lacking)
            no_font |= fontless
            if any(lettering.readable(tidy(part)) is None for part in parts):
                no_order |= lacking - fontless
    return Unwritten(frozenset(no_font), frozenset(no_order))


def script(character: str) -> str:
    """Return what a character's script is called, by Unicode's name for it: `Thai`, `CJK`; `symbols` for all signs."""
    if unicodedata.category(character)[0] not in "LN":
        return "symbols"
    name = unicodedata.name(character, "unknown").split()[0]
    return name if name == "CJK" else name.capitalize()


class Missing:
    """What one printer could not write since the start, by script. Each is said once; the logs' repeats are DEBUG."""

    def __init__(self, printer: str) -> None:
        self._printer = printer
        self._no_font: dict[str, str] = {}  # script -> its first letters
        self._no_order: dict[str, str] = {}

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a person should know, and do."""
        return tuple(
            Notice(CODE, f"{_listed(known)} printed as ?: {why}.", hint) for known, why, hint in self._said() if known
        )

    def heard(self, unwritten: Unwritten) -> bool:
        """Take what a document lacked; returns whether a script was among it that was not known yet."""
        fresh = _add(self._no_font, unwritten.no_font)
        fresh |= _add(self._no_order, unwritten.no_order)
        if unwritten != NOTHING:
            for notice in self.notices:
                level = logging.WARNING if fresh else logging.DEBUG
                _log.log(level, "printer %s: %s %s", self._printer, notice.detail, notice.hint)
        return fresh

    def _said(self) -> tuple[tuple[dict[str, str], str, str], ...]:
        return (
            (self._no_font, "neither the code page nor any font of this PC has them", _NO_FONT),
            (self._no_order, "this PC cannot join these letters or put them in order", _NO_ORDER),
        )


def _add(known: dict[str, str], characters: frozenset[str]) -> bool:
    fresh = False
    for character in sorted(characters):
        name = script(character)
        fresh |= name not in known
        shown = known.setdefault(name, "")
        if character not in shown and len(shown) < SHOWN_MAX:
            known[name] = shown + character
    return fresh


def _listed(known: dict[str, str]) -> str:
    return ", ".join(f"{name} ({shown})" for name, shown in sorted(known.items()))
