"""What a sale holds of cards at a reader: the payment a reader is at now, and what is kept of one that was made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agent.problem import conflict
from outbox.money import format_amount

if TYPE_CHECKING:
    from agent.json_row import Row
    from agent.sale import Sale


@dataclass(frozen=True, slots=True)
class TakenCard:
    """A card that a cloud charged: `payment` is its id there, `attempt` ours. No more of a card is kept than this."""

    provider: str
    payment: str
    attempt: str
    brand: str | None = None
    last4: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "provider": self.provider,
            "payment": self.payment,
            "attempt": self.attempt,
            "brand": self.brand,
            "last4": self.last4,
        }

    @classmethod
    def from_json(cls, row: Row | None) -> TakenCard | None:
        """Read what `to_json` wrote; None where there is none."""
        if row is None:
            return None
        return cls(
            row.text("provider"),
            row.text("payment"),
            row.text("attempt"),
            row.text_or_none("brand"),
            row.text_or_none("last4"),
        )


@dataclass(frozen=True, slots=True)
class AtReader:
    """A card payment whose end is not known yet; `amount` of the sale waits for it, 0 where it is being given back."""

    id: str
    amount: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"id": self.id, "amount": self.amount}

    @classmethod
    def from_json(cls, row: Row | None) -> AtReader | None:
        """Read what `to_json` wrote; None where there is none."""
        return None if row is None else cls(row.text("id"), row.whole("amount"))


def must_not_be_at_reader(sale: Sale, then: str) -> None:
    """Refuse what must wait until it is known whether a card was charged. Raises `Problem`."""
    if sale.at_reader is not None:
        raise conflict(
            "card-payment-open",
            f"A card payment of {format_amount(sale.at_reader.amount, sale.currency)} {sale.currency} is under way: "
            f"wait for its end, or cancel it, then {then}.",
            payment=sale.at_reader.id,
        )


def released(sale: Sale) -> Sale:
    """Return the sale with no payment at a reader."""
    return replace(sale, at_reader=None)
