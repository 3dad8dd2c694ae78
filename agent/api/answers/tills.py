"""Tills, with their devices and their open sales."""

from __future__ import annotations

from pydantic import BaseModel, Field

from agent.api.answers.cards import TillCards
from agent.api.answers.sales import Sale
from agent.api.answers.shifts import OpenShift


class UnclearPrint(BaseModel):
    """A receipt of which nobody knows whether it came out: POST /v1/jobs/{job}/outcome says it."""

    job: str
    receipt_number: str
    copy_: bool = Field(alias="copy")
    reason: str | None


class Till(BaseModel):
    """A till, its devices and its open sale."""

    id: str
    sale: Sale | None
    shift: OpenShift | None
    asks_for_float: bool  # no money is taken before somebody has counted one
    training: bool
    unclear_print: UnclearPrint | None
    cards: TillCards | None = None  # with `devices`, of GET /v1/tills/{till} only


class Tills(BaseModel):
    """Every till."""

    tills: list[Till]
