"""What a scale says of its pan, as values: typed states, exact weights, units that nobody guesses. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

GRAM = Decimal("0.001")


class State(StrEnum):
    """What the pan does, or why there is no weight. The first five are UnifiedPOS' states of a scale."""

    STABLE = "stable"
    ZERO = "zero"  # the pan is empty
    MOTION = "motion"
    OVER = "over"  # more than it can weigh
    UNDER = "under"  # less than zero
    UNCHANGED = "unchanged"  # what it said last still holds; it does not say it twice
    NOT_READY = "not_ready"  # it has no weight to tell yet
    FAULT = "fault"  # its own memory, calibration or zero at switching on
    REFUSED = "refused"  # it does not know the command
    WRONG_UNIT = "wrong_unit"  # it shows another unit than is configured
    PARITY = "parity"  # it sends 7E1 to a port opened as 8N1


class Unit(StrEnum):
    """What a scale shows its weight in."""

    KG = "kg"
    G = "g"
    LB = "lb"
    OZ = "oz"

    @property
    def in_kg(self) -> Decimal:
        """One of it in kg, exactly (the international pound of 1959)."""
        return _IN_KG[self]

    @property
    def metric(self) -> bool:
        """Whether it is of the same system as the kilogram."""
        return self in {Unit.KG, Unit.G}


_IN_KG = {
    Unit.KG: Decimal(1),
    Unit.G: GRAM,
    Unit.LB: Decimal("0.45359237"),
    Unit.OZ: Decimal("0.028349523125"),
}


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight that stood still: `kg` to the gram, and what the scale itself showed. `net`: None, it does not say."""

    kg: Decimal
    shown: Decimal
    unit: Unit
    net: bool | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer. `shown` and `unit` are there with STABLE only; `net` is None where the scale does not say."""

    state: State
    shown: Decimal | None = None
    unit: Unit | None = None
    net: bool | None = None

    @property
    def weight(self) -> Weight | None:
        """The weight, where it stands still."""
        if self.state is not State.STABLE or self.shown is None or self.unit is None:
            return None
        kg = (self.shown * self.unit.in_kg).quantize(GRAM, ROUND_HALF_UP)
        return Weight(kg, self.shown, self.unit, self.net)


def stable(shown: Decimal, unit: Unit, *, configured: Unit, net: bool | None = None) -> Reading:
    """Return what a resting pan's number means: a weight, an empty pan, or a unit of the other system.

    A scale whose unit a key has changed is not converted: what it then shows is not what the shop's prices,
    its approval and the customer in front of it go by.
    """
    if shown < 0:
        return Reading(State.UNDER, net=net)
    if unit.metric is not configured.metric:
        return Reading(State.WRONG_UNIT, net=net)
    if shown == 0:
        return Reading(State.ZERO, net=net)
    return Reading(State.STABLE, shown, unit, net)
