"""A printable document, as values: what to print, with nothing about how a printer is told.

A document is a tuple of items. Layout turns text, rows and rules into columns (`layout`); a dialect
turns items into bytes (`escpos`). `to_json` and `from_json` are what the local API and the print
queue on disk use; `from_json` raises `DocumentInvalid` naming the item and what it should be.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from drivers.errors import DocumentInvalid


class Align(StrEnum):
    """Where a text, barcode, QR code or image stands on the paper."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Symbology(StrEnum):
    """Linear barcodes every ESC/POS printer with barcode support knows."""

    EAN13 = "ean13"
    EAN8 = "ean8"
    UPCA = "upca"
    CODE39 = "code39"
    CODE128 = "code128"


@dataclass(frozen=True, slots=True)
class Text:
    """Text, wrapped at words. `width` and `height` are multiples of the normal character, 1 to 8."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    width: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One line with a left part, wrapped if need be, and a right part that is never broken."""

    left: str
    right: str
    bold: bool = False
    width: int = 1
    height: int = 1
    indent: int = 0  # columns


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper, drawn with one character."""

    char: str = "-"


@dataclass(frozen=True, slots=True)
class Barcode:
    """A linear barcode. `height` in dots."""

    symbology: Symbology
    data: str
    height: int = 64
    text_below: bool = True


@dataclass(frozen=True, slots=True)
class QR:
    """A QR code, model 2, error correction M. `size` is a module's width in dots, 1 to 16."""

    data: str
    size: int = 6


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: the bytes of a PNG. Printed centred, at most as wide as the paper, black on white."""

    png: bytes


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed past the cutter and cut, leaving one point uncut."""


Item = Text | Row | Rule | Barcode | QR | Image | Feed | Cut

ITEMS_MAX = 2_000  # a receipt of 500 lines has about 1,100; more is a mistake in the caller
TEXT_CHARS_MAX = 4_000  # one item; longer texts are several items
IMAGE_BYTES_MAX = 512 * 1024  # a 576-dot logo is under 50 KB as a PNG


@dataclass(frozen=True, slots=True)
class Document:
    """What to print, top to bottom."""

    items: tuple[Item, ...]


def to_json(document: Document) -> list[dict[str, Any]]:
    """Return the document as JSON values, an object an item, with a `type` each."""
    raise NotImplementedError


def from_json(value: object) -> Document:
    """Read what `to_json` wrote, or what a front end sent. Raises `DocumentInvalid`."""
    raise NotImplementedError


_ = base64, binascii, DocumentInvalid
