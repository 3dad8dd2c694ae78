"""Square's catalogue, read page by page: items with their variations, what changed, and what is gone.

A variation is what a till sells. Source: Square's API description 2025-08-20, `CatalogObject`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.square.search import Hits, hits, inner, is_at, listed, search, version_of
from outbox.feeds import Page, PulledItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Answer, Refused, Request, Retry, Unauthorized


@dataclass(frozen=True, slots=True)
class SquareCatalogue:
    """Reads one location's catalogue."""

    location_id: str
    currency: str
    taxes: Mapping[str, str]  # the store's tax codes: ids of Square's taxes, several joined by +
    kilograms: frozenset[str]  # ids of Square's measurement units

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        return search(("ITEM", "ITEM_VARIATION"), cursor)

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        found = hits(cursor, answer)
        if not isinstance(found, Hits):
            return found
        reading = _Reading(self, found.by_id)
        for value in found.objects:
            reading.take(value)
        return reading.page(found)


class _Reading:
    """One page being read."""

    def __init__(self, catalogue: SquareCatalogue, by_id: Mapping[str, dict[str, Any]]) -> None:
        self._catalogue = catalogue
        self._by_id = by_id
        self._items: dict[str, PulledItem] = {}
        self._gone: dict[str, None] = {}
        self._troubles: dict[str, None] = {}

    def page(self, found: Hits) -> Page:
        items, gone = tuple(self._items.values()), tuple(self._gone)
        return Page(items, gone, found.cursor.text(), more=found.more, troubles=tuple(self._troubles))

    def take(self, value: dict[str, Any]) -> None:
        if value.get("type") == "ITEM":
            for variation in listed(inner(value, "item_data"), "variations"):
                self._variation(variation, value)
        elif value.get("type") == "ITEM_VARIATION":
            self._variation(value, self._by_id.get(str(inner(value, "item_variation_data").get("item_id"))))

    def _variation(self, value: dict[str, Any], item: dict[str, Any] | None) -> None:
        remote_id = value.get("id")
        if not isinstance(remote_id, str):
            return
        if value.get("is_deleted") or (item is not None and item.get("is_deleted")):
            self._lose(remote_id)
            return
        if item is None:
            self._troubles[f"variation {remote_id}: Square sent it without its item"] = None
            return
        try:
            pulled = self._pulled(value, item)
        except ValueError as error:
            name = inner(item, "item_data").get("name") or remote_id
            self._troubles[f"{name}: {error}"] = None
            self._lose(remote_id)
            return
        if pulled is None:
            self._lose(remote_id)
        elif remote_id not in self._gone:
            self._items[remote_id] = pulled

    def _lose(self, remote_id: str) -> None:
        self._items.pop(remote_id, None)
        self._gone[remote_id] = None

    def _pulled(self, value: dict[str, Any], item: dict[str, Any]) -> PulledItem | None:
        """Return the item, or None where this location does not sell it. Raises `ValueError` with the trouble."""
        of, this = inner(item, "item_data"), inner(value, "item_variation_data")
        if of.get("is_archived") or this.get("sellable") is False or not (self._is_here(item) and self._is_here(value)):
            return None
        sku = str(this.get("sku") or "").strip()
        if not sku:
            raise ValueError("it has no SKU at Square; give it one there")
        barcode = str(this.get("upc") or "").strip()
        return PulledItem(
            remote_id=value["id"],
            version=version_of(value),
            sku=sku,
            name=_name(of, this),
            price=self._price(this),
            tax=self._tax(of),
            barcodes=(barcode,) if barcode else (),
            category=self._category(of),
            unit=self._unit(this),
        )

    def _is_here(self, value: dict[str, Any]) -> bool:
        return is_at(value, self._catalogue.location_id)

    def _price(self, this: dict[str, Any]) -> int:
        own = [o for o in listed(this, "location_overrides") if o.get("location_id") == self._catalogue.location_id]
        priced = own[0] if own and own[0].get("price_money") else this
        amount = inner(priced, "price_money").get("amount")
        kind = priced.get("pricing_type") or this.get("pricing_type")
        if kind == "VARIABLE_PRICING" or not isinstance(amount, int):
            raise ValueError("it has no fixed price at Square; give it one, or ring it as an open item")
        currency = inner(priced, "price_money").get("currency")
        if currency != self._catalogue.currency:
            raise ValueError(f"its price is in {currency}, the store's currency is {self._catalogue.currency}")
        return amount

    def _tax(self, of: dict[str, Any]) -> str | None:
        ids = of.get("tax_ids") or []
        if of.get("is_taxable") is False or not ids:
            return None
        for code, named in self._catalogue.taxes.items():
            if set(named.split("+")) == set(ids):
                return code
        if len(ids) > 1:
            raise ValueError(
                f"it has {len(ids)} taxes at Square; name the store's code for them all in this cloud's `taxes`, "
                f'like both = "{"+".join(ids)}"'
            )
        raise ValueError(f"its tax {ids[0]} is not in this cloud's `taxes`; name the store's tax code for it there")

    def _category(self, of: dict[str, Any]) -> str | None:
        category_id = inner(of, "reporting_category").get("id") or of.get("category_id")
        if not category_id and listed(of, "categories"):
            category_id = listed(of, "categories")[0].get("id")
        name = inner(self._by_id.get(str(category_id)) or {}, "category_data").get("name")
        return name if isinstance(name, str) and name else None

    def _unit(self, this: dict[str, Any]) -> str:
        unit_id = this.get("measurement_unit_id")
        if not unit_id:
            return "each"
        related = inner(inner(self._by_id.get(unit_id) or {}, "measurement_unit_data"), "measurement_unit")
        if unit_id in self._catalogue.kilograms or related.get("weight_unit") == "METRIC_KILOGRAM":
            return "kg"
        raise ValueError(
            f"it is sold by unit {unit_id}; if that is the kilogram, add it to this cloud's `kilograms`,"
            " otherwise the till cannot sell it"
        )


def _name(of: dict[str, Any], this: dict[str, Any]) -> str:
    """Return `Item (Variation)`, or the item's name alone where the variation is Square's nameless default."""
    item, variation = str(of.get("name") or "").strip(), str(this.get("name") or "").strip()
    if not item or not variation or variation == "Regular":
        return item or variation or str(this.get("sku"))
    return f"{item} ({variation})"
