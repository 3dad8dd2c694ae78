"""What a careful cashier writes down beside the till: sums of what the PAGE showed, and of nothing else.

At the end of the day they are held against the Z: its figures on the screen, as a table, and in the cloud.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rung:
    """A basket as the page showed it just before it was paid."""

    total: int
    taxes: dict[str, int]
    discounts: tuple[int, ...]  # one a line that has any


@dataclass
class Tally:
    """Sums in minor units, by the words of the report."""

    opening_float: int = 0
    totals: dict[str, int] = field(default_factory=dict)  # by receipt number: as shown, a refund's below 0
    counts: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    taxes: Counter[str] = field(default_factory=Counter)
    by_cashier: Counter[str] = field(default_factory=Counter)
    deals: Counter[str] = field(default_factory=Counter)  # sales and refunds, by who made them

    def count(self, what: str, amount: int) -> None:
        """One more of something that has an amount."""
        self.counts[what] += 1
        self.sums[what] += amount

    def sold(self, who: str, number: str, rung: Rung) -> None:
        """A sale was finished."""
        self.totals[number] = rung.total
        self.count("Sales", rung.total)
        self._dealt(who, rung.total)
        self.taxes.update(rung.taxes)
        for off in rung.discounts:
            self.count("Discounts", off)

    def refunded(self, who: str, number: str, amount: int, taxes: dict[str, int]) -> None:
        """Goods came back."""
        self.totals[number] = -amount
        self.count("Refunds", amount)
        self._dealt(who, -amount)
        self.taxes.subtract(taxes)

    def _dealt(self, who: str, amount: int) -> None:
        self.deals[who] += 1
        self.by_cashier[who] += amount

    @property
    def net_cash(self) -> int:
        """What the day's cash comes to, tips included."""
        return self.sums["cash"] - self.sums["change"] - self.sums["cash back"] + self.sums["cash tip"]

    @property
    def rounding(self) -> int:
        """What the coins there are made more of the sales, or less: what was paid less what was due."""
        back = self.sums["cash back"] + self.sums["card back"]
        paid = self.sums["cash"] + self.sums["card"] - self.sums["change"] - back
        return paid - (self.sums["Sales"] - self.sums["Refunds"])

    @property
    def expected(self) -> int:
        """What should be in the drawer."""
        return self.opening_float + self.net_cash + self.sums["in"] - self.sums["out"] - self.sums["drop"]

    def report(self, *, counted: int | None = None, left: int | None = None) -> dict[str, dict[str, int]]:
        """Return the figures as the page's report has them, less its categories; a Z's with what was counted."""
        counts, sums = self.counts, self.sums

        def row(words: str, key: str, sign: int = 1) -> dict[str, int]:
            return {f"{words} ({counts[key]})": sign * sums[key]} if counts[key] else {}

        change = {"of it change": -sums["change"]} if sums["change"] else {}
        return {
            "": {
                f"Sales ({counts['Sales']})": sums["Sales"],
                f"Refunds ({counts['Refunds']})": -sums["Refunds"],
                **row("Discounts", "Discounts", -1),
                **row("Sales given up", "voids"),
                **({"Rounding": self.rounding} if self.rounding else {}),
                **({"Tips": sums["tip"]} if sums["tip"] else {}),
            },
            "Payments": {
                **row("Card, taken", "card"),
                **row("Card, given back", "card back", -1),
                **row("Cash, taken", "cash"),
                **change,
                **row("Cash, given back", "cash back", -1),
                **row("Exchange, taken", "exchange"),
                **row("Exchange, given back", "exchange", -1),
            },
            "Taxes": {name: amount for name, amount in self.taxes.items() if amount},
            "Cashiers": {f"{who} ({self.deals[who]})": self.by_cashier[who] for who in self.deals},
            "Drawer": {
                "Float": self.opening_float,
                "Cash, net": self.net_cash,
                **row("Paid in", "in"),
                **row("Paid out", "out", -1),
                **row("To the safe", "drop", -1),
                "Expected": self.expected,
                **({} if counted is None else {"Counted": counted}),
                **({} if left is None else {"Left in the drawer": left}),
            },
        }


def tax_within(amount: int, rate: int) -> int:
    """Return the tax that an amount holds, `rate` per cent of what is left of it, halves up."""
    return (2 * amount * rate + 100 + rate) // (2 * (100 + rate))
