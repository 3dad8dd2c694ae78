"""Lettering: lines of text as dots, for what a printer's own characters lack.

A letter stands where the printer would have put it: each takes its column, East Asian wide ones two. Scripts
that join or reorder their letters (Arabic, Hebrew, Indic ones, Thai) are drawn in one piece instead, which
begins or ends where its columns do. A right-to-left text is ordered as its first letter says and stays on the
side its item gave it: the left part of a row on the left. Where this PC cannot join and order letters, such a
text is not drawn at all rather than in the wrong order.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from drivers.printer.codepages import JOINERS, LAST_RESORT
from drivers.printer.document import Align
from drivers.printer.layout import columns_of
from drivers.printer.raster import Raster, black_on_white
from drivers.printer.typefaces import Typefaces, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

    from drivers.printer.layout import Line

LINES_CACHED = 256  # goods come again; 2 KB each at normal size
LINE_DOTS = 30  # a printer's line spacing, and its line where the characters are no taller
WIDE_COLUMNS = 2
MARKS_FROM = "\u0590"  # below, an accent only goes on its letter; from here on marks are a script's own
INK, PAPER = 0, 255
THRESHOLD = 150  # the grey from which on a dot stays white: thin strokes stay whole


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns of a paper, in dots."""

    dots: int  # across the paper, whole bytes
    column: int  # across one column
    height: int  # of a character


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a line and where it goes: at which side of how much room, in dots."""

    text: str
    x: int
    room: int
    side: Align


class Lettering:
    """Draws lines with the fonts of this PC. Reads them at the first line; the lines drawn last are kept."""

    def __init__(self, typefaces: Typefaces, shapes: Callable[[], bool] = shapes) -> None:
        self._typefaces = typefaces
        self._shapes = shapes
        self.draw = lru_cache(maxsize=LINES_CACHED)(self._draw)

    def lacks(self, characters: frozenset[str]) -> frozenset[str]:
        """Return those that no font has."""
        return frozenset(one for one in characters if self._typefaces.for_character(one) is None)

    def readable(self, text: str) -> str | None:
        """Return the text with `?` for each character no font has; None where its order could not be kept."""
        text = "".join(
            character if character == "\n" or self._typefaces.for_character(character) else LAST_RESORT
            for character in text
        )
        words = text.replace("\n", " ")
        if _is_shaped(words) and not (self._shapes() and self._typefaces.for_all(words)):
            return None
        return text

    def _draw(self, line: Line, grid: Grid, *, rightward: bool = True) -> Raster:
        """Return the dots of a line that `readable` returned; `rightward` is the direction of its whole left part."""
        from PIL import Image as Picture

        # Drawn as tall as it will be, and as wide as letters of that height are; then made as wide as it should be.
        across = grid.dots * line.height // line.width
        paper = Picture.new("L", (across, grid.height * line.height), PAPER)
        for piece in _pieces(line, grid.column * line.height, across):
            if _is_shaped(piece.text):
                right_part = line.tail and piece.side is Align.RIGHT
                runs = runs_rightward(piece.text) if right_part else rightward
                self._draw_shaped(paper, piece, rightward=runs, bold=line.bold)
            else:
                self._draw_letters(paper, piece, grid.column * line.height, bold=line.bold)
        if across != grid.dots:
            paper = paper.resize((grid.dots, paper.height), Picture.Resampling.LANCZOS)
        ink = paper.point([PAPER * (dot < THRESHOLD) for dot in range(256)])  # black paper: what getbbox looks for
        right = (ink.getbbox() or (0, 0, 1, 1))[2]
        strip = Picture.new("L", (right, max(LINE_DOTS, ink.height)), INK)
        strip.paste(ink)
        return black_on_white(strip.point([PAPER - dot for dot in range(256)]))

    def _draw_letters(self, paper: Image.Image, piece: _Piece, column: int, *, bold: bool) -> None:
        x = piece.x + _before(piece, columns_of(piece.text) * column)
        for cluster in _clusters(piece.text):
            columns = max(1, columns_of(cluster))
            face = self._typefaces.for_all(cluster)
            if face is None:  # no font has the accent as well
                cluster = cluster[0]  # noqa: PLW2901 - the letter is what can be read
                face = self._typefaces.for_character(cluster)
                assert face is not None  # `readable` left nothing else
            # A wide letter fills its square; five sixths of the height is where a narrow one fills its column.
            square = min(column * WIDE_COLUMNS, paper.height)
            font = face.font(square if columns == WIDE_COLUMNS else paper.height * 5 // 6)
            cell = _at_most(_ink(cluster, font, paper.height, bold=bold), column * columns)
            paper.paste(cell, (x + (column * columns - cell.width) // 2, 0))
            x += column * columns

    def _draw_shaped(self, paper: Image.Image, piece: _Piece, *, rightward: bool, bold: bool) -> None:
        face = self._typefaces.for_all(piece.text)
        assert face is not None  # `readable` left nothing else
        font = face.font(paper.height * 5 // 6, shaped=True)
        direction = "ltr" if rightward else "rtl"
        ink = _at_most(_ink(piece.text, font, paper.height, bold=bold, direction=direction), piece.room)
        paper.paste(ink, (piece.x + _before(piece, ink.width), 0))


def runs_rightward(text: str) -> bool:
    """Return whether a text runs from left to right: its first letter says so (Unicode UAX #9, P2 and P3)."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") == "L"


def _is_shaped(text: str) -> bool:
    """Return whether letters have to be joined, stacked or ordered."""
    return not text.isascii() and any(
        unicodedata.bidirectional(character) in ("R", "AL")
        or (character >= MARKS_FROM and unicodedata.category(character)[0] == "M")
        for character in text
    )


def _pieces(line: Line, column: int, across: int) -> Iterator[_Piece]:
    """Yield the parts of a line that are ordered each by itself: a row's left and right part."""
    if not line.tail:
        indent = (len(line.text) - len(line.text.lstrip())) * column if line.align is Align.LEFT else 0
        yield _Piece(line.text.strip(), indent, across - indent, line.align)
        return
    head, tail = line.text[: -line.tail], line.text[-line.tail :]
    start, end = columns_of(head) * column, columns_of(line.text) * column
    if head.strip():
        indent = (len(head) - len(head.lstrip())) * column
        yield _Piece(head.strip(), indent, start - indent - column, Align.LEFT)
    yield _Piece(tail, start, end - start, Align.RIGHT)


def _before(piece: _Piece, width: int) -> int:
    """Return how many dots of a piece's room stand before it."""
    free = max(0, piece.room - width)
    return {Align.LEFT: 0, Align.CENTER: free // 2, Align.RIGHT: free}[piece.side]


def _clusters(text: str) -> Iterator[str]:
    """Yield each letter with its accents."""
    cluster = ""
    for character in text:
        if character in JOINERS:
            continue
        if cluster and columns_of(character):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _ink(text: str, font: FreeTypeFont, height: int, *, bold: bool, direction: str | None = None) -> Image.Image:
    """Return a text in grey on white, `height` tall and as wide as it is."""
    from PIL import Image as Picture
    from PIL import ImageDraw

    left, _, right, _ = font.getbbox(text, anchor="ls", direction=direction)
    start = max(0, math.ceil(-left))
    shifts = range(1 + bold * max(1, height // 24))
    width = start + math.ceil(max(right, font.getlength(text, direction=direction))) + shifts[-1]
    image = Picture.new("L", (max(1, width), height), PAPER)
    above, below = font.getmetrics()
    pen = ImageDraw.Draw(image)
    for shift in shifts:
        place = (start + shift, (height + above - below) // 2)
        pen.text(place, text, font=font, fill=INK, anchor="ls", direction=direction)
    return image


def _at_most(ink: Image.Image, room: int) -> Image.Image:
    """Return it squeezed where it is wider than its room."""
    from PIL import Image as Picture

    return ink if ink.width <= room else ink.resize((max(1, room), ink.height), Picture.Resampling.LANCZOS)
