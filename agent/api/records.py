"""Records: the facts in the journal."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.door import LOCAL
from agent.staff.actions import Action
from outbox.answers import Reply
from outbox.record import Kind
from outbox.search import Wanted

if TYPE_CHECKING:
    from agent.api.route import Call
    from agent.records import Records

SHIFT_KINDS = frozenset({Kind.SHIFT_OPEN, Kind.SHIFT_CLOSE})  # what is and what should be in the drawer is in them


async def list_newest(call: Call) -> Reply:
    """Return a page of records, the newest first; a shift's only to who may see its report.

    A text is looked for among customers, too, and they are for who sells to them.
    """
    query = call.query
    trusted = call.caller is not None and call.caller.id == LOCAL  # whoever may read its token may read the journal
    if not trusted and query.kind in SHIFT_KINDS:
        call.allow(Action.SHIFT_REPORT)
    if not trusted and query.q is not None:
        call.allow(Action.SELL)
    records = call.app.counters.at(query.till).records
    if query.searches:
        wanted = Wanted(None if query.day is None else query.day.isoformat(), query.amount, query.q)
        return Reply(HTTPStatus.OK, records.search(wanted, limit=query.limit, before=query.before, till=query.till))
    without: frozenset[Kind] = frozenset() if trusted or call.by.may(Action.SHIFT_REPORT) else SHIFT_KINDS
    page = records.list(limit=query.limit, before=query.before, till=query.till, kind=query.kind, without=without)
    return Reply(HTTPStatus.OK, page)


async def view(call: Call) -> Reply:
    """Return one record, and whether it was printed."""
    return Reply(HTTPStatus.OK, _records(call).get(call.path["receipt_number"]))


async def print_copy(call: Call) -> Reply:
    """Print it again, marked COPY, or as a gift receipt."""
    return await _records(call).print_copy(call.path["receipt_number"], gift=call.body.gift, key=call.key, by=call.by)


def _records(call: Call) -> Records:
    return call.app.counters.of_receipt(call.path["receipt_number"]).records


ROUTES = (
    Route(
        "GET",
        "/v1/records",
        list_newest,
        "The facts in the journal, the newest first",
        "Records",
        query="RecordsQuery",
        problems=("not-allowed", "sign-in-needed"),
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
        "Print it again, marked COPY; or as a gift receipt, with no prices",
        "Job",
        status=202,
        body="PrintAgain",
        problems=("no-such-receipt", "no-printer"),
        action=Action.REPRINT,
    ),
)
