"""Items made at a till."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.api.bodies.fields import NO_CARD_DATA, Amount, Body, Code, Name, ScanText, plain
from outbox.item import CATEGORY_CHARS_MAX, SKU_CHARS_MAX

Sku = Annotated[str, plain(SKU_CHARS_MAX), NO_CARD_DATA]
Category = Annotated[str, plain(CATEGORY_CHARS_MAX), NO_CARD_DATA]


class NewItem(Body):
    """An item for the local catalogue. Without a `sku` it gets one from its `barcode`."""

    name: Name
    price: Amount
    tax: Annotated[Code | None, Field(description="a tax code of the store's; without it the default one")] = None
    category: Category | None = None
    barcode: Annotated[ScanText | None, Field(description="as it was scanned")] = None
    sku: Sku | None = None
    unit: Literal["each", "kg"] = "each"

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.sku is None and self.barcode is None:
            raise ValueError("give a barcode or a sku, or nobody finds it again")
        return self
