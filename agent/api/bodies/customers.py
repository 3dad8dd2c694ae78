"""Customers of the store's own list."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from agent.api.bodies.fields import NO_CARD_DATA, Body, Id, Reason, plain
from agent.customers import CONTACT_CHARS_MAX, NAME_CHARS_MAX, NUMBER_CHARS_MAX

Contact = Annotated[str, plain(CONTACT_CHARS_MAX), NO_CARD_DATA]
Number = Annotated[str, plain(NUMBER_CHARS_MAX), NO_CARD_DATA]
CustomerName = Annotated[str, plain(NAME_CHARS_MAX), NO_CARD_DATA]


class NewCustomer(Body):
    """Somebody to be found again. `exempt_reason` says why they pay no tax, and `certificate` proves it."""

    name: CustomerName
    phone: Contact | None = None
    email: Contact | None = None
    number: Annotated[
        Number | None, Field(description="of their card, or in the store's books; never a payment card")
    ] = None
    exempt_reason: Reason | None = None
    certificate: Number | None = None


class CustomerChange(Body):
    """At least one field; null empties one."""

    name: CustomerName = ""
    phone: Contact | None = None
    email: Contact | None = None
    number: Number | None = None
    exempt_reason: Reason | None = None
    certificate: Number | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give at least one field to change")
        return self


class ForCustomer(Body):
    """Whom the sale is for."""

    customer: Id
