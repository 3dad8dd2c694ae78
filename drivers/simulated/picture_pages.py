"""A code page's number as the characters that a printer then prints. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.printer.codepages import code_page, page_numbered

if TYPE_CHECKING:
    from collections.abc import Callable

_KATAKANA_NAME = "cp932"  # what the capability database calls it, though it has one byte a character
# Epson's katakana page from 80h on, most of which no codec of Python's has: Japanese programs draw their rules with it.
_KATAKANA = (
    "▁▂▃▄▅▆▇█▏▎▍▌▋▊▉┼┴┬┤├▔─│▕┌┐└┘╭╮╰╯\xa0"
    + "".join(map(chr, range(0xFF61, 0xFFA0)))
    + "═╞╪╡◢◣◥◤♠♥♦♣●○╱╲╳円年月日時分秒〒市区町村人▒\xa0"  # noqa: RUF001 - they are lines, and look like it
)
_ASCII_END = 0x80


def power_on_page() -> Callable[[bytes], str]:
    """Return how bytes read before any page was chosen, and after `ESC @`."""
    return code_page("cp437").decode


def numbered_page(number: int, profile: str) -> Callable[[bytes], str]:
    """Return how bytes read in a printer's page of this number; one it has not shows as the mess it is."""
    try:
        page = page_numbered(number, profile)
    except ValueError:
        return _mess
    return _katakana if page.name == _KATAKANA_NAME else page.decode


def _katakana(raw: bytes) -> str:
    return "".join(chr(byte) if byte < _ASCII_END else _KATAKANA[byte - _ASCII_END] for byte in raw)


def _mess(raw: bytes) -> str:
    return raw.decode("ascii", errors="replace")
