"""WooCommerce under test: the lying shop of tests/clouds, which breaks off, prints notices, and lists little."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from outbox.clouds import make
from outbox.clouds.tendered import to_be_paid
from outbox.clouds.woocommerce import Settings, books
from outbox.clouds.woocommerce.plan import ROUTES
from outbox.connector import Answer
from tests.clouds.conformance.contract import Booked, Books, call, json_answer
from tests.clouds.lying_woocommerce import KEY, SECRET, LyingWoo
from tests.clouds.lying_woocommerce_books import meta_of, tenders_of
from tests.clouds.woo_shop import cents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from random import Random

    from outbox.books import Books as Ledger
    from outbox.connector import Request
    from tests.clouds.conformance.shop import Shop

TAXES = {"standard": "standard", "reduced": "reduced-rate", "zero": "zero-rate", "both": "city-and-state"}


def _error(status: int, code: str) -> Answer:
    return json_answer(status, {"code": code, "message": "planted", "data": {"status": status}})


class WooUnderTest:
    """One shop."""

    throttled = Answer(429, {"content-type": "text/html", "retry-after": "5"}, b"<html>Too many requests</html>")
    unauthorized = _error(401, "woocommerce_rest_cannot_view")
    refused = _error(400, "woocommerce_rest_invalid_product_id")

    def __init__(self, shop: Shop, now: Callable[[], datetime], **settings: Any) -> None:
        self.shop = LyingWoo(now=now)
        self.shop.orders.prices_include_tax = shop.rules.prices_include_tax
        self.shop.orders.round_at_subtotal = len(shop.tills) > 1
        given = {
            "base_url": "http://127.0.0.1:2",
            "consumer_key": SecretStr(KEY),
            "consumer_secret": SecretStr(SECRET),
            "taxes": TAXES,
            "kilograms": ["by-weight"],
            "discounts": "pull",
        }
        chosen = Settings.model_validate(given | settings)
        self.connector = make("woocommerce", chosen, shop.facts)
        self.ledger: Ledger = books(chosen, shop.facts)
        self._ids: dict[str, int] = {}
        self.calm()

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Answer a request."""
        self.shop.nonces.clear()  # years of them; that one is used once is tried elsewhere
        host = {"host": "127.0.0.1:2"}
        return call(self.shop, replace(request, path=ROUTES + request.path), host | dict(headers))

    def record_of(self, request: Request) -> str | None:
        """Return the record that becomes an order or a refund."""
        if request.method != "POST":
            return None
        body = json.loads(request.body)
        if request.path == "/orders":
            return str(body["transaction_id"])
        return str(body["reason"]).rpartition(" ")[2] if request.path.endswith("/refunds") else None

    def cannot(self, body: Mapping[str, Any]) -> bool:
        """A sale that pays out more than it takes, and a refund of no order."""
        if body["kind"] == "sale":
            return to_be_paid(body) + int(body.get("tips") or 0) < 0
        return body["original"] is None

    def sell(self, sku: str, name: str, price: int, *, tax: str | None, unit: str, stock: int | None) -> None:
        """Put a product on the shelf."""
        tax_class = TAXES[tax] if tax else ""
        self.shop.shelves.put(
            self._ids.setdefault(sku, len(self._ids) + 1),
            sku,
            f"{price / 100:.2f}",
            name=name,
            tax_status="taxable" if tax else "none",
            tax_class="" if tax_class == "standard" else tax_class,
            categories=[{"id": 9, "name": "By weight", "slug": "by-weight"}] if unit == "kg" else [],
            **({} if stock is None else {"stock": stock}),
        )

    def take_off(self, sku: str) -> None:
        """Take a product off sale, as a shop does with what it has sold."""
        self.shop.shelves.put(self._ids[sku], sku, "0", status="draft")

    def offer(self, number: int, name: str, *, percent: str | None, amount: int | None) -> None:
        """Make a coupon."""
        off = percent if percent is not None else f"{(amount or 0) / 100:.2f}"
        self.shop.shelves.offer(number, name, off, percent=percent is not None)

    def withdraw(self, number: int) -> None:
        """Delete a coupon; nothing will tell of it."""
        del self.shop.shelves.coupons[number]

    def books(self) -> Books:
        """Return orders, their refunds, and counts."""
        found = Books()
        for order in self.shop.orders.orders.values():
            tips = [fee for fee in order["fee_lines"] if meta_of(fee, "_stillopen_part") == "tip"]
            tip = sum(cents(fee["total"]) for fee in tips) if order["status"] != "pending" else 0
            paid: Counter[str] = Counter()
            for tender in tenders_of(order):
                paid[tender["type"]] += tender.get("amount", 0)
            total = cents(order["total"]) - tip
            booked = Booked(
                total,
                tenders=+paid,
                tax=cents(order["total_tax"]),
                tip=tip,
                customer=meta_of(order, "_stillopen_customer"),
                whole=order["status"] in ("completed", "refunded"),
            )
            found.sales.setdefault(order["transaction_id"], []).append(booked)
            for refund in order["refunds"]:
                record = refund["reason"].rpartition(" ")[2]
                found.refunds.setdefault(record, []).append(Booked(cents(refund["amount"])))
        counted = self.shop.shelves.stock
        found.stock = {sku: Decimal(counted[number]) for sku, number in self._ids.items() if number in counted}
        return found

    def troubles(self) -> Mapping[str, Callable[[Random], None]]:
        """Return what goes wrong in shops."""

        def breaks_off(random: Random) -> None:
            self.shop.orders.breaks_off = random.randint(1, 2)

        def prints_notices(_: Random) -> None:
            self.shop.notices = True

        def keeps_orders_as_posts(_: Random) -> None:
            self.shop.own_tables = False

        def lists_little(random: Random) -> None:
            self.shop.page_max = random.choice((3, 20))

        return {
            "an order is left half made": breaks_off,
            "PHP prints notices": prints_notices,
            "orders are posts": keeps_orders_as_posts,
            "a plugin lists less": lists_little,
        }

    def calm(self) -> None:
        """Be a shop as it comes."""
        self.shop.orders.breaks_off, self.shop.notices, self.shop.own_tables, self.shop.page_max = 0, False, True, 100

    def spec_faults(self) -> list[str]:
        """Return what the shop's list of routes has against what was sent."""
        return self.shop.spec_faults


def under_test(shop: Shop, now: Callable[[], datetime]) -> WooUnderTest:
    """Return a shop with nothing sold."""
    return WooUnderTest(shop, now)
