"""A scale in the whole agent: weighed for the line being rung, once, looked at by those who show it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import websockets

from drivers.scale.reading import State
from drivers.simulated.scale import SimulatedScale
from tests.api.shop import CONFIG, Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

WAIT_S = 15.0
WITH_SCALE = CONFIG.replace('drawer = "drawer"\n\n[[till]]', 'drawer = "drawer"\nscale = "scale"\n\n[[till]]') + (
    '\n[[scale]]\nname = "scale"\nport = "sim://scale"\n'
)
APPLES = "00123"


@asynccontextmanager
async def shop_with(box: SimulatedScale, folder: Path) -> AsyncIterator[Shop]:
    async with open_shop(folder, config=WITH_SCALE, devices={"scale": box}) as shop:
        items = f"sku,name,price,tax,barcode,unit\nBULK,Apples loose,2.99,standard,{APPLES},kg\n"
        assert (await shop.app.catalogue.import_csv(items, currency="EUR", taxes={"standard"})).ok
        await until(shop, lambda scale: scale["state"] == "ready")
        yield shop


@pytest.fixture
async def box() -> SimulatedScale:
    return SimulatedScale()


async def scale(shop: Shop) -> dict[str, Any]:
    answer = shop.body(await shop.client.get("/v1/devices"))
    return next(one for one in answer["devices"] if one["kind"] == "scale")


def listen(shop: Shop, query: str) -> websockets.connect:
    headers = {"Authorization": f"Bearer {shop.token}"}
    url = f"ws://localhost:{shop.server.port}/v1/events?{query}"
    return websockets.connect(url, proxy=None, additional_headers=headers)


async def until(shop: Shop, true: Any) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        while not true(one := await scale(shop)):
            await asyncio.sleep(0.01)
    return one


async def test_a_weight_goes_onto_the_line_once(tmp_path: Path, box: SimulatedScale) -> None:
    async with shop_with(box, tmp_path) as shop:
        box.put("0.350")
        sale = await shop.opened()
        lines = f"/v1/sales/{sale['id']}/lines"
        key = {"Idempotency-Key": "one"}
        rung = shop.body(await shop.client.post(lines, json={"sku": "BULK"}, headers=key))
        assert [(line["quantity"], line["total"]) for line in rung["lines"]] == [("0.35", 105)]
        asked = box.asked
        assert shop.body(await shop.client.post(lines, json={"sku": "BULK"}, headers=key)) == rung
        again = (await shop.client.post(lines, json={"barcode": APPLES})).json()
        assert (again["code"], again["reason"]) == ("not-weighed", "same")
        assert again["detail"].endswith(
            "Lift the goods off and put them back. Or give the quantity of Apples loose in kg."
        )
        box.put("0.500")  # another bag
        scanned = shop.body(await shop.client.post("/v1/tills/till-1/scan", json={"data": APPLES}))
        assert [line["quantity"] for line in scanned["lines"]] == ["0.35", "0.5"]
        assert box.asked > asked


async def test_a_weight_that_could_not_be_rung_may_be_weighed_again(tmp_path: Path, box: SimulatedScale) -> None:
    async with shop_with(box, tmp_path) as shop:
        box.put("0.350")
        gone = await shop.client.post("/v1/sales/none/lines", json={"sku": "BULK"})
        assert gone.json()["code"] == "no-such-sale"
        path = f"/v1/sales/{(await shop.rung())['id']}"
        shop.body(await shop.client.post(f"{path}/park", json={}))
        refused = await shop.client.post(f"{path}/lines", json={"sku": "BULK"})
        assert refused.json()["code"] == "sale-not-open"
        assert box.asked > 0
        shop.body(await shop.client.post(f"{path}/resume", json={}))
        rung = shop.body(await shop.client.post(f"{path}/lines", json={"sku": "BULK"}))
        assert rung["lines"][1]["quantity"] == "0.35"


async def test_without_a_scale_or_with_a_weight_nothing_is_weighed(tmp_path: Path, box: SimulatedScale) -> None:
    async with shop_with(box, tmp_path) as shop:
        other = await shop.opened("till-2")
        needed = await shop.client.post(f"/v1/sales/{other['id']}/lines", json={"sku": "BULK"})
        assert needed.json()["code"] == "weight-needed"
        assert (await shop.client.post("/v1/tills/till-2/weigh", json={})).json()["code"] == "no-scale"
        sale = await shop.opened()
        typed = {"sku": "BULK", "quantity": "1.25"}
        rung = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/lines", json=typed))
        await shop.rung()  # by the piece
        assert rung["lines"][0]["quantity"] == "1.25"
        pieces = {"sku": "BULK", "quantity": "2", "pieces": True}  # 2 of it, not 2 kg
        refused = (await shop.client.post(f"/v1/sales/{sale['id']}/lines", json=pieces)).json()
        assert (refused["code"], refused["name"]) == ("sold-by-weight", rung["lines"][0]["name"])
        assert box.asked == 0


async def test_a_scan_of_the_tills_own_scanner_is_weighed(tmp_path: Path, box: SimulatedScale) -> None:
    async with shop_with(box, tmp_path) as shop:
        box.put("0.720")
        await shop.scanner.scan(APPLES)
        async with asyncio.timeout(WAIT_S):
            while (sale := shop.body(await shop.client.get("/v1/tills/till-1"))["sale"]) is None:
                await asyncio.sleep(0.01)
        assert sale["lines"][0]["quantity"] == "0.72"


async def test_a_front_end_weighs_and_its_claim_keeps_others_out(tmp_path: Path, box: SimulatedScale) -> None:
    async with shop_with(box, tmp_path) as shop:
        post = shop.client.post
        box.put("1.234")
        weighed = shop.body(await post("/v1/tills/till-1/weigh", json={"wait_s": 10}, headers={"Idempotency-Key": "w"}))
        assert weighed == {
            "till": "till-1",
            "scale": "scale",
            "weight": "1.234",
            "unit": "kg",
            "shown": "1.234",
            "shown_unit": "kg",
            "net": False,
        }
        assert (
            shop.body(await post("/v1/tills/till-1/weigh", json={"wait_s": 10}, headers={"Idempotency-Key": "w"}))
            == weighed
        )
        assert (await post("/v1/tills/till-1/weigh", json={"wait_s": 1})).json()["reason"] == "same"
        mine = shop.body(await post("/v1/claims", json={"device": "scale", "name": "Kiosk"}))
        assert (await post("/v1/tills/till-1/weigh", json={"wait_s": 1})).json()["code"] == "claimed"
        assert (await post("/v1/devices/scale/zero", json={})).json()["code"] == "claimed"
        box.put("2.000")
        body = {"wait_s": 10, "claim": mine["id"]}
        assert shop.body(await post("/v1/tills/till-1/weigh", json=body))["weight"] == "2.000"


async def test_zero_tare_and_a_test(tmp_path: Path, box: SimulatedScale) -> None:
    async with shop_with(box, tmp_path) as shop:
        post = shop.client.post
        box.drift("0.010")
        assert "display" in shop.body(await post("/v1/devices/scale/test"))["next"]
        shop.body(await post("/v1/devices/scale/zero", json={}))
        assert box.now.state is State.ZERO
        box.put("0.200")
        shop.body(await post("/v1/devices/scale/tare", json={}))
        box.put("0.700")
        tested = shop.body(await post("/v1/devices/scale/test"))
        assert (tested["weight"], tested["net"]) == ("0.500", True)
        box.deaf_to_commands = True
        refused = (await post("/v1/devices/scale/tare", json={})).json()
        assert refused["code"] == "scale-not-set"
        assert "key" in refused["detail"]
        assert (await post("/v1/devices/receipt/zero", json={})).json()["code"] == "no-such-device"


@pytest.mark.parametrize("how", ["look", "claim"])
async def test_who_shows_the_weight_hears_it_and_the_scale_rests_after(
    tmp_path: Path, box: SimulatedScale, how: str
) -> None:
    async with shop_with(box, tmp_path) as shop:
        assert (await scale(shop))["weighing"] == {"state": None, "weight": None, "net": None}
        await asyncio.sleep(0.3)
        assert box.asked == 0
        query = "look=scale"
        if how == "claim":
            mine = shop.body(await shop.client.post("/v1/claims", json={"device": "scale"}))
            query = f"claim={mine['id']}"
        async with listen(shop, query) as listening, asyncio.timeout(WAIT_S):
            box.put("0.900")
            while True:
                event = json.loads(await listening.recv())
                if event["type"] == "device" and (event["device"]["weighing"]["weight"] or {}).get("weight") == "0.900":
                    break
        await until(shop, lambda one: one["weighing"]["state"] is None)
        asked = box.asked
        await asyncio.sleep(0.3)
        assert box.asked == asked


async def test_a_look_at_what_is_no_scale_is_refused(tmp_path: Path, box: SimulatedScale) -> None:
    async with shop_with(box, tmp_path) as shop, listen(shop, "look=receipt") as listening:
        await listening.wait_closed()
        assert (listening.close_code, listening.close_reason) == (
            1008,
            "no such scale: /v1/devices lists what there is",
        )
