"""The store's staff as the agent holds it: who acts when a request comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.door import LOCAL as LOCAL_CALLER
from agent.staff.actor import LOCAL, NOBODY, Actor, Role
from agent.staff.by import By

if TYPE_CHECKING:
    from agent.door import Caller


class Staff:
    """Says who acts."""

    def by(self, caller: Caller | None) -> By:
        """Return who asks for something, and what they may do."""
        return By(self._actor(caller), page=NOBODY.id if caller is None else caller.id)

    def _actor(self, caller: Caller | None) -> Actor:
        if caller is None:
            return NOBODY
        if caller.id == LOCAL_CALLER:
            return LOCAL
        return Actor(caller.id, "till page", Role.MANAGER)
