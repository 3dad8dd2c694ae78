"""Customers of the store's own list."""

from __future__ import annotations

from pydantic import BaseModel


class Customer(BaseModel):
    """Somebody who buys here; `exempt_reason` is null where they pay tax."""

    id: str
    name: str
    phone: str | None
    email: str | None
    number: str | None
    exempt_reason: str | None
    certificate: str | None


class Customers(BaseModel):
    """Several customers, by name."""

    customers: list[Customer]
