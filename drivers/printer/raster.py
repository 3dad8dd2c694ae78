"""Raster: a PNG becomes rows of dots. Pillow is imported at the first picture, not before."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.errors import DocumentInvalid
from drivers.printer.document import IMAGE_DOTS_MAX

if TYPE_CHECKING:
    from PIL import Image

ROWS_MAX = 2_400  # 30 cm of paper at 8 dots a millimetre; a taller picture is no logo
# Pictures kept as commands, by their content and the paper's width, in each dialect. A shop has a logo or two; at worst
# one is 512 KB as a PNG and 180 KB as commands, so 3 MB are the most this takes.
PICTURES_CACHED = 4


@dataclass(frozen=True, slots=True)
class Raster:
    """Dots, one bit each, 1 is black, the leftmost in the highest bit; rows are padded with white."""

    stride: int  # bytes a row
    rows: bytes

    @property
    def height(self) -> int:
        """How many rows."""
        return len(self.rows) // self.stride

    def band(self, first: int, count: int) -> bytes:
        """Return the bytes of up to `count` rows from row `first`."""
        return self.rows[first * self.stride : (first + count) * self.stride]


def rasterise(png: bytes, dots: int) -> Raster:
    """Return the picture in black and white, at most `dots` wide (whole bytes; never enlarged), on white.

    Greys are dithered. Raises `DocumentInvalid` where the bytes are no PNG or too large a one.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
            if opened.width * opened.height > IMAGE_DOTS_MAX:
                raise DocumentInvalid(
                    f"the picture has {opened.width} by {opened.height} dots",
                    hint=f"scale it down to {dots} dots wide",
                )
            colours = opened.convert("RGBA")
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        if isinstance(error, DocumentInvalid):
            raise
        raise DocumentInvalid(f"the picture is no PNG: {error}", hint="save it as a PNG again") from error
    paper = Image.new("RGBA", colours.size, "white")
    paper.alpha_composite(colours)
    grey = paper.convert("L")
    dots -= dots % 8  # a padded row that is wider than the paper is not printed at all
    if grey.width > dots:
        grey = grey.resize((dots, max(1, round(grey.height * dots / grey.width))), Image.Resampling.LANCZOS)
    if grey.height > ROWS_MAX:
        raise DocumentInvalid(f"the picture would print {grey.height} dots tall", hint=f"make it at most {ROWS_MAX}")
    return black_on_white(grey)


def black_on_white(grey: Image.Image) -> Raster:
    """Return a picture in greys as dots: padded to whole bytes with white, and dithered."""
    from PIL import Image

    stride = (grey.width + 7) // 8
    padded = Image.new("L", (stride * 8, grey.height), 255)
    padded.paste(grey)
    white_is_one = padded.convert("1", dither=Image.Dither.FLOYDSTEINBERG).tobytes()
    return Raster(stride, bytes(byte ^ 0xFF for byte in white_is_one))
