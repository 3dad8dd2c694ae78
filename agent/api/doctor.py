"""The doctor: every check a field tech would make, by the agent itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def check(call: Call) -> Reply:
    """Make every check; each cloud is called once."""
    return Reply(HTTPStatus.OK, await call.app.checkup.look())


ROUTES = (
    Route(
        "GET",
        "/v1/doctor",
        check,
        "Every check a field tech would make, each with its next step; takes up to half a minute",
        "Checks",
        action=Action.DEVICE_TEST,
    ),
)
