"""Writing: a text or a row becomes lines in the printer's own characters, or pictures of lines where it has none.

Pictures only where the page would leave a `?` and a font has the character: a letter without its accent is
still text, which prints faster and sharper.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.printer.codepages import LAST_RESORT, tidy
from drivers.printer.document import CodePages, Document, Image, Raw, Row, Rule, Text
from drivers.printer.layout import Line, lay_out
from drivers.printer.lettering import Grid, runs_rightward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.printer.codepages import CodePage
    from drivers.printer.escpos import Dialect
    from drivers.printer.raster import Raster


def written(item: Text | Row | Rule, dialect: Dialect) -> Iterator[Line | Raster]:
    """Yield an item's lines, each a line of the page's characters, or its dots, which begin at the left edge."""
    fit = fitted(item, dialect.page)
    if LAST_RESORT in _text_of(fit) and not isinstance(item, Rule):
        lacking = _lacks(item, dialect.page)
        pictures = drawn(item, dialect, lacking) if lacking else ()
        if pictures:
            yield from pictures
            return
    yield from lay_out(fit, dialect.columns)


def drawn(item: Text | Row, dialect: Dialect, lacking: frozenset[str] = frozenset()) -> tuple[Raster, ...]:
    """Return the dots of an item's lines; none where no font has any of the characters `lacking`, or their order."""
    lettering = dialect.lettering
    if lettering is None:
        return ()
    if isinstance(item, Text):
        first, second = item.text, ""
    else:
        first, second = item.left, item.right
    left, right = lettering.readable(tidy(first)), lettering.readable(tidy(second))
    if left is None or right is None or (lacking and lacking.isdisjoint(left + right)):
        return ()
    clear = replace(item, text=left) if isinstance(item, Text) else replace(item, left=left, right=right)
    grid = Grid(dialect.dots - dialect.dots % 8, dialect.column_dots, dialect.font.height)
    runs = runs_rightward(first)
    return tuple(lettering.draw(line, grid, rightward=runs) for line in lay_out(clear, dialect.columns))


def fitted(item: Text | Row | Rule, page: CodePage) -> Text | Row | Rule:
    """Return the item in the page's own characters: before layout, because a substitute may be longer."""
    if isinstance(item, Text):
        return Text(page.fit(item.text), item.align, item.bold, item.width, item.height)
    if isinstance(item, Row):
        left, right = page.fit(item.left), page.fit(item.right)
        return Row(left, right, item.bold, item.width, item.height, item.indent)
    return Rule(page.fit(item.char)[:1].strip() or "-")


def draws(document: Document, dialect: Dialect) -> bool:
    """Return whether a document takes long: milliseconds for a picture or raw bytes, where text takes microseconds."""
    return any(
        isinstance(item, Image | Raw | CodePages) or (isinstance(item, Text | Row) and bool(_lacks(item, dialect.page)))
        for item in document.items
    )


def _lacks(item: Text | Row, page: CodePage) -> frozenset[str]:
    return page.lacks(_text_of(item))


def _text_of(item: Text | Row | Rule) -> str:
    if isinstance(item, Text):
        return item.text
    return item.left + "\n" + item.right if isinstance(item, Row) else item.char
