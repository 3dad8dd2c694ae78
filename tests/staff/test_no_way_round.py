"""No way round a permission: not by testing a drawer, not by the list of records, not by a PIN at a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.training import Trainee
from outbox import audit, chain
from outbox.record import Kind
from tests.api.shop import CONFIG, Shop, open_shop
from tests.staff.conftest import CASHIER, MANAGER, SUPERVISOR, TECH, Page, hire, paired

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

TEST = "/v1/devices/drawer/test"


async def test_a_test_that_opens_the_drawer_needs_the_right_to_open_it(shop: Shop, page: Page) -> None:
    await hire(page)
    for pin in (CASHIER, TECH):
        await page.sign_in(pin)
        refused = (await page.post(TEST)).json()
        assert (refused["code"], refused["action"], refused["role"]) == ("not-allowed", "no_sale", "supervisor")
    assert chain.newest(shop.app.journal.reader, 1) == []
    assert "device_test" not in [entry["action"] for entry in audit.oldest_first(shop.app.journal.reader)]

    leave = (await page.post("/v1/overrides", {"pin": SUPERVISOR, "action": "no_sale"})).json()["override"]
    record = (await page.post(TEST, **{"Stillopen-Override": leave})).json()
    assert (record["kind"], record["cashier"]["name"], record["authorized_by"]["name"]) == ("drawer", "Tek", "Sol")
    (entry,) = [one for one in audit.oldest_first(shop.app.journal.reader) if one["action"] == "no_sale"]
    assert (entry["actor"]["name"], entry["authorized_by"]["name"], entry["page"]) == ("Tek", "Sol", page.id)


async def test_a_drawer_that_is_tested_in_training_is_in_trainings_journal(shop: Shop, page: Page) -> None:
    await shop.app.training.begin("till-1", Trainee("a page", opens_drawer=False))
    assert shop.body(await page.post(TEST))["kind"] == "drawer"
    assert chain.newest(shop.app.journal.reader, 1) == []
    training = shop.app.training.counter
    assert training is not None
    assert chain.newest(training.journal.reader, 1)[0].kind is Kind.DRAWER


async def test_a_shifts_figures_are_in_no_list_of_who_may_not_see_its_report(tmp_path: Path) -> None:
    config = CONFIG + '[permissions]\nshift_report = "manager"\n'
    async with open_shop(tmp_path, config=config) as shop, paired(shop) as page:
        await hire(page)
        await shop.sold()
        closed = await page.post("/v1/shifts/current/close", {"till": "till-1", "counted": 50})
        assert closed.is_success

        async def kinds(caller: httpx.AsyncClient, query: str = "") -> list[str]:
            answer = shop.body(await caller.get(f"/v1/records?limit=2{query}"))
            return [record["kind"] for record in answer["records"]]

        everything = ["shift_close", "drawer"]
        assert await kinds(page.client) == everything
        await page.client.request("DELETE", "/v1/sign-in")
        for pin, code in ((None, "sign-in-needed"), (CASHIER, "not-allowed")):
            if pin is not None:
                await page.sign_in(pin)
            assert await kinds(page.client) == ["drawer", "sale"]
            for kind in ("shift_open", "shift_close"):
                refused = (await page.client.get(f"/v1/records?kind={kind}")).json()
                assert (refused["code"], refused["action"]) == (code, "shift_report")
        assert await kinds(shop.client) == everything  # who may read its token may read the journal
        assert await kinds(shop.client, "&kind=shift_close") == ["shift_close"]


async def test_customers_are_found_in_receipts_by_who_may_sell_to_them(shop: Shop, page: Page) -> None:
    await hire(page)
    await page.client.request("DELETE", "/v1/sign-in")
    sold = await shop.sold()
    seen = "/v1/records?q=" + sold["receipt_number"]
    assert (await page.client.get(seen)).json()["code"] == "sign-in-needed"
    for caller in (shop.client, page.client):
        await page.sign_in(CASHIER)
        assert [one["id"] for one in shop.body(await caller.get(seen))["records"]] == [sold["id"]]
    await page.sign_in(TECH)
    assert (await page.client.get(seen)).json()["action"] == "sell"


async def test_one_that_was_paired_as_somebody_is_that_at_all_times(shop: Shop, page: Page) -> None:
    await hire(page)
    async with paired(shop, acts_as="cashier") as kiosk:
        refused = await kiosk.sign_in(MANAGER)
        assert (refused.status_code, refused.json()["code"]) == (409, "acts-as-itself")
        assert "stillopen pair" in refused.json()["detail"]
        seen = await kiosk.get("/v1/sign-in")
        assert (seen["acts_as"]["role"], seen["staff"]) == ("cashier", None)
        leave = (await kiosk.post("/v1/overrides", {"pin": SUPERVISOR, "action": "no_sale"})).json()["override"]
        opened = await kiosk.post("/v1/tills/till-1/drawer", {"reason": "change"}, **{"Stillopen-Override": leave})
        assert shop.body(opened)["authorized_by"]["name"] == "Sol"
