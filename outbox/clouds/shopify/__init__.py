"""Shopify: a sale as an order with its transactions, a refund, stock, and variants, stock and customers pulled.

Source: the Admin GraphQL API's schema, version 2026-07. The page beside this file says what it does and does not do.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from outbox.capabilities import Arithmetic, Capabilities, MoneyForm, SaleTime, StockWrites
from outbox.clouds.pulled import Pulls
from outbox.clouds.settings import ApiUrl, SellerSettings
from outbox.clouds.shopify import customer as shopify_customer
from outbox.clouds.shopify import look as shopify_look
from outbox.clouds.shopify import refund as shopify_refund
from outbox.clouds.shopify import sale as shopify_sale
from outbox.clouds.shopify import sign_in as shopify_sign_in
from outbox.clouds.shopify import stock as shopify_stock
from outbox.clouds.shopify.answer import SCOPES_NEEDED
from outbox.clouds.shopify.books import ShopifyBooks
from outbox.clouds.shopify.catalogue import ShopifyCatalogue
from outbox.clouds.shopify.checks import ShopifyChecks
from outbox.clouds.shopify.customers import ShopifyCustomers
from outbox.clouds.shopify.discounts import ShopifyDiscounts
from outbox.clouds.shopify.levels import ShopifyLevels
from outbox.clouds.shopify.limits import ShopifyThrottle
from outbox.clouds.shopify.plan import Place
from outbox.feeds import Feed, FeedRules
from outbox.record import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.auth.oauth2 import SignIn
    from outbox.books import Books
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
    from outbox.mapping import Checks, Declared

_LOCATION = re.compile(r"(gid://shopify/Location/)?([1-9][0-9]{0,18})", re.ASCII)


def _location(text: str) -> str:
    found = _LOCATION.fullmatch(text)
    if found is None:
        raise ValueError("a location is a number, as in gid://shopify/Location/123: `stillopen cloud check` names them")
    return f"gid://shopify/Location/{found[2]}"


class Settings(SellerSettings):
    """How the seller's shop is used."""

    base_url: ApiUrl = Field(description="the shop's own address, https://NAME.myshopify.com")
    client_id: str | None = Field(None, min_length=1, max_length=100, description="of your app, to sign in with")
    client_secret: SecretStr | None = Field(None, min_length=1, description="its secret")
    redirect_url: str | None = Field(
        None,
        min_length=1,
        max_length=2048,
        description="the redirect address registered for it, where a person signs in; without it the app does itself",
    )
    location_id: Annotated[str, AfterValidator(_location)] = Field(
        description="the shop's location that sells here: its number"
    )
    taxes: dict[str, str] = Field(
        default_factory=dict,
        description="for the pull: the store's tax codes and the product tags they stand for; * is all other products",
    )
    untaxed: str | None = Field(
        None, description="for the pull: the store's tax code of products that are not taxable at Shopify"
    )
    kilograms: str | None = Field(
        None, description="for the pull: the tag of products that are sold by the kilogram, at the price of one"
    )
    tenders: dict[str, str] = Field(
        default_factory=dict, description="the till's tender types and what Shopify calls them: its gateways"
    )
    stock: Literal["order", "adjust", "none"] = Field(
        "order", description="who moves stock: Shopify with each order, the agent apart from it, nobody"
    )


CAPABILITIES = Capabilities(
    kinds=frozenset({Kind.SALE, Kind.REFUND}),
    arithmetic=Arithmetic.CLIENT,
    sale_time=SaleTime.INSTANT,
    split_tender=True,
    itemised_refund=True,
    stock=StockWrites.VIA_SALE,
    customers=True,
    new_customers=True,
    money=MoneyForm.DECIMAL,
    feeds=(
        FeedRules(Feed.ITEMS, tombstones=False),
        FeedRules(Feed.STOCK, tombstones=False),
        FeedRules(Feed.CUSTOMERS, tombstones=False),
        FeedRules(Feed.DISCOUNTS, tombstones=False),
    ),
)


class Shopify(Pulls):
    """One location of one shop."""

    packer = None

    def __init__(self, settings: Settings, store: StoreFacts) -> None:
        self.base_url = settings.base_url
        self.throttle = ShopifyThrottle()
        self._token = settings.token
        self._place = _place(settings)
        sold = ShopifyCatalogue(store.currency, settings.taxes, settings.untaxed, settings.kilograms)
        super().__init__(
            {
                Feed.ITEMS: sold,
                Feed.STOCK: None if settings.stock == "none" else ShopifyLevels(self._place.location_id),
                Feed.CUSTOMERS: ShopifyCustomers() if settings.customers == "both" else None,
                Feed.DISCOUNTS: ShopifyDiscounts(store.currency) if settings.discounts == "pull" else None,
            }
        )
        self.capabilities = replace(
            CAPABILITIES, customers=settings.customers != "none", feeds=self._given(CAPABILITIES.feeds)
        )

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        """Return the next request of a sale's or a refund's plan."""
        if fact.record.kind is Kind.REFUND:
            return shopify_refund.next_step(fact, self._place)
        return shopify_sale.next_step(fact, self._place)

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        """Read an answer by its content; a status alone proves nothing."""
        kind = step.name.partition("-")[0]
        if kind == "customer":
            return shopify_customer.verdict(step, fact, answer)
        if kind == "items":
            return shopify_stock.read_items(step, answer, fact)
        if kind == "stock":
            return shopify_stock.read_moved(step, answer, fact)
        if kind == "look":
            return shopify_refund.read_left(step, answer, fact, self._place)
        if kind == "refund":
            return shopify_refund.read_refund(answer, fact)
        return shopify_sale.read_order(answer, fact)

    def probe(self, step: Step, fact: Fact) -> Request | None:
        """Return the request that looks for what a step may have done."""
        return shopify_look.probe(step, fact)

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        """Say what a look shows."""
        return shopify_look.sighting(step, fact, answer)

    def credentials(self, request: Request, key: str, now: datetime) -> dict[str, str]:  # noqa: ARG002 - the contract
        """Return the access token."""
        assert self._token is not None, "without one, the keyring's are asked for"
        return {shopify_sign_in.HEADER: self._token.get_secret_value()}


def _place(settings: Settings) -> Place:
    return Place(settings.location_id, settings.stock, settings.tenders, settings.customers != "none")


def connector(settings: Settings, store: StoreFacts) -> Shopify:
    """Return the connector for one location."""
    return Shopify(settings, store)


def checks(settings: Settings, store: StoreFacts, declared: Declared) -> Checks:
    """Return what the shop can be asked about the mapping."""
    return ShopifyChecks(store, declared, _place(settings), settings.taxes, scopes(settings))


def books(settings: Settings, store: StoreFacts) -> Books:  # noqa: ARG001 - the contract: Shopify names each currency
    """Return what the shop can be asked about what it has booked."""
    return ShopifyBooks(_place(settings))


def asks(settings: Settings) -> tuple[str, ...]:
    """Return the secret that a person has to give: the app's own, or a token, where the configuration has neither."""
    if settings.token is not None or settings.client_secret is not None:
        return ()
    return ("token",) if settings.client_id is None else ("client_secret",)


def sign_in(settings: Settings) -> SignIn | None:
    """Return how to sign in; None: the configuration has a token, or there is to be one."""
    if settings.token is not None or settings.client_id is None:
        return None
    return shopify_sign_in.sign_in(
        settings.base_url, settings.client_id, settings.client_secret, settings.redirect_url, scopes(settings)
    )


def scopes(settings: Settings) -> tuple[str, ...]:
    """Return what the app has to be allowed for what these settings ask for."""
    more = {
        "read_customers": settings.customers == "both",
        "write_customers": settings.customers != "none",
        "read_discounts": settings.discounts == "pull",
    }
    return (*SCOPES_NEEDED, *(scope for scope, asked in more.items() if asked))
