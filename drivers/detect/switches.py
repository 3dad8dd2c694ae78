"""Where a scanner's manual has the barcode that switches it away from typing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.detect.found import Way
from drivers.detect.known import known
from drivers.scanner.programming import programming

if TYPE_CHECKING:
    from drivers.detect.found import Found

_POS_PAGE = 0x8C  # HID Point of Sale Usage Tables 1.02: it is there already


@dataclass(frozen=True, slots=True)
class Switch:
    """The barcode's caption and chapter; `seen`: they were read in a manual, else they are the maker's usual ones."""

    mode: str
    chapter: str
    heading: str
    seen: bool


def switches(found: Found) -> tuple[Switch, ...]:
    """Return the ways to switch a scanner that types, or is in another HID mode; nothing for anything else."""
    maker = known(found.vendor, found.product)
    if maker is None or maker.family is None or found.way not in {Way.KEYBOARD, Way.HID}:
        return ()
    if found.usage_page == _POS_PAGE:
        return ()
    return tuple(Switch(str(one.mode), one.chapter, one.heading, one.seen) for one in programming(maker.family))
