"""What a cloud gave."""

from __future__ import annotations

from pydantic import BaseModel


class Pulled(BaseModel):
    """What a pull brought, how many of each. `error`, `hint`: why it ended early, or null; the next goes on there."""

    items: int
    deleted: int
    stock: int
    customers: int
    discounts: int
    troubles: list[str]
    troubles_left_out: int
    error: str | None
    hint: str | None
