"""EAN and UPC: which numbers a frame's digits may be, with or without an add-on (GS1 General Specifications 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.scanner.gtin import gtin14, is_digits, upc_e_to_upc_a
from drivers.scanner.scan import Reason
from drivers.scanner.symbology import AddOn, Symbology

_LENGTHS = {
    Symbology.EAN13: (13, 12, 8),  # 12: a UPC-A with its leading zero left out; 8: a UPC-E
    Symbology.EAN8: (8,),
    Symbology.UPC_A: (12, 13),
    Symbology.UPC_E: (8,),
    Symbology.EAN_UPC: (13, 12, 8),
}
_SHORT = 8  # digits of an EAN-8 or a UPC-E
_ADD_ONS = {AddOn.NO: (0,), AddOn.MAYBE: (0, 2, 5), AddOn.YES: (2, 5)}


@dataclass(frozen=True, slots=True)
class Number:
    """An article's number as printed, without its add-on, and the GTIN-14s it may stand for: two for some UPC-E."""

    text: str
    gtins: tuple[str, ...]
    add_on: str | None = None
    own: str | None = None  # what is looked up first: the digits may be a number of the store's own


def read_number(text: str, symbology: Symbology, add_on: AddOn) -> Number | Reason:
    """Read the digits of an EAN or UPC symbol, or say why they are none. The check digit must be right."""
    if not is_digits(text):
        return Reason.LENGTH
    splits = [
        (length, length + extra)
        for length in _LENGTHS[symbology]
        for extra in _ADD_ONS[add_on]
        if len(text) == length + extra
    ]
    found = [
        Number(text[:length], gtins, text[length:] or None)
        for length, _ in splits
        if (gtins := short_gtins(text[:length], symbology) if length == _SHORT else _one(gtin14(text[:length])))
    ]
    if not found:
        return Reason.CHECK_DIGIT if splits else Reason.LENGTH
    return found[0] if len(found) == 1 else Reason.AMBIGUOUS


def short_gtins(text: str, symbology: Symbology | None) -> tuple[str, ...]:
    """Return what eight digits may be: an EAN-8, a UPC-E, or both where nobody said."""
    ean_8 = gtin14(text) if symbology in {None, Symbology.EAN8, Symbology.EAN_UPC} else None
    upc_e = gtin14(upc_e_to_upc_a(text) or "") if symbology is not Symbology.EAN8 else None
    return _one(ean_8) + _one(upc_e)


def _one(gtin: str | None) -> tuple[str, ...]:
    return () if gtin is None else (gtin,)
