"""What a front end shows to its customer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from agent.api.bodies.fields import NO_CARD_DATA, PLAIN, Body, ClaimId
from drivers.display.screen import COLUMNS, LINES

ShownLine = Annotated[
    str,
    StringConstraints(max_length=COLUMNS, pattern=PLAIN),
    NO_CARD_DATA,
    Field(description=f"at most {COLUMNS} characters"),
]


class ShowLines(Body):
    """One or two lines, as they are to stand there; an empty one is blank. They stay until others are sent."""

    lines: Annotated[list[ShownLine], Field(min_length=1, max_length=LINES, examples=[["Coffee          2.40"]])]
    claim: ClaimId
