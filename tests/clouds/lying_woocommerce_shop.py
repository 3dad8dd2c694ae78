"""A WooCommerce's shelves: products with variations, customers, tax classes and settings, as their routes list them."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.clouds.lying_woocommerce_books import RATES, No

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]


@dataclass
class Shelves:
    """What one shop sells, and to whom."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    currency: str = "EUR"
    products: dict[int, Object] = field(default_factory=dict)  # variations, too
    stock: dict[int, int] = field(default_factory=dict)
    customers: dict[int, Object] = field(default_factory=dict)
    coupons: dict[int, Object] = field(default_factory=dict)
    settings: dict[str, dict[str, str]] = field(
        default_factory=lambda: {
            "general": {"woocommerce_calc_taxes": "yes", "woocommerce_price_num_decimals": "2"},
            "tax": {"woocommerce_prices_include_tax": "yes", "woocommerce_tax_round_at_subtotal": "no"},
        }
    )
    methods: tuple[str, ...] = ("bacs", "cheque", "cod")

    def put(self, id_: int, sku: str, price: str, **more: Any) -> Object:
        """Put a product on the shelf, or change it; `stock` counts it."""
        stock = more.pop("stock", None)
        product = {
            "id": id_,
            "name": sku.title(),
            "type": "simple",
            "status": "publish",
            "sku": sku,
            "global_unique_id": "",
            "price": price,
            "regular_price": price,
            "tax_status": "taxable",
            "tax_class": "",
            "categories": [],
            "tags": [],
            "attributes": [],
            "variations": [],
            "parent_id": 0,
            "manage_stock": False,
            "meta_data": [],
            "date_modified_gmt": self._moment(),
        }
        priced = {"price": price, "regular_price": price, "date_modified_gmt": self._moment()}
        self.products[id_] = self.products.get(id_, product) | more | priced
        if stock is not None:
            self.stock[id_] = stock
            self.products[id_]["manage_stock"] = True
        if (parent := self.products[id_]["parent_id"]) and id_ not in self.products[parent]["variations"]:
            self.products[parent]["variations"].append(id_)
            self.products[parent]["date_modified_gmt"] = self._moment()
        return self.products[id_]

    def delete(self, id_: int) -> None:
        """Delete a product; nothing will tell of it."""
        del self.products[id_]
        self.stock.pop(id_, None)

    def offer(self, id_: int, code: str, amount: str, *, percent: bool = False, **more: Any) -> None:
        """Make a coupon, or change it."""
        coupon = {
            "id": id_,
            "status": "publish",
            "product_ids": [],
            "excluded_product_ids": [],
            "product_categories": [],
            "excluded_product_categories": [],
            "exclude_sale_items": False,
            "minimum_amount": "0.00",
            "maximum_amount": "0.00",
            "email_restrictions": [],
            "usage_limit": None,
            "usage_limit_per_user": None,
            "limit_usage_to_x_items": None,
            "individual_use": False,
            "free_shipping": False,
            "usage_count": 0,
            "date_expires_gmt": None,
        }
        own = {"code": code, "amount": amount, "discount_type": "percent" if percent else "fixed_cart"}
        self.coupons[id_] = coupon | own | more | {"date_modified_gmt": self._moment()}

    def route(self, path: str, query: dict[str, str]) -> Any:
        if path == "/products":
            return self._shelved(self._modified([one for one in self.products.values() if not one["parent_id"]], query))
        if (match := re.fullmatch(r"/products/(\d+)/variations", path)) is not None:
            if int(match[1]) not in self.products:
                raise No("woocommerce_rest_product_invalid_id", "Invalid ID.", status=404)
            variations = [one for one in self.products.values() if one["parent_id"] == int(match[1])]
            return self._shelved(self._modified(variations, query))
        if path == "/coupons":
            return self._modified([one for one in self.coupons.values() if one["status"] == "publish"], query)
        if path == "/customers":
            return [self.customers[id_] for id_ in sorted(self.customers)]
        return self._office(path)

    def _office(self, path: str) -> Any:
        if path == "/data/currencies/current":
            return {"code": self.currency, "name": self.currency, "symbol": ""}
        if (match := re.fullmatch(r"/settings/(\w+)", path)) is not None:
            return [{"id": name, "value": value} for name, value in self.settings[match[1]].items()]
        if path == "/taxes/classes":
            slugs = dict.fromkeys(rate.tax_class or "standard" for rate in RATES)
            return [{"slug": slug, "name": slug.title()} for slug in slugs]
        if path == "/taxes":
            return [
                {"id": rate.id, "class": rate.tax_class or "standard", "rate": f"{rate.percent:.4f}"} for rate in RATES
            ]
        if path == "/payment_gateways":
            return [{"id": method} for method in self.methods]
        raise No("rest_no_route", "No route was found matching the URL and request method.", status=404)

    def _modified(self, found: list[Object], query: dict[str, str]) -> list[Object]:
        for name, is_kept in (("modified_after", operator.gt), ("modified_before", operator.lt)):
            if name in query:
                assert query.get("dates_are_gmt") == "true", "else it compares with the shop's local time"
                found = [one for one in found if is_kept(one["date_modified_gmt"], query[name])]
        key = "date_modified_gmt" if query.get("orderby") == "modified" else "id"
        return sorted(found, key=lambda one: one[key], reverse=query.get("order") != "asc")

    def _shelved(self, found: list[Object]) -> list[Object]:
        return [one | {"stock_quantity": self.stock.get(one["id"])} for one in found]

    def _moment(self) -> str:
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
