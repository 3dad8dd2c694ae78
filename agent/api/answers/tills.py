"""Tills, with their devices and their open sales."""

from __future__ import annotations

from pydantic import BaseModel

from agent.api.answers.sales import Sale


class Till(BaseModel):
    """A till, its devices and its open sale."""

    id: str
    sale: Sale | None


class Tills(BaseModel):
    """Every till."""

    tills: list[Till]
