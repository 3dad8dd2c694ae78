"""Who asks for something, from where, and with whose leave: what every change is told, and keeps of it.

An action that is allowed by role alone costs a look into a table. One that is not is allowed by an override: a
supervisor's leave, given by PIN beforehand, for this action, at this page, once.
"""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent.problem import Problem
from agent.staff.actions import DEFAULTS, Action, Rule
from agent.staff.actor import AGENT, Actor
from outbox import audit

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from agent.staff.overrides import Leave


class By:
    """One request's actor. `page` is its caller's id, `leaves` the leave that came with it.

    `discount_limit`: per cent up to which a discount needs nobody's leave. `alone`: no staff is set up, so there is
    nobody who could give leave.
    """

    def __init__(
        self,
        actor: Actor,
        *,
        page: str,
        rules: Mapping[Action, Rule] = DEFAULTS,
        leaves: Mapping[bytes, Leave] = MappingProxyType({}),
        discount_limit: Decimal = Decimal(100),
        alone: bool = False,
    ) -> None:
        self.actor = actor
        self.page = page
        self.used: dict[Action, Actor] = {}  # leave that was needed, and who gave it
        self._rules = rules
        self.leaves = leaves
        self.discount_limit = discount_limit
        self._alone = alone

    def may(self, action: Action) -> bool:
        """Say whether this is allowed, by role or by the leave that came with the request."""
        return self._rules[action].allows(self.actor.role) or self._leave(action) is not None

    def allow(self, action: Action, *, hint: str | None = None, **extra: str) -> None:
        """Raise `Problem` (403) unless this is allowed; also from inside a change. Leave that is needed is used.

        `hint` is what else can be done; `extra` goes with the refusal.
        """
        rule = self._rules[action]
        if rule.allows(self.actor.role):
            return
        leave = self._leave(action)
        if leave is not None:
            self.used[action] = leave.by
            return
        if self.actor.role is None:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "sign-in-needed",
                "nobody is signed in here: sign in with your PIN (POST /v1/sign-in)",
                action=str(action),
            )
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "not-allowed",
            f"{rule.words} needs a {rule.least}: {self._next_step(action)}{'' if hint is None else f'; or {hint}'}",
            action=str(action),
            role=str(rule.least),
            **extra,
        )

    def _next_step(self, action: Action) -> str:
        if self._alone:
            return f'set up staff on the till page, or write {action} = "cashier" under [permissions] in stillopen.toml'
        return "let one type their PIN here (POST /v1/overrides), and send the request again with what that answers"

    def with_leave(self, action: Action, given_by: Actor) -> By:
        """Return who signs what somebody allowed earlier: with their leave, where it is needed still."""
        by = By(
            self.actor,
            page=self.page,
            rules=self._rules,
            leaves=self.leaves,
            discount_limit=self.discount_limit,
            alone=self._alone,
        )
        needed = {} if self._rules[action].allows(self.actor.role) else {action: given_by}
        by.used = needed | self.used
        return by

    def unused(self) -> dict[bytes, Leave]:
        """Return the leave that was not needed."""
        return {hashed: leave for hashed, leave in self.leaves.items() if leave.action not in self.used}

    def _leave(self, action: Action) -> Leave | None:
        return next((leave for leave in self.leaves.values() if leave.action is action), None)

    def signed(self) -> dict[str, Any]:
        """Return what a record keeps of who made it: `cashier`, and `authorized_by` where leave was needed."""
        leave = next(iter(self.used.values()), None)
        return {"cashier": self.actor.named()} | ({} if leave is None else {"authorized_by": leave.named()})

    def audit(
        self,
        connection: sqlite3.Connection,
        action: Action | str,
        at: str,
        *,
        subject: str | None = None,
        till: str | None = None,
        why: str | None = None,
        before: object = None,
        after: object = None,
    ) -> None:
        """Add to the audit trail, from inside the change that does it. `at` is RFC 3339; never a PIN, never a float.

        `subject` is the id of what it was done to; `before` and `after` are JSON values.
        """
        leave = self.used.get(action) if isinstance(action, Action) else None
        audit.append(
            connection,
            {
                "at": at,
                "action": str(action),
                "actor": {**self.actor.named(), "role": None if self.actor.role is None else str(self.actor.role)},
                "authorized_by": None if leave is None else leave.named(),
                "page": self.page,
                "till": till,
                "subject": subject,
                "why": why,
                "before": before,
                "after": after,
            },
        )


OF_ITSELF = By(AGENT, page="agent")  # what no request asked for
