"""An item of the catalogue, and the limits on what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection
    from decimal import Decimal

SKU_CHARS_MAX = 64  # the longest any of the clouds takes without cutting is 100; 64 fit a label
NAME_CHARS_MAX = 200  # four lines of the widest receipt
CATEGORY_CHARS_MAX = 100
BARCODE_CHARS_MAX = 128  # a GS1 symbol's keys; whole GS1 element strings are no item's barcode
BARCODES_MAX = 50  # of one item; packs of many makers under one sku have a dozen
UNITS = ("each", "kg")
MIN_AGE_MAX = 99  # years; the highest age any law asks for is 25, and a barcode in that column is thousands
TRACKS = ("lot", "serial")  # what has to be known of each piece sold
HERE = "here"  # the source of an item made at a till: no import and no pull changes it
KEPT_HERE_NAMED_MAX = 20  # a line somebody reads; the rest are counted


@dataclass(frozen=True, slots=True)
class Item:
    """An item for sale. `price` in minor units per `unit`; `tax` a tax code or None; `stock` None if not kept.

    `min_age` in years, of who may buy it; `track` is what must be known of each piece: `lot`, `serial` or None.
    `deposit`, in minor units a piece, comes on top of the price, with a tax code of its own or none.
    """

    sku: str
    name: str
    price: int
    tax: str | None = None
    category: str | None = None
    unit: str = "each"
    stock: Decimal | None = None
    barcodes: tuple[str, ...] = ()  # GTIN-14s, or the literal text of what is no GTIN
    min_age: int | None = None
    track: str | None = None
    deposit: int | None = None
    deposit_tax: str | None = None

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
            "min_age": self.min_age,
            "track": self.track,
            "deposit": self.deposit,
            "deposit_tax": self.deposit_tax,
        }


def kept_here_words(skus: Collection[str]) -> str:
    """Say which items made at a till stay as they are, and how to let them go."""
    named = ", ".join(sorted(skus)[:KEPT_HERE_NAMED_MAX])
    more = f" and {len(skus) - KEPT_HERE_NAMED_MAX} more" if len(skus) > KEPT_HERE_NAMED_MAX else ""
    return (
        f"Made at a till, so left as they are: {named}{more}. To take what comes from elsewhere instead, remove each "
        "(DELETE /v1/items/SKU); then import the file again, or have the cloud give everything again, as it gives only "
        "what has changed there: stillopen cloud pull NAME --all."
    )
