"""Deliveries to the clouds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel


class Delivery(BaseModel):
    """One record on its way to one cloud."""

    id: int
    cloud: str
    state: Literal["waiting", "sending", "delivered", "parked"]


class Matter(Delivery):
    """A delivery that stands before a person: refused, or with another total or a note."""

    matter: Literal["parked", "differs"]


class Matters(BaseModel):
    """What stands before a person, oldest first; `next` is the `after` of the page after this one, or null."""

    matters: list[Matter]
    next: int | None


class Outbox(BaseModel):
    """Counts by cloud and state, and a page of deliveries."""

    clouds: dict[str, Any]
    deliveries: list[Delivery]
