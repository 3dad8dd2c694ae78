"""Newer versions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from agent.api.answers.fields import Time


class UpdateVersion(BaseModel):
    """A version, and what its makers say of it."""

    version: str
    notes: str


class UpdateTrouble(BaseModel):
    """Why none could be brought, and the next step."""

    detail: str
    hint: str


class UpdateEnding(BaseModel):
    """How the newest work on an update ended. `version` is empty where it was not known yet.

    `not_now`: somebody was at a till; it is asked for again.
    """

    did: Literal["staged", "installed", "went_back", "refused", "not_now", "interrupted"]
    version: str
    at: Time
    why: str
    hint: str


class Update(BaseModel):
    """Updates on this PC. `why_not`: why there are none here; null where there can be some.

    `found` is what the newest look brought, `staged` what lies ready and has sold on a copy of this journal.
    """

    running: str
    mode: Literal["off", "ask", "by_itself"]
    source: str | None
    hours: str
    why_not: str | None
    looked_at: Time | None
    found: UpdateVersion | None
    trouble: UpdateTrouble | None
    staged: UpdateVersion | None
    wanted: Annotated[
        Literal["stage", "apply", "back"] | None,
        Field(description="by somebody: it waits until nobody is at a till, and then until it has ended"),
    ]
    working: bool
    busy: Annotated[str | None, Field(description="what a switch waits for, or null")]
    noted: Annotated[bool, Field(description="the journal says that this version runs; false where none is switched")]
    back_to: str | None
    last: UpdateEnding | None
