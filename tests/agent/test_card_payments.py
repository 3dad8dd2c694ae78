"""Card payments at a reader, from the till's side: the real agent, a lying Stripe on a real socket, a customer."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent.api.bodies import NewTender
from agent.cards.follow import Pace
from agent.problem import Problem
from tests.agent.store import CONFIG, Shop, opened
from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

READER = "tmr_1"
STRIPE = """
[[cloud]]
name = "stripe"
kind = "stripe"
base_url = "{url}"
key = {{ file = "stripe-key" }}
readers = {{ till-1 = "tmr_1", till-2 = "tmr_1" }}
{more}
"""
QUICK = Pace(polls_s=(0.005,), troubles_s=(0.005,))


@asynccontextmanager
async def a_shop(folder: Path, url: str, *, more: str = "", pace: Pace = QUICK) -> AsyncIterator[Shop]:
    (folder / "stripe-key").write_text(KEY)
    async with opened(folder, config=CONFIG + STRIPE.format(url=url, more=more), card_pace=pace) as shop:
        yield shop


@pytest.fixture
async def stripe() -> AsyncIterator[LyingStripe]:
    lying = LyingStripe()
    lying.readers.put(READER)
    yield lying
    assert lying.spec_faults == []


@pytest.fixture
async def shop(tmp_path: Path, stripe: LyingStripe) -> AsyncIterator[Shop]:
    async with serving(stripe) as url, a_shop(tmp_path, url) as shop:
        yield shop


async def begun(
    shop: Shop, amount: int | None = None, *, till: str = "till-1"
) -> tuple[dict[str, Any], dict[str, Any]]:
    sale = await shop.sale("MUG", till=till)
    return sale, (await shop.app.cards.begin(sale["id"], amount, key=None)).body


async def ended(shop: Shop, payment: dict[str, Any]) -> dict[str, Any]:
    return await until(shop, payment, lambda now: not now["open"])


async def until(shop: Shop, payment: dict[str, Any], so: Any) -> dict[str, Any]:
    found: dict[str, Any] = await shop.until(
        lambda: now if so(now := shop.app.cards.view(payment["sale"], payment["id"])) else None
    )
    return found


async def test_a_card_at_the_reader_becomes_a_tender_and_the_sale_is_completed(shop: Shop, stripe: LyingStripe) -> None:
    sale, payment = await begun(shop)
    assert (payment["state"], payment["open"], payment["amount"]) == ("creating", True, 1250)
    done = await ended(shop, payment)
    assert (done["state"], done["charged"], done["last4"], done["brand"]) == ("taken", 1250, "4242", "visa")
    paid = shop.app.tills.view_sale(sale["id"])
    tender = paid["tenders"][0]
    assert (tender["type"], tender["amount"], tender["reference"]) == ("card", 1250, "A1B2C3")
    assert tender["card"] == {
        "provider": "stripe", "payment": done["payment"], "attempt": payment["id"], "brand": "visa", "last4": "4242",
    }  # fmt: skip
    assert (paid["due"], paid.get("card_payment")) == (0, None)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert record["tenders"] == paid["tenders"]
    assert stripe.books.charged == 1250
    assert [event["payment"]["state"] for event in shop.told("card")][-1] == "taken"
