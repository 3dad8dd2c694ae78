"""Exemptions: a sale for a customer who pays no tax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import attending
from agent.api.route import Route
from agent.staff.actions import Action

if TYPE_CHECKING:
    from agent.api.route import Call
    from agent.till import Tills
    from outbox.answers import Reply


async def exempt(call: Call) -> Reply:
    """Take every tax off the sale."""
    why, certificate = call.body.reason, call.body.certificate
    return await attending.exempt_from_tax(_tills(call), call.path["sale"], why, certificate, key=call.key, by=call.by)


async def end(call: Call) -> Reply:
    """Tax the sale like any other."""
    return await attending.tax_again(_tills(call), call.path["sale"], key=call.key, by=call.by)


def _tills(call: Call) -> Tills:
    return call.app.counters.of_sale(call.path["sale"]).tills


_OF_A_SALE = ("no-such-sale", "sale-closed", "sale-not-open", "cards-over-total")

ROUTES = (
    Route(
        "POST",
        "/v1/sales/{sale}/exemption",
        exempt,
        "Sell to a customer who pays no tax, and keep why",
        "Sale",
        body="NewExemption",
        problems=(*_OF_A_SALE, "card-data"),
        action=Action.TAX_EXEMPT,
    ),
    Route(
        "DELETE",
        "/v1/sales/{sale}/exemption",
        end,
        "Tax a sale like any other again",
        "Sale",
        problems=_OF_A_SALE,
        action=Action.SELL,
    ),
)
