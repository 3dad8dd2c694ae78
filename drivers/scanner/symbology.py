"""AIM identifiers (ISO/IEC 15424): `]`, a letter for the symbology, a modifier; and several in one frame.

Scanners differ from the standard and from each other. What is served beside it: an EAN and its add-on under `]E1`,
`]E2`, `]E5` or `]E6` (Datalogic D8330), a second identifier behind an EAN's digits (Cino, Honeywell), ISBN and ISSN
of ten characters under `]X0` (Zebra).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Symbology(StrEnum):
    """What was printed, as far as the identifier tells."""

    EAN13 = "ean13"  # and UPC-A and UPC-E, which many scanners send as EAN-13
    EAN8 = "ean8"
    UPC_A = "upc_a"
    UPC_E = "upc_e"
    EAN_UPC = "ean_upc"  # one of these four
    ADD_ON = "add_on"  # two or five digits beside an EAN
    CODE128 = "code128"
    GS1_128 = "gs1_128"
    DATABAR = "databar"
    COMPOSITE = "composite"
    DATA_MATRIX = "data_matrix"
    GS1_DATA_MATRIX = "gs1_data_matrix"
    QR = "qr"
    GS1_QR = "gs1_qr"
    DOTCODE = "dotcode"
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
EAN = frozenset({Symbology.EAN13, Symbology.EAN8, Symbology.UPC_A, Symbology.UPC_E, Symbology.EAN_UPC})


class AddOn(StrEnum):
    """Whether an EAN's add-on stands behind its digits."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


_BY_IDENTIFIER = {
    "E0": Symbology.EAN13,
    "E3": Symbology.EAN13,
    "E4": Symbology.EAN8,
    "E5": Symbology.EAN8,
    "E6": Symbology.EAN8,
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
    "J": Symbology.DOTCODE,
    "L": Symbology.PDF417,
    "Q": Symbology.QR,
    "X": Symbology.OTHER,
    "d": Symbology.DATA_MATRIX,
    "z": Symbology.AZTEC,
} | dict.fromkeys("BDHKMNOPRSTUVYcho", Symbology.OTHER)  # Telepen, Code 11, MSI, Plessey and so on: no shop's goods
_ADD_ONS = {"E3": AddOn.MAYBE, "E4": AddOn.MAYBE, "E5": AddOn.YES, "E6": AddOn.YES}
_ADD_ON_DIGITS = {"E1": 2, "E2": 5}
_IDENTIFIER = re.compile(r"\]([A-Za-z])([0-9A-Za-z])")
# A second identifier is only looked for behind an EAN's digits: anywhere else `]E1` may be content.
_SECOND = re.compile(r"([0-9]+)(\](?:E[0-6]|C1|e[012]).*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """One symbol's content."""

    symbology: Symbology | None  # None: the scanner did not say
    text: str
    add_on: AddOn = AddOn.NO


def identify(text: str, code_ids: Mapping[str, Symbology] | None = None) -> list[Part]:
    """Take the identifiers off a frame's text: one part a symbol. Text with none is one part of unknown kind.

    `code_ids` are the characters that a scanner of one make sends instead (`code_ids.py`).
    """
    match = _IDENTIFIER.match(text)
    if match is None:
        return _by_code_id(text, code_ids or {})
    name, content = match[1] + match[2], text[match.end() :]
    if name in _ADD_ON_DIGITS:
        if len(content) > _ADD_ON_DIGITS[name]:
            return [Part(Symbology.EAN13, content, AddOn.YES)]
        return [Part(Symbology.ADD_ON, content)]
    symbology = _BY_IDENTIFIER.get(name) or _BY_LETTER.get(match[1])
    if symbology is None:
        return [Part(None, text)]
    second = _SECOND.fullmatch(content) if symbology in EAN else None
    if second is not None:
        return [Part(symbology, second[1]), *identify(second[2])]
    return [Part(symbology, content, _ADD_ONS.get(name, AddOn.NO))]


def _by_code_id(text: str, code_ids: Mapping[str, Symbology]) -> list[Part]:
    code_id = max((code_id for code_id in code_ids if text.startswith(code_id)), key=len, default=None)
    if code_id is None:
        return [Part(None, text)]
    content, symbology = text[len(code_id) :], code_ids[code_id]
    if symbology in GS1 and content.startswith("]C1"):  # Datalogic sends both for GS1-128
        return identify(content)
    return [Part(symbology, content, AddOn.MAYBE if symbology in EAN else AddOn.NO)]
