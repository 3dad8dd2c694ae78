"""Shopify's products, variants, stock and customers: changes are found through an index, deletions not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.clouds.lying_shopify_graphql import connection

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]


@dataclass
class Shelf:
    """One shop's shelf. `lag`: how far the index of changes is behind."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lag: timedelta = timedelta(seconds=60)
    products: dict[str, Object] = field(default_factory=dict)
    variants: dict[str, Object] = field(default_factory=dict)
    items: dict[str, Object] = field(default_factory=dict)  # inventory items, with `available` where they are counted
    customers: dict[str, Object] = field(default_factory=dict)
    discounts: dict[str, Object] = field(default_factory=dict)
    page_size: int = 250  # the server's own: it may give fewer than asked

    def put(
        self, number: int, sku: str | None, price: str, *, title: str = "", stock: int | None = None, **more: Any
    ) -> Object:
        """Add or change a product with one variant, of the same number. `stock`: only where it is counted."""
        product = self._product(number, title or (sku or "Nameless").title(), more)
        gid = f"gid://shopify/ProductVariant/{number}"
        item = self.items.setdefault(
            f"gid://shopify/InventoryItem/{number}",
            {"id": f"gid://shopify/InventoryItem/{number}", "tracked": stock is not None, "available": stock},
        )
        made = {
            "id": gid, "title": more.get("variant", "Default Title"), "sku": sku, "barcode": None, "price": price,
            "taxable": True, "product": product, "inventoryItem": item, "updatedAt": self.stamp(),
        }  # fmt: skip
        self.variants[gid] = made | {name: more[name] for name in ("barcode", "taxable") if name in more}
        item["variants"] = lambda first: connection([{"id": gid}], first, None)
        item.setdefault("updatedAt", self.stamp())
        return self.variants[gid]

    def touch(self, number: int, **changes: Any) -> None:
        """Change a product and none of its variants."""
        self._product(number, self.products[f"gid://shopify/Product/{number}"]["title"], changes)

    def delete(self, number: int) -> None:
        """Delete a product; nothing tells of it."""
        self.products.pop(f"gid://shopify/Product/{number}")
        self.variants.pop(f"gid://shopify/ProductVariant/{number}")

    def offer(self, number: int, title: str, *, percent: str | None = None, amount: str = "0", **more: Any) -> None:
        """Make a code that takes a share or an amount off an order, or change it."""
        gid = f"gid://shopify/DiscountCodeNode/{number}"
        value: Object = {"__typename": "DiscountPercentage", "percentage": float(percent or 0) / 100}
        if percent is None:
            money = {"amount": amount, "currencyCode": "EUR"}
            value = {"__typename": "DiscountAmount", "appliesOnEachItem": False, "amount": money}
        gets = {"appliesOnOneTimePurchase": True, "items": {"__typename": "AllDiscountItems"}, "value": value}
        discount = {
            "__typename": "DiscountCodeBasic", "title": title, "status": "ACTIVE", "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": None, "updatedAt": self.stamp(), "context": {"__typename": "DiscountBuyerSelectionAll"},
            "minimumRequirement": None, "usageLimit": None, "appliesOncePerCustomer": False, "customerGets": gets,
        }  # fmt: skip
        self.discounts[gid] = {"id": gid, "discount": discount | more, "updatedAt": self.stamp()}

    def withdraw(self, number: int) -> None:
        """Delete a discount; nothing tells of it."""
        del self.discounts[f"gid://shopify/DiscountCodeNode/{number}"]

    def add_customer(self, number: int, name: str | None, email: str | None = None, phone: str | None = None) -> None:
        gid = f"gid://shopify/Customer/{number}"
        self.customers[gid] = {
            "id": gid,
            "displayName": name,
            "updatedAt": self.stamp(),
            "defaultEmailAddress": email and {"emailAddress": email},
            "defaultPhoneNumber": phone and {"phoneNumber": phone},
            "metafield": lambda namespace, key: None,
        }

    def move(self, variant: Object | None, by: int) -> None:
        """Move the stock of an order's line, where its variant is counted."""
        known = self.variants.get(variant["id"]) if variant else None
        if known is not None and known["inventoryItem"]["tracked"]:
            self.move_item(known["inventoryItem"]["id"], by)

    def move_item(self, item_id: str, by: int) -> None:
        item = self.items[item_id]
        item["available"] = (item["available"] or 0) + by
        item["updatedAt"] = self.stamp()

    def available(self, number: int) -> int | None:
        found: int | None = self.items[f"gid://shopify/InventoryItem/{number}"]["available"]
        return found

    # --- what queries ask ---

    def list_variants(
        self,
        first: int,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "",  # noqa: N803 - Shopify's
    ) -> Object:
        assert sortKey == "ID"
        found = sorted(self.variants.values(), key=lambda one: int(one["id"].rpartition("/")[2]))
        if query and (match := re.fullmatch(r"product_ids:([0-9,]+)", query)):
            ids = {f"gid://shopify/Product/{one}" for one in match[1].split(",")}
            found = [one for one in found if one["product"]["id"] in ids]
        elif query:
            found = self._changed(found, query)
        return connection(found, min(first, self.page_size), after)

    def list_products(self, first: int, query: str, after: str | None = None, sortKey: str = "") -> Object:  # noqa: N803 - Shopify's
        found = sorted(self._changed(list(self.products.values()), query), key=lambda one: str(one["updatedAt"]))
        assert sortKey == "UPDATED_AT"
        return connection(found, min(first, self.page_size), after)

    def list_levels(self, first: int, after: str | None = None, query: str | None = None) -> Object:
        found = list(self.items.values())
        if query:
            found = self._changed(found, query)
        levels = [
            {"id": one["id"], "item": one, "quantities": lambda names, one=one: [{"quantity": one["available"] or 0}]}
            for one in found
        ]
        return connection(levels, min(first, self.page_size), after)

    def list_customers(self, **asked: Any) -> Object:
        """List customers; what changed is told by whole days."""
        return self._by_id(list(self.customers.values()), self._changed_on_day, **asked)

    def list_discounts(self, **asked: Any) -> Object:
        return self._by_id(list(self.discounts.values()), self._changed, **asked)

    def _by_id(
        self,
        found: list[Object],
        changed: Callable[[list[Object], str], list[Object]],
        *,
        first: int,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "",  # noqa: N803 - Shopify's
    ) -> Object:
        assert sortKey == "ID"
        return connection(changed(found, query) if query else found, min(first, self.page_size), after)

    def stamp(self) -> str:
        return self.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def _changed_on_day(self, found: list[Object], query: str) -> list[Object]:
        match = re.fullmatch(r"updated_at:>='(\d{4}-\d{2}-\d{2})'", query)
        assert match is not None, query
        return [one for one in found if one["updatedAt"][:10] >= match[1]]

    def _changed(self, found: list[Object], query: str) -> list[Object]:
        match = re.fullmatch(r"updated_at:>='([0-9TZ:-]+)'", query)
        assert match is not None, query
        until = self.now() - self.lag
        return [
            one for one in found if one["updatedAt"] >= match[1] and datetime.fromisoformat(one["updatedAt"]) <= until
        ]

    def _product(self, number: int, title: str, more: Object) -> Object:
        gid = f"gid://shopify/Product/{number}"
        product = self.products.setdefault(
            gid,
            {
                "id": gid, "title": title, "status": "ACTIVE", "isGiftCard": False, "hasOnlyDefaultVariant": True,
                "productType": "", "tags": [],
            },
        )  # fmt: skip
        named = {name: value for name, value in more.items() if name in product}
        product.update({"title": title, "updatedAt": self.stamp()} | named)
        return product
