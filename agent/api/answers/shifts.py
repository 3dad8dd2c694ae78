"""Shifts, as records and as figures so far."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from agent.api.answers.fields import Amount, Signed, Time


class ShiftRecord(BaseModel):
    """The record of a shift's opening or closing; a closing has the report's figures, `counted` and `over`."""

    id: str
    kind: Literal["shift_open", "shift_close"]
    till: str
    occurred_at: Time
    currency: str
    float: Amount
    anchor: str  # the beginning of the record's hash: `stillopen journal verify --anchor` finds it again
    cashier: Signed | None = None  # null in records of before there were any


class ShiftReport(BaseModel):
    """A shift's figures so far; amounts in minor units."""

    till: str
    currency: str
    opened_at: Time
    expected_cash: Amount
