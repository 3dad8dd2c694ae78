"""Money: integer counts of a currency's minor units, and the arithmetic a till does with them.

Nothing here is a float. `Decimal` appears only where a rate or a quantity meets an amount, and is
rounded once, half away from zero, which is what tax offices mean by commercial rounding. For taxes the
law may say otherwise (`Rounding`), and so they are worked out in whole numbers over a common denominator.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# ISO 4217: every currency has two decimals but these (and CLF and UYW, units of account with no coins).
_DECIMALS = dict.fromkeys(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ),
    0,
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)

AMOUNT_MAX = 10**12  # minor units; ten thousand million in a two-decimal currency is a typing error
AMOUNT_CHARS_MAX = 32  # what an amount may be written with, zeros in front and behind included
_PLAIN_DECIMAL = re.compile(rf"(?=.{{1,{AMOUNT_CHARS_MAX}}}$)[+-]?\d+(?:\.\d*)?", re.ASCII)
_EXACT = Context(prec=60)  # an amount (13 digits) times a quantity or a rate (up to 20 each) is exact


class Rounding(StrEnum):
    """What becomes of a fraction of a minor unit, below zero as above it."""

    HALF_UP = "half_up"  # commercial: halves away from zero
    HALF_EVEN = "half_even"  # halves to the even neighbour
    HALF_DOWN = "half_down"  # halves towards zero
    DOWN = "down"  # dropped


def decimals(currency: str) -> int:
    """Return how many decimals the currency's amounts are written with."""
    return _DECIMALS.get(currency, 2)


def parse_amount(text: str, currency: str) -> int:
    """Read a plain decimal such as `12.50` as minor units. Raises `ValueError` saying what is wrong."""
    text = text.strip()
    if not _PLAIN_DECIMAL.fullmatch(text):
        shown = text if len(text) <= AMOUNT_CHARS_MAX else f"{text[:AMOUNT_CHARS_MAX]}…"
        raise ValueError(f"{shown!r} is not an amount; write it like {format_amount(1250, currency)}")
    places = decimals(currency)
    minor = Decimal(text).scaleb(places, _EXACT)
    if minor != minor.to_integral_value():
        raise ValueError(f"{text!r} has more than the {places} decimals {currency} has")
    if abs(minor) > AMOUNT_MAX:
        raise ValueError(f"{text!r} is larger than any amount a till takes")
    return int(minor)


def format_amount(amount: int, currency: str, *, point: str = ".", group: str = "") -> str:
    """Write minor units as a decimal: 123456 EUR is `1234.56`, with `group` between thousands."""
    places = decimals(currency)
    whole, part = divmod(abs(amount), 10**places)
    text = f"{whole:,}".replace(",", group)
    sign = "-" if amount < 0 else ""
    return f"{sign}{text}{point}{part:0{places}d}" if places else f"{sign}{text}"


def round_half_up(value: Decimal) -> int:
    """Round to a whole number of minor units, halves away from zero."""
    return int(value.to_integral_value(ROUND_HALF_UP))


def times(amount: int, factor: Decimal) -> int:
    """Return `amount` times a quantity, rounded once."""
    numerator, denominator = factor.as_integer_ratio()
    return amount * numerator if denominator == 1 else ratio(amount * numerator, denominator)


def percent_of(amount: int, percent: Decimal) -> int:
    """Return `percent` per cent of `amount`, rounded once."""
    return round_half_up(_EXACT.multiply(Decimal(amount), percent).scaleb(-2, _EXACT))


def ratio(numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Return the fraction as a whole number, rounded once. `denominator` is more than 0."""
    whole, rest = divmod(abs(numerator), denominator)
    if rounding is Rounding.HALF_UP:
        up = 2 * rest >= denominator
    elif rounding is Rounding.HALF_EVEN:
        up = 2 * rest + whole % 2 > denominator
    elif rounding is Rounding.HALF_DOWN:
        up = 2 * rest > denominator
    else:
        up = False
    return (whole + up) * (-1 if numerator < 0 else 1)


def to_increment(amount: int, increment: int) -> int:
    """Round to the smallest coin, `increment` minor units, halves away from zero (1 changes nothing)."""
    if increment <= 1:
        return amount
    return round_half_up(_EXACT.divide(Decimal(amount), Decimal(increment))) * increment


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` over `weights` (none negative) so that the parts sum to it exactly.

    Each part is within one minor unit of its exact share; the units that rounding leaves over go to
    the largest remainders, the earlier of equals first. With all weights 0, it is split evenly.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("an amount cannot be split by a negative weight")
    if not weights:
        if amount:
            raise ValueError("an amount cannot be split over nothing")
        return []
    if not any(weights):
        weights = [1] * len(weights)
    total = sum(weights)
    sign = -1 if amount < 0 else 1
    parts = [abs(amount) * weight // total for weight in weights]
    left = abs(amount) - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(abs(amount) * weights[i] % total), i))
    for i in by_remainder[:left]:
        parts[i] += 1
    return [sign * part for part in parts]


def apportion(amount: int, exact: Sequence[int], denominator: int) -> list[int]:
    """Split what the sum of `exact` over `denominator` was rounded to, so that the parts sum to it.

    Parts may be of either sign. Each is within one minor unit of its exact value; what rounding leaves over
    goes to the largest remainders, the earlier of equals first.
    """
    parts = [each // denominator for each in exact]
    left = amount - sum(parts)
    if left:
        rests = [each % denominator for each in exact]
        for at in sorted(range(len(exact)), key=lambda at: -rests[at])[:left]:
            parts[at] += 1
    return parts
