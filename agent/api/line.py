"""The lines out of the shop: what the lamps say, and offline by hand."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def view(call: Call) -> Reply:
    """Return what the lamps say. With `look` the lines are asked anew right after."""
    if call.query.look:
        call.app.line.wake()
    return Reply(HTTPStatus.OK, call.app.line.view())


async def hold(call: Call) -> Reply:
    """Hold a cloud offline, or all of them."""
    return await call.app.offline.hold(call.body.cloud, call.body.reason, by=call.by, key=call.key)


async def release(call: Call) -> Reply:
    """Put a cloud back online, or all of them."""
    return await call.app.offline.release(call.body.cloud, call.body.reason, by=call.by, key=call.key)


ROUTES = (
    Route(
        "GET",
        "/v1/line",
        view,
        "Local network, internet and each cloud, as real calls have shown them",
        "LineLamps",
        query="LineQuery",
    ),
    Route(
        "POST",
        "/v1/line/offline",
        hold,
        "Send nothing to a cloud, or to any, until it is put back online; selling goes on",
        "Offline",
        body="HoldOffline",
        problems=("no-such-cloud", "no-clouds", "card-data"),
        action=Action.FORCE_OFFLINE,
    ),
    Route(
        "POST",
        "/v1/line/online",
        release,
        "Send to a cloud again, or to all; what waits goes at once",
        "Offline",
        body="PutOnline",
        problems=("no-such-cloud", "no-clouds", "card-data"),
        action=Action.FORCE_OFFLINE,
    ),
)
