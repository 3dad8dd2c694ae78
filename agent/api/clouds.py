"""Clouds: what they give, pulled now."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def pull(call: Call) -> Reply:
    """Pull now, after a pull that is under way; answered when it is through. Again, it changes nothing more."""
    name, wished = call.path["cloud"], call.body
    call.app.lanes.must_give(name)
    await call.note(Action.CLOUD_PULL, subject=name, after=wished.model_dump())
    pulled = await call.app.lanes.pull(name, whole=wished.all or wished.let_go, let_go=wished.let_go)
    return Reply(HTTPStatus.OK, pulled.to_json())


ROUTES = (
    Route(
        "POST",
        "/v1/clouds/{cloud}/pull",
        pull,
        "Pull what has changed in a cloud's catalogue, now; a first pull of many items takes minutes",
        "Pulled",
        body="Pull",
        problems=("no-such-cloud", "gives-nothing"),
        action=Action.CLOUD_PULL,
    ),
)
