"""What a customer display shows: two lines of twenty characters. Pure."""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS = 20  # what every display of this kind has
LINES = 2


@dataclass(frozen=True, slots=True)
class Screen:
    """Two lines; each is cut off, or filled up, to twenty characters when it is sent."""

    upper: str = ""
    lower: str = ""


def pair(left: str, right: str) -> str:
    """Return one line with something at each end; where both do not fit, the left one gives way."""
    room = COLUMNS - len(right)
    if room <= 0:
        return right[-COLUMNS:]
    if len(left) >= room:
        left = left[: room - 1].rstrip()
    return left + " " * (room - len(left)) + right


def centred(text: str) -> str:
    """Return one line with the text in its middle."""
    return text.strip()[:COLUMNS].center(COLUMNS).rstrip()
