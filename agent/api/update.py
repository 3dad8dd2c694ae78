"""Newer versions: how it is with them, and what a person asks for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from agent.update.request import Asked
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def view(call: Call) -> Reply:
    """Return what runs, what is ready, what is under way, and how the newest work ended."""
    return Reply(HTTPStatus.OK, call.app.update.view())


async def look(call: Call) -> Reply:
    """Look for a newer version now; returns once it was brought, or why not."""
    call.app.update.must_have_source()
    await call.note("update_look", subject=call.app.version)
    await call.app.update.look()
    return await view(call)


async def apply(call: Call) -> Reply:
    """Switch to what is ready, as soon as nobody is at a till."""
    version = call.app.update.ready()
    await call.note("update_apply", subject=version, after={"from": call.app.version})
    call.app.update.want(Asked.APPLY)
    return Reply(HTTPStatus.ACCEPTED, call.app.update.view())


async def back(call: Call) -> Reply:
    """Switch to the version before, likewise."""
    version = call.app.update.before()
    await call.note("update_back", subject=version, after={"from": call.app.version})
    call.app.update.want(Asked.BACK)
    return Reply(HTTPStatus.ACCEPTED, call.app.update.view())


ROUTES = (
    Route("GET", "/v1/update", view, "What runs, what newer version is ready, how the newest update went", "Update"),
    Route(
        "POST",
        "/v1/update/look",
        look,
        "Look for a newer version now, and have it made ready; answers once it was brought",
        "Update",
        problems=("update-not-possible", "update-no-source"),
        action=Action.SETTINGS,
    ),
    Route(
        "POST",
        "/v1/update/apply",
        apply,
        "Switch to the version that is ready, as soon as nobody is at a till",
        "Update",
        status=HTTPStatus.ACCEPTED,
        problems=("update-not-possible", "update-not-ready"),
        action=Action.SETTINGS,
    ),
    Route(
        "POST",
        "/v1/update/back",
        back,
        "Switch to the version before, as soon as nobody is at a till",
        "Update",
        status=HTTPStatus.ACCEPTED,
        problems=("update-not-possible", "update-no-way-back"),
        action=Action.SETTINGS,
    ),
)
