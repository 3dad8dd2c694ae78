"""Square under test: the lying Square of tests/clouds, with its own index and pages that move."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from outbox.clouds import make
from outbox.clouds.square import Settings, books
from outbox.clouds.tendered import to_be_paid
from tests.clouds.conformance.contract import Booked, Books, call, json_answer
from tests.clouds.lying_square import TOKEN, LyingSquare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from random import Random

    from outbox.books import Books as Ledger
    from outbox.connector import Answer, Request
    from tests.clouds.conformance.shop import Shop

TAXES = {"standard": "T-19", "reduced": "T-7", "zero": "T-0", "city": "T-C", "state": "T-S", "both": "T-C+T-S"}
_TYPES = {"CASH": "cash", "CARD": "card", "OTHER": "exchange"}


def _error(status: int, category: str, code: str) -> Answer:
    return json_answer(status, {"errors": [{"category": category, "code": code, "detail": "planted"}]})


class SquareUnderTest:
    """One seller with one location."""

    throttled = _error(429, "RATE_LIMIT_ERROR", "RATE_LIMITED")
    unauthorized = _error(401, "AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED")
    refused = _error(400, "INVALID_REQUEST_ERROR", "NOT_FOUND")

    def __init__(self, shop: Shop, now: Callable[[], datetime], **settings: Any) -> None:
        self.square = LyingSquare(now=now)
        self.square.books.page_size = 7  # looks go over many pages
        self.square.catalogue.page_size = 5
        given = {
            "base_url": "http://127.0.0.1:2",
            "token": SecretStr(TOKEN),
            "location_id": "L1",
            "taxes": TAXES,
            "kilograms": ["U-KG"],
            "discounts": "pull",
        }
        chosen = Settings.model_validate(given | settings)
        self.connector = make("square", chosen, shop.facts)
        self.ledger: Ledger = books(chosen, shop.facts)
        self._sold: dict[str, int] = {}  # by sku: its tax, as it was first put on the shelf

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Answer a request."""
        return call(self.square, request, headers)

    def record_of(self, request: Request) -> str | None:
        """Return the record that becomes an order or a refund."""
        if request.method != "POST" or request.path not in ("/v2/orders", "/v2/refunds"):
            return None
        body = json.loads(request.body)
        if request.path == "/v2/orders":
            return str(body["order"]["metadata"]["stillopen_id"])
        return str(body["reason"]).rpartition(" ")[2]

    def cannot(self, body: Mapping[str, Any]) -> bool:
        """A sale that pays out more than it takes."""
        return body["kind"] == "sale" and to_be_paid(body) < 0

    def sell(self, sku: str, name: str, price: int, *, tax: str | None, unit: str, stock: int | None) -> None:
        """Put an item with one variation into the catalogue."""
        variation = {"id": f"V-{sku}", "name": "Regular", "sku": sku, "price": price}
        if unit == "kg":
            variation["measurement_unit_id"] = "U-KG"
        self.square.catalogue.put(f"I-{sku}", name, [variation], tax_ids=TAXES[tax].split("+") if tax else [])
        self.square.books.variations.add(f"V-{sku}")
        if stock is not None:
            self.square.books.stock[f"V-{sku}"] = Decimal(stock)

    def take_off(self, sku: str) -> None:
        """Delete an item with its variation."""
        self.square.catalogue.delete(f"I-{sku}")

    def offer(self, number: int, name: str, *, percent: str | None, amount: int | None) -> None:
        """Put a discount into the library."""
        off: dict[str, Any] = {"amount": amount} if percent is None else {"percentage": percent}
        self.square.catalogue.offer(f"D-{number}", name, **off)

    def withdraw(self, number: int) -> None:
        """Delete a discount."""
        self.square.catalogue.delete(f"D-{number}")

    def books(self) -> Books:
        """Return orders with their payments, refunds by the record in their reason, and counts."""
        kept, found = self.square.books, Books()
        payments: dict[str, list[dict[str, Any]]] = {}
        for payment in kept.payments.values():
            payments.setdefault(payment["order_id"], []).append(payment)
        for order in kept.orders.values():
            paid: Counter[str] = Counter()
            for payment in payments.get(order["id"], ()):
                if payment["status"] == "COMPLETED":
                    paid[self._how(payment)] += payment["amount_money"]["amount"]
            total = order["total_money"]["amount"]
            booked = Booked(
                total,
                tenders=paid,
                tax=order["total_tax_money"]["amount"],
                customer=self._whom(order),
                whole=order["state"] == "COMPLETED" and sum(paid.values()) == total,
            )
            found.sales.setdefault(order["metadata"]["stillopen_id"], []).append(booked)
        back: Counter[str] = Counter()
        for refund in kept.refunds.values():
            back[refund["reason"].rpartition(" ")[2]] += refund["amount_money"]["amount"]
        found.refunds = {record: [Booked(amount)] for record, amount in back.items()}
        found.customers = Counter(one["reference_id"] for one in kept.customers.values() if "reference_id" in one)
        found.stock = {name.removeprefix("V-"): quantity for name, quantity in kept.stock.items()}
        return found

    def _whom(self, order: Mapping[str, Any]) -> str | None:
        customer = self.square.books.customers.get(order.get("customer_id", ""))
        return None if customer is None else str(customer["reference_id"])

    @staticmethod
    def _how(payment: Mapping[str, Any]) -> str:
        if payment["source_type"] == "CASH":
            return "cash"
        return _TYPES[payment["external_details"]["type"]]

    def troubles(self) -> Mapping[str, Callable[[Random], None]]:
        """Places within a catalogue pull are forgotten."""
        return {"cursors expire": lambda _: self._expire(expired=True)}

    def calm(self) -> None:
        """Remember places again."""
        self._expire(expired=False)

    def _expire(self, *, expired: bool) -> None:
        self.square.catalogue.expired = expired

    def spec_faults(self) -> list[str]:
        """Return what Square's description has against the bodies sent."""
        return self.square.spec_faults


def under_test(shop: Shop, now: Callable[[], datetime]) -> SquareUnderTest:
    """Return a seller with nothing sold."""
    return SquareUnderTest(shop, now)
