"""Card payments at a reader."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.api.bodies.fields import Body, PositiveAmount


class NewCardPayment(Body):
    """Ask for a card at the till's reader, for all that is due or a part of it. Nothing of a card is ever sent here."""

    amount: Annotated[PositiveAmount | None, Field(description="without it, all that is due")] = None
