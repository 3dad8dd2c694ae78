"""How much of each variant there is at the configured location, page by page.

Source: the schema 2026-07, `Location.inventoryLevels`, `InventoryItem.variants`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.answer import read_page
from outbox.clouds.shopify.feed import Cursor
from outbox.clouds.shopify.listed import listed
from outbox.clouds.shopify.plan import ask, inner, nodes
from outbox.clouds.shopify.queries import LEVELS
from outbox.connector import Refused, Retry, Unauthorized
from outbox.feeds import Page, PulledStock

if TYPE_CHECKING:
    from outbox.connector import Answer, Request

PAGE_LEVELS = 100


@dataclass(frozen=True, slots=True)
class ShopifyLevels:
    """Reads one location's stock."""

    location_id: str

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        at = Cursor.read(cursor)
        asked = {"location": self.location_id, "first": PAGE_LEVELS, "after": at.after, "query": at.query()}
        return ask(LEVELS, asked)

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        data = read_page(answer)
        if not isinstance(data, dict):
            return data
        if "location" in data and data["location"] is None:
            return Refused(
                "location",
                f"the shop has no location {self.location_id}",
                "Set location_id of this cloud to one of the shop's: `stillopen cloud check` names them.",
            )
        page = listed(inner(data, "location", "inventoryLevels"), "stock", cursor, answer)
        if isinstance(page, Retry):
            return page
        stock = tuple(one for level in page.objects for one in _stock(level))
        return Page((), (), page.cursor, more=page.more, stock=stock)


def _stock(level: dict[str, Any]) -> list[PulledStock]:
    """Return one level's stock: of every variant that is kept as this inventory item."""
    item = inner(level, "item")
    quantity: Decimal | None = None
    if item.get("tracked") is True:
        counts = [one.get("quantity") for one in nodes(level.get("quantities"))]
        if not counts or not isinstance(counts[0], int):
            return []
        quantity = Decimal(counts[0])
    ids = (one.get("id") for one in nodes(item.get("variants")))
    return [PulledStock(remote_id, quantity) for remote_id in ids if isinstance(remote_id, str)]
