"""Claims: a device for one front end at a time."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent.api.route import Route
from agent.door import LOCAL, Sender
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call
    from agent.claims import Claim


async def create(call: Call) -> Reply:
    """Claim a device, now or as soon as it is free."""
    wanted, caller = call.body, caller_id(call)
    claim = await call.app.claims.claim(
        wanted.device,
        caller=caller,
        holder=wanted.name or _name_of(call, caller),
        lease_s=wanted.lease_s,
        wait_s=wanted.wait_s,
    )
    return Reply(HTTPStatus.CREATED, _own(call, claim))


async def list_all(call: Call) -> Reply:
    """Return what is claimed, and by whom."""
    claims, kinds = call.app.claims, call.app.devices.kinds
    seen = [claim for claim in claims.all() if may_use(call, f"{kinds[claim.device]}:{claim.device}")]
    return Reply(HTTPStatus.OK, {"claims": [claims.view(claim) for claim in seen]})


async def renew(call: Call) -> Reply:
    """Let a lease begin anew."""
    return Reply(HTTPStatus.OK, _own(call, call.app.claims.renew(call.path["claim"], caller_id(call))))


async def release(call: Call) -> Reply:
    """Let the next one have it."""
    return Reply(HTTPStatus.OK, _own(call, call.app.claims.release(call.path["claim"], caller_id(call))))


def must_be_free(call: Call, device: str, claim: str | None) -> None:
    """Raise `Problem` where another front end holds the device. Our own pages are the till's: they always may."""
    if call.sender is not Sender.OWN_PAGE:
        call.app.claims.check(device, caller_id(call), claim)


def may_use(call: Call, thing: str) -> bool:
    """Say whether the caller's pairing reaches a device."""
    return call.caller is None or call.caller.permit is None or call.caller.permit.covers(thing)


def caller_id(call: Call) -> str:
    """Return who calls a route that is not public."""
    assert call.caller is not None, "the gate lets nobody through without credentials"
    return call.caller.id


def _own(call: Call, claim: Claim) -> dict[str, Any]:
    return {"id": claim.id, **call.app.claims.view(claim), "lease_s": claim.lease_s}


def _name_of(call: Call, caller: str) -> str:
    if caller == LOCAL:
        return "a program on this PC"
    return next((one.name for one in call.app.door.pairings.all() if one.id == caller), caller)


ROUTES = (
    Route("GET", "/v1/claims", list_all, "What is claimed, and by whom", "Claims"),
    Route(
        "POST",
        "/v1/claims",
        create,
        "Claim a device, so that no other front end uses it; a scanner's scans and a display are the holder's then",
        "Claim",
        status=201,
        body="NewClaim",
        problems=("no-such-device", "claimed", "card-data"),
        action=Action.DEVICE_USE,
    ),
    Route(
        "POST",
        "/v1/claims/{claim}/renew",
        renew,
        "Let a claim's lease begin anew",
        "Claim",
        problems=("no-such-claim",),
        action=Action.DEVICE_USE,
    ),
    Route(
        "DELETE",
        "/v1/claims/{claim}",
        release,
        "Release a device for the next one",
        "Claim",
        problems=("no-such-claim",),
    ),
)
