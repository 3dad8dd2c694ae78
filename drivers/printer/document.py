"""A printable document, as values: what to print, with nothing about how a printer is told.

A document is a tuple of items. Layout turns text, rows and rules into columns (`layout`); a dialect
turns items into bytes (`escpos`). `to_json` and `from_json` are what the local API and the print
queue on disk use; `from_json` raises `DocumentInvalid` naming the item and what it should be.
"""

from __future__ import annotations

import base64
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from drivers.errors import DocumentInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes in the printer's own language, looked at before they are sent (`raw`)."""

    content: bytes


@dataclass(frozen=True, slots=True)
class CodePages:
    """A test page: a few characters by every number that the printer's code page may have."""


Item = Text | Row | Rule | Barcode | QR | Image | Feed | Cut | Raw | CodePages

ITEMS_MAX = 2_000  # a receipt of 500 lines has about 1,100; more is a mistake in the caller
TEXT_CHARS_MAX = 4_000  # one item; longer texts are several items
IMAGE_BYTES_MAX = 512 * 1024  # a 576-dot logo is under 50 KB as a PNG
IMAGE_DOTS_MAX = 4_000_000  # width times height: 576 dots by 85 cm of paper; a larger PNG is a bomb or a mistake
RAW_BYTES_MAX = 512 * 1024  # 90 cm of paper as one picture; as base64 it fits the local API's 1 MiB
BARCODE_CHARS_MAX = 80  # CODE128 at two dots a module does not fit 80 mm paper beyond 24
QR_CHARS_MAX = 1_000  # more makes modules no phone reads off thermal paper
FEED_LINES_MAX = 100  # 40 cm of paper; `ESC d` itself ends at 255
INDENT_MAX = 20  # columns; the narrowest paper has 32


@dataclass(frozen=True, slots=True)
class Document:
    """What to print, top to bottom."""

    items: tuple[Item, ...]


def to_json(document: Document) -> list[dict[str, Any]]:
    """Return the document as JSON values, an object an item, with a `type` each; defaults are left out."""
    return [_item_to_json(item) for item in document.items]


def from_json(value: object) -> Document:
    """Read what `to_json` wrote, or what a front end sent. Raises `DocumentInvalid`."""
    if not isinstance(value, list):
        raise DocumentInvalid(
            f"a document is a list of items, not {_kind(value)}",
            hint='write [{"type": "text", "text": "Hello"}]',
        )
    if not value:
        raise DocumentInvalid("the document is empty", hint="give at least one item")
    if len(value) > ITEMS_MAX:
        raise DocumentInvalid(
            f"the document has {len(value)} items; the limit is {ITEMS_MAX}",
            hint="print it in several documents",
        )
    return Document(tuple(_item_from_json(number, item) for number, item in enumerate(value, start=1)))


class _Wrong(Exception):
    """A value is not what its key takes; the message says what to write."""


def _string(chars_max: int, *, empty: bool = True) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > chars_max or not (value or empty):
            raise _Wrong(f"text of {0 if empty else 1} to {chars_max} characters")
        return value

    return read


def _integer(least: int, most: int, unit: str = "") -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _Wrong(f"a whole number from {least} to {most}{unit}")
        return value

    return read


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("true or false")
    return value


def _one_of(choices: type[StrEnum]) -> Callable[[object], StrEnum]:
    def read(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in list(choices):
            raise _Wrong("one of " + ", ".join(choices))
        return choices(value)

    return read


def _rule_char(value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or not value.isprintable():
        raise _Wrong("one printable character")
    return value


_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"  # PNG specification, 5.2 and 11.2.2


def _png(value: object) -> bytes:
    limits = f"a PNG as base64, at most {IMAGE_BYTES_MAX} bytes and {IMAGE_DOTS_MAX} dots"
    if not isinstance(value, str) or len(value) > IMAGE_BYTES_MAX * 4 // 3 + 4:
        raise _Wrong(limits)
    try:
        png = base64.b64decode(value, validate=True)
    except ValueError:  # binascii.Error is one, and what is not ASCII raises the plain one
        raise _Wrong(limits) from None
    size = png[len(_PNG_START) : len(_PNG_START) + 8]
    dots = int.from_bytes(size[:4]) * int.from_bytes(size[4:])
    whole = len(size) == 8  # noqa: PLR2004 - two 32-bit numbers: width and height
    if not png.startswith(_PNG_START) or not whole or not 1 <= dots <= IMAGE_DOTS_MAX:
        raise _Wrong(limits)
    return png


def _raw(value: object) -> bytes:
    limits = f"1 to {RAW_BYTES_MAX} bytes as base64"
    if not isinstance(value, str) or not 0 < len(value) <= RAW_BYTES_MAX * 4 // 3 + 4:
        raise _Wrong(limits)
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise _Wrong(limits) from None


_SIZE = _integer(1, 8)
_ITEM_TYPES: Mapping[str, type[Item]] = {
    "text": Text,
    "row": Row,
    "rule": Rule,
    "barcode": Barcode,
    "qr": QR,
    "image": Image,
    "feed": Feed,
    "cut": Cut,
    "raw": Raw,
    "code_pages": CodePages,
}
_TYPE_NAMES = {kind: name for name, kind in _ITEM_TYPES.items()}
_READERS: Mapping[str, Mapping[str, Callable[[object], Any]]] = {
    "text": {
        "text": _string(TEXT_CHARS_MAX),
        "align": _one_of(Align),
        "bold": _flag,
        "width": _SIZE,
        "height": _SIZE,
    },
    "row": {
        "left": _string(TEXT_CHARS_MAX),
        "right": _string(TEXT_CHARS_MAX),
        "bold": _flag,
        "width": _SIZE,
        "height": _SIZE,
        "indent": _integer(0, INDENT_MAX, " columns"),
    },
    "rule": {"char": _rule_char},
    "barcode": {
        "symbology": _one_of(Symbology),
        "data": _string(BARCODE_CHARS_MAX, empty=False),
        "height": _integer(1, 255, " dots"),
        "text_below": _flag,
    },
    "qr": {"data": _string(QR_CHARS_MAX, empty=False), "size": _integer(1, 16, " dots")},
    "image": {"png": _png},
    "feed": {"lines": _integer(1, FEED_LINES_MAX)},
    "cut": {},
    "raw": {"content": _raw},
    "code_pages": {},
}


def _item_from_json(number: int, value: object) -> Item:
    if not isinstance(value, dict):
        raise DocumentInvalid(
            f"item {number} is {_kind(value)}, not an object", hint='write {"type": "text", "text": "Hello"}'
        )
    name = value.get("type")
    if not isinstance(name, str) or name not in _ITEM_TYPES:
        raise DocumentInvalid(
            f"item {number}, type: {_shown(name)} is not a kind of item",
            hint="write one of " + ", ".join(_ITEM_TYPES),
        )
    readers = _READERS[name]
    arguments: dict[str, Any] = {}
    for key, found in value.items():
        if key == "type":
            continue
        if key not in readers:
            keys = ", ".join(readers) or "no keys but its type"
            raise DocumentInvalid(f"item {number} ({name}) has no key {_shown(key)}", hint=f"{name} takes {keys}")
        try:
            arguments[key] = readers[key](found)
        except _Wrong as wrong:
            raise DocumentInvalid(
                f"item {number} ({name}), {key}: {_shown(found)} will not do", hint=f"write {wrong}"
            ) from None
    for field in fields(_ITEM_TYPES[name]):
        if field.default is MISSING and field.name not in arguments:
            raise DocumentInvalid(
                f"item {number} ({name}) lacks {field.name}",
                hint=f'add "{field.name}" to it',
            )
    return _ITEM_TYPES[name](**arguments)


def _item_to_json(item: Item) -> dict[str, Any]:
    value: dict[str, Any] = {"type": _TYPE_NAMES[type(item)]}
    for field in fields(item):
        found = getattr(item, field.name)
        if isinstance(found, bytes):
            value[field.name] = base64.b64encode(found).decode()
        elif found != field.default:
            value[field.name] = found.value if isinstance(found, StrEnum) else found
    return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _shown(value: object) -> str:
    """Show a value in an error, short: it may be a whole picture."""
    text = repr(value) if isinstance(value, str | int | float) else _kind(value)
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004 - fits a line of a terminal
