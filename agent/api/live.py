"""`/v1/events`: the agent's events over a WebSocket, from the moment one connects."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect

from agent.api.route import Route
from agent.door import LOCAL, SUBPROTOCOL
from agent.events import POLICY_VIOLATION, Dropped
from agent.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.websockets import WebSocket

    from agent.api.route import Call
    from agent.attendance import Attendance
    from agent.claims import Claims
    from agent.events import Events, Subscription
    from drivers.scale.scale import Scale
    from outbox.answers import Reply


async def needs_websocket(_: Call) -> Reply:
    """Refuse a plain GET of the path. Raises `Problem`, always."""
    raise Problem(
        HTTPStatus.UPGRADE_REQUIRED,
        "websocket-needed",
        "events come over a WebSocket: connect to ws://localhost:PORT/v1/events, see /docs#events",
    )


async def serve(
    websocket: WebSocket, events: Events, claims: Claims, scales: Mapping[str, Scale], attendance: Attendance
) -> None:
    """Send events until the listener leaves or is let go; the claims it names are its own for as long.

    Scales that it claims, and the one it names as `look`, are asked for their weight for as long; it counts as standing
    before the till it names as `till`. What a listener says is not listened to.
    """
    offered = websocket.scope["subprotocols"]
    await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
    caller = websocket.scope["state"]["caller"]
    caller_id, permit = (LOCAL, None) if caller is None else (caller.id, caller.permit)
    named = frozenset(websocket.query_params.getlist("claim"))
    look = websocket.query_params.get("look")
    if look is not None and (look not in scales or not (permit is None or permit.covers(f"scale:{look}"))):
        await _close(websocket, Dropped(POLICY_VIOLATION, "no such scale: /v1/devices lists what there is"))
        return
    try:
        with ExitStack() as held:
            till = websocket.query_params.get("till")
            if permit is None or (till is not None and permit.covers(f"till:{till}")):
                held.enter_context(attendance.listening(till, caller_id))
            for claim in named:
                held.enter_context(claims.connected(claim, caller_id))
            looked_at = {look, *(one.device for one in claims.all() if one.id in named)}
            for scale in (scale for name, scale in scales.items() if name in looked_at):
                held.enter_context(scale.looking())
            await _tell(websocket, events, lambda: events.subscribe(caller_id, named, permit))
    except Problem:
        await _close(websocket, Dropped(POLICY_VIOLATION, "no such claim (any more): claim the device again"))


async def _tell(websocket: WebSocket, events: Events, subscribe: Callable[[], Subscription]) -> None:
    try:
        subscription = subscribe()
    except Dropped as full:
        await _close(websocket, full)
        return
    tasks = [
        asyncio.create_task(_send(websocket, subscription), name="events to a listener"),
        asyncio.create_task(_until_left(websocket), name="listener leaving"),
        asyncio.create_task(subscription.ended.wait(), name="listener let go"),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        events.unsubscribe(subscription)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()  # a bug in sending is not to be swallowed
    if subscription.dropped is not None:
        await _close(websocket, subscription.dropped)


async def _send(websocket: WebSocket, subscription: Subscription) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text(await subscription.next())


async def _until_left(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(websocket: WebSocket, why: Dropped) -> None:
    with suppress(WebSocketDisconnect):  # it may have left by itself
        await websocket.close(why.code, why.reason)


ROUTES = (
    Route(
        "GET",
        "/v1/events",
        needs_websocket,
        "Everything that happens, as it happens; over a WebSocket only",
        "Event",
        status=101,
        query="EventsQuery",
        problems=("websocket-needed",),
    ),
)
