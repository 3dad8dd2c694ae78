"""Deposits for bottles and crates: a line of its own behind the line it belongs to, as many, with its own tax.

Such a line is changed and removed with the other, comes back in a refund by itself, and no discount touches it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.problem import conflict
from agent.sale import Line

if TYPE_CHECKING:
    from agent.sale import TaxRate


def deposit_of(line: Line, price: int, tax: TaxRate | None) -> Line:
    """Return the deposit's line for a new line; `price` in minor units for each piece."""
    return Line(
        id=str(int(line.id) + 1),
        sku=None,  # no stock moves for it
        name=line.name,
        quantity=line.quantity,
        unit=line.unit,
        price=price,
        tax=tax,
        deposit_of=line.id,
    )


def must_lead(line: Line) -> None:
    """Refuse to change a deposit by itself."""
    if line.deposit_of is not None:
        raise conflict(
            "deposit-follows",
            f"The deposit belongs to line {line.deposit_of}: change or remove that one. For a bottle that comes back, "
            "ring its empties.",
        )


def must_be_goods(line: Line, what: str) -> None:
    """Refuse what no deposit takes."""
    if line.is_deposit:
        raise conflict("deposit-fixed", f"A deposit takes no {what}: choose a line of goods.")
