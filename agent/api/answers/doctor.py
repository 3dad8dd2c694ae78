"""What the checks of the doctor found."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Check(BaseModel):
    """One check. `next` is the step to take, null where all is well; what could not be looked at is `not known`."""

    check: str
    state: Literal["ok", "warning", "failed", "not known"]
    said: str
    next: str | None


class Checks(BaseModel):
    """Every check, in the order in which a field tech would look. `ok`: none failed."""

    ok: bool
    checks: list[Check]
