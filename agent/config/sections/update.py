"""How newer versions come onto this PC, and when they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from agent.config.kinds import fix
from agent.config.sections.section import Section
from agent.update import hours

if TYPE_CHECKING:
    from agent.update.hours import Hours

_EXAMPLE = "https://updates.example.com/stillopen"


def _source(where: str) -> str:
    if where.startswith(("http://", "https://")):
        from outbox.session import url_fault

        fault = url_fault(where)
        if fault is not None:
            raise fix(fault)
    elif "://" in where or not where:
        raise fix(f'write an address like "{_EXAMPLE}", or the path of a folder')
    return where


def _hours(text: str) -> str:
    try:
        hours.parse(text)
    except ValueError as error:
        raise fix(str(error)) from error
    return text


class UpdateConfig(Section):
    """Updates. Without a source, they come by hand: from a stick, or as a package."""

    mode: Literal["off", "ask", "by_itself"] = Field(
        default="ask", description='"off", "ask" or "by_itself"', examples=["by_itself"]
    )
    source: Annotated[str, AfterValidator(_source)] | None = Field(
        default=None, description="the address or the folder where releases are", examples=[_EXAMPLE]
    )
    hours: Annotated[str, AfterValidator(_hours)] = Field(
        default="03:00-05:00",
        description="when it may be done, in the store's time, from and until in quotes",
        examples=["03:00-05:00"],
    )

    @property
    def hours_open(self) -> Hours:
        """When it may be done."""
        return hours.parse(self.hours)
