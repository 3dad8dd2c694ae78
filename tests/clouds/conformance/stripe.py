"""Stripe under test: the lying Stripe of tests/clouds, which keeps payments and nothing of goods."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from outbox.clouds import make
from outbox.clouds.stripe import Settings, books
from tests.clouds.conformance.contract import Booked, Books, call, json_answer
from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.stripe_spec import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from random import Random

    from outbox.books import Books as Ledger
    from outbox.connector import Answer, Request
    from tests.clouds.conformance.shop import Shop

_TYPES = {"Cash": "cash", "Card on a terminal of its own": "card"}


def _error(status: int, kind: str, code: str) -> Answer:
    return json_answer(status, {"error": {"type": kind, "code": code, "message": "planted"}})


class StripeUnderTest:
    """One account."""

    throttled = _error(429, "invalid_request_error", "rate_limit")
    unauthorized = _error(401, "invalid_request_error", "api_key_expired")
    refused = _error(400, "invalid_request_error", "parameter_invalid_empty")

    def __init__(self, shop: Shop, now: Callable[[], datetime], **settings: Any) -> None:
        self.stripe = LyingStripe(now=now)
        self.stripe.books.page_size = 7  # looks go over many pages
        given = {"base_url": "http://127.0.0.1:2", "key": SecretStr(KEY)}
        chosen = Settings.model_validate(given | settings)
        self.connector = make("stripe", chosen, shop.facts)
        self.ledger: Ledger = books(chosen, shop.facts)

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Answer a request."""
        return call(self.stripe, request, headers)

    def record_of(self, request: Request) -> str | None:
        """Return the record of which a payment or a refund is made or reported."""
        if request.method != "POST" or "/report_" not in request.path:
            return None
        return str(decoded(request.body.decode())["metadata"]["stillopen_id"])

    def cannot(self, body: Mapping[str, Any]) -> bool:
        """Every record is taken, with a note of what Stripe keeps nothing of."""
        return False

    def sell(self, sku: str, name: str, price: int, *, tax: str | None, unit: str, stock: int | None) -> None:
        """Do nothing: Stripe knows no goods from here."""

    def take_off(self, sku: str) -> None:
        """Do nothing."""

    def offer(self, number: int, name: str, *, percent: str | None, amount: int | None) -> None:
        """Do nothing: it gives no discounts."""

    def withdraw(self, number: int) -> None:
        """Do nothing."""

    def books(self) -> Books:
        """Return the payments of each sale, and what was given back of each refund."""
        kept, found = self.stripe.books, Books()
        paid: dict[str, Counter[str]] = {}
        tips: Counter[str] = Counter()
        parts: Counter[tuple[str, str]] = Counter()
        for record in kept.records.values():
            told = record["metadata"]
            tip, how = int(told.get("tip", 0)), _TYPES[record["payment_method_details"]["custom"]["display_name"]]
            paid.setdefault(told["stillopen_id"], Counter())[how] += record["amount_guaranteed"]["value"] - tip
            tips[told["stillopen_id"]] += tip
            parts[told["stillopen_id"], told["stillopen_part"]] += 1
        for sale, tenders in paid.items():
            kept_once = {how: amount for how, amount in tenders.items() if amount}
            found.sales[sale] = [Booked(sum(tenders.values()), tenders=kept_once, tip=tips[sale])]
        found.strange = [f"part {part} of {sale} {times} times" for (sale, part), times in parts.items() if times > 1]
        back: Counter[str] = Counter()
        for reported in kept.reported.values():
            back[reported["metadata"]["stillopen_id"]] += reported["amount"]
        found.refunds = {record: [Booked(amount)] for record, amount in back.items()}
        return found

    def troubles(self) -> Mapping[str, Callable[[Random], None]]:
        """A request fails inside, and its key keeps the failure."""
        return {"a 500 is kept": lambda _: self.stripe.stored_500.append("/report_")}

    def calm(self) -> None:
        """Mend what failed inside."""
        self.stripe.stored_500.clear()
        self.stripe.forget_500s()

    def spec_faults(self) -> list[str]:
        """Return what Stripe's description has against the bodies sent."""
        return self.stripe.spec_faults


def under_test(shop: Shop, now: Callable[[], datetime]) -> StripeUnderTest:
    """Return an account with nothing in it."""
    return StripeUnderTest(shop, now)
