"""Whoever began training and is gone before it could begin has ended it: the till's next sale is a real one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from outbox import audit
from tests.staff.conftest import MANAGER, SUPERVISOR, Page, hire

if TYPE_CHECKING:
    from tests.api.shop import Shop


@pytest.mark.parametrize(("then", "trains"), [("nobody", False), ("another", False), ("the same", True)])
async def test_who_signs_out_while_training_is_being_made_ready_leaves_no_till_that_trains(
    shop: Shop, page: Page, then: str, *, trains: bool
) -> None:
    await hire(page)
    await page.sign_in(MANAGER)
    async with shop.app.training._opening:  # its journal is being opened
        asked = asyncio.create_task(page.post("/v1/tills/till-1/training", {}))
        async with asyncio.timeout(10):
            while "training" not in [one["action"] for one in audit.oldest_first(shop.app.journal.reader)]:
                await asyncio.sleep(0.005)
        if then == "nobody":
            await page.client.request("DELETE", "/v1/sign-in")
        else:
            await page.sign_in(SUPERVISOR if then == "another" else MANAGER)
    assert shop.body(await asked)["training"] is trains
    assert ("till-1" in shop.app.training) is trains
    if not trains:
        assert "training" not in await shop.sold()
