"""AIM identifiers (ISO/IEC 15424): `]`, a letter for the symbology, a modifier; and several in one frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Symbology(StrEnum):
    """What was printed, as far as the identifier tells."""

    EAN13 = "ean13"  # and UPC-A and UPC-E, which many scanners send as EAN-13
    EAN8 = "ean8"
    ADD_ON = "add_on"  # two or five digits beside an EAN
    CODE128 = "code128"
    GS1_128 = "gs1_128"
    DATABAR = "databar"
    COMPOSITE = "composite"
    DATA_MATRIX = "data_matrix"
    GS1_DATA_MATRIX = "gs1_data_matrix"
    QR = "qr"
    GS1_QR = "gs1_qr"
    GS1_DOTCODE = "gs1_dotcode"
    CODE39 = "code39"
    CODE93 = "code93"
    ITF = "itf"
    CODABAR = "codabar"
    PDF417 = "pdf417"
    AZTEC = "aztec"
    OTHER = "other"


GS1 = frozenset(
    {
        Symbology.GS1_128,
        Symbology.DATABAR,
        Symbology.COMPOSITE,
        Symbology.GS1_DATA_MATRIX,
        Symbology.GS1_QR,
        Symbology.GS1_DOTCODE,
    }
)

_BY_IDENTIFIER = {
    "E0": Symbology.EAN13,
    "E1": Symbology.ADD_ON,
    "E2": Symbology.ADD_ON,
    "E3": Symbology.EAN13,  # with its add-on behind it
    "E4": Symbology.EAN8,
    "C1": Symbology.GS1_128,
    "d2": Symbology.GS1_DATA_MATRIX,
    "Q3": Symbology.GS1_QR,
    "J1": Symbology.GS1_DOTCODE,
    "e0": Symbology.DATABAR,
    "e1": Symbology.COMPOSITE,
    "e2": Symbology.COMPOSITE,
}
_BY_LETTER = {
    "A": Symbology.CODE39,
    "C": Symbology.CODE128,
    "F": Symbology.CODABAR,
    "G": Symbology.CODE93,
    "I": Symbology.ITF,
    "L": Symbology.PDF417,
    "Q": Symbology.QR,
    "X": Symbology.OTHER,
    "d": Symbology.DATA_MATRIX,
    "z": Symbology.AZTEC,
}
_IDENTIFIER = re.compile(r"\]([A-Za-z])([0-9A-Za-z])")
# A second identifier is only looked for behind an EAN's digits: anywhere else `]E1` may be content.
_SECOND = re.compile(r"([0-9]+)(\](?:E[12]|C1|e[012]).*)", re.DOTALL)
_WITH_ADD_ON = re.compile(r"([0-9]{13}|[0-9]{12})([0-9]{5}|[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Part:
    """One symbol's content. `add_on` is None where there is none, or where it is a part of its own."""

    symbology: Symbology | None
    text: str
    add_on: str | None = None


def identify(text: str) -> list[Part]:
    """Take the identifiers off a frame's text: one part a symbol. Text with none is one part of unknown kind."""
    match = _IDENTIFIER.match(text)
    symbology = None
    if match is not None:
        symbology = _BY_IDENTIFIER.get(match[1] + match[2]) or _BY_LETTER.get(match[1])
    if match is None or symbology is None:
        return [Part(None, text)]
    content = text[match.end() :]
    if symbology in {Symbology.EAN13, Symbology.EAN8}:
        second = _SECOND.fullmatch(content)
        if second is not None:
            return [_split_add_on(match[2], symbology, second[1]), *identify(second[2])]
    return [_split_add_on(match[2], symbology, content)]


def _split_add_on(modifier: str, symbology: Symbology, content: str) -> Part:
    both = _WITH_ADD_ON.fullmatch(content) if symbology is Symbology.EAN13 and modifier == "3" else None
    return Part(symbology, content) if both is None else Part(symbology, both[1], both[2])
