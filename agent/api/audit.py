"""The audit trail: who did what, when, why and at which page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox import audit
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def list_newest(call: Call) -> Reply:
    """Return a page of the trail, the newest first."""
    limit = call.query.limit
    found = audit.newest(call.app.journal.reader, limit, before=call.query.before)
    entries = [entry | {"page_name": _name(call, entry["page"])} for entry in found]
    return Reply(HTTPStatus.OK, {"entries": entries, "next": found[-1]["seq"] if len(found) == limit else None})


def _name(call: Call, page: str) -> str | None:
    """Return what a page or a program is called; None for one that was shut out, and for what is no pairing."""
    pairing = call.app.door.pairings.by_id(page)
    return None if pairing is None else pairing.name


ROUTES = (
    Route(
        "GET",
        "/v1/audit",
        list_newest,
        "Who did what, when and why, the newest first",
        "Audit",
        query="AuditQuery",
        action=Action.AUDIT,
    ),
)
