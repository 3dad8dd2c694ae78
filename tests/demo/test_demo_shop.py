"""The demo's shop: a configuration, a catalogue and a shelf that all hold together."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from agent.api_token import read
from agent.app import App
from agent.config import load
from agent.demo import shop
from agent.demo.routes import DemoRoutes
from agent.demo.world import World
from agent.server import Server
from drivers.errors import PortUnavailable
from drivers.scanner.gtin import has_check_digit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    world = World(tmp_path)
    app = App(load(await world.start()), tmp_path, bench=world.bench)
    async with app:
        taxes = {tax.code for tax in app.config.taxes}
        result = await app.catalogue.import_csv(shop.catalogue_csv(), currency=shop.CURRENCY, taxes=taxes)
        assert result.ok, result.to_json()
        async with Server(app, port=0, extra_routes=DemoRoutes(world, app).routes(), demo=True) as server:
            headers = {"Authorization": f"Bearer {read(tmp_path)}"}
            async with httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as caller:
                yield world, caller
    await world.stop()


def test_every_code_on_the_shelf_has_its_check_digit_and_stands_there_once() -> None:
    codes = [item["code"] for item in shop.shelf()]
    assert all(has_check_digit(code) and len(code) == 13 for code in codes)
    assert len(set(codes)) == len(codes) > 40


async def test_every_code_on_the_shelf_rings_its_item(client: tuple[World, httpx.AsyncClient]) -> None:
    _, caller = client
    for item in shop.shelf():
        weighed = item["unit"] == "kg" and item["note"] is None
        if weighed:
            assert (await caller.post("/demo/scale", json={"on": item["sku"]})).is_success
        answer = await caller.post(f"/v1/tills/{shop.TILL}/scan", json={"data": item["code"]})
        line = answer.json()["lines"][-1]
        assert line["sku"] == item["sku"], item
        if weighed:
            assert Decimal(line["quantity"]) == Decimal(item["loose"])
    nothing = await caller.post("/demo/scale", json={"on": "1001"})
    assert nothing.json()["code"] == "no-such-loose-goods"


async def test_a_click_on_the_shelf_comes_in_by_the_scanners_own_bytes(
    client: tuple[World, httpx.AsyncClient],
) -> None:
    _, caller = client
    label = shop.shelf()[-1]
    assert (await caller.post("/demo/scan", json={"code": label["code"]})).status_code == 204
    async with asyncio.timeout(10):
        while (sale := (await caller.get(f"/v1/tills/{shop.TILL}")).json()["sale"]) is None:
            await asyncio.sleep(0.02)
    assert (sale["lines"][0]["sku"], sale["lines"][0]["quantity"]) == (label["sku"], "0.518")


async def test_a_receipt_is_there_as_a_picture(client: tuple[World, httpx.AsyncClient]) -> None:
    _, caller = client
    assert (await caller.post(f"/v1/devices/{shop.PRINTER}/test")).is_success
    async with asyncio.timeout(10):
        while not (receipts := (await caller.get("/demo/world")).json()["printer"]["receipts"]):
            await asyncio.sleep(0.02)
    picture = await caller.get(f"/demo/receipts/{receipts[0]}.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert (await caller.get("/demo/receipts/99.png")).status_code == 404


@pytest.mark.parametrize(
    ("part", "body", "status"),
    [
        ("scan", {}, 422),
        ("scan", {"code": 4}, 422),
        ("printer", {"paper": "out"}, 422),
        ("printer", {"paper": False, "cover_open": True, "power": False}, 204),
        ("switch", {"put": "cutter stuck"}, 204),
        ("switch", {"put": "cutter gone"}, 422),
        ("switch", {}, 422),
        ("script", {"name": "bad-morning"}, 204),
        ("script", {"name": None}, 204),
        ("script", {"name": "no-such"}, 422),
        ("script", {}, 422),
        ("well", {}, 204),
        ("well", {"all": True}, 422),
        ("drawer", {"open": False}, 204),
        ("drawer", {"open": True}, 422),
        ("line", {"plugged": False}, 204),
        ("cloud", {"trouble": "hang"}, 204),
        ("cloud", {"trouble": "fire"}, 422),
    ],
)
async def test_the_shops_switches_take_what_makes_sense(
    client: tuple[World, httpx.AsyncClient], part: str, body: dict[str, object], status: int
) -> None:
    _, caller = client
    assert (await caller.post(f"/demo/{part}", json=body)).status_code == status


async def test_the_switches_show_in_the_world(client: tuple[World, httpx.AsyncClient]) -> None:
    world, caller = client
    await caller.post("/demo/printer", json={"paper": False, "cover_open": True, "power": False})
    await caller.post("/demo/line", json={"plugged": False})
    view = (await caller.get("/demo/world")).json()
    assert view["printer"] | {"receipts": []} == {"receipts": [], "paper": False, "cover_open": True, "power": False}
    assert view["line"] == {"plugged": False}
    await caller.post("/demo/printer", json={"paper": True, "cover_open": False, "power": True})
    await caller.post("/demo/line", json={"plugged": True})
    assert world.printer.powered
    assert (await caller.get("/demo/world")).json()["line"] == {"plugged": True}


async def test_a_script_works_the_switches_and_all_is_well_again_at_a_word(
    client: tuple[World, httpx.AsyncClient],
) -> None:
    world, caller = client
    choice = (await caller.get("/demo/faults")).json()
    assert {"bad-morning", "power-cut"} <= set(choice["scripts"])
    assert choice["switches"]["paper"] == ["in", "low", "out"]
    await caller.post("/demo/script", json={"name": "bad-morning"})
    async with asyncio.timeout(10):
        while not world.printer.cover_open:
            await asyncio.sleep(0.02)
    faults = (await caller.get("/demo/world")).json()["faults"]
    assert (faults["script"], faults["switches"]["cover"]) == ("bad-morning", "open")
    await caller.post("/demo/well", json={})
    faults = (await caller.get("/demo/world")).json()["faults"]
    assert (faults["script"], faults["waiting_bytes"]) == (None, 0)
    assert faults["switches"] == {name: positions[0] for name, positions in choice["switches"].items()}


@pytest.mark.parametrize(("away", "back"), [("power off", "power on"), ("cable pulled", "cable whole")])
async def test_a_printer_without_power_or_cable_is_not_there(
    client: tuple[World, httpx.AsyncClient], away: str, back: str
) -> None:
    world, caller = client
    await caller.post("/demo/switch", json={"put": away})
    with pytest.raises(PortUnavailable):
        await world.bench.open(shop.PRINTER)
    await caller.post("/demo/switch", json={"put": back})
    async with asyncio.timeout(10):
        while world.bench.wire(shop.PRINTER) is None:  # the agent has it again
            await asyncio.sleep(0.02)
