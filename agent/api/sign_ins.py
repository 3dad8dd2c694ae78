"""Who is signed in at a page, and leave that a supervisor gives there."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def view(call: Call) -> Reply:
    """Return who acts here, and what they may do."""
    return Reply(HTTPStatus.OK, call.app.staff.view(call.by.page))


async def sign_in(call: Call) -> Reply:
    """Sign in by PIN; whoever was signed in here goes."""
    body = call.body
    return Reply(HTTPStatus.OK, await call.app.staff.sign_in(call.by.page, body.pin.get_secret_value(), body.staff))


async def sign_out(call: Call) -> Reply:
    """Lock the page; its sales stay as they are."""
    return Reply(HTTPStatus.OK, await call.app.staff.sign_out(call.by.page, "key"))


async def seen(call: Call) -> Reply:
    """Hear that somebody is at the page: the time until it is locked begins anew."""
    call.app.staff.use(call.by.page)
    return Reply(HTTPStatus.OK, call.app.staff.view(call.by.page))


async def give_leave(call: Call) -> Reply:
    """Let whoever is here do one thing once, by the PIN of somebody who may."""
    body = call.body
    leave = await call.app.staff.allow(call.by.page, body.pin.get_secret_value(), body.action, body.staff)
    return Reply(HTTPStatus.CREATED, leave)


_BY_PIN = ("wrong-pin", "locked-out", "no-such-staff")

ROUTES = (
    Route("GET", "/v1/sign-in", view, "Who acts at this page, and what they may do", "SignIn"),
    Route(
        "POST",
        "/v1/sign-in",
        sign_in,
        "Sign in at this page by PIN, alone or beside a name",
        "SignIn",
        body="NewSignIn",
        repeatable=False,
        problems=(*_BY_PIN, "acts-as-itself"),
    ),
    Route("DELETE", "/v1/sign-in", sign_out, "Lock this page; its sales stay as they are", "SignIn"),
    Route("POST", "/v1/sign-in/seen", seen, "Say that somebody is at this page, so that it is not locked", "SignIn"),
    Route(
        "POST",
        "/v1/overrides",
        give_leave,
        "Give whoever is at this page leave to do one thing once, by PIN",
        "Leave",
        status=201,
        body="NewLeave",
        repeatable=False,
        problems=(*_BY_PIN, "not-allowed"),
    ),
)
