"""Characters as dots, the way a thermal head prints them: fixed cells, black or white."""

from __future__ import annotations

import io
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from drivers.printer.layout import columns_of

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

INK, PAPER = 0, 255
THRESHOLD = 140  # the grey from which on a dot stays white: thin strokes stay whole


@cache
def _font(dots: int) -> FreeTypeFont:
    """Return the fixed-width font that python-barcode brings: Pillow's own lacks the euro sign and every umlaut."""
    from PIL import ImageFont

    font = resources.files("barcode").joinpath("fonts", "DejaVuSansMono.ttf").read_bytes()
    # Cells are filled one character at a time: there is nothing to shape, and shaping fails on some of them.
    return ImageFont.truetype(io.BytesIO(font), dots, layout_engine=ImageFont.Layout.BASIC)


@cache
def glyph_dots(character: str, across: int, down: int, bold: bool, underlined: bool, inverted: bool) -> Image.Image:  # noqa: FBT001 - the key of a cache
    """Return one character's dots in black and white, as thermal heads know no grey."""
    from PIL import Image, ImageDraw

    font = _font(down * 5 // 6)
    wide = across * max(1, columns_of(character))
    grey = Image.new("L", (wide, down), PAPER)
    pen = ImageDraw.Draw(grey)
    for shift in (0, 1) if bold else (0,):
        pen.text((shift, down * 4 // 5), character, font=font, fill=INK, anchor="ls")
    if underlined:
        pen.line((0, down - 2, wide, down - 2), fill=INK, width=2)
    if inverted:
        return grey.point(lambda dot: INK if dot >= THRESHOLD else PAPER)
    return grey.point(lambda dot: PAPER if dot >= THRESHOLD else INK)
