"""Shifts: the change money at the start, the count at the end, and the figures in between."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def create(call: Call) -> Reply:
    """Open a shift."""
    return await call.app.shifts.open(call.body, key=call.key, by=call.by)


async def close(call: Call) -> Reply:
    """Close the shift that is open."""
    return await call.app.shifts.close(call.body, key=call.key, by=call.by)


async def report(call: Call) -> Reply:
    """Return the open shift's figures so far."""
    return Reply(HTTPStatus.OK, call.app.shifts.report(call.query.till))


ROUTES = (
    Route(
        "POST",
        "/v1/shifts",
        create,
        "Open a till's shift with its change money",
        "ShiftRecord",
        status=201,
        body="NewShift",
        problems=("no-such-till", "shift-open"),
        action=Action.SHIFT_OPEN,
    ),
    Route(
        "POST",
        "/v1/shifts/current/close",
        close,
        "Close a till's shift with what was counted",
        "ShiftRecord",
        body="CloseShift",
        problems=("no-such-till", "no-shift"),
        action=Action.SHIFT_CLOSE,
    ),
    Route(
        "GET",
        "/v1/shifts/current/report",
        report,
        "The open shift's figures so far",
        "ShiftReport",
        query="ReportQuery",
        problems=("no-such-till", "no-shift"),
        action=Action.SHIFT_REPORT,
    ),
)
