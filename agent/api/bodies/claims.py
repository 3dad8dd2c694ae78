"""Claims of devices."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.api.bodies.fields import Body, Id, Label
from agent.claims import LEASE_S_DEFAULT, LEASE_S_MAX, WAIT_S_MAX


class NewClaim(Body):
    """Claim a printer, a drawer or a scale; `name` says to people who holds it, such as Kiosk 2.

    Where it is claimed already, wait up to `wait_s` for it. The claim runs out after `lease_s` unless it is
    renewed, or lasts as long as a WebSocket to `/v1/events?claim=ID` is open.
    """

    device: Id
    name: Label | None = None
    lease_s: Annotated[
        int, Field(ge=1, le=LEASE_S_MAX, description=f"seconds; {LEASE_S_DEFAULT} where it is left out")
    ] = LEASE_S_DEFAULT
    wait_s: Annotated[int, Field(ge=0, le=WAIT_S_MAX, description="seconds; 0 where it is left out")] = 0
