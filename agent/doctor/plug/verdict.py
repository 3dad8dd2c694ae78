"""What a power cut has shown: one cut's verdict, and what several of them add up to."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.doctor.plug.count import Count

RATE = 0.1  # a disk that loses sales at one cut in ten is what the sums speak of
SURE = 0.9
ENDED = "the trial was ended in order before the power went"


class Outcome(StrEnum):
    """What one comparison says."""

    HELD = "held"  # every acknowledged sale is there and whole
    LOST = "lost"
    NOTHING = "nothing"  # there was no power cut to learn from


@dataclass(frozen=True, slots=True)
class There:
    """What a test journal holds after the start: so many whole records in a row, and why there are no more."""

    records: int
    boot: str | None = None  # of the newest record
    fault: str | None = None  # why the journal does not hold; None where it does


@dataclass(frozen=True, slots=True)
class Verdict:
    """One cut, compared."""

    outcome: Outcome
    acknowledged: int
    there: int  # of those acknowledged
    under_way: int  # more, which nobody had been told of
    why: str | None = None  # of NOTHING, or what is wrong with the journal

    @property
    def lost(self) -> int:
        """How many acknowledged sales are gone."""
        return self.acknowledged - self.there


def compare(count: Count, there: There, boot_now: str) -> Verdict:
    """Judge: lost whatever made the machine stop; held only where it was started anew without being stopped first."""
    kept = min(there.records, count.number)
    outcome, why = Outcome.HELD, there.fault
    if there.fault is not None or kept < count.number:
        outcome = Outcome.LOST
        if there.records == 0 and there.fault is None:
            why = "nothing of the test journal is there"
    elif count.ended:
        outcome, why = Outcome.NOTHING, ENDED
    elif boot_now == (count.boot or there.boot):
        outcome, why = Outcome.NOTHING, "this PC was not started anew since, so its power was not cut"
    elif count.number == 0:
        outcome, why = Outcome.NOTHING, "no sale had been acknowledged when the power went"
    return Verdict(outcome, count.number, kept, there.records - kept, why)


def cuts_needed(rate: float = RATE, sure: float = SURE) -> int:
    """Return after how many cuts a disk that fails at `rate` of them has failed at least once, to be so `sure`."""
    return math.ceil(math.log(1 - sure) / math.log(1 - rate))


def rate_ruled_out(cuts: int, sure: float = SURE) -> float:
    """Return the rate at which a disk would have failed in so many cuts already, to be so `sure`."""
    return float(1 - (1 - sure) ** (1 / cuts))


@dataclass(frozen=True, slots=True)
class Sums:
    """What the cuts of one disk add up to."""

    cuts: int
    cuts_that_lost: int
    acknowledged: int
    lost: int

    @property
    def ruled_out_percent(self) -> int | None:
        """At how many cuts in 100 such a disk would have failed by now, 9 times in 10; None where one did fail."""
        if not self.cuts or self.cuts_that_lost:
            return None
        return math.ceil(rate_ruled_out(self.cuts) * 100)

    def as_json(self) -> dict[str, int | None]:
        """Return them for a program."""
        return asdict(self) | {"ruled_out_percent": self.ruled_out_percent, "cuts_needed": cuts_needed()}

    def __str__(self) -> str:
        if not self.cuts:
            return "no power cut has been compared yet"
        plural = "cut" if self.cuts == 1 else "cuts"
        said = f"{self.cuts} {plural}, {self.acknowledged:,} acknowledged, {self.lost:,} lost"
        if self.cuts_that_lost:
            return f"{said}; {self.cuts_that_lost} of {self.cuts} failed"
        if self.cuts >= cuts_needed():
            return f"{said}; 90 % sure that this disk fails fewer than {self.ruled_out_percent} cuts in 100"
        return f"{said}; a disk that fails 1 cut in 10 needs {cuts_needed()} cuts to be 90 % sure of finding it out"


def add_up(verdicts: Sequence[Verdict]) -> Sums:
    """Add up what was compared after a cut; what was none does not count."""
    cuts = [verdict for verdict in verdicts if verdict.outcome is not Outcome.NOTHING]
    return Sums(
        cuts=len(cuts),
        cuts_that_lost=sum(verdict.outcome is Outcome.LOST for verdict in cuts),
        acknowledged=sum(verdict.acknowledged for verdict in cuts),
        lost=sum(verdict.lost for verdict in cuts),
    )
