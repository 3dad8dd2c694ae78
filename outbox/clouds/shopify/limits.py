"""How fast Shopify lets itself be called: a bucket of cost points, of which each answer says what is left.

Source: shopify.dev, "GraphQL Admin API rate limits": 100 points a second on the smallest plan; an answer of such a
shop shows a bucket of 2,000.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from outbox.clouds.shopify.answer import throttle_status
from outbox.clouds.shopify.queries import COSTS
from outbox.throttle import Allowance, Limits

if TYPE_CHECKING:
    from outbox.connector import Answer, Request

LEAST_COST = 10  # of a mutation, and about what a query of ours is refunded down to


class ShopifyThrottle:
    """What Shopify says of its limits."""

    limits = Limits(burst=2000, per_s=100)

    def cost(self, request: Request) -> float:
        """Return about what a request costs."""
        try:
            name = json.loads(request.body)["operationName"]
        except (ValueError, KeyError, TypeError):
            return LEAST_COST
        return COSTS.get(name, LEAST_COST)

    def allowance(self, answer: Answer) -> Allowance | None:
        """Return what an answer says is left."""
        status = throttle_status(answer.json())
        if "currentlyAvailable" not in status:
            return None
        return Allowance(status["currentlyAvailable"], status.get("maximumAvailable"), status.get("restoreRate"))
