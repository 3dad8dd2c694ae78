"""Customer displays: two lines of a front end's own, while it has the display."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.claims import caller_id
from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def show(call: Call) -> Reply:
    """Show a front end's lines on the display that it has claimed."""
    name = call.path["display"]
    call.app.claims.must_hold(name, caller_id(call), call.body.claim)
    return Reply(HTTPStatus.OK, call.app.devices.displays.show(name, call.body.lines))


ROUTES = (
    Route(
        "POST",
        "/v1/displays/{display}/show",
        show,
        "Show one or two lines on a display that the caller has claimed",
        "Shown",
        body="ShowLines",
        problems=("no-such-claim", "claim-needed", "no-such-display", "card-data"),
        action=Action.DEVICE_USE,
    ),
)
