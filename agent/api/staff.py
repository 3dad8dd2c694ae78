"""Staff: who works here. The first, a manager, is set up at one of the agent's own pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.door import LOCAL
from agent.staff.actions import Action
from agent.staff.actor import Role
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def list_all(call: Call) -> Reply:
    """Return who works here, by name."""
    return Reply(HTTPStatus.OK, {"staff": [person.view() for person in call.app.staff.active()]})


async def create(call: Call) -> Reply:
    """Add somebody with their first PIN."""
    body = call.body
    return await call.app.staff_changes.add(body.name, Role(body.role), body.pin.get_secret_value(), by=call.by)


async def change(call: Call) -> Reply:
    """Give somebody another name or role."""
    body = call.body
    role = None if body.role is None else Role(body.role)
    return await call.app.staff_changes.change(call.path["person"], body.name, role, key=call.key, by=call.by)


async def set_pin(call: Call) -> Reply:
    """Give somebody another PIN. Whoever may read STATE/api-token can, too: a manager may have forgotten theirs."""
    if call.caller is None or call.caller.id != LOCAL:
        call.allow(Action.STAFF)
    return await call.app.staff_changes.set_pin(call.path["person"], call.body.pin.get_secret_value(), by=call.by)


async def remove(call: Call) -> Reply:
    """Let somebody go."""
    return await call.app.staff_changes.remove(call.path["person"], key=call.key, by=call.by)


_PIN = ("pin", "pin-too-easy", "pin-taken")

ROUTES = (
    Route("GET", "/v1/staff", list_all, "Who works here", "Staff"),
    Route(
        "POST",
        "/v1/staff",
        create,
        "Add somebody, with a PIN; the first is a manager",
        "OneOfStaff",
        status=201,
        body="NewStaff",
        repeatable=False,
        problems=(*_PIN, "name-taken", "manager-needed", "too-many-staff", "card-data"),
        action=Action.STAFF,
    ),
    Route(
        "PATCH",
        "/v1/staff/{person}",
        change,
        "Give somebody another name or role",
        "OneOfStaff",
        body="StaffChange",
        problems=("no-such-staff", "name-taken", "manager-needed", "card-data"),
        action=Action.STAFF,
    ),
    Route(
        "POST",
        "/v1/staff/{person}/pin",
        set_pin,
        "Give somebody another PIN; also with the token of STATE/api-token",
        "OneOfStaff",
        body="NewPin",
        repeatable=False,
        problems=("no-such-staff", *_PIN, "not-allowed", "sign-in-needed"),
    ),
    Route(
        "DELETE",
        "/v1/staff/{person}",
        remove,
        "Let somebody go: signed out everywhere, their PIN forgotten",
        "OneOfStaff",
        problems=("no-such-staff", "manager-needed"),
        action=Action.STAFF,
    ),
)
