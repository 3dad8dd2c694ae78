"""Square: a sale as an order with its payments, a refund, stock, and the catalogue pulled.

Source: Square's API description 2025-08-20. The README beside this file says what it does and does not do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr

from outbox.capabilities import Arithmetic, Capabilities, StockWrites
from outbox.clouds.pulled import Pulls
from outbox.clouds.settings import ApiUrl, SellerSettings
from outbox.clouds.square import customer as square_customer
from outbox.clouds.square import look as square_look
from outbox.clouds.square import refund as square_refund
from outbox.clouds.square import sale as square_sale
from outbox.clouds.square import sign_in as square_sign_in
from outbox.clouds.square import stock as square_stock
from outbox.clouds.square.answer import read
from outbox.clouds.square.books import SquareBooks
from outbox.clouds.square.catalogue import SquareCatalogue
from outbox.clouds.square.changes import Counts, Customers
from outbox.clouds.square.checks import SquareChecks
from outbox.clouds.square.discounts import SquareDiscounts
from outbox.clouds.square.plan import Place
from outbox.feeds import Feed, FeedRules
from outbox.record import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.auth.oauth2 import SignIn
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

ExternalType = Literal[
    "CHECK", "BANK_TRANSFER", "OTHER_GIFT_CARD", "CRYPTO", "SQUARE_CASH", "SOCIAL", "EXTERNAL", "EMONEY", "CARD",
    "STORED_BALANCE", "FOOD_VOUCHER", "OTHER",
]  # fmt: skip


class Settings(SellerSettings):
    """How the seller's Square account is used."""

    base_url: ApiUrl = Field("https://connect.squareup.com", description="where Square's API is")
    application_id: str | None = Field(
        None, min_length=1, max_length=191, description="the id of your application at Square, to sign in with"
    )
    application_secret: SecretStr | None = Field(
        None, min_length=1, description="its secret, where it does not sign in by PKCE"
    )
    redirect_url: str = Field(
        "http://localhost:8751/",
        min_length=1,
        max_length=2048,
        description="the redirect address as it is registered for the application",
    )
    location_id: str = Field(min_length=1, max_length=50, description="the seller's location that sells here")
    taxes: dict[str, str] = Field(
        default_factory=dict, description="for the pull: the store's tax codes and Square's tax ids"
    )
    kilograms: list[str] = Field(
        default_factory=list, description="for the pull: ids of Square's units that are the kilogram"
    )
    tenders: dict[str, ExternalType] = Field(
        default_factory=dict, description="the till's tender types and Square's external types"
    )
    stock: Literal["order", "adjust", "none"] = Field(
        "order", description="who moves stock: Square with each paid order, the agent apart from it, nobody"
    )


CAPABILITIES = Capabilities(
    kinds=frozenset({Kind.SALE, Kind.REFUND}),
    arithmetic=Arithmetic.SERVER,
    split_tender=True,
    unlinked_refund=True,
    stock=StockWrites.VIA_SALE,
    stock_back_dating_s=24 * 3600.0,
    customers=True,
    new_customers=True,
    feeds=(
        FeedRules(Feed.ITEMS, tombstones=True),
        FeedRules(Feed.STOCK, tombstones=False),
        FeedRules(Feed.CUSTOMERS, tombstones=False),
        FeedRules(Feed.DISCOUNTS, tombstones=True),
    ),
)


class Square(Pulls):
    """One Square location."""

    packer = None
    throttle = None  # its limits are unpublished

    def __init__(self, settings: Settings, store: StoreFacts) -> None:
        self.base_url = settings.base_url
        self._token = settings.token
        self._place = Place(settings.location_id, settings.stock, settings.tenders, settings.customers != "none")
        at = settings.location_id
        super().__init__(
            {
                Feed.ITEMS: SquareCatalogue(at, store.currency, settings.taxes, frozenset(settings.kilograms)),
                Feed.STOCK: None if settings.stock == "none" else Counts(at),
                Feed.CUSTOMERS: Customers() if settings.customers == "both" else None,
                Feed.DISCOUNTS: SquareDiscounts(at, store.currency) if settings.discounts == "pull" else None,
            }
        )
        self.capabilities = replace(
            CAPABILITIES, customers=settings.customers != "none", feeds=self._given(CAPABILITIES.feeds)
        )

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        """Return the next request of a sale's or a refund's plan."""
        if fact.record.kind is Kind.REFUND:
            return square_refund.next_step(fact, self._place)
        return square_sale.next_step(fact, self._place)

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        """Read an answer by its content; a status alone proves nothing."""
        body = read(answer, fact.now)
        kind = step.name.partition("-")[0]
        if kind == "stock":
            return square_stock.verdict(step.name, fact, body)
        if kind == "customer":
            return square_customer.verdict(step, fact, body, answer)
        if not isinstance(body, dict):
            return body
        if kind == "payment":
            return square_sale.read_payment(step, fact, body)
        if kind == "look":
            return square_refund.read_payment(step, body)
        if kind == "refund":
            return square_refund.read_refund(step, fact, body.get("refund"))
        return square_sale.read_order(step, fact, body)

    def probe(self, step: Step, fact: Fact) -> Request | None:
        """Return the request that looks for what a step may have done."""
        return square_look.probe(step, fact, self._place.location_id)

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        """Say what a look shows."""
        return square_look.sighting(step, fact, answer, self._place.location_id)

    def credentials(self, request: Request, key: str, now: datetime) -> dict[str, str]:  # noqa: ARG002 - the contract
        """Return the bearer token."""
        assert self._token is not None, "it is made with one, or tokens are got for it"
        return {"authorization": f"Bearer {self._token.get_secret_value()}"}


def books(settings: Settings, store: StoreFacts) -> SquareBooks:  # noqa: ARG001 - the contract
    """Return what asks for what the location has booked."""
    return SquareBooks(settings.location_id)


def checks(settings: Settings, store: StoreFacts, declared: Declared) -> SquareChecks:
    """Return what the seller's account can be asked about the mapping."""
    with_customers = settings.customers != "none"
    return SquareChecks(settings.location_id, store, declared, settings.taxes, settings.kilograms, with_customers)


def connector(settings: Settings, store: StoreFacts) -> Square:
    """Return the connector for one location."""
    return Square(settings, store)


def asks(settings: Settings) -> tuple[str, ...]:
    """Return the secret that a person has to give: the token, unless there is one or it is got by signing in."""
    return () if settings.token is not None or settings.application_id is not None else ("token",)


def sign_in(settings: Settings) -> SignIn | None:
    """Return how to sign in; None: the configuration has a token, or there is to be one."""
    if settings.token is not None or settings.application_id is None:
        return None
    return square_sign_in.sign_in(
        settings.base_url, settings.application_id, settings.application_secret, settings.redirect_url
    )
