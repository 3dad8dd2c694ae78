"""Shifts: the change money at the start, the count at the end, and the figures in between."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent.api.route import Route
from agent.shift import sheet
from agent.shifts import MOVES
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from starlette.responses import Response

    from agent.api.route import Call
    from agent.counter import Counter
    from agent.shift.reports import Reports


async def create(call: Call) -> Reply:
    """Open a shift."""
    return await _at(call, call.body.till).shifts.open(call.body, key=call.key, by=call.by)


async def close(call: Call) -> Reply:
    """Close the shift that is open."""
    return await _at(call, call.body.till).shifts.close(call.body, key=call.key, by=call.by)


async def move_cash(call: Call) -> Reply:
    """Move money with no sale."""
    call.allow(MOVES[call.body.direction])
    return await _at(call, call.body.till).shifts.move(call.body, key=call.key, by=call.by)


async def current(call: Call) -> Reply:
    """Return whether a shift is open, and what it takes to open or close one."""
    return Reply(HTTPStatus.OK, _at(call, call.query.till).shift_reports.current(call.query.till))


async def report(call: Call) -> Reply:
    """Return the open shift's figures so far."""
    return Reply(HTTPStatus.OK, _at(call, call.query.till).shift_reports.report(call.query.till, call.by))


async def report_sheet(call: Call) -> Response:
    """Return the open shift's figures so far as CSV."""
    reports = _at(call, call.query.till).shift_reports
    reports.allow_figures(call.by)
    return _csv(reports.report(call.query.till, call.by))


async def print_report(call: Call) -> Reply:
    """Print the figures so far."""
    return await _at(call, call.body.till).shift_reports.print_report(call.body.till, key=call.key, by=call.by)


async def list_closed(call: Call) -> Reply:
    """Return a page of Zs."""
    query = call.query
    reports = _at(call, query.till).shift_reports
    return Reply(HTTPStatus.OK, reports.list(limit=query.limit, before=query.before, till=query.till))


async def view(call: Call) -> Reply:
    """Return one Z."""
    return Reply(HTTPStatus.OK, _reports(call).get(call.path["shift"]))


async def view_sheet(call: Call) -> Response:
    """Return one Z as CSV."""
    return _csv(_reports(call).get(call.path["shift"]))


async def print_copy(call: Call) -> Reply:
    """Print a Z again, marked COPY."""
    return await _reports(call).print_copy(call.path["shift"], key=call.key, by=call.by)


def _at(call: Call, till: str | None) -> Counter:
    return call.app.counters.at(till)


def _reports(call: Call) -> Reports:
    return call.app.counters.of_record(call.path["shift"]).shift_reports


def _csv(report: dict[str, Any]) -> Response:
    from starlette.responses import Response

    number = report.get("z_number")
    name = f"{report['till']}-{'x' if number is None else f'z{number}'}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(sheet.sheet(report), media_type=sheet.MEDIA_TYPE, headers=headers)


ROUTES = (
    Route(
        "POST",
        "/v1/shifts",
        create,
        "Open a till's shift with its change money",
        "ShiftRecord",
        status=201,
        body="NewShift",
        problems=("no-such-till", "shift-open", "value-twice", "count-mismatch", "amount"),
        action=Action.SHIFT_OPEN,
    ),
    Route(
        "GET",
        "/v1/shifts",
        list_closed,
        "The shifts that were closed, with their Z reports, the newest first",
        "ClosedShifts",
        query="ShiftsQuery",
        action=Action.SHIFT_REPORT,
    ),
    Route(
        "GET",
        "/v1/shifts/current",
        current,
        "Whether a till's shift is open, and the coins and notes to count by",
        "CurrentShift",
        query="ReportQuery",
        problems=("no-such-till",),
    ),
    Route(
        "POST",
        "/v1/shifts/current/cash",
        move_cash,
        "Put money into the drawer, take it out, or take it to the safe; opens the drawer and prints a slip",
        "CashRecord",
        status=201,
        body="MoveCash",
        problems=("no-such-till", "shift-needed", "card-data"),
        action=Action.SELL,  # and the direction's own, which the handler asks for
    ),
    Route(
        "POST",
        "/v1/shifts/current/close",
        close,
        "Close a till's shift with what was counted: its Z",
        "ShiftRecord",
        body="CloseShift",
        problems=(
            "no-such-till",
            "no-shift",
            "sale-has-tenders",
            "reason-needed",
            "count-needed",
            "card-data",
            "value-twice",
            "count-mismatch",
            "left-too-much",
            "amount",
        ),
        action=Action.SHIFT_CLOSE,
    ),
    Route(
        "GET",
        "/v1/shifts/current/report",
        report,
        "The open shift's figures so far (an X)",
        "ShiftReport",
        query="ReportQuery",
        problems=("no-such-till", "no-shift"),
        action=Action.SHIFT_REPORT,
    ),
    Route(
        "GET",
        "/v1/shifts/current/report.csv",
        report_sheet,
        "The open shift's figures so far, for a spreadsheet",
        sheet.MEDIA_TYPE,
        query="ReportQuery",
        problems=("no-such-till", "no-shift"),
        action=Action.SHIFT_REPORT,
    ),
    Route(
        "POST",
        "/v1/shifts/current/report/print",
        print_report,
        "Print the open shift's figures so far",
        "Job",
        status=202,
        body="PrintShift",
        problems=("no-such-till", "no-shift", "no-printer"),
        action=Action.SHIFT_REPORT,
    ),
    Route(
        "GET",
        "/v1/shifts/{shift}",
        view,
        "One Z",
        "ClosedShift",
        problems=("no-such-shift",),
        action=Action.SHIFT_REPORT,
    ),
    Route(
        "GET",
        "/v1/shifts/{shift}/report.csv",
        view_sheet,
        "One Z, for a spreadsheet",
        sheet.MEDIA_TYPE,
        problems=("no-such-shift",),
        action=Action.SHIFT_REPORT,
    ),
    Route(
        "POST",
        "/v1/shifts/{shift}/print",
        print_copy,
        "Print a Z again, marked COPY",
        "Job",
        status=202,
        problems=("no-such-shift", "no-such-till", "no-printer"),
        action=Action.REPRINT,
    ),
)
