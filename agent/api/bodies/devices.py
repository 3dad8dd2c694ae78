"""Tests and traces of devices."""

from __future__ import annotations

from typing import Literal

from agent.api.bodies.fields import Body, ClaimId


class ClaimedDevice(Body):
    """The caller's claim of the device, where it is claimed."""

    claim: ClaimId | None = None


class Teach(Body):
    """Teach a drawer: what its switch says now is what it says while the drawer is in this `position`."""

    position: Literal["open", "closed"]


class TurnTrace(Body):
    """Whether to keep what goes over the device's wire: in memory, for a quarter of an hour, never card data."""

    on: bool
