"""Layout: text, rows and rules become lines that fit the paper's columns. Pure; knows no printer.

A column is one normal character. Double width halves how many there are; East Asian wide characters
take two (Unicode UAX #11), combining marks none. Texts are wrapped at spaces; a word longer than the
line is broken. A row's right part (a price) is never broken and never parted from its line's end.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from drivers.printer.document import Align, Row, Rule, Text

NARROW_BELOW = "\u0300"  # no mark and nothing wide below; spares the look-up for most text
LEFT_COLUMNS_MIN = 8  # a name squeezed into fewer is harder to read than one above its price


@dataclass(frozen=True, slots=True)
class Line:
    """One line to print; `text` takes at most `columns // width` columns and holds no line break."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    width: int = 1
    height: int = 1
    tail: int = 0  # how many characters at its end are a row's right part


def lay_out(item: Text | Row | Rule, columns: int) -> tuple[Line, ...]:
    """Return the lines of one item on paper `columns` wide."""
    if isinstance(item, Text):
        parts = wrap(item.text, max(1, columns // item.width))
        return tuple(Line(part, item.align, item.bold, item.width, item.height) for part in parts)
    if isinstance(item, Row):
        return tuple(_row(item, columns))
    return (Line(item.char * (columns // max(1, columns_of(item.char)))),)


def columns_of(text: str) -> int:
    """Return how many columns a text takes."""
    if text.isascii() or max(text) < NARROW_BELOW:
        return len(text)
    return sum(map(_columns_of_character, text))


def wrap(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most `columns`, at line breaks, then at spaces, then within words."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph.rstrip(), columns))
    return lines


def _wrap_paragraph(text: str, columns: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in re.findall(r"\s*\S+", text):
        if columns_of(line + word) <= columns:
            line += word
            continue
        if line:
            lines.append(line)
            word = word.lstrip()  # noqa: PLW2901 - the break takes the place of the space
        *full, line = _break_word(word, columns)
        lines.extend(full)
    return [*lines, line]


def _break_word(word: str, columns: int) -> list[str]:
    """Cut a word into pieces of at most `columns`; a character wider than that stands alone."""
    pieces = [""]
    for character in word:
        if pieces[-1] and columns_of(pieces[-1] + character) > columns:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _row(row: Row, columns: int) -> list[Line]:
    left, right = row.left, row.right.replace("\n", " ").strip()
    width = row.width if columns_of(right) <= columns // row.width else 1
    room = max(1, columns // width)
    indent = min(row.indent, room // 2)
    left_room = room - indent - columns_of(right) - (1 if right else 0)

    def line(text: str, align: Align = Align.LEFT, tail: int = 0) -> Line:
        return Line(text, align, row.bold, width, row.height, tail)

    if columns_of(right) > room:  # wider than the paper itself: nothing but breaking it is left
        parts = [" " * indent + part for part in wrap(left, room - indent)] if left.strip() else []
        return [*map(line, parts), *(line(part, Align.RIGHT) for part in wrap(right, room))]
    if left_room < min(LEFT_COLUMNS_MIN, columns_of(left)):
        parts = [" " * indent + part for part in wrap(left, max(1, room - indent))]
        return [*map(line, parts), line(" " * (room - columns_of(right)) + right, tail=len(right))]
    first, *rest = [" " * indent + part for part in wrap(left, max(1, left_room))]
    gap = " " * (room - columns_of(first) - columns_of(right))
    return [line((first + gap + right).rstrip(), tail=len(right)), *map(line, rest)]


def _columns_of_character(character: str) -> int:
    if character < NARROW_BELOW:
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
