"""Any sale and its refunds, by the agent's own arithmetic: at Shopify the receipt's total, and as much given back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.refund import remaining
from outbox.clouds import StoreFacts
from outbox.clouds.shopify.plan import minor
from outbox.clouds.tendered import to_be_paid
from outbox.connector import Answer
from outbox.record import Kind
from outbox.session import AnswerLost
from tests.clouds.conformance.contract import call
from tests.clouds.driver import Clock, Driver
from tests.clouds.shopify_shop import a_shopify, delivered, journaled, refused, shopify_at
from tests.money import baskets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Request
    from tests.clouds.lying_shopify import LyingShopify

LOSSES = ["", "", "before", "after", "half", "500"]


@dataclass
class BadLine:
    """A line to a shop in this very process; each of `losses` befalls one exchange."""

    shop: LyingShopify
    losses: list[str]

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        loss = self.losses.pop(0) if self.losses else ""
        if loss == "before":
            raise AnswerLost("planted", hint="")
        answer = call(self.shop, request, headers)
        if loss == "after":
            raise AnswerLost("planted", hint="")
        if loss == "half":
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        return Answer(500, {}, b"") if loss else answer


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(LOSSES), max_size=8))
def test_any_sale_and_its_refunds_end_with_the_tills_amounts(seed: int, losses: list[str]) -> None:
    asyncio.run(day(Random(seed), losses))


async def day(random: Random, losses: list[str]) -> None:
    """Ring a sale, take it to Shopify, and bring it back part by part."""
    rung, clock = baskets.ring(random), Clock()
    baskets.pay(random, rung)
    body = baskets.complete(rung)
    shop = a_shopify(clock)
    shop.books.currency = currency = body["currency"]
    store = StoreFacts("store-1", currency, rung.rules.prices_include_tax, "Europe/Berlin")
    driver = Driver(shopify_at("http://127.0.0.1:1", store), BadLine(shop, losses), clock)
    record, wanted = journaled(body, Kind.SALE, 1), to_be_paid(body)
    if wanted < 0:
        await refused(driver, record)
        return
    ended, refs = await delivered(driver, record)
    (order,) = shop.books.orders.values()
    assert (minor(order["totalPriceSet"], currency), ended.drift) == (wanted, 0)
    assert sum(minor(one["amountSet"], currency) or 0 for one in order["paid"]) == wanted
    owed = sum(one["amount"] for one in body["taxes"])
    assert minor(order["totalTaxSet"], currency) == owed or any(str(owed) in note for note in ended.notes)
    earlier: list[dict[str, Any]] = []
    left = wanted
    while any(remaining(body, earlier).values()) and len(earlier) < 3:
        earlier.append(baskets.give_back(random, rung, body, earlier))
        payout = sum(one["amount"] for one in earlier[-1]["tenders"])
        back = journaled(earlier[-1], Kind.REFUND, len(earlier) + 1)
        ended, _ = await delivered(driver, back, sale_refs=refs)
        assert ended.drift == min(left - payout, 0)  # empties stay paid: more can go back than was paid in
        assert not ended.drift or "not booked" in ended.notes[0]
        left -= payout + ended.drift
    given_back = [one for refund in order["refunded"] for one in refund["payments"]]
    assert sum(minor(one["amountSet"], currency) or 0 for one in given_back) == wanted - left
    assert shop.spec_faults == []
