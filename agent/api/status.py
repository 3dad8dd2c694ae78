"""How everything is: in full for a caller, in two words for whoever watches over processes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def view(call: Call) -> Reply:
    """Return the store, its tills, devices and clouds, and the oldest undelivered record."""
    return Reply(HTTPStatus.OK, call.app.status())


async def health(call: Call) -> Reply:
    """Say whether sales can be written. Nothing in it is private: anyone may ask."""
    if call.app.journal.fault is not None:
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "cannot sell"})
    return Reply(HTTPStatus.OK, {"status": "ok"})


ROUTES = (
    Route(
        "GET",
        "/v1/status",
        view,
        "Store, tills, devices, clouds, and the oldest undelivered record",
        "Status",
    ),
    Route("GET", "/healthz", health, "Whether sales can be written", "Health", public=True),
)
