"""WooCommerce's products, read page by page: simple ones, and the variations of variable ones.

What a till sells is a published product or a variation with a SKU and a price. What was taken off sale by hand is told,
what was deleted is not. Stock is read from the same products, with a cursor of its own.
Source: the routes of a running WooCommerce 9.4.3, `products` and `products/<product_id>/variations`.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.clouds.woocommerce.answer import LESS_THAN_COUNTED, more_behind, read_page
from outbox.clouds.woocommerce.cursor import PAGE, Cursor, Parent, modified
from outbox.clouds.woocommerce.plan import listed, meta_value, read
from outbox.connector import Refused, Retry, Unauthorized
from outbox.feeds import Feed, Page, PulledItem, PulledStock
from outbox.money import parse_amount
from outbox.retry_after import http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Answer, Request

_ON_SALE = frozenset({"publish", "private"})  # private: not shown in the web shop, and still sold
_KNOWN_TYPES = frozenset({"simple", "variable", "variation"})  # of others (grouped, external) nothing is on a shelf
_GONE = "woocommerce_rest_product_invalid_id"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Reads one shop's products: as items, or as their stock."""

    feed: Feed
    currency: str
    taxes: Mapping[str, str]  # the store's tax codes, by the shop's tax class; its standard one under ""
    kilograms: frozenset[str]  # slugs of categories and tags whose products are priced by the kilogram
    barcode_meta: str | None  # the meta key a plugin keeps barcodes under

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        at = Cursor.read(cursor)
        if at.parents:
            offset = f"&offset={at.place}" if at.place else ""
            return read(f"/products/{at.parents[0].id}/variations?orderby=id&order=asc&per_page={PAGE}{offset}")
        return read("/products?" + at.fresh().query(status="any"))

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        at = Cursor.read(cursor)
        values = read_page(answer)
        if isinstance(values, Refused) and values.code == _GONE and at.parents:
            return _end(_Reading(self, whole=at.since is None), at.without_parent())
        if not isinstance(values, list):
            return values
        reading = _Reading(self, whole=at.since is None)
        more = more_behind(answer, at.place if at.parents else at.fresh().offset, len(values), PAGE)
        if more and not values:
            return Retry(LESS_THAN_COUNTED)
        if at.parents:
            for value in values:
                reading.take(value, at.parents[0])
            place = replace(at, place=at.place + len(values))
            return _end(reading, place if more else at.without_parent())
        for value in values:
            reading.take(value, None)
        begin = at.fresh()
        onward = begin.after(values, http_date(answer.headers.get("date", "")), more=more)
        return _end(reading, replace(onward, parents=(*begin.parents, *reading.parents), place=0))


def _end(reading: _Reading, cursor: Cursor) -> Page:
    return reading.page(cursor.text(), more=bool(cursor.parents) or not cursor.last)


class _Reading:
    """One page being read."""

    def __init__(self, catalogue: Catalogue, *, whole: bool) -> None:
        self.parents: list[Parent] = []
        self._catalogue = catalogue
        self._whole = whole  # everything is read, and not only what changed
        self._items: dict[str, PulledItem] = {}
        self._stock: dict[str, PulledStock] = {}
        self._gone: dict[str, None] = {}
        self._troubles: dict[str, None] = {}

    def page(self, cursor: str, *, more: bool) -> Page:
        items = self._catalogue.feed is Feed.ITEMS
        return Page(
            tuple(self._items.values()) if items else (),
            tuple(self._gone) if items else (),
            cursor,
            more=more,
            troubles=tuple(self._troubles) if items else (),
            stock=() if items else tuple(self._stock.values()),
        )

    def take(self, value: dict[str, Any], parent: Parent | None) -> None:
        if not isinstance(value.get("id"), int):
            return
        remote_id = str(value["id"])
        if value.get("type", "simple" if parent is None else "variation") == "variable":
            self._parent(value, remote_id)
            return
        try:
            item = self._pulled(value, remote_id, parent)
        except ValueError as error:
            self._troubles[f"{_name(value, parent)}: {error}"] = None
            item = None
        if item is None:
            self._gone[remote_id] = None
            return
        self._items[remote_id] = item
        self._stock[remote_id] = PulledStock(remote_id, _quantity(value))

    def _parent(self, value: dict[str, Any], remote_id: str) -> None:
        """Have a variable product's variations read; off sale itself, so are they."""
        on_sale = value.get("status") in _ON_SALE
        name = _name(value, None) if on_sale else ""
        self.parents.append(Parent(remote_id, name, _category(value), self._unit(value)))
        if not self._whole:  # it may have been a simple one before; who reads everything sees that by itself
            self._gone[remote_id] = None

    def _pulled(self, value: dict[str, Any], remote_id: str, parent: Parent | None) -> PulledItem | None:
        """Return the item, or None where it is not sold. Raises `ValueError` with the trouble."""
        known = value.get("type", "simple") in _KNOWN_TYPES
        if not known or value.get("status") not in _ON_SALE or (parent is not None and not parent.name):
            return None
        sku = str(value.get("sku") or "").strip()
        if not sku:
            raise ValueError("it has no SKU at the shop; give it one there")
        return PulledItem(
            remote_id=remote_id,
            version=modified(value),
            sku=sku,
            name=_name(value, parent),
            price=self._price(value),
            tax=self._tax(value),
            barcodes=self._barcodes(value),
            category=_category(value) if parent is None else parent.category,
            unit=self._unit(value) if parent is None else parent.unit,
            parent_id=None if parent is None else parent.id,
        )

    def _price(self, value: dict[str, Any]) -> int:
        written = str(value.get("price") or "").strip()
        if not written:
            raise ValueError("it has no price at the shop; give it one, or ring it as an open item")
        price = parse_amount(written, self._catalogue.currency)
        if price < 0:
            raise ValueError(f"its price is {written}; no till sells that")
        return price

    def _tax(self, value: dict[str, Any]) -> str | None:
        if value.get("tax_status", "taxable") != "taxable":
            return None
        tax_class = str(value.get("tax_class") or "")
        if tax_class not in self._catalogue.taxes:
            raise ValueError(
                f"its tax class {tax_class or 'standard'} is not in this cloud's `taxes`; name the store's code for it"
            )
        return self._catalogue.taxes[tax_class]

    def _barcodes(self, value: dict[str, Any]) -> tuple[str, ...]:
        key = self._catalogue.barcode_meta
        found = (value.get("global_unique_id"), meta_value(value, key) if key else None)
        return tuple(dict.fromkeys(code for one in found if (code := str(one or "").strip())))

    def _unit(self, value: dict[str, Any]) -> str:
        slugs = {str(one.get("slug")) for name in ("categories", "tags") for one in listed(value, name)}
        return "kg" if slugs & self._catalogue.kilograms else "each"


def _name(value: dict[str, Any], parent: Parent | None) -> str:
    """Return a product's name, a variation's as `Product (Red, L)`; WordPress keeps names as HTML."""
    own = html.unescape(str(value.get("name") or "")).strip()
    if parent is None:
        return own or str(value.get("sku") or value["id"])
    options = [html.unescape(str(one.get("option") or "")).strip() for one in listed(value, "attributes")]
    named = ", ".join(option for option in options if option) or own
    return f"{parent.name} ({named})" if named and named != parent.name else parent.name


def _category(value: dict[str, Any]) -> str | None:
    named = (html.unescape(str(one.get("name") or "")).strip() for one in listed(value, "categories"))
    return next((name for name in named if name and name != "Uncategorized"), None)


def _quantity(value: dict[str, Any]) -> Decimal | None:
    """Return how many there are; a variation whose product counts for all of them has the product's count."""
    quantity = value.get("stock_quantity")
    if value.get("manage_stock") in (True, "parent") and isinstance(quantity, int | float):
        return Decimal(str(quantity))
    return None
