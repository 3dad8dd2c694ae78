"""`[setup]` of a file of answers: what no configuration has a key for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent.config.kinds import FromList, Name
from agent.config.sections.section import Section


class SetupSection(Section):
    """How the rest of a set-up by file goes."""

    devices: Literal["found", "listed"] = Field(default="listed", description='"found" or "listed"', examples=["found"])
    tries: Annotated[tuple[Name, ...], FromList] = Field(
        default=(), alias="try", description="a list of names of devices", examples=[["receipt"]]
    )
