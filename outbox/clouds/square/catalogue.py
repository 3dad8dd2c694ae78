"""Square's catalogue, read page by page: items with their variations, what changed, and what is gone.

A variation is what a till sells. Source: Square's API description 2025-08-20, `SearchCatalogObjectsRequest`,
`CatalogObject`. The cursor is ours: Square's place within a pull, and from when the next pull goes on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from outbox.clouds.square.answer import read
from outbox.clouds.square.plan import HEADERS
from outbox.connector import Refused, Request, Retry, Unauthorized, Unclear
from outbox.feeds import Page, PulledItem
from outbox.record import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Answer

PAGE_OBJECTS = 500  # Square allows 1,000; half of it keeps an answer near 1 MiB on a thin line
OVERLAP = timedelta(minutes=3)  # changes committed late and clocks apart: what comes twice is applied twice, harmlessly


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a pull stands."""

    begin: str | None = None  # RFC 3339; changes after this are asked for; None: everything
    page: str | None = None  # Square's own cursor within this pull
    latest: str | None = None  # what `begin` becomes when this pull is through

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Read what `text` wrote; anything else starts over, which is always right."""
        try:
            value = json.loads(text or "{}")
        except ValueError:
            return cls()
        if not isinstance(value, dict):
            return cls()
        parts = (value.get(name) for name in ("begin", "page", "latest"))
        return cls(*(part if isinstance(part, str) else None for part in parts))

    def text(self) -> str:
        """Return it as text that sorts nothing and means nothing to others."""
        parts = {"begin": self.begin, "page": self.page, "latest": self.latest}
        return json.dumps({name: part for name, part in parts.items() if part is not None})


@dataclass(frozen=True, slots=True)
class SquareCatalogue:
    """Reads one location's catalogue."""

    location_id: str
    currency: str
    taxes: Mapping[str, str]  # the store's tax codes: ids of Square's taxes, several joined by +
    kilograms: frozenset[str]  # ids of Square's measurement units

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        at = Cursor.read(cursor)
        body: dict[str, Any] = {
            "object_types": ["ITEM", "ITEM_VARIATION"],
            "include_deleted_objects": True,
            "include_related_objects": True,
            "limit": PAGE_OBJECTS,
        }
        if at.begin is not None:
            body["begin_time"] = at.begin
        if at.page is not None:
            body["cursor"] = at.page
        return Request("POST", "/v2/catalog/search", canonical(body), HEADERS)

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page. An expired place within a pull starts that pull over."""
        at = Cursor.read(cursor)
        body = read(answer, None)
        if isinstance(body, Refused) and body.code == "INVALID_CURSOR" and at.page is not None:
            return Page((), (), Cursor(begin=at.begin).text(), more=True)
        if isinstance(body, Unclear):
            return Retry(body.reason, body.after_s)
        if not isinstance(body, dict):
            return body
        latest = at.latest or _earlier(body.get("latest_time"))
        found = _Reading(self, _by_id(body))
        for value in _list(body, "objects"):
            found.take(value)
        onward = body.get("cursor")
        if isinstance(onward, str) and onward:
            return found.page(Cursor(at.begin, onward, latest), more=True)
        return found.page(Cursor(begin=latest or at.begin), more=False)


class _Reading:
    """One page being read."""

    def __init__(self, catalogue: SquareCatalogue, by_id: Mapping[str, dict[str, Any]]) -> None:
        self._catalogue = catalogue
        self._by_id = by_id
        self._items: dict[str, PulledItem] = {}
        self._gone: dict[str, None] = {}
        self._troubles: dict[str, None] = {}

    def page(self, cursor: Cursor, *, more: bool) -> Page:
        return Page(
            tuple(self._items.values()), tuple(self._gone), cursor.text(), more=more, troubles=tuple(self._troubles)
        )

    def take(self, value: dict[str, Any]) -> None:
        if value.get("type") == "ITEM":
            for variation in _list(_inner(value, "item_data"), "variations"):
                self._variation(variation, value)
        elif value.get("type") == "ITEM_VARIATION":
            self._variation(value, self._by_id.get(str(_inner(value, "item_variation_data").get("item_id"))))

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
            name = _inner(item, "item_data").get("name") or remote_id
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
        of, this = _inner(item, "item_data"), _inner(value, "item_variation_data")
        if of.get("is_archived") or this.get("sellable") is False or not (self._here(item) and self._here(value)):
            return None
        sku = str(this.get("sku") or "").strip()
        if not sku:
            raise ValueError("it has no SKU at Square; give it one there")
        version = value.get("version")
        barcode = str(this.get("upc") or "").strip()
        return PulledItem(
            remote_id=value["id"],
            version=str(version) if isinstance(version, int) else None,
            sku=sku,
            name=_name(of, this),
            price=self._price(this),
            tax=self._tax(of),
            barcodes=(barcode,) if barcode else (),
            category=self._category(of),
            unit=self._unit(this),
        )

    def _here(self, value: dict[str, Any]) -> bool:
        location_id = self._catalogue.location_id
        if value.get("present_at_all_locations", True):
            return location_id not in (value.get("absent_at_location_ids") or ())
        return location_id in (value.get("present_at_location_ids") or ())

    def _price(self, this: dict[str, Any]) -> int:
        own = [o for o in _list(this, "location_overrides") if o.get("location_id") == self._catalogue.location_id]
        priced = own[0] if own and own[0].get("price_money") else this
        amount = _inner(priced, "price_money").get("amount")
        kind = priced.get("pricing_type") or this.get("pricing_type")
        if kind == "VARIABLE_PRICING" or not isinstance(amount, int):
            raise ValueError("it has no fixed price at Square; give it one, or ring it as an open item")
        currency = _inner(priced, "price_money").get("currency")
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
        category_id = _inner(of, "reporting_category").get("id") or of.get("category_id")
        if not category_id and _list(of, "categories"):
            category_id = _list(of, "categories")[0].get("id")
        name = _inner(self._by_id.get(str(category_id)) or {}, "category_data").get("name")
        return name if isinstance(name, str) and name else None

    def _unit(self, this: dict[str, Any]) -> str:
        unit_id = this.get("measurement_unit_id")
        if not unit_id:
            return "each"
        related = _inner(_inner(self._by_id.get(unit_id) or {}, "measurement_unit_data"), "measurement_unit")
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


def _earlier(moment: Any) -> str | None:
    try:
        return (datetime.fromisoformat(moment) - OVERLAP).astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, TypeError, OverflowError):
        return None


def _by_id(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    every = _list(body, "related_objects") + _list(body, "objects")
    return {value["id"]: value for value in every if isinstance(value.get("id"), str)}


def _list(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    inner = value.get(name)
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def _inner(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}
