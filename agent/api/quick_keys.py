"""Quick keys: what a till page shows to be touched, and how a person arranged it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call

ARRANGEMENT_BYTES_MAX = 512 * 1024  # every key there may be, with long skus and texts


async def view(call: Call) -> Reply:
    """Return a till's keys."""
    return Reply(HTTPStatus.OK, call.app.quick_keys.view(call.path["till"]))


async def arrange(call: Call) -> Reply:
    """Keep an arrangement."""
    call.must_count(call.path["till"])
    body = call.body
    pages = [page.model_dump(exclude_none=True) for page in body.pages]
    return await call.app.quick_keys.arrange(
        call.path["till"], body.scope, body.revision, pages, key=call.key, by=call.by
    )


ROUTES = (
    Route(
        "GET",
        "/v1/tills/{till}/keys",
        view,
        "A till's quick keys, a page each, as they were arranged or as the catalogue's categories",
        "QuickKeys",
        problems=("no-such-till",),
    ),
    Route(
        "PUT",
        "/v1/tills/{till}/keys",
        arrange,
        "Arrange the quick keys of a till, or of the store",
        "Arranged",
        body="Arrangement",
        problems=("till-trains", "no-such-till", "keys-changed", "card-data"),
        action=Action.SETTINGS,
        body_bytes_max=ARRANGEMENT_BYTES_MAX,
    ),
)
