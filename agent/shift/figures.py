"""The figures of a till's open shift, as an X shows them and a Z keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent import open_sales
from agent.problem import conflict
from agent.shift import drawer, kept, sums

if TYPE_CHECKING:
    import sqlite3

    from agent.facts import TillSetup
    from agent.till import Tills


@dataclass(frozen=True, slots=True)
class Counting:
    """How the store counts its drawers; amounts in minor units. `reason_above` None: no closing needs a reason."""

    currency: str
    denominations: tuple[int, ...] = ()
    blind: bool = True
    reason_above: int | None = None
    count_needed: bool = False  # no closing without a count


def figures(connection: sqlite3.Connection, tills: Tills, till: TillSetup) -> dict[str, Any]:
    """Add up the till's records since its shift was opened; amounts in minor units. Raises `Problem` where none is."""
    opened = kept.opened(connection, till.id)
    if opened is None:
        raise conflict("no-shift", f"Till {till.id} has no open shift: open one with POST /v1/shifts.")
    so_far = kept.figures(connection, till.id)
    expected = sums.expected_cash(opened.body["float"], so_far)
    others = sum(drawer.part(connection, other.id) for other in drawer.sharing(tills, till))
    return {
        **sums.shown(so_far),
        "currency": tills.rules.currency,
        "opened": opened.id,
        "opened_at": opened.occurred_at,
        "automatic": opened.body.get("automatic", False),
        "float": opened.body["float"],
        "expected_cash": expected,
        "drawer_expected": expected + others,
        "parked": len(open_sales.parked(connection, till.id)),
    }
