"""Somebody who acts: a person who signed in, a program with a token, or the agent itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in the store."""

    CASHIER = "cashier"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    TECH = "tech"  # looks after devices and deliveries, and rings nothing


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts. `role` None: nobody has signed in there, and nothing but reading is allowed."""

    id: str
    name: str
    role: Role | None

    def named(self) -> dict[str, str]:
        """Return who it is, as records and the audit trail keep it."""
        return {"id": self.id, "name": self.name}


LOCAL = Actor("local", "this PC", Role.CASHIER)  # whoever holds the token of STATE/api-token
AGENT = Actor("agent", "Stillopen", Role.MANAGER)  # what the agent does of its own accord
NOBODY = Actor("nobody", "", None)  # a public route, asked with no credentials
