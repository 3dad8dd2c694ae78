"""The test page for code pages: the same bytes by every number the page may have. Pure.

A printer passes over a number it does not have, and would go on in the page before. So another page is chosen
ahead of each: only the number that is right looks right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.printer.codepages import numbers_of
from drivers.printer.document import Text
from drivers.printer.written import drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivers.printer.escpos import Dialect
    from drivers.printer.raster import Raster

# A page to fall back to, and another where that is the one looked for: its number in ESC/POS, and a Star's.
_OTHER = {False: 0, True: 1}
_AND_IF_SOUGHT = {False: 2, True: 4}


def code_page_test(dialect: Dialect, choose: Callable[[int], bytes], *, star: bool) -> Iterator[bytes | Raster]:
    """Yield what to send at the left edge, and pictures; at the end the page in force is chosen again."""
    page = dialect.page
    sample = page.sample()
    sought = page.name == "cp437"
    other = choose((_AND_IF_SOUGHT if sought else _OTHER)[star])
    yield f"{page.name}: the right number reads\n".encode()
    yield from drawn(Text("     " + sample), dialect)
    for number in numbers_of(page, star=star):
        now = b" <- now" if number == page.number else b""
        yield other + choose(number) + f"{number:4} ".encode() + page.encode(sample) + now + b"\n"
    yield choose(page.number)
