"""Stripe: cards at the till by a Terminal reader, and everything else that was paid as Payment Records.

Source: Stripe's API of 2026-10-28. The README beside this file says what it does and does not do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from outbox.capabilities import Arithmetic, Capabilities, SaleTime
from outbox.clouds.settings import ApiUrl, CloudSettings
from outbox.clouds.stripe import look as stripe_look
from outbox.clouds.stripe import refund as stripe_refund
from outbox.clouds.stripe import sale as stripe_sale
from outbox.clouds.stripe.answer import read
from outbox.clouds.stripe.books import StripeBooks
from outbox.clouds.stripe.checks import StripeChecks
from outbox.clouds.stripe.plan import Place
from outbox.clouds.stripe.reader import StripeReaders
from outbox.connector import Done, Refused, Retry
from outbox.record import Kind
from outbox.throttle import Limits

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.clouds import StoreFacts
    from outbox.connector import Answer, Complete, Fact, Outcome, Request, Sighting, Step, Unauthorized
    from outbox.feeds import Feed, Page
    from outbox.mapping import Declared
    from outbox.throttle import Allowance


class Settings(CloudSettings):
    """How the store's Stripe account is used."""

    base_url: ApiUrl = Field("https://api.stripe.com", description="where Stripe's API is")
    key: SecretStr | None = Field(None, min_length=1, description="a secret key, or better a restricted one (rk_…)")
    account: str | None = Field(
        None, pattern=r"^acct_[A-Za-z0-9]+$", description="a connected account that a platform's key acts for"
    )
    readers: dict[str, str] = Field(
        default_factory=dict, description="the tills that have a Terminal reader, and the readers' ids (tmr_…)"
    )
    capture: bool = Field(
        True, description="true: a card is authorised first and charged once the sale still needs it; false: at once"
    )
    methods: dict[str, str] = Field(
        default_factory=dict, description="the till's tender types and the account's custom payment methods (cpmt_…)"
    )
    customers: bool = Field(False, description="whether a customer's name goes up with what they paid")


CAPABILITIES = Capabilities(
    kinds=frozenset({Kind.SALE, Kind.REFUND}),
    arithmetic=Arithmetic.NONE,
    sale_time=SaleTime.INSTANT,
    split_tender=True,
    card_reader=True,
)


class StripeThrottle:
    """Stripe allows 100 calls a second in live mode and 25 in test mode, and says nothing of what is left."""

    limits = Limits(burst=20, per_s=20)  # below the smaller of the two; other stores use the account as well

    def cost(self, request: Request) -> float:  # noqa: ARG002 - each costs the same
        """Return the calls a request counts as."""
        return 1.0

    def allowance(self, answer: Answer) -> Allowance | None:  # noqa: ARG002 - it says nothing
        """Return None: the answers' headers do not say what is left."""
        return None


class Stripe:
    """One Stripe account."""

    packer = None
    throttle = StripeThrottle()

    def __init__(self, settings: Settings, store: StoreFacts) -> None:
        self.base_url = settings.base_url
        self.capabilities = replace(CAPABILITIES, customers=settings.customers)
        self._key = settings.key
        self._place = Place(store.id, settings.account, settings.methods, settings.customers)
        self.card_readers = StripeReaders(
            self._place, settings.readers, store.currency, captures_later=settings.capture
        )

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        """Return the next request of a sale's or a refund's plan."""
        if fact.record.kind is Kind.REFUND:
            return stripe_refund.next_step(fact, self._place)
        return stripe_sale.next_step(fact, self._place)

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        """Read an answer by its content; a status alone proves nothing."""
        body = read(answer, fact.now)
        kind = step.name.partition("-")[0]
        if isinstance(body, Refused) and kind == "refund" and stripe_refund.REFERENCE in body.reason:
            part = stripe_refund.parts(fact)[int(step.name.rpartition("-")[2]) - 1]
            return Done(stripe_refund.reported_refs(fact, part))  # there already: nobody else has this reference
        if not isinstance(body, dict):
            return body
        if kind == "record":
            return stripe_sale.read_record(step, fact, body)
        if kind == "left":
            return stripe_refund.read_left(step, fact, body)
        if kind == "refund":
            return stripe_refund.read_refund(step, fact, body)
        return stripe_sale.read_intent(step, fact, body)

    def probe(self, step: Step, fact: Fact) -> Request | None:
        """Return the request that looks for what a step may have done."""
        return stripe_look.probe(step, fact, self._place)

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        """Say what a look shows."""
        return stripe_look.sighting(step, fact, answer, self._place)

    def credentials(self, request: Request, key: str, now: datetime) -> dict[str, str]:  # noqa: ARG002 - the contract
        """Return the secret key; the idempotency key stands in the request itself."""
        assert self._key is not None, "a connector without its key is not asked"
        return {"authorization": f"Bearer {self._key.get_secret_value()}"}

    def pull(self, feed: Feed, cursor: str | None) -> Request | None:  # noqa: ARG002 - it has none
        """Return None: nothing is pulled from Stripe."""
        return None

    def page(
        self,
        feed: Feed,  # noqa: ARG002 - the contract
        cursor: str | None,  # noqa: ARG002 - the contract
        answer: Answer,  # noqa: ARG002 - the contract
    ) -> Page | Retry | Unauthorized | Refused:
        """Refuse: there is no request whose answer this could be."""
        return Refused("no_catalogue", "Stripe has no catalogue", "Import the items from a CSV file instead.")


def checks(settings: Settings, store: StoreFacts, declared: Declared) -> StripeChecks:  # noqa: ARG001 - the contract
    """Return what the account can be asked about the configuration."""
    return StripeChecks(Place(store.id, settings.account), settings.readers, store)


def books(settings: Settings, store: StoreFacts) -> StripeBooks:
    """Return what the account can be asked about what it has booked."""
    return StripeBooks(Place(store.id, settings.account))


def connector(settings: Settings, store: StoreFacts) -> Stripe:
    """Return the connector for one account."""
    return Stripe(settings, store)
