"""The audit trail and what it is of: on a disk that is full, one is never there without the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.claims import Claims
from agent.pairings import PAIRINGS_MAX, PROGRAM
from outbox import audit
from tests.api.shop import Shop, browser, open_shop
from tests.outbox.failing_disk import fail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


def trail(shop: Shop) -> list[str]:
    return [entry["action"] for entry in audit.oldest_first(shop.app.journal.reader)]


async def paired(shop: Shop) -> tuple[str, dict[str, str]]:
    """Let a program in; returns its id and what it calls with."""
    code = shop.body(await shop.client.post("/v1/pairing-codes", json={"name": "kiosk"}))["code"]
    answer = shop.body(await shop.stranger.post("/v1/pairings", json={"code": code}))
    return answer["pairing"]["id"], {"Authorization": f"Bearer {answer['token']}"}


async def test_who_is_shut_out_is_out_also_where_the_disk_takes_nothing(shop: Shop) -> None:
    pairing, bearer = await paired(shop)
    async with (
        browser(base_url=str(shop.client.base_url), headers=bearer) as kiosk,
        shop.events(additional_headers=bearer) as listening,
    ):
        shop.body(await kiosk.post("/v1/claims", json={"device": "drawer"}))
        fail(shop.app.journal, "full")
        refused = await shop.client.request("DELETE", f"/v1/pairings/{pairing}")
        assert (refused.status_code, refused.json()["code"]) == (507, "disk-full")
        await listening.wait_closed()
        assert listening.close_code == 1008
        assert shop.body(await shop.client.get("/v1/claims"))["claims"] == []
        assert (await kiosk.get("/v1/status")).status_code == 401
    assert "pairing_removed" not in trail(shop)
    shop.body(await shop.client.request("DELETE", f"/v1/pairings/{pairing}"))
    assert trail(shop).count("pairing_removed") == 1
    unknown = await shop.client.request("DELETE", "/v1/pairings/local")
    assert unknown.json()["code"] == "no-such-pairing"


async def test_who_is_not_let_in_is_not_in_the_trail(shop: Shop) -> None:
    for number in range(PAIRINGS_MAX):
        await shop.app.door.pairings.add(PROGRAM, str(number))
    code = shop.body(await shop.client.post("/v1/pairing-codes", json={"name": "kiosk"}))["code"]
    refused = await shop.stranger.post("/v1/pairings", json={"code": code})
    assert refused.json()["code"] == "too-many-pairings"
    assert trail(shop) == []
    await shop.app.door.pairings.remove(shop.app.door.pairings.all()[0].id)
    await paired(shop)
    assert trail(shop) == ["pairing_added"]


async def test_a_till_whose_training_was_refused_does_not_train(shop: Shop) -> None:
    code = shop.app.door.code.make("page")
    async with browser(base_url=shop.own, headers={"Origin": shop.own}) as page:
        shop.body(await page.post("/v1/pairings", json={"code": code}))
        fail(shop.app.journal, "full")
        refused = await page.post("/v1/tills/till-1/training", json={})
        assert (refused.status_code, refused.json()["code"]) == (507, "disk-full")
        assert shop.body(await page.get("/v1/tills/till-1"))["training"] is False
        assert shop.body(await page.post("/v1/tills/till-1/training", json={}))["training"] is True
        fail(shop.app.journal, "full")
        assert (await page.request("DELETE", "/v1/tills/till-1/training")).status_code == 507
        assert (
            shop.body(await page.get("/v1/tills/till-1"))["training"] is False
        )  # it sells again, whatever the disk says
    assert trail(shop).count("training") == 1


async def test_what_is_taken_back_is_that_claim_and_no_later_one() -> None:
    claims = Claims(["receipt"])
    first = await claims.claim("receipt", caller="a", holder="Kiosk A")
    claims.release(first.id, "a")
    second = await claims.claim("receipt", caller="b", holder="Kiosk B")
    claims.take_back(first)
    assert claims.of("receipt") is second
    claims.take_back(second)
    assert claims.of("receipt") is None
