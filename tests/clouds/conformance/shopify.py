"""Shopify under test: the lying Shopify of tests/clouds, with an index that lags, a small bucket and small pages."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from outbox.clouds import make
from outbox.clouds.shopify import Settings, books
from outbox.clouds.tendered import to_be_paid
from tests.clouds.conformance.contract import Booked, Books, call, json_answer
from tests.clouds.conformance.shop import TIMEZONE
from tests.clouds.lying_shopify import TOKEN, LyingShopify
from tests.clouds.lying_shopify_books import HERE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from outbox.books import Books as Ledger
    from outbox.connector import Request
    from tests.clouds.conformance.shop import Shop

TAXES = {"standard": "*", "reduced": "vat-7", "zero": "vat-0", "both": "both"}
GATEWAYS = {"card": "Card terminal"}
_MUTATIONS = ("orderCreate", "refundCreate")


def _refusal() -> dict[str, Any]:
    wrong = {"userErrors": [{"field": None, "message": "planted", "code": "INVALID"}]}
    return {"data": dict.fromkeys(_MUTATIONS, wrong)}


class ShopifyUnderTest:
    """One shop with one location."""

    throttled = json_answer(200, {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})
    unauthorized = json_answer(401, {"errors": "[API] Invalid API key or access token"})
    refused = json_answer(200, _refusal())

    def __init__(self, shop: Shop, now: Callable[[], datetime], **settings: Any) -> None:
        self.shopify = LyingShopify(now=now)
        self.shopify.shelf.page_size = 3
        self.calm()
        given = {
            "base_url": "http://127.0.0.1:2",
            "token": SecretStr(TOKEN),
            "location_id": HERE,
            "taxes": TAXES,
            "kilograms": "by-weight",
            "tenders": GATEWAYS,
            "discounts": "pull",
        }
        chosen = Settings.model_validate(given | settings)
        self.connector = make("shopify", chosen, shop.facts)
        self.ledger: Ledger = books(chosen, shop.facts)
        self._numbers: dict[str, int] = {}
        self._taxes: dict[str, str | None] = {}

    def take(self, request: Request, headers: Mapping[str, str]) -> Any:
        """Answer a request."""
        return call(self.shopify, request, headers)

    def record_of(self, request: Request) -> str | None:
        """Return the record that becomes an order or a refund."""
        asked = json.loads(request.body)
        if asked["operationName"] == "CreateOrder":
            return str(asked["variables"]["order"]["sourceIdentifier"])
        if asked["operationName"] == "CreateRefund":
            return str(asked["variables"]["input"]["note"]).rpartition(" ")[2]
        return None

    def cannot(self, body: Mapping[str, Any]) -> bool:
        """A sale that pays out more than it takes, and a refund of no order."""
        if body["kind"] == "sale":
            return to_be_paid(body) < 0
        return body["original"] is None

    def sell(self, sku: str, name: str, price: int, *, tax: str | None, unit: str, stock: int | None) -> None:
        """Put a product with one variant on the shelf."""
        number = self._numbers.setdefault(sku, len(self._numbers) + 1)
        tags = [TAXES[tax]] if tax and TAXES[tax] != "*" else []
        self.shopify.shelf.put(
            number,
            sku,
            f"{price / 100:.2f}",
            title=name,
            stock=stock,
            taxable=tax is not None,
            tags=tags + (["By-Weight"] if unit == "kg" else []),
        )

    def take_off(self, sku: str) -> None:
        """Archive a product, as a shop does with what it has sold."""
        self.shopify.shelf.touch(self._numbers[sku], status="ARCHIVED")

    def offer(self, number: int, name: str, *, percent: str | None, amount: int | None) -> None:
        """Make a code."""
        self.shopify.shelf.offer(number, name, percent=percent, amount=f"{(amount or 0) / 100:.2f}")

    def withdraw(self, number: int) -> None:
        """Delete a code; nothing tells of it."""
        self.shopify.shelf.withdraw(number)

    def books(self) -> Books:
        """Return orders with their transactions, refunds, and counts."""
        found = Books()
        for order in self.shopify.books.orders.values():
            paid: Counter[str] = Counter()
            for one in order["paid"]:
                paid[_how(one)] += _minor(one["amountSet"])
            total = _minor(order["totalPriceSet"])
            booked = Booked(
                total,
                tenders=paid,
                tax=_minor(order["totalTaxSet"]),
                customer=self.shopify.people.custom_id(order["customer"]),
                sold_at=datetime.fromisoformat(order["processedAt"]).astimezone(ZoneInfo(TIMEZONE)).isoformat(),
                whole=order["financialStatus"] == "PAID" and sum(paid.values()) == total,
            )
            found.sales.setdefault(order["sourceIdentifier"], []).append(booked)
            for refund in order["refunded"]:
                back: Counter[str] = Counter()
                for one in refund["payments"]:
                    back[_how(one)] += _minor(one["amountSet"])
                record = refund["note"].rpartition(" ")[2]
                found.refunds.setdefault(record, []).append(Booked(sum(back.values()), tenders=back))
        shelf = self.shopify.shelf
        whose = map(self.shopify.people.custom_id, shelf.customers)
        found.customers = Counter(custom_id or "nobody's" for custom_id in whose)
        found.stock = {
            sku: Decimal(left) for sku, number in self._numbers.items() if (left := shelf.available(number)) is not None
        }
        return found

    def troubles(self) -> Mapping[str, Callable[[Random], None]]:
        """Return what goes wrong at Shopify: its index, its limits, its versions."""
        books, bucket = self.shopify.books, self.shopify.bucket

        def lags(random: Random) -> None:
            books.lag = timedelta(seconds=random.uniform(0, 115))
            books.listing_lag = timedelta(seconds=random.uniform(0, 115))
            self.shopify.shelf.lag = timedelta(seconds=random.uniform(0, 300))

        def is_empty(random: Random) -> None:
            bucket.left, bucket.per_s = 0, random.uniform(1, 10)

        def is_a_development_store(_: Random) -> None:
            books.development = True

        def is_newer(_: Random) -> None:
            self.shopify.serves = "2027-01"

        return {
            "the index lags": lags,
            "the bucket is empty": is_empty,
            "a development store": is_a_development_store,
            "another version answers": is_newer,
        }

    def calm(self) -> None:
        """Be as it was."""
        self.shopify.books.development = False
        self.shopify.shelf.lag = timedelta(0)
        self.shopify.bucket.per_s = 100.0
        self.shopify.serves = "2026-07"

    def spec_faults(self) -> list[str]:
        """Return what Shopify's schema has against what was sent."""
        return self.shopify.spec_faults


def _minor(bag: Mapping[str, Any]) -> int:
    return int(Decimal(bag["shopMoney"]["amount"]) * 100)


def _how(transaction: Mapping[str, Any]) -> str:
    gateway = str(transaction["gateway"])
    return next((how for how, called in GATEWAYS.items() if called == gateway), gateway)


def under_test(shop: Shop, now: Callable[[], datetime]) -> ShopifyUnderTest:
    """Return a shop with nothing sold."""
    return ShopifyUnderTest(shop, now)
