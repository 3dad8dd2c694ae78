"""Offline by hand, and the outage card on paper."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.api.bodies.fields import Body, Id, Reason

CloudName = Annotated[Id | None, Field(description="a cloud's name; leave it out for all of them")]


class HoldOffline(Body):
    """Nothing is sent to `cloud`, or to any, until somebody puts it back online."""

    cloud: CloudName = None
    reason: Reason


class PutOnline(Body):
    """What waits for `cloud`, or for any, goes at once."""

    cloud: CloudName = None
    reason: Reason | None = None


class PrintOutage(Body):
    """Which till's printer; may be left out where there is only one till."""

    till: Id | None = None
