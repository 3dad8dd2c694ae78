"""An item of the catalogue, and the limits on what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decimal import Decimal

SKU_CHARS_MAX = 64  # the longest any of the clouds takes without cutting is 100; 64 fit a label
NAME_CHARS_MAX = 200  # four lines of the widest receipt
CATEGORY_CHARS_MAX = 100
BARCODE_CHARS_MAX = 128  # a GS1 symbol's keys; whole GS1 element strings are no item's barcode
BARCODES_MAX = 50  # of one item; packs of many makers under one sku have a dozen
UNITS = ("each", "kg")


@dataclass(frozen=True, slots=True)
class Item:
    """An item for sale. `price` in minor units per `unit`; `tax` a tax code or None; `stock` None if not kept."""

    sku: str
    name: str
    price: int
    tax: str | None = None
    category: str | None = None
    unit: str = "each"
    stock: Decimal | None = None
    barcodes: tuple[str, ...] = ()  # GTIN-14s, or the literal text of what is no GTIN

    def to_json(self) -> dict[str, Any]:
        """Return the item as the local API answers it."""
        return {
            "sku": self.sku,
            "name": self.name,
            "price": self.price,
            "tax": self.tax,
            "category": self.category,
            "unit": self.unit,
            "stock": None if self.stock is None else str(self.stock),
            "barcodes": list(self.barcodes),
        }
