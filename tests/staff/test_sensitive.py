"""What is sensitive in a change to a sale, whichever way it comes: allowed or not, and in the trail."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.api.shop import APPLE, CONFIG, Shop, open_shop
from tests.staff.conftest import CASHIER, MANAGER, SUPERVISOR, Page, hire, paired

LIMITED = """
[staff]
discount_limit = "10"

[permissions]
price_override = "supervisor"
line_void = "supervisor"
expired_item = "manager"
"""
OLD = "]C1010400638133393117200101"  # GS1: the apple's number, to be sold until 2020-01-01


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[tuple[Shop, Page]]:
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(open_shop(tmp_path, config=CONFIG + LIMITED))
        page = await stack.enter_async_context(paired(shop))
        await hire(page)
        await page.sign_in(CASHIER)
        yield shop, page


async def refused(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> str:
    """Ask for something that is refused; the action that needs leave."""
    answer = await page.client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed"), answer.text
    return str(answer.json()["action"])


async def allowed(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask again with a supervisor's leave, as the page does."""
    action = await refused(page, method, path, body)
    leave = await page.post("/v1/overrides", {"pin": SUPERVISOR, "action": action})
    headers = {"Stillopen-Override": leave.json()["override"]}
    answer = await page.client.request(method, path, json=body, headers=headers)
    assert answer.is_success, answer.text
    sale: dict[str, Any] = answer.json()
    return sale


async def entries(page: Page, action: str) -> list[dict[str, Any]]:
    await page.sign_in(MANAGER)
    return [entry for entry in await page.trail() if entry["action"] == action]


async def test_another_price_needs_leave_on_a_line_and_with_a_new_one(limited: tuple[Shop, Page]) -> None:
    _, page = limited
    sale = (await page.post("/v1/tills/till-1/scan", {"data": APPLE})).json()
    lines = f"/v1/sales/{sale['id']}/lines"
    assert await refused(page, "POST", lines, {"sku": "milk", "price": 1, "price_reason": "dented"}) == "price_override"
    sale = await allowed(page, "PATCH", f"{lines}/1", {"price": 40, "price_reason": "dented"})
    assert sale["total"] == 40
    (entry,) = await entries(page, "price_override")
    assert (entry["actor"]["name"], entry["authorized_by"]["name"], entry["why"]) == ("Kim", "Sol", "dented")
    assert (entry["before"]["price"], entry["after"]["price"], entry["subject"]) == (50, 40, sale["id"])


async def test_a_line_taken_out_or_made_smaller_needs_leave(limited: tuple[Shop, Page]) -> None:
    _, page = limited
    sale = (await page.post("/v1/tills/till-1/scan", {"data": APPLE})).json()
    line = f"/v1/sales/{sale['id']}/lines/1"
    assert (await page.client.patch(line, json={"quantity": "3"})).is_success
    assert (await allowed(page, "PATCH", line, {"quantity": "1"}))["lines"][0]["quantity"] == "1"
    assert (await allowed(page, "DELETE", line))["lines"] == []
    smaller, out = await entries(page, "line_void")
    assert (smaller["before"]["quantity"], smaller["after"]["quantity"]) == ("3", "1")
    assert (out["before"]["name"], out["after"]) == ("Apple", None)


async def test_discounts_add_up_to_the_limit(limited: tuple[Shop, Page]) -> None:
    _, page = limited
    sale = (await page.post("/v1/tills/till-1/scan", {"data": APPLE})).json()
    discounts = f"/v1/sales/{sale['id']}/discounts"
    assert (await page.post(discounts, {"percent": "10"})).is_success
    assert await refused(page, "POST", discounts, {"amount": 1}) == "discount_over_limit"
    assert (await allowed(page, "POST", discounts, {"amount": 5, "reason": "regular"}))["total"] == 40
    (entry,) = await entries(page, "discount_over_limit")
    assert (entry["why"], entry["after"]["taken"], entry["after"]["of"]) == ("regular", 10, 50)


async def test_an_item_past_its_day_needs_leave(limited: tuple[Shop, Page]) -> None:
    _, page = limited
    body = {"data": OLD, "expired_reason": "reduced"}
    assert await refused(page, "POST", "/v1/tills/till-1/scan", body) == "expired_item"
    await page.sign_in(MANAGER)
    assert (await page.post("/v1/tills/till-1/scan", body)).is_success
    (entry,) = await entries(page, "expired_item")
    assert entry["why"] == "reduced"
