"""Who has claimed which device."""

from __future__ import annotations

from pydantic import BaseModel

from agent.api.answers.fields import Time


class HeldDevice(BaseModel):
    """Who holds a device; `until` is null for as long as the holder's WebSocket is open."""

    device: str
    holder: str
    until: Time | None


class Claim(HeldDevice):
    """The caller's own claim: `id` is what its requests name."""

    id: str
    lease_s: int


class Claims(BaseModel):
    """Everything that is claimed."""

    claims: list[HeldDevice]
