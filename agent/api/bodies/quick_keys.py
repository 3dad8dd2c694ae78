"""The quick keys of a till page, as a person arranged them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.api.bodies.fields import NO_CARD_DATA, Body, Code, plain
from agent.quick_keys import COLOURS, KEYS_MAX, KEYS_OF_PAGE_MAX, PAGES_MAX

KEY_TEXT_CHARS_MAX = 40  # two lines of a key

KeyCode = Annotated[Code, NO_CARD_DATA]
KeyText = Annotated[str, plain(KEY_TEXT_CHARS_MAX), NO_CARD_DATA]
Colour = Annotated[int, Field(ge=0, lt=COLOURS, description="a ground's number; the text says what a key is")]


class ArrangedKey(Body):
    """One key at a place of its page: an item (`sku`) or a `category`. `text` stands on it instead of the name."""

    at: Annotated[int, Field(ge=0, lt=KEYS_OF_PAGE_MAX, description="its place, from the top left, row by row")]
    sku: KeyCode | None = None
    category: KeyCode | None = None
    text: KeyText | None = None
    colour: Colour | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.sku is None) == (self.category is None):
            raise ValueError("a key is an item (sku) or a category, and not both")
        return self


class ArrangedPage(Body):
    """A page of keys."""

    title: KeyText
    colour: Colour = 0
    keys: Annotated[list[ArrangedKey], Field(max_length=KEYS_OF_PAGE_MAX)]

    @model_validator(mode="after")
    def _one_key_a_place(self) -> Self:
        if len({key.at for key in self.keys}) < len(self.keys):
            raise ValueError("two keys are at one place; give each its own")
        return self


class Arrangement(Body):
    """All pages, in place of the arrangement with that `revision`; no pages: the catalogue's categories again.

    `scope`: for this till alone, or for every till of the store that has none of its own.
    """

    scope: Literal["till", "store"]
    revision: Annotated[int, Field(ge=0, description="as it was read; 0 where nothing was arranged")]
    pages: Annotated[list[ArrangedPage], Field(max_length=PAGES_MAX)]

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if sum(len(page.keys) for page in self.pages) > KEYS_MAX:
            raise ValueError(f"at most {KEYS_MAX} keys in all; leave some out")
        return self
