"""Amounts as Stripe writes them: mostly ISO 4217's minor units, and not everywhere.

Source: https://docs.stripe.com/currencies, zero-decimal, three-decimal and special cases.
"""

from __future__ import annotations

from outbox.money import decimals, to_increment

_TWO_DECIMALS = frozenset({"ISK", "UGX"})  # ISO 4217 gives them none; Stripe still writes two, both 0
_NO_DECIMALS = frozenset({"MGA"})  # ISO 4217 gives it two; Stripe writes none
_HUNDRED = 100
_CENTS = 2  # decimals
_LAST_DIGIT = 10  # of an amount with three decimals Stripe takes none but 0 as the last


def to_wire(amount: int, currency: str) -> int:
    """Return minor units as Stripe writes them, rounded where Stripe is coarser."""
    if currency in _TWO_DECIMALS:
        return amount * _HUNDRED
    if currency in _NO_DECIMALS:
        return to_increment(amount, _HUNDRED) // _HUNDRED
    return to_increment(amount, step(currency))


def from_wire(value: int, currency: str) -> int:
    """Return what Stripe wrote as minor units."""
    if currency in _TWO_DECIMALS:
        return value // _HUNDRED
    return value * _HUNDRED if currency in _NO_DECIMALS else value


def as_kept(amount: int, currency: str) -> int:
    """Return minor units as they come back from Stripe: rounded where it is coarser."""
    return from_wire(to_wire(amount, currency), currency)


def step(currency: str) -> int:
    """Return the finest amount Stripe takes, in minor units: what is no multiple of it cannot be charged."""
    if currency in _NO_DECIMALS:
        return _HUNDRED
    return _LAST_DIGIT if decimals(currency) > _CENTS else 1
