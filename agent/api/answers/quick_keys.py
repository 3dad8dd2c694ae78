"""The quick keys of a till page."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from agent.api.answers.fields import Amount


class QuickKey(BaseModel):
    """A key at its place: an item, with what the catalogue says of it now (null: it is gone), or a category."""

    at: int
    sku: str | None
    category: str | None
    text: str | None
    colour: int | None
    name: str | None
    price: Amount | None
    unit: Literal["each", "kg"] | None


class KeyPage(BaseModel):
    """A page of keys; `title` is null where nobody arranged it."""

    title: str | None
    colour: int
    keys: list[QuickKey]


class Arranged(BaseModel):
    """What holds for a till: its own arrangement, the store's, or the catalogue's categories."""

    till: str
    scope: Literal["till", "store", "catalogue"]
    revision: int


class QuickKeys(Arranged):
    """The keys themselves."""

    pages: list[KeyPage]
