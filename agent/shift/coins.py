"""Coins and notes: what a drawer is counted by, and what a count comes to. Pure.

What is in circulation by the issuers' own pages: ecb.europa.eu (EUR), bankofengland.co.uk and royalmint.com (GBP),
federalreserve.gov and usmint.gov (USD), bankofcanada.ca and mint.ca (CAD), rba.gov.au and ramint.gov.au (AUD),
rbnz.govt.nz (NZD), snb.ch and swissmint.ch (CHF), riksbank.se (SEK), norges-bank.no (NOK), nationalbanken.dk (DKK),
sedlabanki.is (ISK), nbp.pl (PLN), cnb.cz (CZK), mnb.hu (HUF), bnro.ro (RON), boj.or.jp and mint.go.jp (JPY). What
nobody puts into a till any more is left out: cents that a country rounds away, notes that were called in. A store
writes its own list in `[shift] denominations`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.problem import invalid
from outbox.money import AMOUNT_MAX, parse_amount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PIECES_MAX = 100_000  # of one value in one drawer; more is a barcode that was scanned into the field
VALUES_MAX = 40  # twice the richest currency's; rolls of coins have a value each, too

_BY_CURRENCY: Mapping[str, str] = MappingProxyType(
    {
        "EUR": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
        "GBP": "50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
        "USD": "100 50 20 10 5 2 1 0.50 0.25 0.10 0.05 0.01",
        "CAD": "100 50 20 10 5 2 1 0.25 0.10 0.05",
        "AUD": "100 50 20 10 5 2 1 0.50 0.20 0.10 0.05",
        "NZD": "100 50 20 10 5 2 1 0.50 0.20 0.10",
        "CHF": "1000 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05",
        "SEK": "1000 500 200 100 50 20 10 5 2 1",
        "NOK": "1000 500 200 100 50 20 10 5 1",
        "DKK": "500 200 100 50 20 10 5 2 1 0.50",
        "ISK": "10000 5000 2000 1000 500 100 50 10 5 1",
        "PLN": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
        "CZK": "5000 2000 1000 500 200 100 50 20 10 5 2 1",
        "HUF": "20000 10000 5000 2000 1000 500 200 100 50 20 10 5",
        "RON": "500 200 100 50 20 10 5 1 0.50 0.10 0.05 0.01",
        "JPY": "10000 5000 2000 1000 500 100 50 10 5 1",
    }
)


def denominations(currency: str, own: Sequence[str] = ()) -> tuple[int, ...]:
    """Return the values a drawer is counted by, in minor units, the largest first; none where nobody named any.

    `own` is the store's list, as decimals. Raises `ValueError` where one of them is no amount.
    """
    written = own or _BY_CURRENCY.get(currency, "").split()
    return tuple(sorted({parse_amount(text, currency) for text in written}, reverse=True))


def worth(count: Sequence[tuple[int, int]]) -> int:
    """Return what so many pieces of each value come to. Raises `Problem`."""
    if len({value for value, _ in count}) < len(count):
        raise invalid("value-twice", "A coin or note is counted twice: give each value once, with all its pieces.")
    total = sum(value * pieces for value, pieces in count)
    if total > AMOUNT_MAX:
        raise invalid("amount", "No drawer holds that much: look at the pieces that were typed.")
    return total


def agreed(given: int | None, count: Sequence[tuple[int, int]] | None) -> int | None:
    """Return the amount that was counted: given as a sum, by its pieces, or as both where they agree.

    Raises `Problem`.
    """
    if count is None:
        return given
    total = worth(count)
    if given is not None and given != total:
        raise invalid("count-mismatch", "The pieces come to another amount than the one given: send either of them.")
    return total
