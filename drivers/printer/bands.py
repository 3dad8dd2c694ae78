"""ESC/POS pictures: dots as `GS v 0` commands of a slice at most, with no real-time command among the dots. Pure.

Obsolete to Epson, and what every printer knows. Small bands let a drawer pulse in between.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from drivers.printer.raster import PICTURES_CACHED, Raster, rasterise

if TYPE_CHECKING:
    from collections.abc import Iterator

BAND_BYTES = 1_016  # of dots: with their header of 8 bytes a slice of 1 KB
BAND_ROWS_MAX = 255  # so that one length byte of `GS v 0` is enough; old printers ignore the second
REAL_TIME = (b"\x10\x04", b"\x10\x05", b"\x10\x14")  # DLE EOT, DLE ENQ, DLE DC4


@lru_cache(maxsize=PICTURES_CACHED)
def picture(png: bytes, dots: int) -> tuple[bytes, ...]:
    """Return a picture's commands on paper `dots` wide. Raises `DocumentInvalid`."""
    return tuple(bands(rasterise(png, dots)))


def bands(raster: Raster) -> Iterator[bytes]:
    """Yield the commands that print these dots, where the printer is told to align pictures."""
    rows = max(1, min(BAND_ROWS_MAX, BAND_BYTES // raster.stride))
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
