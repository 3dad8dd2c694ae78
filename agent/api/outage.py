"""The outage card: what waits, what works, what to refuse, and whether everything is in the clouds."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def view(call: Call) -> Reply:
    """Return the card. With `look` the lines are asked anew right after."""
    if call.query.look:
        call.app.line.wake()
    return Reply(HTTPStatus.OK, call.app.outage.card())


async def print_card(call: Call) -> Reply:
    """Print the card on a till's printer."""
    return await call.app.outage.print_card(call.body.till, key=call.key)


ROUTES = (
    Route(
        "GET",
        "/v1/outage",
        view,
        "The outage card: what waits and how old it is, what works, what to refuse, whether all is delivered",
        "Outage",
        query="LineQuery",
    ),
    Route(
        "POST",
        "/v1/outage/print",
        print_card,
        "The outage card on paper, on a till's printer",
        "Job",
        status=202,
        body="PrintOutage",
        problems=("no-such-till", "no-printer"),
        action=Action.DEVICE_USE,
    ),
)
