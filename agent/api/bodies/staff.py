"""Staff, signing in, and leave. A PIN is a secret: no error, log or answer shows it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from agent.api.bodies.fields import Body, Id, Label
from agent.staff.actions import Action

PIN_CHARS_MAX = 64  # taken in; what may become a PIN is shorter, and said in words of its own

Pin = Annotated[SecretStr, Field(min_length=1, max_length=PIN_CHARS_MAX, description="4 to 12 digits")]

RoleName = Literal["cashier", "supervisor", "manager", "tech"]


class NewSignIn(Body):
    """A PIN, which alone says who it is; `staff` names somebody whose it has to be."""

    pin: Pin
    staff: Id | None = None


class NewLeave(Body):
    """The PIN of somebody who may do `action`."""

    pin: Pin
    action: Annotated[Action, Field(strict=False)]  # a text is what JSON has for it
    staff: Id | None = None


class NewStaff(Body):
    """Somebody who works here from now on."""

    name: Label
    role: RoleName
    pin: Pin


class StaffChange(Body):
    """What is to be another; what is left out stays."""

    name: Label | None = None
    role: RoleName | None = None


class NewPin(Body):
    """Another PIN."""

    pin: Pin
