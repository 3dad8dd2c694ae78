"""What was paid held against what is due: cash rounded to coins, change, and what is paid out."""

from __future__ import annotations

from dataclasses import dataclass

from outbox.money import to_increment


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was paid against a total. When `due` is 0, `paid - change == total + rounding`.

    `due` is exact; `cash_due` is what it comes to in coins there are. Tips are in none of these.
    """

    paid: int
    due: int
    cash_due: int
    change: int
    rounding: int


def settle(total: int, card: int, cash: int, cash_rounding: int) -> Settlement:
    """Hold what was paid against the total. Only what cash has to cover is rounded to coins, and only at the end.

    Cash between the exact and the rounded-up amount settles too: whoever has the small coins may pay exactly. A
    total below 0 (more empties than goods) is change: nothing is due, and it is paid out in coins.
    """
    exact = total - card
    rounded = to_increment(exact, cash_rounding)
    if exact < 0 or (cash and cash >= min(exact, rounded)):
        payable = min(rounded, cash)
        return Settlement(card + cash, 0, 0, cash - payable, payable - exact)
    return Settlement(card + cash, exact - cash, rounded - cash, 0, 0)
