"""WooCommerce: a sale as an order, a refund of its lines, and products, stock and customers pulled.

Source: the routes of a running WooCommerce 9.4.3 (REST API v3). The README beside this file says what it does and
does not do.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr

from outbox.capabilities import Arithmetic, Capabilities, MoneyForm, StockWrites
from outbox.clouds.pulled import Pulls
from outbox.clouds.settings import ApiUrl, ShopSettings
from outbox.clouds.woocommerce import look as woocommerce_look
from outbox.clouds.woocommerce import refund as woocommerce_refund
from outbox.clouds.woocommerce import sale as woocommerce_sale
from outbox.clouds.woocommerce.answer import read_object
from outbox.clouds.woocommerce.auth import Key
from outbox.clouds.woocommerce.books import WooBooks
from outbox.clouds.woocommerce.catalogue import Catalogue
from outbox.clouds.woocommerce.check import WooChecks
from outbox.clouds.woocommerce.coupons import Coupons
from outbox.clouds.woocommerce.customers import Customers
from outbox.clouds.woocommerce.lines import STANDARD
from outbox.clouds.woocommerce.plan import ROUTES, Place
from outbox.feeds import Feed, FeedRules
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from outbox.clouds import StoreFacts
    from outbox.connector import (
        Answer,
        Complete,
        Fact,
        Outcome,
        Refused,
        Request,
        Sighting,
        Step,
    )
    from outbox.mapping import Declared

_CLASSES = {"standard": STANDARD, "reduced": "reduced-rate", "zero": "zero-rate"}  # what a new shop has


class Settings(ShopSettings):
    """How the shop is used."""

    base_url: ApiUrl = Field(description="the shop's address, as in https://shop.example.com")
    consumer_key: SecretStr | None = Field(
        None, min_length=1, description="the shop's REST API key; it begins with ck_"
    )
    consumer_secret: SecretStr | None = Field(None, min_length=1, description="its secret; it begins with cs_")
    taxes: dict[str, str] = Field(
        default_factory=lambda: dict(_CLASSES),
        description="the store's tax codes and the slugs of the shop's tax classes; its standard one is `standard`",
    )
    tenders: dict[str, str] = Field(
        default_factory=dict, description="the till's tender types and the ids of the shop's payment methods"
    )
    stock: Literal["order", "none"] = Field(
        "order", description="whether lines name the shop's products, which each order then takes off stock"
    )
    restock: bool = Field(True, description="whether what is brought back goes into stock again")
    kilograms: list[str] = Field(
        default_factory=list, description="for the pull: slugs of categories and tags that are priced by the kilogram"
    )
    barcode_meta: str | None = Field(
        None,
        min_length=1,
        description="for the pull: the meta key a plugin keeps barcodes under, beside the GTIN field",
    )
    customer_prefix: str = Field(
        "WC-",
        min_length=1,
        max_length=16,
        description="stands before the shop's customer ids in customers' numbers; two shops need two",
    )


CAPABILITIES = Capabilities(
    kinds=frozenset({Kind.SALE, Kind.REFUND}),
    arithmetic=Arithmetic.SERVER,
    parallel=2,  # a shop on a shared host has a handful of PHP processes, and customers of its own
    itemised_refund=True,
    stock=StockWrites.VIA_SALE,
    customers=True,
    money=MoneyForm.DECIMAL,
    feeds=(
        FeedRules(Feed.ITEMS, tombstones=False),
        FeedRules(Feed.STOCK, tombstones=False),
        FeedRules(Feed.CUSTOMERS, tombstones=False, changes=False),
        FeedRules(Feed.DISCOUNTS, tombstones=False),
    ),
)


class WooCommerce(Pulls):
    """One shop."""

    packer = None  # its batch route answers 200 with an error an order, and has no more idempotency than one order
    throttle = None  # WooCommerce has no limits; a host's 429 is heeded

    def __init__(self, settings: Settings, store: StoreFacts, nonce: Callable[[], str]) -> None:
        self.base_url = settings.base_url.removesuffix(ROUTES) + ROUTES
        self._key = Key(self.base_url, settings.consumer_key, settings.consumer_secret, nonce)
        self._place = Place(
            store.currency, settings.stock, settings.restock, settings.taxes, settings.tenders, settings.customer_prefix
        )
        by_class = {"" if named == STANDARD else named: code for code, named in reversed(settings.taxes.items())}
        items, stock = (
            Catalogue(feed, store.currency, by_class, frozenset(settings.kilograms), settings.barcode_meta)
            for feed in (Feed.ITEMS, Feed.STOCK)
        )
        super().__init__(
            {
                Feed.ITEMS: items,
                Feed.STOCK: stock,
                Feed.CUSTOMERS: Customers(settings.customer_prefix),
                Feed.DISCOUNTS: Coupons(store.currency) if settings.discounts == "pull" else None,
            }
        )
        self.capabilities = replace(CAPABILITIES, feeds=self._given(CAPABILITIES.feeds))

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        """Return the next request of a sale's or a refund's plan."""
        if fact.record.kind is Kind.REFUND:
            return woocommerce_refund.next_step(fact, self._place)
        return woocommerce_sale.next_step(fact, self._place)

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        """Read an answer by its content; a status alone proves nothing."""
        body = read_object(answer, fact.now)
        if not isinstance(body, dict):
            return body
        if step.name == "look":
            return woocommerce_refund.read_order(step, fact, body, self._place)
        if step.name == "refund":
            return woocommerce_refund.read_refund(fact, body, self._place)
        if step.name == "note":
            return woocommerce_sale.read_note(body, fact)
        return woocommerce_sale.read_order(step, fact, body, self._place)

    def probe(self, step: Step, fact: Fact) -> Request | None:
        """Return the request that looks for what a step may have done."""
        return woocommerce_look.probe(step, fact)

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        """Say what a look shows."""
        return woocommerce_look.sighting(step, fact, answer, self._place)

    def credentials(self, request: Request, key: str, now: datetime) -> dict[str, str]:  # noqa: ARG002 - the contract
        """Return the key, or over plain http a signature."""
        return self._key.headers(request, now)


def connector(settings: Settings, store: StoreFacts) -> WooCommerce:
    """Return the connector for one shop."""
    return WooCommerce(settings, store, secrets.token_hex)


def checks(settings: Settings, store: StoreFacts, declared: Declared) -> WooChecks:
    """Return what the shop can be asked about its mapping."""
    return WooChecks(store, declared, settings.taxes, settings.tenders)


def books(settings: Settings, store: StoreFacts) -> WooBooks:  # noqa: ARG001 - the same for every kind
    """Return what the shop can be asked about what it has booked."""
    return WooBooks(store.currency)
