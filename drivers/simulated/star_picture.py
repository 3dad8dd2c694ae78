"""What a Star obeyed, said as what an ESC/POS printer would have to obey to print the same: to be drawn. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.printer.star import SIZE_MAX
from drivers.simulated.printer_tokens import TEXT, Token
from drivers.simulated.star_tokens import RASTER_MODE, raster_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_SYMBOLOGIES = {1: 65, 2: 68, 3: 67, 4: 69, 6: 73}  # `ESC b`'s n1 to `GS k`'s m
_MODULES = {1: 2, 2: 3, 3: 4}  # dots
_QR_LEVELS = {0: 0x30, 1: 0x31, 2: 0x32, 3: 0x33}
_DOTS_EACH_MM = 8
_CLOSE_DOTS = 24  # what `ESC 0` feeds a line: 3 mm
_BAND_ROWS = 24
_RENAMED = {b"\x1bE": b"\x01", b"\x1bF": b"\x00"}
_CUTS = {0: b"\x00", 1: b"\x01", 2: b"\x41\x00", 3: b"\x42\x00"}


def as_escpos(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return the commands in the words that the picture is drawn from."""
    return tuple(other for token in tokens for other in _translated(token))


def _translated(token: Token) -> Iterator[Token]:  # noqa: C901, PLR0912 - one case a command
    args = token.args
    match token.name:
        case name if name in (TEXT, b"\n", b"\x1b@"):
            yield token
        case b"\x1bE" | b"\x1bF":
            yield _said(b"\x1bE", _RENAMED[token.name])
        case b"\x1bi":
            height, width = (min(byte % 48, SIZE_MAX - 1) for byte in args)
            yield _said(b"\x1d!", bytes([width << 4 | height]))
        case b"\x1b\x1da":
            yield _said(b"\x1ba", args)
        case b"\x1b\x1dt":
            yield _said(b"\x1bt", args)
        case b"\x1b\x1dA":
            yield _said(b"\x1b$", args)
        case b"\x1b\x1dR":
            yield _said(b"\x1b\\", args)
        case b"\x1b0":
            yield _said(b"\x1b3", bytes([_CLOSE_DOTS]))
        case b"\x1bz":
            yield _said(b"\x1b2", b"")
        case b"\x1bk":
            yield _band(args[2:])
        case b"\x1ba":
            yield _said(b"\x1bd", args)
        case b"\x1bJ":
            yield _said(b"\x1bJ", bytes([min(255, args[0] * _DOTS_EACH_MM // 4)]))
        case b"\x1bd":
            yield _said(b"\x1dV", _CUTS.get(args[0] % 48, b"\x00"))
        case b"\x1bb":
            yield from _barcode(args)
        case b"\x1b\x1dyS" if args[0] == ord("1"):
            yield _said(b"\x1d(k", b"\x03\x00\x31\x45" + bytes([_QR_LEVELS.get(args[1], 0x30)]))
        case b"\x1b\x1dyS" if args[0] == ord("2"):
            yield _said(b"\x1d(k", b"\x03\x00\x31\x43" + args[1:])
        case b"\x1b\x1dyD":
            content = args[4:]
            yield _said(b"\x1d(k", (len(content) + 3).to_bytes(2, "little") + b"\x31\x50\x30" + content)
        case b"\x1b\x1dyP":
            yield _said(b"\x1d(k", b"\x03\x00\x31\x51\x30")
        case b"\x1b\x1dS":
            yield _said(b"\x1dv0", b"\0" + args[1:5] + args[6:])
        case name if name == RASTER_MODE:
            rows = raster_rows(token)
            if rows:
                header = len(rows[0]).to_bytes(2, "little") + len(rows).to_bytes(2, "little")
                yield _said(b"\x1dv0", b"\0" + header + b"".join(rows))


def _band(dots: bytes) -> Token:
    """Return a band of 24 rows as the 24-dot columns of `ESC *`."""
    across = len(dots) // _BAND_ROWS
    rows = [int.from_bytes(dots[row * across :][:across], "big") for row in range(_BAND_ROWS)]
    columns = bytearray()
    for place in reversed(range(across * 8)):
        column = 0
        for row in rows:
            column = column << 1 | row >> place & 1
        columns += column.to_bytes(3, "big")
    return _said(b"\x1b*", b"\x21" + (across * 8).to_bytes(2, "little") + bytes(columns))


def _barcode(args: bytes) -> Iterator[Token]:
    kind, below, mode, height = args[:4]
    content = args[4:-1]
    symbology = _SYMBOLOGIES.get(kind % 48)
    if symbology is None or mode % 48 not in _MODULES:
        return
    if kind % 48 == 6:  # noqa: PLR2004 - CODE128, whose % stands for codes of its own
        content = b"{B" + content.replace(b"%0", b"%").replace(b"{", b"{{")
    yield _said(b"\x1dh", bytes([height]))
    yield _said(b"\x1dw", bytes([_MODULES[mode % 48]]))
    yield _said(b"\x1dH", bytes([2 if below % 2 == 0 else 0]))
    yield _said(b"\x1dk", bytes([symbology, len(content)]) + content)


def _said(name: bytes, args: bytes) -> Token:
    return Token(name, args, len(name) + len(args))
