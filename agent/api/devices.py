"""Devices: what each is doing, and a test that a person can see."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.claims import caller_id, may_use, must_be_free
from agent.api.route import Route
from agent.door import LOCAL, Sender
from agent.problem import Problem
from agent.staff.actions import Action
from drivers.drawer import Position
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def list_all(call: Call) -> Reply:
    """Return every device's state, and who has claimed it."""
    seen = [view for view in call.app.device_views() if may_use(call, f"{view['kind']}:{view['name']}")]
    return Reply(HTTPStatus.OK, {"devices": seen})


async def take_back(call: Call) -> Reply:
    """End another's claim: whoever stands at the till needs the device, and its front end does not let go."""
    if call.sender is not Sender.OWN_PAGE and caller_id(call) != LOCAL:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "not-the-stores",
            "only the store's own pages, and programs with the token in STATE/api-token, may take a device back: "
            "press Take back on the devices page (/devices)",
        )
    name = call.path["device"]
    call.app.devices.must_have(name)
    held = call.app.claims.of(name)
    if held is not None:
        await call.note("device_taken_back", subject=name, after={"from": held.holder})
        call.app.claims.take_back(held)
    return Reply(HTTPStatus.OK, {"device": name, "claim": None})


async def found(call: Call) -> Reply:
    """Return what is plugged into this PC, what it probably is, and the lines to write for it."""
    return Reply(HTTPStatus.OK, await call.app.devices.found())


async def trace(call: Call) -> Reply:
    """Return what goes over a device's wire, and what its scans were taken for, while somebody asked for that."""
    return Reply(HTTPStatus.OK, call.app.devices.trace(call.path["device"]))


async def turn_trace(call: Call) -> Reply:
    """Begin to keep what goes over a device's wire, or end it and forget it."""
    name = call.path["device"]
    call.app.devices.must_have(name)
    await call.note(Action.DEVICE_TRACE, subject=name, after={"on": call.body.on})
    return Reply(HTTPStatus.OK, call.app.devices.trace(name, turn=call.body.on))


async def teach(call: Call) -> Reply:
    """Teach a drawer what its switch says while it is open, or closed."""
    name = call.path["device"]
    call.app.devices.must_have(name)
    await call.note(Action.DEVICE_TEACH, subject=name, after={"position": call.body.position})
    return await call.app.teach_drawer(name, Position(call.body.position))


async def zero(call: Call) -> Reply:
    """Set a scale to zero."""
    return await _press(call, "zero")


async def tare(call: Call) -> Reply:
    """Take what lies on a scale for the container."""
    return await _press(call, "tare")


async def clear_tare(call: Call) -> Reply:
    """Forget the container."""
    return await _press(call, "clear_tare")


async def _press(call: Call, key: str) -> Reply:
    must_be_free(call, call.path["device"], call.body.claim)
    return await call.app.devices.scales.press(call.path["device"], key)


async def test(call: Call) -> Reply:
    """Make a device do something a person can see: a test print, an open drawer. Not what another has claimed."""
    name = call.path["device"]
    must_be_free(call, name, None)
    call.app.devices.must_have(name)
    if name in call.app.devices.drawers:
        call.allow(Action.NO_SALE)  # whatever it is for: it stands open
    await call.note(Action.DEVICE_TEST, subject=name)
    return await call.app.test_device(name, call.by)


ROUTES = (
    Route("GET", "/v1/devices", list_all, "Every device, and what to do where one fails", "Devices"),
    Route(
        "GET",
        "/v1/devices/found",
        found,
        "What is plugged into this PC, what it probably is, and the lines to write for it",
        "Plugged",
    ),
    Route(
        "GET",
        "/v1/devices/{device}/trace",
        trace,
        "What goes over a device's wire, and what its scans were taken for",
        "Trace",
        problems=("no-such-device",),
    ),
    Route(
        "POST",
        "/v1/devices/{device}/trace",
        turn_trace,
        "Begin to keep what goes over a device's wire, or end it",
        "Trace",
        body="TurnTrace",
        problems=("no-such-device",),
        action=Action.DEVICE_TRACE,
    ),
    Route(
        "POST",
        "/v1/devices/{device}/test",
        test,
        "Make a device do something a person can see",
        "DeviceTest",
        problems=("no-such-device", "device-trouble", "device-lost", "not-weighed", "claimed"),
        action=Action.DEVICE_TEST,
    ),
    Route(
        "DELETE",
        "/v1/devices/{device}/claim",
        take_back,
        "Take a device back from the front end that has claimed it; for the store's own pages and programs",
        "GivenBack",
        problems=("no-such-device", "not-the-stores"),
        action=Action.DEVICE_USE,
    ),
    Route(
        "POST",
        "/v1/devices/{device}/teach",
        teach,
        "Teach a drawer what its switch says: once while it is closed, once while it is open",
        "Taught",
        body="Teach",
        problems=("no-such-device", "drawer-not-taught"),
        action=Action.DEVICE_TEACH,
    ),
    Route(
        "POST",
        "/v1/devices/{device}/zero",
        zero,
        "Set a scale to zero",
        "Pressed",
        body="ClaimedDevice",
        problems=("no-such-device", "scale-not-set", "claimed", "no-such-claim"),
        action=Action.DEVICE_USE,
    ),
    Route(
        "POST",
        "/v1/devices/{device}/tare",
        tare,
        "Take what lies on a scale for the container",
        "Pressed",
        body="ClaimedDevice",
        problems=("no-such-device", "scale-not-set", "claimed", "no-such-claim"),
        action=Action.DEVICE_USE,
    ),
    Route(
        "POST",
        "/v1/devices/{device}/clear-tare",
        clear_tare,
        "Forget the container on a scale",
        "Pressed",
        body="ClaimedDevice",
        problems=("no-such-device", "scale-not-set", "claimed", "no-such-claim"),
        action=Action.DEVICE_USE,
    ),
)
