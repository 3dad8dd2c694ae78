"""Deliveries to the clouds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel


class Delivery(BaseModel):
    """One record on its way to one cloud."""

    id: int
    cloud: str
    state: Literal["waiting", "sending", "delivered", "parked"]


class Outbox(BaseModel):
    """Counts by cloud and state, and a page of deliveries."""

    clouds: dict[str, Any]
    deliveries: list[Delivery]
