"""What a person says of a delivery."""

from __future__ import annotations

from agent.api.bodies.fields import Body, Reason


class Settle(Body):
    """What was done about it, or why nothing has to be."""

    reason: Reason
