"""Pairing codes, and spending one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from agent.api.bodies.fields import Body, Label
from agent.pairing_code import CODE_DIGITS
from agent.permits import GRANT_CHARS_MAX, GRANTS_MAX

Grant = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]+(:[A-Za-z0-9._-]+)?$", max_length=GRANT_CHARS_MAX),
    Field(examples=["scanner:counter"]),
]


class NewPairingCode(Body):
    """Open a code; `name` says which front end it is for, `acts_as` whom it acts as: one of the staff, or a role.

    `allow` limits it to devices and tills, such as `scanner:counter` and `till:till-1`, or to all of a kind, such as
    `printer`; `items` is the catalogue. Where it is left out, everything is allowed.
    """

    name: Label | None = None
    acts_as: Label | None = None
    allow: Annotated[list[Grant], Field(min_length=1, max_length=GRANTS_MAX)] | None = None


class NewPairing(Body):
    """The code that `stillopen pair` shows."""

    code: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{CODE_DIGITS}}}$"), Field(examples=["012345"])]
