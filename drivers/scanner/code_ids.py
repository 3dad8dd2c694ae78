"""Code identifiers of the makers: a character or a few before each code, where a scanner sends no AIM identifiers."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.scanner.symbology import Symbology

if TYPE_CHECKING:
    from collections.abc import Mapping


class CodeIds(StrEnum):
    """Whose identifiers a scanner is set to send. `aim` is understood from every scanner."""

    AIM = "aim"
    DATALOGIC = "datalogic"  # and PSC, Intermec: the older industry standard
    HONEYWELL = "honeywell"
    ZEBRA = "zebra"  # and Symbol, Motorola

    @property
    def table(self) -> Mapping[str, Symbology]:
        """What each identifier means; empty for `aim`."""
        return _TABLES[self]


_TABLES: Mapping[CodeIds, Mapping[str, Symbology]] = MappingProxyType(
    {
        CodeIds.AIM: MappingProxyType({}),
        # Intermec SR60 Programmer's Reference, p. 60; Datalogic Magellan 8500 Product Reference Guide, app. F; DLL2020
        CodeIds.DATALOGIC: MappingProxyType(
            {
                "A": Symbology.UPC_A,
                "E": Symbology.UPC_E,
                "FF": Symbology.EAN8,
                "F": Symbology.EAN13,
                "*": Symbology.CODE39,
                "%": Symbology.CODABAR,
                "i": Symbology.ITF,
                "&": Symbology.CODE93,
                "#": Symbology.CODE128,
                "P": Symbology.GS1_128,
                "@": Symbology.OTHER,  # MSI
            }
        ),
        # Honeywell 3820 User's Guide, app. A, for UPC; the others are general knowledge
        CodeIds.HONEYWELL: MappingProxyType(
            {
                "c": Symbology.UPC_A,
                "E": Symbology.UPC_E,
                "d": Symbology.EAN13,
                "D": Symbology.EAN8,
                "a": Symbology.CODABAR,
                "b": Symbology.CODE39,
                "e": Symbology.ITF,
                "i": Symbology.CODE93,
                "j": Symbology.CODE128,
                "I": Symbology.GS1_128,
                "y": Symbology.DATABAR,
                "{": Symbology.DATABAR,  # limited
                "}": Symbology.DATABAR,  # expanded
                "r": Symbology.PDF417,
                "s": Symbology.QR,
                "w": Symbology.DATA_MATRIX,
                "z": Symbology.AZTEC,
            }
        ),
        # Zebra, "Symbol Code Identifiers" (SP72 Product Reference Guide)
        CodeIds.ZEBRA: MappingProxyType(
            {
                "A": Symbology.EAN_UPC,
                "B": Symbology.CODE39,
                "C": Symbology.CODABAR,
                "D": Symbology.CODE128,
                "E": Symbology.CODE93,
                "F": Symbology.ITF,
                "K": Symbology.GS1_128,
                "L": Symbology.OTHER,  # a book: ISBN
                "N": Symbology.OTHER,  # a coupon
                "R": Symbology.DATABAR,
                "X": Symbology.OTHER,  # ISSN, PDF417
                "z": Symbology.AZTEC,
                "P00": Symbology.DATA_MATRIX,
                "P01": Symbology.QR,
                "P0G": Symbology.GS1_DATA_MATRIX,
                "P0Q": Symbology.GS1_QR,
            }
        ),
    }
)
