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
open_item = "supervisor"
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


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[Shop, Page]]:
    """A shop with a limit for discounts where a cashier may do everything else."""
    async with AsyncExitStack() as stack:
        config = CONFIG + '[staff]\ndiscount_limit = "10"\n'
        shop = await stack.enter_async_context(open_shop(tmp_path, config=config))
        page = await stack.enter_async_context(paired(shop))
        await hire(page)
        await page.sign_in(CASHIER)
        yield shop, page


async def goods(page: Page, *prices: int, sale: str | None = None) -> dict[str, Any]:
    """Ring an open item at each price; the sale as it is then."""
    at = sale or (await page.post("/v1/sales", {"till": "till-1"})).json()["id"]
    for price in prices:
        answer = await page.post(f"/v1/sales/{at}/lines", {"name": f"Item at {price}", "price": price})
        assert answer.is_success, answer.text
    return await page.get(f"/v1/sales/{at}")


async def off(page: Page, sale: dict[str, Any], discount: dict[str, Any]) -> None:
    """Give a discount that needs nobody's leave."""
    answer = await page.post(f"/v1/sales/{sale['id']}/discounts", discount)
    assert answer.is_success, answer.text


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


async def test_an_open_item_needs_leave_and_so_does_more_of_it(limited: tuple[Shop, Page]) -> None:
    _, page = limited
    sale = (await page.post("/v1/sales", {"till": "till-1"})).json()
    lines = f"/v1/sales/{sale['id']}/lines"
    wine = {"name": "Wine", "price": 100}
    assert await refused(page, "POST", lines, wine) == "open_item"
    await allowed(page, "POST", lines, wine)
    sale = await allowed(page, "PATCH", f"{lines}/1", {"quantity": "10"})
    assert sale["total"] == 1000
    rung, more = await entries(page, "open_item")
    assert (rung["authorized_by"]["name"], rung["before"], rung["after"]["name"]) == ("Sol", None, "Wine")
    assert (more["before"]["quantity"], more["after"]["quantity"], more["subject"]) == ("1", "10", sale["id"])


async def test_what_is_left_of_a_sale_is_discounted_no_further_without_leave(own: tuple[Shop, Page]) -> None:
    """10.00 off 110.00 needs nobody; 10.00 off the 10.00 that are left does, whichever way the rest went."""
    _, page = own
    sale = await goods(page, 10_000, 1_000)
    await off(page, sale, {"amount": 1_000})
    line = f"/v1/sales/{sale['id']}/lines/1"
    for method, body in (("DELETE", None), ("PATCH", {"price": 0, "price_reason": "dented"})):
        answer = await page.client.request(method, line, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed"), answer.text
        assert (answer.json()["action"], answer.json()["because"]) == ("discount_over_limit", "fewer_goods")
        assert "take the discount off first" in answer.json()["detail"]
    assert (await page.get(f"/v1/sales/{sale['id']}"))["total"] == 10_000
    assert (await allowed(page, "DELETE", line))["total"] == 0
    (entry,) = await entries(page, "discount_over_limit")
    assert (entry["authorized_by"]["name"], entry["after"]["taken"], entry["after"]["of"]) == ("Sol", 1_000, 1_000)


async def test_a_discount_waits_for_no_smaller_goods(own: tuple[Shop, Page]) -> None:
    _, page = own
    sale = await goods(page, 10_000)
    await off(page, sale, {"amount": 1_000})
    assert await refused(page, "DELETE", f"/v1/sales/{sale['id']}/lines/1") == "discount_over_limit"
    assert (await page.client.delete(f"/v1/sales/{sale['id']}/discounts/1")).is_success
    assert (await page.client.delete(f"/v1/sales/{sale['id']}/lines/1")).json()["lines"] == []


async def test_a_lines_own_discount_outgrows_it_by_fewer_pieces(own: tuple[Shop, Page]) -> None:
    _, page = own
    sale = await goods(page, 100)
    line = f"/v1/sales/{sale['id']}/lines/1"
    assert (await page.client.patch(line, json={"quantity": "10"})).is_success
    await off(page, sale, {"amount": 100, "line": "1"})
    assert await refused(page, "PATCH", line, {"quantity": "9"}) == "discount_over_limit"
    assert (await page.client.patch(line, json={"quantity": "11"})).is_success
    assert (await page.client.delete(line)).json()["total"] == 0  # its discount goes with it


async def test_a_share_that_was_allowed_stays_allowed_whatever_is_rung(own: tuple[Shop, Page]) -> None:
    _, page = own
    sale = await goods(page, 10)
    discounts = f"/v1/sales/{sale['id']}/discounts"
    assert (await allowed(page, "POST", discounts, {"percent": "33"}))["total"] == 7  # 30 % of it, rounded
    await page.sign_in(CASHIER)
    await goods(page, 9_999, 3, sale=sale["id"])
    for line in ("2", "1"):
        assert (await page.client.delete(f"/v1/sales/{sale['id']}/lines/{line}")).is_success


async def test_an_item_past_its_day_needs_leave(limited: tuple[Shop, Page]) -> None:
    _, page = limited
    body = {"data": OLD, "expired_reason": "reduced"}
    assert await refused(page, "POST", "/v1/tills/till-1/scan", body) == "expired_item"
    await page.sign_in(MANAGER)
    assert (await page.post("/v1/tills/till-1/scan", body)).is_success
    (entry,) = await entries(page, "expired_item")
    assert entry["why"] == "reduced"
