"""What is taken back in exchange for what is being rung: lines of one receipt, and what they give.

It stands beside the sale's own lines, as negative ones, until the sale is complete; then it is a refund of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.about import Person
from outbox.money import to_increment

if TYPE_CHECKING:
    from agent.json_row import Row

CASH = "cash"


@dataclass(frozen=True, slots=True)
class TakenLine:
    """One line that comes back. `line` is its id on the receipt; `price` and `total` in minor units, not negative."""

    line: str
    name: str
    quantity: str
    unit: str
    price: int
    total: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "line": self.line,
            "name": self.name,
            "quantity": self.quantity,
            "unit": self.unit,
            "price": self.price,
            "total": self.total,
        }


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Lines of one sale that come back. `credit` is what they give, in minor units.

    `tender` is how what is more than the new goods cost goes back: cash or card. `allowed_by`: whose leave it had, or
    whoever took it back where that needed none.
    """

    receipt_number: str
    lines: tuple[TakenLine, ...]
    credit: int
    tender: str
    reason: str | None = None
    allowed_by: Person | None = None

    def paid_out(self, credited: int, cash_rounding: int) -> int:
        """Return what is handed out of the credit that the new goods do not use: for cash, in coins there are."""
        over = self.credit - credited
        return to_increment(over, cash_rounding) if self.tender == CASH else over

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, for the sale's row and its view alike."""
        return {
            "receipt_number": self.receipt_number,
            "lines": [line.to_json() for line in self.lines],
            "credit": self.credit,
            "tender": self.tender,
            "reason": self.reason,
            "allowed_by": None if self.allowed_by is None else self.allowed_by.to_json(),
        }

    @classmethod
    def from_json(cls, row: Row | None) -> TakenBack | None:
        """Read what `to_json` wrote; None of none. Raises `TypeError` or `ValueError`."""
        if row is None:
            return None
        lines = tuple(
            TakenLine(
                line=line.text("line"),
                name=line.text("name"),
                quantity=line.text("quantity"),
                unit=line.text("unit"),
                price=line.whole("price"),
                total=line.whole("total"),
            )
            for line in row.rows("lines")
        )
        allowed_by = row.row_or_none("allowed_by")
        return cls(
            receipt_number=row.text("receipt_number"),
            lines=lines,
            credit=row.whole("credit"),
            tender=row.text("tender"),
            reason=row.text_or_none("reason"),
            allowed_by=None if allowed_by is None else Person(allowed_by.text("id"), allowed_by.text("name")),
        )
