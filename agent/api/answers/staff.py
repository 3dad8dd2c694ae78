"""Staff, who is signed in, leave, and the audit trail."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from agent.api.answers.fields import Signed, Time

RoleName = Literal["cashier", "supervisor", "manager", "tech"]


class Person(BaseModel):
    """Somebody who works here."""

    id: str
    name: str
    role: RoleName


class Staff(BaseModel):
    """Everybody who works here, by name."""

    staff: list[Person]


class OneOfStaff(BaseModel):
    """Somebody as they are now."""

    staff: Person


class ActsAs(BaseModel):
    """Whose permissions count; `role` null: nobody's, somebody has to sign in."""

    id: str
    name: str
    role: RoleName | None


class SignIn(BaseModel):
    """Who is at a page. `staff` null: nobody has signed in; `may` says what whoever acts there is allowed to do."""

    page: str
    staff_set_up: bool
    staff: Person | None
    since: Time | None
    acts_as: ActsAs
    idle_lock_s: int
    may: dict[str, bool]


class Leave(BaseModel):
    """Leave for one action, once: the token goes into the header `Stillopen-Override` of the request it is for."""

    override: str
    action: str
    expires_in_s: int
    authorized_by: Signed


class Auditor(BaseModel):
    """Who did it, as they were then."""

    id: str
    name: str
    role: RoleName | None


class AuditEntry(BaseModel):
    """One entry: `subject` is the id of what it was done to, `page` the pairing it was asked for at, or `local`.

    `page_name` is what that pairing is called now; null where it was shut out, or is none.
    """

    seq: int
    at: Time
    action: str
    actor: Auditor
    authorized_by: Signed | None
    page: str
    page_name: str | None
    till: str | None
    subject: str | None
    why: str | None
    before: Any
    after: Any


class Audit(BaseModel):
    """A page of the trail; `next` is the `before` of the next page, null on the last."""

    entries: list[AuditEntry]
    next: int | None
