"""How an attempt ended, as far as the cloud's lane is concerned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """What came of it."""

    SETTLED = "settled"  # delivered or parked: the cloud answered
    LINE = "line"  # the cloud was not reached, or its answer was lost
    TROUBLE = "trouble"  # it was reached and could not do it now
    OURS = "ours"  # this PC's own disk could not keep what came of it: no record and no cloud is at fault
    UNAUTHORIZED = "unauthorized"
    HALVE = "halve"  # it answered, and takes none of a batch: one in it is at fault


@dataclass(frozen=True, slots=True)
class End:
    """An ending, why, and how long the cloud asked to be left alone."""

    ending: Ending
    reason: str = ""
    after_s: float | None = None
