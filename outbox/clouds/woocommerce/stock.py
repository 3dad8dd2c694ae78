"""Stock at WooCommerce: an order takes whole pieces of its products off; what it cannot, a person is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outbox.clouds.woocommerce.lines import is_negative, is_product

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from outbox.clouds.woocommerce.plan import Place
    from outbox.connector import Fact


def unmoved(fact: Fact, place: Place, unlinked: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return the lines of items that the shop had, of which no order moves the stock. `unlinked`: ids of lines."""
    if place.stock != "order":
        return []
    known = [line for line in fact.record.body["lines"] if line["sku"] in fact.items and not is_negative(line)]
    gone = set(unlinked)
    return [line for line in known if line["id"] in gone or not is_product(line, fact.items, place)]


def by_hand(lines: Iterable[Mapping[str, Any]], sign: str) -> str:
    """Return the note that asks a person to move what was not moved."""
    moves = ", ".join(f"{line['sku']} {sign}{line['quantity']}" for line in lines)
    return f"the shop's stock was not moved (it counts whole pieces of products it has); correct it there: {moves}"
