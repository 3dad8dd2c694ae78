"""The outbox: deliveries of records to clouds."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def list_page(call: Call) -> Reply:
    """Return counts by cloud and state, and a page of deliveries."""
    query = call.query
    return Reply(
        HTTPStatus.OK,
        call.app.outbox_view(cloud=query.cloud, state=query.state, limit=query.limit, after=query.after),
    )


async def retry(call: Call) -> Reply:
    """Release a parked delivery, after what it named was mended."""
    return await call.app.retry(call.path["delivery"], key=call.key, by=call.by)


async def matters_page(call: Call) -> Reply:
    """Return a page of what stands before a person."""
    query = call.query
    return Reply(HTTPStatus.OK, call.app.lanes.open_matters(cloud=query.cloud, limit=query.limit, after=query.after))


async def settle(call: Call) -> Reply:
    """Tick a delivery off that a person has seen to."""
    return await call.app.lanes.settle(call.path["delivery"], call.body.reason, key=call.key, by=call.by)


ROUTES = (
    Route(
        "GET",
        "/v1/outbox",
        list_page,
        "Deliveries by cloud and state",
        "Outbox",
        query="OutboxQuery",
    ),
    Route(
        "POST",
        "/v1/outbox/{delivery}/retry",
        retry,
        "Release a parked delivery, after what it named was mended",
        "Delivery",
        problems=("no-such-delivery", "already-delivered"),
        action=Action.DELIVERY_RETRY,
    ),
    Route(
        "GET",
        "/v1/outbox/matters",
        matters_page,
        "What stands before a person: refused records, and those that a cloud has otherwise",
        "Matters",
        query="MattersQuery",
    ),
    Route(
        "POST",
        "/v1/outbox/{delivery}/settle",
        settle,
        "Tick a delivery off, once a person has seen to what it says",
        "Delivery",
        body="Settle",
        problems=("no-such-delivery", "nothing-to-settle", "still-on-its-way", "being-sent", "card-data"),
        action=Action.DELIVERY_SETTLE,
    ),
)
