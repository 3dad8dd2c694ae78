"""Rounds: whatever is compared is measured in turns within one run, so that a busy machine is busy for all of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    Samples = Mapping[str, Sequence[float]]  # by unit

P99_SAMPLES_MIN = 100  # below this a p99 is only the largest sample by another name


class Role(StrEnum):
    OURS = "ours"
    PEER = "peer"  # what one would use, or write, instead
    LIMIT = "limit"  # what no program doing this job here can go below


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those compared. `block` does a block of work and returns its samples."""

    name: str
    role: Role
    block: Callable[[], Awaitable[Samples]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `ratio` is the first of ours divided by this one; None for that one itself."""

    case: str
    role: Role
    name: str
    unit: str
    p50: float
    p99: float | None
    ratio: float | None

    def to_json(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "role": str(self.role),
            "name": self.name,
            "unit": self.unit,
            "p50": round(self.p50, 3),
            "p99": None if self.p99 is None else round(self.p99, 3),
            "ours_divided_by_this": None if self.ratio is None else round(self.ratio, 3),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Figure:
        role, ratio = Role(value["role"]), value["ours_divided_by_this"]
        return cls(value["case"], role, value["name"], value["unit"], value["p50"], value["p99"], ratio)


async def in_turns(case: str, contenders: Sequence[Contender], rounds: int, *, warm: bool = True) -> list[Figure]:
    """Measure them in turns. The one that begins changes from round to round; a first round warms up and is not kept.

    p50 is the median of the rounds' medians, p99 is over all rounds together, and a ratio is the median of
    the ratios within the rounds: what happened to both at the same time cancels out.
    """
    if warm:
        for contender in contenders:
            await contender.block()
    kept: dict[str, list[Samples]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        start = number % len(contenders)
        for contender in (*contenders[start:], *contenders[:start]):
            kept[contender.name].append(await contender.block())
    return [figure for contender in contenders for figure in _figures(case, contender, contenders[0], kept)]


def _figures(case: str, this: Contender, first: Contender, kept: Mapping[str, list[Samples]]) -> list[Figure]:
    found = []
    for unit in kept[this.name][0]:
        medians = [median(samples[unit]) for samples in kept[this.name]]
        together = sorted(sample for samples in kept[this.name] for sample in samples[unit])
        ratio = None
        if this is not first and unit in kept[first.name][0]:
            ours = [median(samples[unit]) for samples in kept[first.name]]
            ratio = median(mine / other for mine, other in zip(ours, medians, strict=True) if other)
        found.append(Figure(case, this.role, this.name, unit, median(medians), _p99(together), ratio))
    return found


def _p99(ordered: Sequence[float]) -> float | None:
    return ordered[round(0.99 * (len(ordered) - 1))] if len(ordered) >= P99_SAMPLES_MIN else None
