"""The lamps, offline by hand and the outage card, over the local API of a whole agent."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli import main
from agent.demo.cloud import CloudServer, DemoCloud
from agent.demo.line import Line as Wire
from outbox import audit
from tests.api.shop import CONFIG, Shop, open_shop
from tests.api.test_api_door import paired_page
from tests.api.test_api_routes import shaped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
CLOUD = """
[[cloud]]
name = "books"
kind = "webhook"
url = "http://127.0.0.1:{port}/records"
secret = {{ file = "secret.txt" }}
"""
WAIT_S = 20.0


class World:
    """A shop, its cloud, and the wire between."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cloud = DemoCloud(SECRET)
        self.server = CloudServer(self.cloud)
        (folder / "secret.txt").write_text(SECRET)

    @asynccontextmanager
    async def open(self, name: str = "books") -> AsyncIterator[Shop]:
        """Run the agent, with its cloud by this name; called again, it is the same agent restarted."""
        config = CONFIG + CLOUD.format(port=self.wire.port).replace("books", name)
        async with open_shop(self.folder, config=config) as shop:
            yield shop

    async def start(self) -> None:
        self.wire = Wire(await self.server.start())
        await self.wire.plug()

    async def stop(self) -> None:
        await self.wire.close()
        await self.server.stop()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def until(shop: Shop, path: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Read `path` until it is as wanted."""
    async with asyncio.timeout(WAIT_S):
        while not wanted(answer := shop.body(await shop.client.get(path))):
            await asyncio.sleep(0.02)
    return answer


async def test_a_store_without_clouds_needs_no_line(shop: Shop) -> None:
    lamps = shop.body(await shop.client.get("/v1/line", params={"look": True}))
    shaped("LineLamps", lamps)
    assert (lamps["network"]["state"], lamps["internet"]["state"], lamps["clouds"]) == ("unused", "unused", {})
    card = shop.body(await shop.client.get("/v1/outage"))
    shaped("Outage", card)
    assert (card["state"], card["all_delivered"], card["card_risk"]) == ("no_clouds", True, False)
    shaped("Job", shop.body(await shop.client.post("/v1/outage/print", json={"till": "till-1"})))
    refused = await shop.client.post("/v1/outage/print", json={"till": "till-2"})
    assert (refused.status_code, refused.json()["code"]) == (422, "no-printer")


async def test_a_cloud_that_is_held_gets_nothing_until_it_is_let_go(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    async with world.open() as shop, paired_page(shop) as page:
        await shop.sold("till-2")
        await until(shop, "/v1/outage", lambda card: card["all_delivered"])
        heard = world.cloud.orders.copy()
        refused = await shop.client.post("/v1/line/offline", json={"reason": "the line is dear today"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
        unknown = await page.post("/v1/line/offline", json={"cloud": "none", "reason": "a test"})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "no-such-cloud")

        held = shop.body(await page.post("/v1/line/offline", json={"reason": "the line is dear today"}))
        shaped("Offline", held)
        assert held["clouds"]["books"]["reason"] == "the line is dear today"
        again = shop.body(await page.post("/v1/line/offline", json={"cloud": "books", "reason": "another"}))
        assert again == held
        where = ["--config", str(world.folder / "stillopen.toml"), "--state", str(world.folder / "state")]
        assert await asyncio.to_thread(main, ["cloud", "pull", "books", *where]) == 1
        assert "books is held offline by hand, by till page since" in capsys.readouterr().err
        sold = await shop.sold("till-2")
        card = shop.body(await shop.client.get("/v1/outage"))
        shaped("Outage", card)
        assert (card["state"], card["waiting"], card["clouds"][0]["lamp"]["state"]) == ("offline", 1, "offline")

    async with world.open() as shop, paired_page(shop) as page:
        await shop.app.line.look()
        status = shop.body(await shop.client.get("/v1/status"))
        shaped("Status", status)
        assert status["clouds"]["books"]["offline"]["reason"] == "the line is dear today"
        assert status["line"]["clouds"]["books"]["state"] == "offline"
        assert (await shop.sold("till-2"))["kind"] == "sale"
        assert world.cloud.orders == heard
        free = shop.body(await page.post("/v1/line/online", json={}))
        assert free == {"clouds": {"books": None}}
        card = await until(shop, "/v1/outage", lambda card: card["all_delivered"])
        assert card["clouds"][0]["answered_at"] is not None
        assert sold["id"] in world.cloud.orders
        assert world.cloud.doubles == 0
        trail = [entry for entry in audit.oldest_first(shop.app.journal.reader) if entry["action"] == "force_offline"]
        assert [(entry["subject"], entry["before"], entry["after"], entry["why"]) for entry in trail] == [
            ("books", "online", "offline", "the line is dear today"),
            ("books", "offline", "online", None),
        ]


async def test_the_card_tells_what_waits_while_the_line_is_cut(world: World) -> None:
    async with world.open() as shop:
        await shop.app.line.look()
        lamps = shop.body(await shop.client.get("/v1/line"))
        shaped("LineLamps", lamps)
        assert (lamps["internet"]["state"], lamps["clouds"]["books"]["state"]) == ("unused", "up")
        await shop.sold("till-2")
        await until(shop, "/v1/outage", lambda card: card["all_delivered"])
        await world.wire.cut()
        async with shop.events() as events:
            record = await shop.sold("till-2")
            card = await until(shop, "/v1/outage", lambda card: card["state"] == "waiting")
            told: dict[str, Any] = {}
            while told.get("type") != "line":
                told = json.loads(await events.recv())
        assert told["line"]["clouds"]["books"] == card["clouds"][0]["lamp"]
        assert card["clouds"][0]["lamp"]["cause"] == "unreached"
        assert (card["waiting"], card["oldest_waiting"]) == (1, card["clouds"][0]["oldest_waiting"])
        assert "sell" in card["works"]
        assert {refused["tender"] for refused in card["refuse"]} == {"card_reader", "gift_card", "points"}
        metrics = (await shop.client.get("/metrics")).text
        assert 'stillopen_cloud_up{cloud="books"} 0' in metrics
        assert 'stillopen_cloud_offline{cloud="books"} 0' in metrics
        shaped("Job", shop.body(await shop.client.post("/v1/outage/print", json={"till": "till-1"})))
        await world.wire.plug()
        card = await until(shop, "/v1/outage", lambda card: card["all_delivered"])
        assert (card["state"], card["oldest_waiting"]) == ("delivered", None)
        assert record["id"] in world.cloud.orders


async def test_what_no_cloud_takes_is_refused_with_what_can_be_taken(shop: Shop) -> None:
    sale = await shop.rung()
    for type_ in ("card_reader", "gift_card", "points"):
        answer = await shop.client.post(f"/v1/sales/{sale['id']}/tenders", json={"type": type_, "amount": 10})
        assert (answer.status_code, answer.json()["code"]) == (409, "tender-unavailable")
        assert "Take cash, or a card on a terminal of its own" in answer.json()["detail"]
    assert shop.body(await shop.client.get(f"/v1/sales/{sale['id']}"))["tenders"] == []


async def test_nobody_goes_home_while_records_wait_for_a_cloud_that_was_renamed(world: World) -> None:
    async with world.open() as shop:
        await shop.sold("till-2")
        await until(shop, "/v1/outage", lambda card: card["all_delivered"])
        await world.wire.cut()
        record = await shop.sold("till-2")
        await until(shop, "/v1/outage", lambda card: card["waiting"] == 1)
    await world.wire.plug()
    async with world.open("ledger") as shop:
        await shop.app.line.look()
        card = shop.body(await shop.client.get("/v1/outage"))
        shaped("Outage", card)
        assert (card["state"], card["all_delivered"], card["waiting"]) == ("not_configured", False, 1)
        assert [(cloud["name"], cloud["configured"]) for cloud in card["clouds"]] == [
            ("books", False),
            ("ledger", True),
        ]
        shaped("Job", shop.body(await shop.client.post("/v1/outage/print", json={"till": "till-1"})))
    async with world.open() as shop:  # its name is put back
        await until(shop, "/v1/outage", lambda card: card["all_delivered"])
        assert record["id"] in world.cloud.orders
        await world.wire.cut()
        for _ in range(2):
            await shop.sold("till-2")
        await until(shop, "/v1/outage", lambda card: card["waiting"] == 2)
    async with world.open("ledger") as shop:  # or what waits is entered by hand, and ticked off
        every = shop.body(await shop.client.get("/v1/outbox"))["deliveries"]
        for number in [one["id"] for one in every if one["state"] != "delivered"]:
            shop.body(await shop.client.post(f"/v1/outbox/{number}/settle", json={"reason": "entered by hand"}))
        card = shop.body(await shop.client.get("/v1/outage"))
        assert (card["state"], [cloud["name"] for cloud in card["clouds"]]) == ("delivered", ["ledger"])
