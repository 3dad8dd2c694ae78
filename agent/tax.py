"""What taxes come to: in the price or on top of it, several on a line, one on another; rounded as the store's law says.

A tax is an exact fraction of what is left of a line after its discounts. Rounding per receipt rounds each tax once,
on all its lines together, and shares that back over them; rounding per line rounds each tax on each line. Either
way a receipt's tax is the sum of its lines' taxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import TYPE_CHECKING

from agent.sale import TaxRate
from outbox.money import Rounding, apportion, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.config.sections import TaxConfig

    LineTaxes = tuple[tuple[TaxRate, int], ...]  # each tax of a line, and its amount

SHARES_MAX = 256  # taxes remembered, some 1 KB each: more than any country has


@dataclass(frozen=True, slots=True)
class TaxRounding:
    """How the store's law has taxes rounded: each on the whole receipt or on every line, and what of a fraction."""

    per_line: bool = False
    fraction: Rounding = Rounding.HALF_UP


COMMERCIAL = TaxRounding()


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One tax's part of the receipt: `amount` of tax on `base`. The base of a compound tax holds those before it."""

    rate: TaxRate
    base: int
    amount: int
    included: bool
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Taxes:
    """A receipt's taxes, in all and line by line.

    An exempt customer's amount to 0; `relief` is what of them comes off each line's price then.
    """

    totals: tuple[TaxTotal, ...]
    of_lines: Sequence[LineTaxes]
    relief: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Share:
    """One tax of a line: `numerator / denominator` of the line's net amount."""

    rate: TaxRate
    included: bool
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class _Group:
    """The lines of one tax code: what they come to, and what each of its taxes does on each of them."""

    places: Sequence[int]
    shares: tuple[_Share, ...]
    net: int
    amounts: list[Sequence[int]]  # by share, in the order of `places`; filled in by `_round`

    @property
    def untaxed(self) -> int:
        """What the lines come to without the taxes in their prices."""
        return self.net - sum(sum(self.amounts[at]) for at, share in enumerate(self.shares) if share.included)

    def base(self, at: int) -> int:
        """Return what that tax is on."""
        before = sum(map(sum, self.amounts[:at])) if self.shares[at].rate.compound else 0
        return self.untaxed + before

    def spread(self, of_lines: list[LineTaxes]) -> None:
        """Write each line's taxes down."""
        columns = [
            [(share.rate, amount) for amount in amounts]
            for share, amounts in zip(self.shares, self.amounts, strict=True)
        ]
        for place, found in zip(self.places, zip(*columns, strict=True), strict=True):
            of_lines[place] = found

    def relieve(self, of_lines: list[LineTaxes], relief: list[int]) -> None:
        """Write down that no tax is paid, and what of them was in each line's price."""
        for at, share in enumerate(self.shares):
            if share.included:
                for place, amount in zip(self.places, self.amounts[at], strict=True):
                    relief[place] += amount
        for place in self.places:
            of_lines[place] = tuple((share.rate, 0) for share in self.shares)


def taxes(
    rates: Sequence[TaxRate | None],
    nets: Sequence[int],
    *,
    included: bool,
    rounding: TaxRounding,
    exempt: bool = False,
) -> Taxes:
    """Work out the taxes of lines given by their tax and their net amount. `included`: the prices hold them."""
    groups = _groups(rates, nets, included=included)
    by_rate: dict[TaxRate, list[tuple[_Group, int]]] = {}  # where each tax stands: groups may have one in common
    for group in groups:
        for at, share in enumerate(group.shares):
            by_rate.setdefault(share.rate, []).append((group, at))
    for places in by_rate.values():
        _round(places, nets, rounding)
    relief = [0] * len(nets)
    of_lines: list[LineTaxes] = [()] * len(nets)
    for group in groups:
        if exempt:
            group.relieve(of_lines, relief)
        else:
            group.spread(of_lines)
    return Taxes(tuple(_total(rate, places, exempt=exempt) for rate, places in by_rate.items()), of_lines, relief)


def tax_rates(sections: Sequence[TaxConfig]) -> dict[str, TaxRate]:
    """Return the store's taxes by code, as `[[tax]]` names them."""
    rates = {
        section.code: TaxRate(section.code, section.name, section.rate, section.included, section.compound)
        for section in sections
        if section.rate is not None
    }
    for section in sections:
        if section.parts:
            parts = tuple(rates[code] for code in section.parts)
            rates[section.code] = TaxRate(section.code, section.name, _together(parts), parts=parts)
    return rates


def _together(parts: Sequence[TaxRate]) -> Decimal:
    """Return what taxes worked out one after another come to, in per cent of the price without them; exact."""
    whole = sum(_factors(parts), Fraction(0)) * 100
    return Decimal(whole.numerator) / Decimal(whole.denominator)


def _factors(parts: Sequence[TaxRate]) -> Iterator[Fraction]:
    """Yield what each tax takes of the price without taxes."""
    so_far = Fraction(0)
    for part in parts:
        factor = Fraction(part.rate) / 100
        if part.compound:
            factor *= 1 + so_far
        so_far += factor
        yield factor


@lru_cache(maxsize=SHARES_MAX)
def _shares(tax: TaxRate, *, included: bool) -> tuple[_Share, ...]:
    parts = tax.parts or (tax,)
    factors = list(_factors(parts))
    inside = [included if part.included is None else part.included for part in parts]
    whole = 1 + sum(factor for factor, is_in in zip(factors, inside, strict=True) if is_in)
    return tuple(
        _Share(part, is_in, *(factor / whole).as_integer_ratio())
        for part, is_in, factor in zip(parts, inside, factors, strict=True)
    )


def _groups(rates: Sequence[TaxRate | None], nets: Sequence[int], *, included: bool) -> list[_Group]:
    places: dict[TaxRate, list[int]] = {}
    for at, rate in enumerate(rates):
        if rate is not None:
            places.setdefault(rate, []).append(at)
    groups = []
    for rate, found in places.items():
        shares = _shares(rate, included=included)
        groups.append(_Group(found, shares, sum(nets[at] for at in found), [()] * len(shares)))
    return groups


def _round(places: Sequence[tuple[_Group, int]], nets: Sequence[int], rounding: TaxRounding) -> None:
    """Round one tax, on all its lines at once or on each."""
    denominator = lcm(*(group.shares[at].denominator for group, at in places))
    exact: list[int] = []
    for group, at in places:
        share = group.shares[at]
        factor = share.numerator * (denominator // share.denominator)
        exact += [nets[place] * factor for place in group.places]
    if rounding.per_line:
        amounts = [ratio(each, denominator, rounding.fraction) for each in exact]
    else:
        amounts = apportion(ratio(sum(exact), denominator, rounding.fraction), exact, denominator)
    start = 0
    for group, at in places:
        group.amounts[at] = amounts[start : start + len(group.places)]
        start += len(group.places)


def _total(rate: TaxRate, places: Sequence[tuple[_Group, int]], *, exempt: bool) -> TaxTotal:
    group, at = places[0]
    included = group.shares[at].included
    if exempt:
        return TaxTotal(rate, sum(group.untaxed for group, _ in places), 0, included, exempt=True)
    base = sum(group.base(at) for group, at in places)
    return TaxTotal(rate, base, sum(sum(group.amounts[at]) for group, at in places), included)
