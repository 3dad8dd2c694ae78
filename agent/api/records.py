"""Records: the facts in the journal."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def list_newest(call: Call) -> Reply:
    """Return a page of records, the newest first."""
    query = call.query
    return Reply(
        HTTPStatus.OK,
        call.app.records.list(limit=query.limit, before=query.before, till=query.till, kind=query.kind),
    )


async def view(call: Call) -> Reply:
    """Return one record, and whether it was printed."""
    return Reply(HTTPStatus.OK, call.app.records.get(call.path["receipt_number"]))


async def print_copy(call: Call) -> Reply:
    """Print it again, marked COPY."""
    return await call.app.records.print_copy(call.path["receipt_number"], key=call.key)


ROUTES = (
    Route(
        "GET",
        "/v1/records",
        list_newest,
        "The facts in the journal, the newest first",
        "Records",
        query="RecordsQuery",
    ),
    Route(
        "GET",
        "/v1/records/{receipt_number}",
        view,
        "One sale or refund, and whether its receipt was printed",
        "Record",
        problems=("no-such-receipt",),
    ),
    Route(
        "POST",
        "/v1/records/{receipt_number}/print",
        print_copy,
        "Print it again, marked COPY",
        "Job",
        status=202,
        problems=("no-such-receipt", "no-printer"),
        action=Action.REPRINT,
    ),
)
