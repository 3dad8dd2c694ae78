"""What a sale's tenders paid, once the change is taken off: the same for every cloud that wants it tender by tender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CASH = "cash"


@dataclass(frozen=True, slots=True)
class Payment:
    """One tender's share of what was paid, in minor units."""

    number: int  # from 1
    type: str
    amount: int
    given: int  # before change
    reference: str | None


def payments(body: Mapping[str, Any]) -> list[Payment]:
    """Return what each tender paid once the change is taken off: off cash, the last first."""
    tenders = body["tenders"]
    amounts = [int(tender["amount"]) for tender in tenders]
    change = int(body.get("change") or 0)
    by_cash = sorted(range(len(tenders)), key=lambda i: (tenders[i]["type"] == CASH, i), reverse=True)
    for i in by_cash:
        back = min(change, amounts[i])
        amounts[i] -= back
        change -= back
    kept = [(tender, amount) for tender, amount in zip(tenders, amounts, strict=True) if amount > 0]
    return [
        Payment(number, tender["type"], amount, int(tender["amount"]), tender.get("reference"))
        for number, (tender, amount) in enumerate(kept, 1)
    ]


def to_be_paid(body: Mapping[str, Any]) -> int:
    """Return what the customer gave in the end: the total after cash rounding."""
    return int(body["total"]) + int(body.get("rounding") or 0)
