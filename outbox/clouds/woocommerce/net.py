"""What a line comes to without its taxes, in such fractions of a cent that WooCommerce ends at the till's amounts.

WooCommerce takes lines without tax and works each line's taxes out itself: a product line's amount and each of its
taxes are rounded by themselves, a fee's taxes only. What it is given may have more decimals than the currency.
Source: WooCommerce 9.4.3, `WC_Abstract_Order::calculate_totals`, `WC_Tax::calc_exclusive_tax`, `wc_round_tax_total`;
the last rounds halves down in a shop whose prices include tax, and up in others.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from outbox.money import Rounding, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Body = Mapping[str, Any]

PLACES = 6  # beyond the currency's own: a millionth of a cent is lost in no tax
# Beside the exact amount, what is tried where three roundings of one line do not meet: fractions of a minor unit.
_BESIDE = tuple(Fraction(n, 10) for n in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8, 9, -9))


@dataclass(frozen=True, slots=True)
class Rate:
    """One tax of a line. `of_net` is its share of the price without any tax, those it stands on included."""

    of_net: Fraction
    included: bool


def rates(body: Body, line: Body) -> list[Rate]:
    """Return a line's taxes in their order; what a compound one stands on is in its share."""
    kinds = {_key(tax): tax for tax in body["taxes"]}
    found: list[Rate] = []
    for key in _keys(line, kinds):
        tax = kinds.get(key, {})
        share = Fraction(key[1]) / 100
        if tax.get("compound"):
            share *= 1 + sum(rate.of_net for rate in found)
        found.append(Rate(share, bool(tax.get("included", body["prices_include_tax"]))))
    return found


def exact(gross: int, of: Sequence[Rate]) -> Fraction:
    """Return what an amount is without the taxes that are in it, in minor units."""
    return gross / (1 + sum((rate.of_net for rate in of if rate.included), Fraction(0)))


def fitting(gross: int, of: Sequence[Rate], *, fee: bool, included: bool) -> Fraction:
    """Return the amount to send, in minor units, so that WooCommerce comes to `gross` with the taxes that are in it.

    `fee`: it is not rounded there. `included`: the shop's prices include tax. Where none fits, the exact one.
    """
    inside = [rate for rate in of if rate.included]
    if not inside:
        return Fraction(gross)
    right = exact(gross, of)
    whole = gross - sum(rounded_tax(right * rate.of_net, included=included) for rate in inside)
    candidates = [round(right + beside, PLACES) for beside in _BESIDE]
    for sent in [*candidates[:1], Fraction(whole), *candidates[1:]]:
        kept = sent if fee else ratio(sent.numerator, sent.denominator)
        if kept + sum(rounded_tax(sent * rate.of_net, included=included) for rate in inside) == gross:
            return sent
    return right


def rounded_tax(amount: Fraction, *, included: bool) -> int:
    """Return a tax in whole minor units, as WooCommerce rounds it."""
    return ratio(amount.numerator, amount.denominator, Rounding.HALF_DOWN if included else Rounding.HALF_UP)


def _key(tax: Body) -> tuple[str, str]:
    """Return what tells a tax from the others of its sale: a rate may change while a basket waits."""
    return tax["code"], tax["rate"]


def _keys(line: Body, taxes: Mapping[tuple[str, str], Body]) -> list[tuple[str, str]]:
    """Return a line's taxes; records of before there were several name one by its code."""
    if "taxes" in line:
        return [_key(tax) for tax in line["taxes"]]
    return [key for key in taxes if key[0] == line["tax"]]
