"""Pairings: letting a front end in, and shutting it out again."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.refusals import json_response
from agent.api.route import Route
from agent.door import LOCAL, Sender
from agent.pairing_code import CODE_LIFE_S
from agent.pairings import OWN_PAGE, PROGRAM
from agent.permits import DEVICES, ITEMS, TILL, checked
from agent.problem import Problem
from outbox.answers import Reply

if TYPE_CHECKING:
    from starlette.responses import Response

    from agent.api.route import Call

COOKIE_LIFE_S = 400 * 86_400  # the longest browsers keep one


async def make_code(call: Call) -> Response:
    """Open a pairing code. Only whoever may read STATE/api-token can."""
    _only_local(call)
    acts_as = None if call.body.acts_as is None else call.app.staff.who(call.body.acts_as)
    allow = None if call.body.allow is None else checked(call.body.allow, _known(call))
    code = call.app.door.code.make(call.body.name or "", acts_as, allow)
    return json_response(HTTPStatus.CREATED, {"code": code, "expires_in_s": CODE_LIFE_S})


async def create(call: Call) -> Response:
    """Spend a code. Our own page gets a cookie that no script can read, any other caller a bearer token."""
    door = call.app.door
    grant = door.code.use(call.body.code)
    if call.sender is Sender.OWN_PAGE and grant.allow is not None:
        raise Problem(
            HTTPStatus.CONFLICT,
            "limited-page",
            "that code is limited to some devices, and the store's own pages need them all: make another one for them "
            "with `stillopen pair`",
        )
    name = grant.name
    what = {"acts_as": grant.acts_as, "allow": grant.allow, "origin": call.origin}
    noting = call.noting("pairing_added", subject=name, after=what)
    if call.sender is Sender.OWN_PAGE:
        pairing, secret = await door.pairings.add(OWN_PAGE, name or "till page", grant.acts_as, noting=noting)
        response = json_response(HTTPStatus.CREATED, {"pairing": asdict(pairing)})
        set_cookie(response, door.cookie, secret)
        return response
    origin = PROGRAM if call.origin is None else call.origin.lower()
    pairing, secret = await door.pairings.add(origin, name or origin, grant.acts_as, grant.allow, noting=noting)
    return json_response(HTTPStatus.CREATED, {"pairing": asdict(pairing), "token": secret})


async def list_all(call: Call) -> Reply:
    """Return who is paired."""
    _only_local(call)
    return Reply(HTTPStatus.OK, {"pairings": [asdict(pairing) for pairing in call.app.door.pairings.all()]})


async def remove(call: Call) -> Reply:
    """Shut a front end out: its requests are refused from now on; it hears no more events and holds no device."""
    _only_local(call)
    pairings = call.app.door.pairings
    pairing = pairings.shut_out(call.path["pairing"])  # before the disk is asked: it may be full, or fail
    call.app.events.drop_caller(pairing.id)
    call.app.claims.drop_caller(pairing.id)
    await pairings.remove(pairing.id, noting=call.noting("pairing_removed", subject=pairing.id))
    await call.app.staff.end(call.app.staff.signed_in_on(pairing.id), "shut_out")
    return Reply(HTTPStatus.OK, {"pairing": asdict(pairing)})


def set_cookie(response: Response, name: str, secret: str) -> None:
    """Give our page its secret; sent back to this very host only, and only by our own pages."""
    response.set_cookie(name, secret, max_age=COOKIE_LIFE_S, path="/", httponly=True, samesite="strict")


def _known(call: Call) -> dict[str, list[str]]:
    """Return what a pairing can be limited to: the names of each kind."""
    kinds = call.app.devices.kinds
    devices = {kind: [name for name, of in kinds.items() if of == kind] for kind in DEVICES}
    return devices | {TILL: [till.id for till in call.app.config.tills], ITEMS: []}


def _only_local(call: Call) -> None:
    if call.caller is None or call.caller.id != LOCAL:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "local-only",
            "who is let in is decided on the agent's PC: run `stillopen pair` there (it uses STATE/api-token)",
        )


ROUTES = (
    Route(
        "POST",
        "/v1/pairings",
        create,
        "Let a front end in: spend a code of `stillopen pair` for a cookie (our page) or a token",
        "Paired",
        status=201,
        body="NewPairing",
        public=True,
        repeatable=False,
        problems=("no-pairing-code", "wrong-pairing-code", "too-many-pairings", "limited-page"),
    ),
    Route(
        "GET",
        "/v1/pairings",
        list_all,
        "Who is paired; with the token of STATE/api-token only",
        "Pairings",
        problems=("local-only",),
    ),
    Route(
        "DELETE",
        "/v1/pairings/{pairing}",
        remove,
        "Shut a front end out; with the token of STATE/api-token only",
        "OnePairing",
        problems=("local-only", "no-such-pairing"),
    ),
    Route(
        "POST",
        "/v1/pairing-codes",
        make_code,
        "Open a pairing code, as `stillopen pair` does; with the token of STATE/api-token only",
        "PairingCode",
        status=201,
        body="NewPairingCode",
        repeatable=False,
        problems=("local-only", "no-such-grant", "no-such-staff", "card-data"),
    ),
)
