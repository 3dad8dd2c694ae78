"""Items of the local catalogue."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from agent.api.answers.fields import Amount, DecimalText


class Item(BaseModel):
    """An item of the catalogue."""

    sku: str
    name: str
    price: Amount
    tax: str | None
    barcodes: list[str]
    category: str | None
    unit: Literal["each", "kg"]
    stock: DecimalText | None
    min_age: int | None
    track: Literal["lot", "serial"] | None
    deposit: Amount | None
    deposit_tax: str | None


class Items(BaseModel):
    """Several items, the best match first."""

    items: list[Item]


class Categories(BaseModel):
    """The categories there are items in, by name."""

    categories: list[str]


class Removed(BaseModel):
    """What was removed."""

    id: str
    removed: Literal[True]
