"""Tills: what is being rung at one, and what happens there outside a sale."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.claims import must_be_free
from agent.api.route import Route
from agent.api.sales import WHAT_TO_RING
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def list_all(call: Call) -> Reply:
    """Return every till's view."""
    return Reply(HTTPStatus.OK, {"tills": [call.app.till_view(till.id) for till in call.app.tills]})


async def view(call: Call) -> Reply:
    """Return a till, its devices and its open sale."""
    return Reply(HTTPStatus.OK, call.app.till_view(call.path["till"]))


async def scan(call: Call) -> Reply:
    """Take a barcode as if the till's scanner had read it."""
    body = call.body
    scans = call.app.counters.at(call.path["till"]).scans
    return await scans.scan(call.path["till"], body.data, expired_reason=body.expired_reason, key=call.key, by=call.by)


async def open_drawer(call: Call) -> Reply:
    """Open the drawer with no sale, unless another front end has claimed it."""
    drawer = call.app.tills.setup(call.path["till"]).drawer
    if drawer is not None:
        must_be_free(call, drawer, call.body.claim)
    closing = call.app.counters.at(call.path["till"]).closing
    return await closing.no_sale(call.path["till"], call.body.reason, key=call.key, by=call.by)


async def weigh(call: Call) -> Reply:
    """Weigh what lies on the till's scale, unless another front end has claimed it."""
    scale = call.app.tills.setup(call.path["till"]).scale
    if scale is not None:
        must_be_free(call, scale, call.body.claim)
    return await call.app.devices.scales.weigh(call.path["till"], float(call.body.wait_s))


async def parked(call: Call) -> Reply:
    """Return the sales put aside at a till."""
    return Reply(HTTPStatus.OK, {"sales": call.app.counters.at(call.path["till"]).tills.parked(call.path["till"])})


ROUTES = (
    Route("GET", "/v1/tills", list_all, "Every till", "Tills"),
    Route(
        "GET",
        "/v1/tills/{till}",
        view,
        "A till, its devices and its open sale (or null)",
        "Till",
        problems=("no-such-till",),
    ),
    Route(
        "POST",
        "/v1/tills/{till}/scan",
        scan,
        "Take a barcode as if scanned there; opens a sale where none is open",
        "Sale",
        body="Scan",
        problems=("no-such-till", *WHAT_TO_RING),
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/tills/{till}/drawer",
        open_drawer,
        "Open the drawer with no sale, for a reason that is kept",
        "Record",
        body="OpenDrawer",
        problems=("no-such-till", "no-drawer", "card-data", "claimed", "no-such-claim"),
        action=Action.NO_SALE,
    ),
    Route(
        "POST",
        "/v1/tills/{till}/weigh",
        weigh,
        "Weigh what lies on the till's scale, once",
        "Weighed",
        body="Weigh",
        problems=("no-such-till", "no-scale", "not-weighed", "claimed", "no-such-claim"),
        action=Action.SELL,
    ),
    Route(
        "GET",
        "/v1/tills/{till}/parked",
        parked,
        "The sales put aside at a till, the oldest first",
        "Sales",
        problems=("no-such-till",),
    ),
)
