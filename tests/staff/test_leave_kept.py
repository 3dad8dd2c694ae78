"""Whose leave an exchange had is on its refund and in the trail, though the leave is given before it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent.api.answers import Sale as SaleAnswer
from agent.json_row import Row
from agent.taken_back import TakenBack
from outbox import audit
from tests.api.shop import CONFIG, MILK, Shop, open_shop
from tests.staff.conftest import CASHIER, MANAGER, SUPERVISOR, Page, hire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

STRICT = CONFIG + '[permissions]\nrefund = "supervisor"\n'


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, config=STRICT) as opened:
        yield opened


async def ring(page: Page) -> str:
    """Ring milk for 1.19; the path of its sale."""
    return f"/v1/sales/{(await page.post('/v1/tills/till-1/scan', {'data': MILK})).json()['id']}"


async def complete(shop: Shop, page: Page, sale: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Complete an exchange for an apple: its refund's record, the sale's own, and the trail's entry."""
    assert (await page.post(f"{sale}/tenders", {"type": "cash", "amount": 69})).is_success
    record = shop.body(await page.post(f"{sale}/complete"))
    listed = shop.body(await shop.client.get("/v1/records", params={"kind": "refund"}))["records"]
    (entry,) = [one for one in audit.oldest_first(shop.app.journal.reader) if one["action"] == "refund"]
    return listed[0], record, entry


async def test_an_exchange_is_signed_by_whom_it_was_allowed(shop: Shop, page: Page) -> None:
    await hire(page)
    await page.sign_in(CASHIER)
    number = (await shop.sold())["receipt_number"]
    sale = await ring(page)
    asked = {"receipt_number": number, "reason": "bruised"}
    refused = (await page.client.put(f"{sale}/taken-back", json=asked)).json()
    assert (refused["code"], refused["action"]) == ("not-allowed", "refund")
    leave = (await page.post("/v1/overrides", {"pin": SUPERVISOR, "action": "refund"})).json()["override"]
    taken = await page.client.put(f"{sale}/taken-back", json=asked, headers={"Stillopen-Override": leave})
    assert SaleAnswer.model_validate(shop.body(taken)).taken_back is not None
    assert taken.json()["taken_back"]["allowed_by"]["name"] == "Sol"

    refund, record, entry = await complete(shop, page, sale)
    assert (refund["cashier"]["name"], refund["authorized_by"]["name"]) == ("Kim", "Sol")
    assert (entry["actor"]["name"], entry["authorized_by"]["name"]) == ("Kim", "Sol")
    assert (record["cashier"]["name"], record.get("authorized_by")) == ("Kim", None)  # selling needed nobody


@pytest.mark.parametrize(("then", "allowed"), [(CASHIER, "Sol"), (MANAGER, None)])
async def test_who_took_the_goods_back_is_named_where_another_completes_it_who_may_not(
    shop: Shop, page: Page, then: str, allowed: str | None
) -> None:
    await hire(page)
    number = (await shop.sold())["receipt_number"]
    await page.sign_in(SUPERVISOR)
    sale = await ring(page)
    shop.body(await page.client.put(f"{sale}/taken-back", json={"receipt_number": number}))
    await page.sign_in(then)
    refund, _, entry = await complete(shop, page, sale)
    for signed in (refund, entry):
        assert (signed.get("authorized_by") or {"name": None})["name"] == allowed


async def test_giving_an_exchange_up_needs_nobodys_leave(shop: Shop, page: Page) -> None:
    await hire(page)
    number = (await shop.sold())["receipt_number"]
    await page.sign_in(SUPERVISOR)
    sale = await ring(page)
    shop.body(await page.client.put(f"{sale}/taken-back", json={"receipt_number": number}))
    await page.sign_in(CASHIER)
    assert "taken_back" not in shop.body(await page.client.delete(f"{sale}/taken-back"))


async def test_looking_at_what_a_refund_comes_to_is_for_everybody_who_sells(shop: Shop, page: Page) -> None:
    await hire(page)
    await page.sign_in(CASHIER)
    asked = {"receipt_number": (await shop.sold())["receipt_number"], "tender": {"type": "cash"}}
    assert shop.body(await page.post("/v1/refunds/preview", asked))["paid"] == 50
    assert (await page.post("/v1/refunds", asked)).json()["action"] == "refund"


def test_goods_that_were_taken_back_before_this_was_kept_are_read() -> None:
    row = {"receipt_number": "T-1", "lines": [], "credit": 5, "tender": "cash", "reason": None}
    kept = TakenBack.from_json(Row(row))
    assert kept is not None
    assert kept.allowed_by is None
    assert TakenBack.from_json(Row(kept.to_json())) == kept
