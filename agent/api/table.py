"""The table of routes: the one list that the server, the OpenAPI document and /docs are made from.

Each noun's routes stand at the end of its own file, below their handlers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.api import (
    audit,
    card_payments,
    claims,
    clouds,
    customers,
    deliveries,
    devices,
    discounts,
    displays,
    doctor,
    exemptions,
    items,
    line,
    live,
    metrics,
    outage,
    pairings,
    print_jobs,
    proofs,
    quick_keys,
    records,
    refunds,
    sales,
    setup,
    shifts,
    sign_ins,
    staff,
    status,
    tills,
    training,
    update,
)

if TYPE_CHECKING:
    from agent.api.route import Route

_NOUNS = (
    tills,
    training,
    sales,
    card_payments,
    exemptions,
    records,
    refunds,
    items,
    discounts,
    quick_keys,
    customers,
    shifts,
    devices,
    displays,
    print_jobs,
    claims,
    deliveries,
    clouds,
    line,
    outage,
    doctor,
    setup,
    status,
    live,
    proofs,
    pairings,
    sign_ins,
    staff,
    audit,
    update,
    metrics,
)
ROUTES: tuple[Route, ...] = tuple(route for noun in _NOUNS for route in noun.ROUTES)
