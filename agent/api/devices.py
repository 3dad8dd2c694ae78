"""Devices: what each is doing, and a test that a person can see."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def list_all(call: Call) -> Reply:
    """Return every device's state."""
    return Reply(HTTPStatus.OK, {"devices": call.app.device_views()})


async def test(call: Call) -> Reply:
    """Make a device do something a person can see: a test print, an open drawer."""
    return await call.app.test_device(call.path["device"])
