"""Opening and closing shifts, and money that moves with no sale."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent.api.bodies.fields import Amount, Body, Id, PositiveAmount, Reason
from agent.shift.coins import PIECES_MAX, VALUES_MAX


class Pieces(Body):
    """So many coins or notes of one value, in minor units."""

    value: PositiveAmount
    pieces: Annotated[int, Field(ge=0, le=PIECES_MAX)]


Count = Annotated[list[Pieces], Field(max_length=VALUES_MAX, description="the drawer, coin by coin and note by note")]


class NewShift(Body):
    """Open a shift; `float` is the change money in the drawer, or what `count` comes to."""

    till: Id
    float: Amount = 0
    count: Count | None = None


class CloseShift(Body):
    """Close the shift; `counted` is the cash in the drawer, null where nobody counted or where `count` says it.

    `left` stays in the drawer for the next shift: all that was counted, unless it is given. `reason` says why the count
    is over or short. `print` prints the Z.
    """

    till: Id
    counted: Amount | None
    count: Count | None = None
    left: Amount | None = None
    reason: Reason | None = None
    print: bool = False


class MoveCash(Body):
    """Put money into the drawer (`in`), take it out (`out`), or take it to the safe (`drop`)."""

    till: Id
    direction: Literal["in", "out", "drop"]
    amount: PositiveAmount
    reason: Reason


class PrintShift(Body):
    """Print the figures so far of a till's shift."""

    till: Id
