"""Discounts with a name, as the clouds give them: for a cashier to choose."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def list_all(call: Call) -> Reply:
    """Return those that can be given now."""
    return Reply(HTTPStatus.OK, {"discounts": call.app.lanes.discounts()})


ROUTES = (
    Route(
        "GET",
        "/v1/discounts",
        list_all,
        "Discounts with a name that can be given now, as the clouds have them, by name",
        "NamedDiscounts",
    ),
)
