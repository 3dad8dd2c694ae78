"""What happens at a till outside a sale."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.api.bodies.fields import Body, ClaimId, Reason, ScanText

WEIGH_S_MAX = 10  # a pan that does not come to rest by then is being leant on


class Training(Body):
    """Let a till train; with `drawer`, what would open the drawer does."""

    drawer: bool = False


class Scan(Body):
    """A barcode as if the till's scanner had read it; a GS1 separator is the character U+001D.

    `expired_reason` says why it is sold where it is past its day, as `expired` refused it.
    """

    data: ScanText
    expired_reason: Reason | None = None


class OpenDrawer(Body):
    """Open the drawer with no sale: the reason is kept in the journal."""

    reason: Reason
    claim: ClaimId | None = None


class Weigh(Body):
    """Weigh what lies on the till's scale; wait up to `wait_s` for it to come to rest."""

    wait_s: Annotated[int, Field(ge=1, le=WEIGH_S_MAX, description="seconds; 3 where it is left out")] = 3
    claim: ClaimId | None = None
