"""Card payments at a reader."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from agent.api.answers.fields import Amount, Time


class CardPayment(BaseModel):
    """A card payment. While it is `open` its end is not known, and its sale cannot be completed, parked or voided.

    `trouble` is why its cloud cannot be asked now. `taken`: it is a tender of the sale. After `declined`, `cancelled`
    and `failed` nothing was charged, and `reason` and `hint` are for the cashier. `left`: its sale went on without it.
    `unknown`: a person has to look it up at the cloud.
    """

    id: str
    sale: str
    till: str
    cloud: str
    state: Literal[
        "creating", "handing", "at_reader", "capturing", "calling_off", "giving_back",
        "taken", "declined", "cancelled", "failed", "given_back", "unknown",
    ]  # fmt: skip
    open: bool
    amount: Amount
    currency: str
    charged: Amount
    brand: str | None
    last4: str | None
    payment: str | None
    reason: str | None
    hint: str | None
    trouble: str | None
    left: bool
    made_at: Time


class TillCards(BaseModel):
    """Cards at a till: the cloud whose reader it has, the payment under way, and those that sales went on without.

    Of the `left` nobody knows the end yet; of the `ended` a person is to be told, and says so with `/told`.
    """

    cloud: str | None
    payment: CardPayment | None
    left: list[CardPayment]
    ended: list[CardPayment]
