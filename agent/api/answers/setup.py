"""The set-up of a store."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class SetupProposed(BaseModel):
    """What this PC proposes; null: it does not say."""

    timezone: str | None
    locale: str | None
    currency: str | None
    prices_include_tax: bool | None


class SetupCloud(BaseModel):
    """A cloud of the configuration; `stillopen cloud connect NAME` gives it its credentials."""

    name: str
    kind: str


class Setup(BaseModel):
    """What stands in the configuration's sections now. `needed`: nobody has set the store up, the example stands there.

    Where answers wait that the agent may not write, they are in it, and `next` is what a person has to do.
    `writable`: the agent may write it; `restarts`: it takes it anew by itself when it is asked to; `may`: who asks may.
    """

    needed: bool
    store: dict[str, Any]
    tills: list[dict[str, Any]]
    taxes: list[dict[str, Any]]
    scanners: list[dict[str, Any]]
    printers: list[dict[str, Any]]
    drawers: list[dict[str, Any]]
    scales: list[dict[str, Any]]
    displays: list[dict[str, Any]]
    proposed: SetupProposed
    clouds: list[SetupCloud]
    config: str
    writable: bool
    restarts: bool
    next: str | None
    may: bool


class SetupChange(BaseModel):
    """What the answers change: the lines of the configuration, and comments that go with what they stood in.

    `kept` is where the configuration before is kept. `next` is what a person has to do so that the agent goes by it.
    """

    written: bool
    changes: list[str]
    comments_gone: list[str]
    kept: str | None
    restarts: bool
    next: str | None


class SetupRestart(BaseModel):
    """The agent takes its configuration anew: it is gone for about a second."""

    restarting: bool
