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
from drivers.printer.barcodes import barcode_modules, check_barcode, check_qr, qr_modules
from drivers.printer.document import (
    QR,
    Align,
    Barcode,
    Cut,
    Document,
    Feed,
    Image,
    Item,
    Row,
    Rule,
    Symbology,
    Text,
)
from drivers.printer.layout import Line, lay_out
from drivers.printer.raster import rasterise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.printer.codepages import CodePage

SLICE_BYTES = 1024  # one second at 9600 baud: how long a drawer or a status poll may have to wait its turn
BAND_ROWS_MAX = 255  # so that one length byte of `GS v 0` is enough; old printers ignore the second
MODULE_DOTS = (3, 2)  # tried in turn; 3 scans best at 203 dpi, below 2 nothing scans

_SYMBOLOGIES = {
    Symbology.UPCA: 65,
    Symbology.EAN13: 67,
    Symbology.EAN8: 68,
    Symbology.CODE39: 69,
    Symbology.CODE128: 73,
}
ALIGNS = {Align.LEFT: 0, Align.CENTER: 1, Align.RIGHT: 2}
REAL_TIME = (b"\x10\x04", b"\x10\x05", b"\x10\x14")  # DLE EOT, DLE ENQ, DLE DC4


class CutKind(StrEnum):
    """What the printer does at a cut. `NONE` is for printers with a tear bar: they feed past it."""

    PARTIAL = "partial"
    FULL = "full"
    NONE = "none"


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
    kanji_off = b"\x1c\x2e" if dialect.kanji_off else b""
    opening = b"\x1b\x40" + kanji_off + b"\x1b\x74" + bytes([dialect.page.number]) + start.request
    return Job(opening, tuple(pack((*commands, end.request))), start, end)


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
            for line in lay_out(fitted(item, dialect.page), dialect.columns):
                yield from style.change(line)
                yield dialect.page.encode(line.text) + b"\n"
        case Barcode():
            yield from _barcode(item, dialect, style)
        case QR():
            yield from _qr(item, dialect, style)
        case Image():
            yield from _image(item, dialect, style)
        case Feed():
            if item.lines:
                yield b"\x1b\x64" + bytes([item.lines])
        case Cut():
            yield from style.change(Line(""))
            yield {CutKind.PARTIAL: b"\x1d\x56\x42\x00", CutKind.FULL: b"\x1d\x56\x41\x00"}.get(
                dialect.cut, b"\x1b\x64\x06"
            )


def fitted(item: Text | Row | Rule, page: CodePage) -> Text | Row | Rule:
    """Return the item in the page's own characters: before layout, because a substitute may be longer."""
    if isinstance(item, Text):
        return Text(page.fit(item.text), item.align, item.bold, item.width, item.height)
    if isinstance(item, Row):
        left, right = page.fit(item.left), page.fit(item.right)
        return Row(left, right, item.bold, item.width, item.height, item.indent)
    return Rule(page.fit(item.char)[:1].strip() or "-")


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


def _image(item: Image, dialect: Dialect, style: _Style) -> Iterator[bytes]:
    raster = rasterise(item.png, dialect.dots)
    yield from style.change(_CENTRED)
    rows = max(1, min(BAND_ROWS_MAX, (SLICE_BYTES - 8) // raster.stride))
    for first in range(0, raster.height, rows):
        band = harmless(raster.band(first, rows))
        height = len(band) // raster.stride
        yield b"\x1d\x76\x30\x00" + raster.stride.to_bytes(2, "little") + bytes([height, 0]) + band


def harmless(band: bytes) -> bytes:
    """Return the dots without the bytes of a real-time command, which may stand within one row.

    A byte 10 (one black dot) before an 04, 05 or 14 becomes 30: the dot grows by its left neighbour, an eighth
    of a millimetre. Starting a new band there would not do, as one row cannot be split.
    """
    for command in REAL_TIME:
        band = band.replace(command, b"\x30" + command[1:])
    return band
