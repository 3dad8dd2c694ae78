"""Discounts with a name."""

from __future__ import annotations

from pydantic import BaseModel

from agent.api.answers.fields import Amount, DecimalText, Time


class NamedDiscount(BaseModel):
    """One that can be given now: by `percent` or `amount`, the other is null. `until` it may be, or null: for good.

    To give it, send its `percent` or `amount` to POST /v1/sales/{sale}/discounts, with its `name` as the `reason`.
    """

    cloud: str
    id: str
    name: str
    percent: DecimalText | None
    amount: Amount | None
    until: Time | None


class NamedDiscounts(BaseModel):
    """Those that can be given now, by name."""

    discounts: list[NamedDiscount]
