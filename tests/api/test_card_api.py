"""Card payments over the local API: shapes as /docs promises them, repeats, and refusals before a reader is told."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent.cards.follow import Pace
from agent.config import load
from agent.config.problems import ConfigInvalid
from tests.api.shop import CONFIG, Shop, open_shop
from tests.api.test_api_routes import shaped
from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

STRIPE = """
[[cloud]]
name = "stripe"
kind = "stripe"
base_url = "{url}"
key = {{ file = "stripe-key" }}
readers = {{ {till} = "tmr_1" }}
"""
OFFLINE = """
[permissions]
force_offline = "cashier"
"""


@asynccontextmanager
async def a_shop(folder: Path, url: str) -> AsyncIterator[Shop]:
    (folder / "stripe-key").write_text(KEY)
    async with open_shop(folder, config=CONFIG + STRIPE.format(url=url, till="till-1") + OFFLINE) as shop:
        shop.app.cards._following._pace = Pace((0.01,), (0.01,))
        async with asyncio.timeout(15):
            while shop.app.line.view()["clouds"]["stripe"]["state"] != "up":
                shop.app.line.wake()
                await asyncio.sleep(0.02)
        yield shop


@pytest.fixture
async def stripe() -> AsyncIterator[LyingStripe]:
    lying = LyingStripe()
    lying.readers.put("tmr_1")
    yield lying
    assert lying.spec_faults == []


async def until(shop: Shop, path: str, state: str) -> dict[str, Any]:
    async with asyncio.timeout(15):
        while (payment := shop.body(await shop.client.get(path)))["state"] != state:
            await asyncio.sleep(0.01)
    return payment


async def test_a_card_from_the_reader_to_the_record(tmp_path: Path, stripe: LyingStripe) -> None:
    async with serving(stripe) as url, a_shop(tmp_path, url) as shop, shop.events() as events:
        sale = await shop.rung()
        path = f"/v1/sales/{sale['id']}/card-payments"
        stripe.readers.put("tmr_1", "walks about", "pays")
        small = shop.body(await shop.client.post(path, json={"amount": 30}))
        assert "at least" in (await until(shop, f"{path}/{small['id']}", "failed"))["reason"]
        begun = await shop.client.post(path, json={}, headers={"Idempotency-Key": "two"})
        assert begun.status_code == 202
        shaped("CardPayment", begun.json())
        again = await shop.client.post(path, json={}, headers={"Idempotency-Key": "two"})
        assert again.json() == begun.json()
        one = f"{path}/{begun.json()['id']}"
        await until(shop, one, "at_reader")
        till = shop.body(await shop.client.get("/v1/tills/till-1"))
        shaped("Till", till)
        assert till["cards"]["payment"]["id"] == begun.json()["id"]
        shaped("Sale", till["sale"])
        assert till["sale"]["card_payment"] == {"id": begun.json()["id"], "amount": 50}
        refused = await shop.client.post(f"/v1/sales/{sale['id']}/complete")
        assert (refused.status_code, refused.json()["code"]) == (409, "card-payment-open")
        shaped("CardPayment", (await shop.client.delete(one)).json())
        assert (await until(shop, one, "cancelled"))["open"] is False
        second = shop.body(await shop.client.post(path))
        await until(shop, f"{path}/{second['id']}", "taken")
        record = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/complete"))
        shaped("Record", record)
        assert record["tenders"][0]["card"]["last4"] == "4242"
        assert shop.body(await shop.client.get("/v1/tills/till-2"))["cards"] is None
        told = set()
        while "taken" not in told:
            event = json.loads(await events.recv())
            if event["type"] == "card":
                told.add(event["payment"]["state"])
        assert {"creating", "at_reader", "cancelled", "taken"} <= told


async def test_what_is_refused_before_a_reader_is_told(tmp_path: Path, stripe: LyingStripe) -> None:
    async with serving(stripe) as url, a_shop(tmp_path, url) as shop:
        sale, other = await shop.rung(), await shop.rung(till="till-2")
        for path, body, code in (
            (f"/v1/sales/{other['id']}/card-payments", {}, "no-card-reader"),
            (f"/v1/sales/{sale['id']}/card-payments", {"amount": 51}, "card-over-due"),
            (f"/v1/sales/{sale['id']}/tenders", {"type": "card_reader", "amount": 50}, "card-at-reader"),
            (f"/v1/sales/{sale['id']}/card-payments/none/leave", {}, "no-such-card-payment"),
            (f"/v1/sales/{sale['id']}/card-payments/none/told", {}, "no-such-card-payment"),
            ("/v1/sales/none/card-payments", {}, "no-such-sale"),
        ):
            answer = await shop.client.post(path, json=body)
            assert answer.json()["code"] == code, answer.text
        shop.body(await shop.client.post("/v1/line/offline", json={"reason": "the line is being mended"}))
        refused = await shop.client.post(f"/v1/sales/{sale['id']}/card-payments")
        assert refused.status_code == 409, refused.text
        assert (refused.json()["code"], refused.json()["why"]) == ("tender-unavailable", "no_line")
        assert "Take cash" in refused.json()["detail"]
        outage = shop.body(await shop.client.get("/v1/outage"))
        assert {"tender": "card_reader", "why": "no_line"} in outage["refuse"]
    assert not any("payment_intents" in asked for asked in stripe.requests)


async def test_what_was_left_is_shown_until_somebody_has_read_how_it_ended(tmp_path: Path, stripe: LyingStripe) -> None:
    stripe.readers.put("tmr_1", "walks about")
    async with serving(stripe) as url, a_shop(tmp_path, url) as shop:
        sale = await shop.rung()
        path = f"/v1/sales/{sale['id']}/card-payments"
        one = f"{path}/{shop.body(await shop.client.post(path))['id']}"
        await until(shop, one, "at_reader")
        left = shop.body(await shop.client.post(f"{one}/leave"))
        shaped("CardPayment", left)
        assert left["left"]
        await until(shop, one, "cancelled")
        ended = shop.body(await shop.client.get("/v1/tills/till-1"))["cards"]["ended"]
        assert [payment["state"] for payment in ended] == ["cancelled"]
        shaped("CardPayment", shop.body(await shop.client.post(f"{one}/told")))
        assert shop.body(await shop.client.get("/v1/tills/till-1"))["cards"]["ended"] == []


def test_a_reader_is_for_a_till_that_is_there_and_for_one_cloud(tmp_path: Path) -> None:
    file = tmp_path / "stillopen.toml"
    (tmp_path / "stripe-key").write_text(KEY)
    section = STRIPE.format(url="https://api.stripe.com", till="till-7")
    file.write_text(CONFIG + section, "utf-8")
    with pytest.raises(ConfigInvalid) as wrong:
        load(file)
    assert "the id of no till" in str(wrong.value)
    twice = STRIPE.format(url="https://api.stripe.com", till="till-1")
    file.write_text(CONFIG + twice + twice.replace('name = "stripe"', 'name = "other"'), "utf-8")
    with pytest.raises(ConfigInvalid) as wrong:
        load(file)
    assert "a till has one reader" in str(wrong.value)
