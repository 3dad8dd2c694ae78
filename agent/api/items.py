"""Items: looking into the local catalogue."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import lookup
from agent.api.route import Route
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def search(call: Call) -> Reply:
    """Find items as one types; with nothing typed, the first there are."""
    catalogue, text, limit = call.app.catalogue, call.query.q, call.query.limit
    found = catalogue.search(text, limit) if text else catalogue.items(limit=limit)
    return Reply(HTTPStatus.OK, {"items": [item.to_json() for item in found]})


async def by_sku(call: Call) -> Reply:
    """Return the item with a sku."""
    return _item(call, call.path["sku"])


async def by_barcode(call: Call) -> Reply:
    """Return the item a barcode stands for, in any of the forms a scanner may send it."""
    read = lookup.by_barcode(call.app.catalogue, call.path["code"], (), call.app.tills.rules.currency)
    return _item(call, read.product.sku)


def _item(call: Call, sku: str) -> Reply:
    product = lookup.by_sku(call.app.catalogue, sku)  # for its words where there is none
    item = call.app.catalogue.item(product.sku)
    assert item is not None
    return Reply(HTTPStatus.OK, item.to_json())


ROUTES = (
    Route("GET", "/v1/items", search, "Find items as one types", "Items", query="ItemsQuery"),
    Route(
        "GET",
        "/v1/items/{sku:path}",
        by_sku,
        "The item with a sku",
        "Item",
        problems=("no-such-item",),
    ),
    Route(
        "GET",
        "/v1/barcodes/{code:path}",
        by_barcode,
        "The item a barcode stands for",
        "Item",
        problems=("no-such-barcode", "scan-refused", "two-items"),
    ),
)
