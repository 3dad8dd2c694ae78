"""Star Line Mode and StarPRNT: a document's items become a Star printer's bytes. Pure.

Commands are from Star's "STAR Line Mode Command Specifications" (line thermal printer: pages 3-11 size, 3-19
line feeds, 3-41 barcodes, 3-43 cutter, 3-66 to 3-77 raster, 3-119 QR) and "StarPRNT Command Specifications";
the two differ here in pictures only. What a Star cannot do, it does as near as it can: characters are at most
six times as large, a QR code's modules at most eight dots; the rest is laid out as for any other printer.

A Star obeys the single bytes 1C and 19 at once, and they open the drawer. So text never carries a control
character (`CodePage.fit`), a QR code with one of these is refused, and dots never hold them either, though
Star's own drivers trust the printer with that.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from drivers.errors import DocumentInvalid
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
from drivers.printer.escpos import ALIGNS, CutKind, Dialect, Font, Job, pack
from drivers.printer.layout import Line
from drivers.printer.raster import PICTURES_CACHED, Raster, rasterise
from drivers.printer.written import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivers.printer.escpos import Fence
    from drivers.printer.pulse import Pin

    Band = Callable[[bytes, int], bytes]  # rows of dots and how many bytes a row has to one command

SIZE_MAX = 6  # `ESC i` takes 0 to 5
QR_SIZE_MAX = 8  # dots a module; `ESC GS y S 2` takes 1 to 8
PRNT_BAND_BYTES = 1_000  # of a picture in one command: with its header under a slice of 1 KB
LINE_BAND_BYTES = 4_000  # raster mode is entered for each: half a second at 115,200 baud before a pulse may go out
MODULES = ((2, 3), (1, 2))  # `ESC b`'s n3 and how many dots it makes a module, tried in turn

REAL_TIME = frozenset((0x1C, 0x19))  # FS and EM: drawer 1 and 2, at once
DRAWERS = REAL_TIME | {0x07, 0x1A}  # BEL and SUB too, where a wire lost the ESC of the command they are a number in
FEED_MAX = 6  # lines in one command: less than BEL
_HARMLESS = bytes({0x1C: 0x3C, 0x19: 0x39}.get(byte, byte) for byte in range(256))  # one dot grows by a neighbour

_SYMBOLOGIES = {
    Symbology.UPCA: 1,
    Symbology.EAN8: 2,
    Symbology.EAN13: 3,
    Symbology.CODE39: 4,
    Symbology.CODE128: 6,
}
_CUTS = {CutKind.PARTIAL: b"\x1b\x64\x03", CutKind.FULL: b"\x1b\x64\x02", CutKind.NONE: b"\x1b\x61\x06"}
_QR_QUIET = b"\x1b\x4a\x0c"  # 3 mm of white above and below: four modules of the usual size


def encode_line(document: Document, dialect: Dialect) -> tuple[bytes, ...]:
    """Return the document as whole commands of Star Line Mode. Raises `DocumentInvalid` naming the item."""
    return _encode(document, dialect, _line_band, LINE_BAND_BYTES)


def encode_prnt(document: Document, dialect: Dialect) -> tuple[bytes, ...]:
    """Return the document as whole commands of StarPRNT. Raises `DocumentInvalid` naming the item."""
    return _encode(document, dialect, _prnt_band, PRNT_BAND_BYTES)


def job(commands: tuple[bytes, ...], dialect: Dialect, start: Fence, end: Fence) -> Job:
    """Put a document's commands between two fences and pack them into slices.

    `ESC @` leaves the font as it is (B is 9 dots wide here, too). The drawer's pulse is not set here, though the
    real-time one would have its width: a wire that loses the ESC of that would open the drawer by each receipt.
    """
    font = b"\x1b\x1e\x46" + bytes([dialect.font is Font.B])
    opening = b"\x1b\x40" + font + _choose_page(dialect.page.number)
    return Job(opening + start.request, tuple(pack((*commands, end.request))), start, end)


PULSE_WIDTH = b"\x1b\x07\x0a\x28"  # 100 ms on, 400 ms off: a fifth of the time, what the solenoid is rated for


def pulse(pin: Pin, *, real_time: bool) -> bytes:
    """Return the command that opens the drawer on connector pin 2 or 5: Star's external device 1 or 2.

    BEL and SUB are obeyed in order with the printing, FS and EM at once. Device 2 has a fixed 200 ms, and device 1
    the same from power on until its width was first set.
    """
    if real_time:
        return {2: b"\x1c", 5: b"\x19"}[pin]
    return {2: PULSE_WIDTH + b"\x07", 5: b"\x1a"}[pin]


def _encode(document: Document, dialect: Dialect, band: Band, band_bytes: int) -> tuple[bytes, ...]:
    commands: list[bytes] = []
    style = _Style()
    for number, item in enumerate(document.items, start=1):
        try:
            for said in _item(item, dialect, style):
                commands.extend(_bands(said, 0, band, band_bytes) if isinstance(said, Raster) else (said,))
            if isinstance(item, Image):
                commands.extend(_picture(item.png, dialect.dots, band, band_bytes))
        except DocumentInvalid as wrong:
            raise DocumentInvalid(f"item {number}: {wrong}", hint=wrong.hint) from wrong
    return tuple(commands)


def _item(item: Item, dialect: Dialect, style: _Style) -> Iterator[bytes | Raster]:
    match item:
        case Text() | Row() | Rule():
            yield from _lines(_sized(item), dialect, style)
        case Barcode():
            yield from _barcode(item, dialect, style)
        case QR():
            yield from _qr(item, dialect, style)
        case Feed():
            for done in range(0, item.lines, FEED_MAX):
                yield b"\x1b\x61" + bytes([min(FEED_MAX, item.lines - done)])
        case Image():
            yield from style.change(_PLAIN)
        case Raw():
            raise DocumentInvalid(
                "raw bytes are looked at as ESC/POS, and this printer is set to a Star's own language",
                hint="send a document, which is printed in any language",
            )
        case CodePages():
            yield from style.change(_PLAIN)
            yield from code_page_test(dialect, _choose_page, star=True)
        case Cut():
            yield from style.change(_PLAIN)
            yield _CUTS[dialect.cut]


def _lines(item: Text | Row | Rule, dialect: Dialect, style: _Style) -> Iterator[bytes | Raster]:
    for line in written(item, dialect):
        if isinstance(line, Raster):
            yield from style.change(_PLAIN)
            yield line
        else:
            yield from style.change(line)
            yield dialect.page.encode(line.text) + b"\n"


def _sized(item: Text | Row | Rule) -> Text | Row | Rule:
    """Return the item no larger than a Star prints: before layout, which counts columns by the width."""
    if isinstance(item, Rule):
        return item
    return replace(item, width=min(item.width, SIZE_MAX), height=min(item.height, SIZE_MAX))


class _Style:
    """What the printer is set to now; only changes are sent. All of it is at its default after `ESC @`."""

    def __init__(self) -> None:
        self._now = Line("")

    def change(self, to: Line) -> Iterator[bytes]:
        now, self._now = self._now, to
        if to.align is not now.align:
            yield b"\x1b\x1d\x61" + bytes([ALIGNS[to.align]])
        if to.bold is not now.bold:
            yield b"\x1b\x45" if to.bold else b"\x1b\x46"
        if (to.width, to.height) != (now.width, now.height):
            yield b"\x1b\x69" + bytes([to.height - 1, to.width - 1])


_PLAIN = Line("")
_CENTRED = Line("", Align.CENTER)


def _choose_page(number: int) -> bytes:
    return b"\x1b\x1d\x74" + bytes([number])


def _barcode(item: Barcode, dialect: Dialect, style: _Style) -> Iterator[bytes | Raster]:
    check_barcode(item.symbology, item.data)
    modules = barcode_modules(item.symbology, item.data)
    mode = next((mode for mode, dots in MODULES if modules * dots <= dialect.dots), None)
    if mode is None:  # the printer would print nothing: a person can still read and type it
        yield from _item(Text(item.data, Align.CENTER), dialect, style)
        return
    content = item.data
    if item.symbology is Symbology.CODE128:
        content = content.replace("%", "%0")  # specification 5-3: what follows a % is a code of its own
    yield from style.change(_CENTRED)
    below = 2 if item.text_below else 1
    height = next(height for height in range(item.height, 0, -1) if height not in DRAWERS)
    yield b"\x1b\x62" + bytes([_SYMBOLOGIES[item.symbology], below, mode, height]) + content.encode() + b"\x1e"


def _qr(item: QR, dialect: Dialect, style: _Style) -> Iterator[bytes]:
    content = item.data.encode()
    check_qr(content)
    if REAL_TIME.intersection(content):
        raise DocumentInvalid("a QR code holds a byte that opens the drawer", hint="leave control characters out")
    size = min(item.size, QR_SIZE_MAX, dialect.dots // qr_modules(content))
    yield from style.change(_CENTRED)
    yield _QR_QUIET
    yield (
        b"\x1b\x1d\x79\x53\x30\x02"  # model 2
        b"\x1b\x1d\x79\x53\x31\x01"  # error correction M
        b"\x1b\x1d\x79\x53\x32"
        + bytes([size])
        + b"\x1b\x1d\x79\x44\x31\x00"
        + len(content).to_bytes(2, "little")
        + content
        + b"\x1b\x1d\x79\x50"
    )
    yield _QR_QUIET


@lru_cache(maxsize=PICTURES_CACHED)
def _picture(png: bytes, dots: int, band: Band, band_bytes: int) -> tuple[bytes, ...]:
    """Centre by white dots on the left: raster mode knows no alignment."""
    raster = rasterise(png, dots)
    return tuple(_bands(raster, max(0, dots // 8 - raster.stride) // 2, band, band_bytes))


def _bands(raster: Raster, indent: int, band: Band, band_bytes: int) -> Iterator[bytes]:
    """Yield a picture's commands, so many bytes of white at its left."""
    left = bytes(indent)
    right = b"\0" if len(left) + raster.stride in REAL_TIME else b""  # the width is sent as a byte of its own
    stride = len(left) + raster.stride + len(right)
    rows = max(1, band_bytes // stride)
    rows -= rows in REAL_TIME  # so is the number of rows
    for first in range(0, raster.height, rows):
        dots = raster.band(first, rows).translate(_HARMLESS)
        lines = (dots[at : at + raster.stride] for at in range(0, len(dots), raster.stride))
        yield band(b"".join(left + line + right for line in lines), stride)


def _prnt_band(dots: bytes, stride: int) -> bytes:
    rows = len(dots) // stride
    if rows in REAL_TIME:
        rows, dots = rows + 1, dots + bytes(stride)
    return b"\x1b\x1d\x53\x01" + stride.to_bytes(2, "little") + rows.to_bytes(2, "little") + b"\0" + dots


# Raster mode for one band: pages without end, and neither a feed nor a cut at their end.
_RASTER_BEGIN = b"\x1b\x2a\x72\x41" + b"\x1b\x2a\x72\x50\x30\0" + b"\x1b\x2a\x72\x45\x31\0" + b"\x1b\x2a\x72\x46\x31\0"
_RASTER_END = b"\x1b\x2a\x72\x42"


def _line_band(dots: bytes, stride: int) -> bytes:
    header = b"b" + stride.to_bytes(2, "little")
    rows = (header + dots[at : at + stride] for at in range(0, len(dots), stride))
    return _RASTER_BEGIN + b"".join(rows) + _RASTER_END
