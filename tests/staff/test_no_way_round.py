"""No way round a permission: not by testing a drawer, not by the list of records, not by a PIN at a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.training import Trainee
from outbox import audit, chain
from outbox.record import Kind
from tests.staff.conftest import CASHIER, SUPERVISOR, TECH, Page, hire

if TYPE_CHECKING:
    from tests.api.shop import Shop

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
