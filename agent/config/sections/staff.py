"""Who may do what, and what a page asks of whoever stands there."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, create_model

from agent.config.kinds import Rate
from agent.config.sections.section import Section
from agent.staff.actions import DEFAULTS, Action, Rule
from agent.staff.actor import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

IDLE_LOCK_MIN_MAX = 1_440  # a day; who wants longer wants none


class StaffConfig(Section):
    """What a page asks of whoever stands there."""

    idle_lock_min: int = Field(
        default=15,
        ge=0,
        le=IDLE_LOCK_MIN_MAX,
        description=f"minutes, 1 to {IDLE_LOCK_MIN_MAX}, or 0 for never",
        examples=[15],
    )
    discount_limit: Rate = Field(
        default=Decimal(100), description='per cent as a decimal in quotes, "0" to "100"', examples=["10"]
    )


class _Permissions(Section):
    """The least role for each action."""

    def rules(self) -> Mapping[Action, Rule]:
        """Return who may do what in this store."""
        return {
            action: Rule(Role(getattr(self, action)), rule.words, tech=rule.tech) for action, rule in DEFAULTS.items()
        }


def _key(rule: Rule) -> Any:
    field = Field(
        default=str(rule.least),
        description='a role: "cashier", "supervisor", "manager" or "tech"',
        examples=["supervisor"],
    )
    return Literal["cashier", "supervisor", "manager", "tech"], field


if TYPE_CHECKING:
    PermissionsConfig = _Permissions
else:  # a key an action, made from the one table that the routes are checked by: none can be forgotten here
    PermissionsConfig = create_model(
        "PermissionsConfig", __base__=_Permissions, **{str(action): _key(rule) for action, rule in DEFAULTS.items()}
    )
