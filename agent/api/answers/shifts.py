"""Shifts, as records and as figures so far."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from agent.api.answers.fields import Amount, Signed, Time


class ShiftRecord(BaseModel):
    """The record of a shift's opening or closing; a closing has the report's figures, `counted`, `over` and `left`."""

    id: str
    kind: Literal["shift_open", "shift_close"]
    till: str
    occurred_at: Time
    currency: str
    float: Amount
    anchor: str  # the beginning of the record's hash: `stillopen journal verify --anchor` finds it again
    cashier: Signed | None = None  # null in records of before there were any


class CashRecord(BaseModel):
    """The record of money that moved with no sale; `drawer_short`: how much more than should have been there."""

    id: str
    kind: Literal["cash"]
    till: str
    occurred_at: Time
    currency: str
    direction: Literal["in", "out", "drop"]
    amount: Amount
    reason: str
    shift: str
    drawer_short: Amount
    anchor: str


class Receipt(BaseModel):
    """A receipt, and what it says of the journal's chain."""

    receipt_number: str
    anchor: str


class ShiftReport(BaseModel):
    """A shift's figures so far; amounts in minor units. Null where whoever asks has to count without knowing them."""

    till: str
    currency: str
    opened_at: Time
    automatic: bool
    blind: bool
    float: Amount
    sales: int
    sales_total: Amount | None
    refunds: int
    refunds_total: Amount | None
    voids: int
    discounts: int
    no_sales: int
    parked: int
    paid_in_total: Amount
    paid_out_total: Amount
    drops_total: Amount
    tenders: list[dict[str, Any]]
    taxes: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    cashiers: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    cash: Amount | None
    card: Amount | None
    expected_cash: Amount | None
    drawer_expected: Amount | None
    first: Receipt | None
    last: Receipt | None


class ClosedShift(ShiftRecord):
    """A Z: the record of a shift's closing. Those of before Zs had numbers have `counted` and few figures."""

    kind: Literal["shift_close"]
    counted: Amount | None
    over: Amount | None
    z_number: int | None = None
    left: Amount | None = None
    parked: int | None = None
    reason: str | None = None
    seq: int


class ClosedShifts(BaseModel):
    """A page of Zs, the newest first; `next` is the `before` of the next page, null on the last."""

    shifts: list[ClosedShift]
    next: int | None


class OpenShift(BaseModel):
    """The shift that is open; `left_open`: it was opened on another day."""

    id: str
    opened_at: Time
    automatic: bool
    float: Amount
    left_open: bool


class CurrentShift(BaseModel):
    """What opening or closing a till's shift takes, and nothing that would tell what to count."""

    till: str
    currency: str
    shift: OpenShift | None
    asks_for_float: bool
    count_needed: bool
    left: Amount
    denominations: list[int]
    drawer_shared_with: list[str]
