"""What a drawer's switch says, and what that means. Pure.

A switch gives a level, and which of the two is "open" is a matter of the drawer and its cable: it has to be taught.
UnifiedPOS' words for what comes of it: `CapStatus` (a level can be read), `DrawerOpened` (the position is `open`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.printer.status import Level

if TYPE_CHECKING:
    from datetime import datetime

    from drivers.ports.modem import ModemLines


class Position(StrEnum):
    """Where the drawer is."""

    OPEN = "open"
    CLOSED = "closed"


class Sense(StrEnum):
    """The modem line that a serial drawer's switch is wired to."""

    CTS = "cts"
    DSR = "dsr"
    RI = "ri"
    CD = "cd"
    NONE = "none"  # the drawer does not say


@dataclass(frozen=True, slots=True)
class DrawerStatus:
    """What is known of a drawer now. None: it is not known."""

    position: Position | None
    level: Level | None  # of its switch, also where nobody has taught what that means
    since: datetime | None  # when `level` was last seen to change; with an offset
    open_level: Level | None  # which level means open: taught, or documented by its maker
    left_open: bool  # open for longer than it should be


def position(level: Level | None, open_level: Level | None) -> Position | None:
    """Return where a drawer is whose switch says `level`."""
    if level is None or open_level is None:
        return None
    return Position.OPEN if level is open_level else Position.CLOSED


def level_on(lines: ModemLines | None, sense: Sense) -> Level | None:
    """Return the level of the line that the switch is wired to."""
    if lines is None or sense is Sense.NONE:
        return None
    return Level.HIGH if getattr(lines, sense.value) else Level.LOW
