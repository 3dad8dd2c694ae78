"""The rules in exact fractions: what was asked for, the store's law, and what a tax is by it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax by its words: per cent, in the price or on top, on the price alone or on the taxes before it, too."""

    code: str
    rate: Fraction
    included: bool
    compound: bool = False


@dataclass(frozen=True, slots=True)
class Law:
    """The store's law. `fraction`: half_up, half_even, half_down or down; `coin` in minor units."""

    taxes: Mapping[str, Sequence[Tax]]  # by the code on the line, in the order they are worked out in
    per_line: bool
    fraction: str
    coin: int


@dataclass(slots=True)
class AskedLine:
    """A line as it was asked for. `price` in minor units; below 0 for empties."""

    price: int
    quantity: Fraction
    tax: str | None
    deposit: bool = False


@dataclass(slots=True)
class Asked:
    """A basket as it was asked for: lines and `(line or None, per cent or None, amount or None)` by their ids."""

    lines: dict[str, AskedLine] = field(default_factory=dict)
    discounts: dict[str, tuple[str | None, Fraction | None, int | None]] = field(default_factory=dict)
    exempt: bool = False


def rounded(value: Fraction, how: str = "half_up") -> int:
    """Round to a whole number, below 0 as above it."""
    below = math.floor(abs(value))
    over = abs(value) - below
    up = {
        "half_up": over >= HALF,
        "half_even": over > HALF or (over == HALF and below % 2 == 1),
        "half_down": over > HALF,
        "down": False,
    }[how]
    return (below + up) * (-1 if value < 0 else 1)


def exact_taxes(net: int, taxes: Sequence[Tax]) -> list[Fraction]:
    """Return what each tax of a line is, exactly, when `net` is what its price comes to."""
    on_one: list[Fraction] = []  # what each takes of a price of 1 without taxes
    for tax in taxes:
        on_one.append(tax.rate / 100 * (1 + (sum(on_one) if tax.compound else 0)))
    gross = 1 + sum(part for part, tax in zip(on_one, taxes, strict=True) if tax.included)
    return [net * part / gross for part in on_one]
