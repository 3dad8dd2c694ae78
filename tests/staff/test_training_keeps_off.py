"""Training changes nothing that the store sells with: not its items, its customers, nor its quick keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.staff.conftest import Page, paired

if TYPE_CHECKING:
    import httpx

    from tests.api.shop import Shop

TRAINING = "/v1/tills/till-1/training"
LAMP = {"name": "Lamp", "price": 1900, "barcode": "5901234123457"}


async def ask(client: httpx.AsyncClient, what: tuple[str, str, dict[str, Any] | None]) -> httpx.Response:
    method, path, body = what
    return await client.request(method, path, json=body)


@pytest.fixture
async def writes(page: Page) -> list[tuple[str, str, dict[str, Any] | None]]:
    """What writes to the store's own lists, of things that are there."""
    made = await page.post("/v1/items", {"name": "Rope", "price": 300, "sku": "rope"})
    assert made.status_code == 201, made.text
    ids = [(await page.post("/v1/customers", {"name": name})).json()["id"] for name in ("Ms Vine", "Mr Oak")]
    keys = await page.get("/v1/tills/till-1/keys")
    return [
        ("POST", "/v1/items", LAMP),
        ("DELETE", "/v1/items/rope", None),
        ("POST", "/v1/customers", {"name": "Ms Elm"}),
        ("PATCH", f"/v1/customers/{ids[0]}", {"phone": "555"}),
        ("DELETE", f"/v1/customers/{ids[1]}", None),
        ("PUT", "/v1/tills/till-1/keys", {"scope": "till", "revision": keys["revision"], "pages": []}),
    ]


async def test_a_page_that_trains_leaves_the_stores_own_lists_alone(
    shop: Shop, page: Page, writes: list[tuple[str, str, dict[str, Any] | None]]
) -> None:
    shop.body(await page.post(TRAINING))
    for what in writes:
        answer = await ask(page.client, what)
        assert (answer.status_code, answer.json()["code"]) == (409, "till-trains"), (what, answer.text)
        assert "end training first" in answer.json()["detail"]
    shop.body(await page.client.delete(TRAINING))
    for what in writes:
        assert (await ask(page.client, what)).is_success, what


async def test_another_page_that_shows_the_till_trains_with_it_and_one_that_does_not_goes_on(
    shop: Shop, page: Page
) -> None:
    shop.body(await page.post(TRAINING))
    async with paired(shop) as beside:
        with shop.app.attendance.listening("till-1", beside.id):
            assert (await beside.post("/v1/items", LAMP)).json()["code"] == "till-trains"
        with shop.app.attendance.listening("till-2", beside.id):
            keys = await beside.get("/v1/tills/till-1/keys")
            arranged = {"scope": "store", "revision": keys["revision"], "pages": []}
            assert (await beside.client.put("/v1/tills/till-1/keys", json=arranged)).json()["code"] == "till-trains"
            assert (await beside.post("/v1/items", LAMP)).status_code == 201
