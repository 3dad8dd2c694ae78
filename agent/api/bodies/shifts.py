"""Opening and closing shifts."""

from __future__ import annotations

from agent.api.bodies.fields import Amount, Body, Id


class NewShift(Body):
    """Open a shift; `float` is the change money in the drawer."""

    till: Id
    float: Amount = 0


class CloseShift(Body):
    """Close the shift; `counted` is the cash in the drawer, null where nobody counted."""

    till: Id
    counted: Amount | None
