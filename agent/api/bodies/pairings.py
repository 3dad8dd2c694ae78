"""Pairing codes, and spending one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from agent.api.bodies.fields import Body, Label
from agent.pairing_code import CODE_DIGITS


class NewPairingCode(Body):
    """Open a code; `name` says which front end it is for, `acts_as` whom it acts as: one of the staff, or a role."""

    name: Label | None = None
    acts_as: Label | None = None


class NewPairing(Body):
    """The code that `stillopen pair` shows."""

    code: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{CODE_DIGITS}}}$"), Field(examples=["012345"])]
