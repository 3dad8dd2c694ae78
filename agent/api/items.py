"""Items: looking into the local catalogue."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import lookup
from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def search(call: Call) -> Reply:
    """Find items as one types; with nothing typed, the first there are."""
    catalogue, text, limit = call.app.catalogue, call.query.q, call.query.limit
    if call.query.category is not None:
        found = catalogue.in_category(call.query.category or None, limit=limit, offset=call.query.offset)
    else:
        found = catalogue.search(text, limit) if text else catalogue.items(limit=limit)
    return Reply(HTTPStatus.OK, {"items": [item.to_json() for item in found]})


async def categories(call: Call) -> Reply:
    """Return the categories there are items in."""
    return Reply(HTTPStatus.OK, {"categories": call.app.catalogue.categories()})


async def make(call: Call) -> Reply:
    """Add an item to the local catalogue, as a till made it."""
    call.must_count()
    return await call.app.own_items.make(call.body, by=call.by)


async def unmake(call: Call) -> Reply:
    """Remove an item that a till made."""
    call.must_count()
    return await call.app.own_items.unmake(call.path["sku"], by=call.by)


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
    Route("GET", "/v1/items", search, "Find items as one types, or those of a category", "Items", query="ItemsQuery"),
    Route(
        "POST",
        "/v1/items",
        make,
        "Add an item to this store's catalogue; no import and no pull changes it unasked",
        "Item",
        status=201,
        body="NewItem",
        problems=("till-trains", "item-taken", "scan-refused", "no-such-tax", "card-data"),
        action=Action.CATALOGUE_ADD,
    ),
    Route(
        "DELETE",
        "/v1/items/{sku:path}",
        unmake,
        "Remove an item that was made at a till",
        "Removed",
        problems=("till-trains", "no-such-item", "not-made-here"),
        action=Action.CATALOGUE_ADD,
    ),
    Route("GET", "/v1/categories", categories, "The categories there are items in", "Categories"),
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
