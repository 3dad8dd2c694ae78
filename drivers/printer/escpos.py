"""ESC/POS: a document's items become a printer's bytes. Pure.

Commands are from Epson's ESC/POS reference; only those that clones know as well are used. Two rules hold
for every byte that leaves here. Text from outside never carries a control character (`CodePage.fit`). And
the bytes 10 04, 10 05 and 10 14 occur nowhere: a printer obeys these real-time commands wherever they
stand, in the middle of a picture too, where they would ask for status, resume a job or open the drawer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.errors import DocumentInvalid
from drivers.printer import raw
from drivers.printer.bands import REAL_TIME, bands, picture
from drivers.printer.barcodes import barcode_modules, check_barcode, check_qr, qr_modules
from drivers.printer.code_page_test import code_page_test
from drivers.printer.document import (
    QR,
    Align,
    Barcode,
    CodePages,
    Cut,
    Document,
    Feed,
    Image,
    Item,
    Raw,
    Row,
    Rule,
    Symbology,
    Text,
)
from drivers.printer.layout import Line
from drivers.printer.raster import Raster
from drivers.printer.written import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.printer.codepages import CodePage
    from drivers.printer.lettering import Lettering

SLICE_BYTES = 1024  # one second at 9600 baud: how long a drawer or a status poll may have to wait its turn
MODULE_DOTS = (3, 2)  # tried in turn; 3 scans best at 203 dpi, below 2 nothing scans

_SYMBOLOGIES = {
    Symbology.UPCA: 65,
    Symbology.EAN13: 67,
    Symbology.EAN8: 68,
    Symbology.CODE39: 69,
    Symbology.CODE128: 73,
}
ALIGNS = {Align.LEFT: 0, Align.CENTER: 1, Align.RIGHT: 2}


class CutKind(StrEnum):
    """What the printer does at a cut. `NONE` is for printers with a tear bar: they feed past it."""

    PARTIAL = "partial"
    FULL = "full"
    NONE = "none"


class Font(StrEnum):
    """The printer's own characters: ESC/POS' font A, or B, which is smaller and fits a third more on a line."""

    A = "a"
    B = "b"

    @property
    def column(self) -> int:
        """How many dots across a character is."""
        return {Font.A: 12, Font.B: 9}[self]

    @property
    def height(self) -> int:
        """How many dots down a character is."""
        return {Font.A: 24, Font.B: 17}[self]


class FenceKind(StrEnum):
    """What a printer answers in order with its printing, to say how far it has come."""

    GS_R = "gs_r"  # paper status, counted: every printer with a way back
    GS_H = "gs_h"  # process ids: newer Epsons, some clones; others PRINT what they do not know
    ETB = "etb"  # a counter in the status: Star printers, and only those
    NONE = "none"  # one-way printers

    @property
    def expects_answers(self) -> bool:
        """Return whether a printer of this kind that says nothing must be off."""
        return self is not FenceKind.NONE


@dataclass(frozen=True, slots=True)
class Fence:
    """A question that is answered only when everything before it was worked through."""

    kind: FenceKind
    number: int  # ascending in the order of sending

    @property
    def id(self) -> bytes:
        """Return the four printable characters that stand for the number in a process id."""
        return bytes(0x20 + self.number // 95**place % 95 for place in (3, 2, 1, 0))

    @property
    def request(self) -> bytes:
        """Return its bytes: `GS r 1`, or `GS ( H` function 48."""
        if self.kind is FenceKind.GS_H:
            return b"\x1d\x28\x48\x06\x00\x30\x30" + self.id
        return b"\x1d\x72\x01" if self.kind is FenceKind.GS_R else b""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the bytes depend on besides the document."""

    page: CodePage
    columns: int
    dots: int
    kanji_off: bool = False
    cut: CutKind = CutKind.PARTIAL
    font: Font = Font.A
    lettering: Lettering | None = None  # draws text that the page lacks; None: it is `?`

    @property
    def column_dots(self) -> int:
        """Return how many dots a column takes; some printers of 42 columns make them 13 wide to fill the paper."""
        across = self.dots // self.columns
        return across if across <= self.font.column + 1 else self.font.column


@dataclass(frozen=True, slots=True)
class Job:
    """A document ready to send. Nothing can have been printed while only `opening` went out."""

    opening: bytes  # sets the printer up; ends in the start fence
    slices: tuple[bytes, ...]  # cut between commands; the last ends in the end fence
    start: Fence
    end: Fence

    @property
    def total(self) -> int:
        """How many bytes in all."""
        return len(self.opening) + sum(map(len, self.slices))


def encode(document: Document, dialect: Dialect) -> tuple[bytes, ...]:
    """Return the document as whole commands. Raises `DocumentInvalid` naming the item that can't be printed."""
    commands: list[bytes] = []
    style = _Style()
    for number, item in enumerate(document.items, start=1):
        try:
            commands.extend(_item(item, dialect, style))
        except DocumentInvalid as wrong:
            raise DocumentInvalid(f"item {number}: {wrong}", hint=wrong.hint) from wrong
    return tuple(commands)


def job(commands: tuple[bytes, ...], dialect: Dialect, start: Fence, end: Fence) -> Job:
    """Put a document's commands between two fences and pack them into slices."""
    return Job(_settings(dialect) + start.request, tuple(pack((*commands, end.request))), start, end)


def _settings(dialect: Dialect) -> bytes:
    kanji_off = b"\x1c\x2e" if dialect.kanji_off else b""
    font = b"\x1b\x4d\x01" if dialect.font is Font.B else b""
    return b"\x1b\x40" + kanji_off + font + _choose_page(dialect.page.number)


def pack(commands: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield slices of whole commands, each as long as may be; one command is never cut."""
    slice_ = bytearray()
    for command in commands:
        if slice_ and len(slice_) + len(command) > SLICE_BYTES:
            yield bytes(slice_)
            slice_.clear()
        slice_ += command
    if slice_:
        yield bytes(slice_)


def _item(item: Item, dialect: Dialect, style: _Style) -> Iterator[bytes]:
    match item:
        case Text() | Row() | Rule():
            yield from _lines(item, dialect, style)
        case Barcode():
            yield from _barcode(item, dialect, style)
        case QR():
            yield from _qr(item, dialect, style)
        case Image():
            yield from style.change(_CENTRED)
            yield from picture(item.png, dialect.dots)
        case Feed():
            if item.lines:
                yield b"\x1b\x64" + bytes([item.lines])
        case CodePages():
            yield from _code_pages(dialect, style)
        case Raw():
            yield from style.change(_PLAIN)
            yield from raw.commands(item.content)
            yield _settings(dialect)  # what it has set is set back
        case Cut():
            yield from style.change(_PLAIN)
            yield {CutKind.PARTIAL: b"\x1d\x56\x42\x00", CutKind.FULL: b"\x1d\x56\x41\x00"}.get(
                dialect.cut, b"\x1b\x64\x06"
            )


def _lines(item: Text | Row | Rule, dialect: Dialect, style: _Style) -> Iterator[bytes]:
    for line in written(item, dialect):
        if isinstance(line, Raster):
            yield from style.change(_PLAIN)
            yield from bands(line)
        else:
            yield from style.change(line)
            yield dialect.page.encode(line.text) + b"\n"


def _code_pages(dialect: Dialect, style: _Style) -> Iterator[bytes]:
    yield from style.change(_PLAIN)
    for said in code_page_test(dialect, _choose_page, star=False):
        yield from bands(said) if isinstance(said, Raster) else (said,)


def _choose_page(number: int) -> bytes:
    return b"\x1b\x74" + bytes([number])


class _Style:
    """What the printer is set to now; only changes are sent. All of it is at its default after `ESC @`."""

    def __init__(self) -> None:
        self._now = Line("")

    def change(self, to: Line) -> Iterator[bytes]:
        now, self._now = self._now, to
        if to.align is not now.align:
            yield b"\x1b\x61" + bytes([ALIGNS[to.align]])  # obeyed at the start of a line only, where we are
        if to.bold is not now.bold:
            yield b"\x1b\x45" + bytes([to.bold])
        if (to.width, to.height) != (now.width, now.height):
            yield b"\x1d\x21" + bytes([(to.width - 1) << 4 | to.height - 1])


_PLAIN = Line("")
_CENTRED = Line("", Align.CENTER)
_QR_QUIET = b"\x1b\x4a\x18"  # 24 dots of white above and below: four modules of the usual size


def _barcode(item: Barcode, dialect: Dialect, style: _Style) -> Iterator[bytes]:
    check_barcode(item.symbology, item.data)
    modules = barcode_modules(item.symbology, item.data)
    module = next((dots for dots in MODULE_DOTS if modules * dots <= dialect.dots), None)
    if module is None:  # the printer would print nothing: a person can still read and type it
        yield from _item(Text(item.data, Align.CENTER), dialect, style)
        return
    content = item.data.encode()
    if item.symbology is Symbology.CODE128:
        content = b"{B" + content.replace(b"{", b"{{")
    yield from style.change(_CENTRED)
    yield (
        b"\x1d\x68"
        + bytes([item.height])
        + b"\x1d\x77"
        + bytes([module])
        + b"\x1d\x48"
        + bytes([2 if item.text_below else 0])
        + b"\x1d\x66\x00\x1d\x6b"
        + bytes([_SYMBOLOGIES[item.symbology], len(content)])
        + content
    )


def _qr(item: QR, dialect: Dialect, style: _Style) -> Iterator[bytes]:
    content = item.data.encode()
    check_qr(content)
    if any(command in content for command in REAL_TIME):
        raise DocumentInvalid(
            "a QR code holds the bytes of a real-time printer command", hint="leave control characters out"
        )
    size = min(item.size, dialect.dots // qr_modules(content))
    yield from style.change(_CENTRED)
    yield _QR_QUIET
    yield (
        b"\x1d\x28\x6b\x04\x00\x31\x41\x32\x00"  # model 2
        b"\x1d\x28\x6b\x03\x00\x31\x43"
        + bytes([size])
        + b"\x1d\x28\x6b\x03\x00\x31\x45\x31"  # error correction M
        + b"\x1d\x28\x6b"
        + (len(content) + 3).to_bytes(2, "little")
        + b"\x31\x50\x30"
        + content
        + b"\x1d\x28\x6b\x03\x00\x31\x51\x30"
    )
    yield _QR_QUIET
