"""Print jobs."""

from __future__ import annotations

from pydantic import BaseModel

from agent.api.answers.fields import PrintState, Time


class Job(BaseModel):
    """A print job: `state` says what the printer itself said, `reason` and `hint` why, and what a person should do."""

    id: str
    printer: str
    state: PrintState
    reason: str | None
    hint: str | None
    created_at: Time
