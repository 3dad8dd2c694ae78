"""How everything stands, and what happens."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from agent.api.answers.fields import Time
from agent.api.answers.line import LineLamps
from agent.events import EventType


class Notice(BaseModel):
    """What a person should know for as long as this journal is kept: since when, and what to do."""

    code: Literal["new-epoch"]
    since: Time
    detail: str
    hint: str


class Status(BaseModel):
    """The store as a whole. `backup` is null where no copies of the journal are configured.

    `setup` says whether nobody has set the store up yet (`needed`).
    """

    started_at: Time
    selling: bool
    fault: str | None
    journal: dict[str, Any]
    backup: dict[str, Any] | None
    store: dict[str, Any]
    tills: list[Any]
    devices: list[Any]
    clouds: dict[str, Any] | list[Any]
    line: LineLamps
    setup: dict[str, bool]
    notices: list[Notice]


class Event(BaseModel):
    """One message of the WebSocket; each type has fields of its own."""

    type: EventType
    at: Time


class Health(BaseModel):
    """Two words."""

    status: Literal["ok", "cannot sell"]
