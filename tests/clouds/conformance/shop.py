"""The store of a seed: its rules, and what it sells, which is the same at the till and in the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from agent.about import SaleCustomer
from agent.pricing import Rules
from agent.sale import TaxRate
from outbox.clouds import StoreFacts

if TYPE_CHECKING:
    from random import Random

EPOCH = datetime(2026, 1, 5, 8, tzinfo=UTC)
TIMEZONE = "Europe/Berlin"
_CITY = TaxRate("city", "City tax", Decimal("1.5"))
_STATE = TaxRate("state", "State tax", Decimal("6.25"), compound=True)
TAXES = {
    "standard": TaxRate("standard", "VAT 19%", Decimal(19)),
    "reduced": TaxRate("reduced", "VAT 7%", Decimal(7)),
    "zero": TaxRate("zero", "No VAT", Decimal(0)),
    "city": _CITY,
    "state": _STATE,
    "both": TaxRate("both", "City and state", Decimal("7.84375"), parts=(_CITY, _STATE)),  # the second on the first
}


@dataclass(frozen=True, slots=True)
class Stocked:
    """An item that the till rings. `stock` is how many there are on the first morning; None: nobody counts them."""

    sku: str
    name: str
    price: int
    tax: str | None
    unit: str = "each"
    stock: int | None = None


ITEMS = (
    Stocked("MUG", "Mug", 1250, "standard", stock=5_000),
    Stocked("TEA", "Green tea", 399, "reduced", stock=9_000),
    Stocked("PEN", "Pen", 199, "standard"),
    Stocked("BOOK", "Book", 2395, "reduced", stock=700),
    Stocked("STAMP", "Stamp", 85, "zero", stock=3_000),
    Stocked("RADIO", "Radio", 8999, "both", stock=400),
    Stocked("APPLES", "Apples", 299, "reduced", unit="kg"),
    Stocked("GIFT", "Sample", 0, None),
)
# The same as a file, for a store whose cloud has no catalogue.
SHELF = "sku,name,price,tax,unit\n" + "".join(
    f"{item.sku},{item.name},{item.price // 100}.{item.price % 100:02},{item.tax or ''},{item.unit}\n" for item in ITEMS
)
CUSTOMERS = tuple(
    SaleCustomer(f"0193e1a0-0000-7000-8000-0000000000{number:02d}", name, f"K{number:04d}")
    for number, name in enumerate(("Ada Byron", "Émile Zola", "山田 太郎", "Bo O'Neil"), 1)
)


@dataclass(frozen=True, slots=True)
class Shop:
    """How a seed's store prices."""

    rules: Rules
    tills: tuple[str, ...]

    @property
    def facts(self) -> StoreFacts:
        """What its connector may know of it."""
        return StoreFacts("store-1", self.rules.currency, self.rules.prices_include_tax, TIMEZONE, "Corner Shop")


def shop_of(random: Random) -> Shop:
    """Return the store that belongs to a seed."""
    rules = Rules(
        currency="EUR",
        prices_include_tax=random.random() < 2 / 3,
        cash_rounding=random.choice((1, 1, 5)),
        taxes=TAXES,
        default_tax="standard",
    )
    return Shop(rules, tuple(f"till-{number}" for number in range(1, random.randint(1, 3) + 1)))
