"""What a front end has claimed is its own: scans and displays, until it lets go, dies, or the store takes it back."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import websockets

from agent.claims import Claims
from drivers.device import DeviceState
from drivers.simulated.display import SimulatedDisplay
from drivers.simulated.scanner import SimulatedScanner
from tests.api.shop import APPLE, CONFIG, MILK, POS, Shop, browser, open_shop
from tests.api.test_api_routes import shaped
from tests.api.test_claims import paired

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

WAIT_S = 15.0
CARD = "4111111111111111"
LENT = (
    CONFIG.replace('drawer = "drawer"\n\n[[till]]', 'drawer = "drawer"\ndisplay = "front"\n\n[[till]]')
    + """
[[scanner]]
name = "kiosk"
port = "sim://kiosk"
[[display]]
name = "front"
port = "sim://front"
idle = ["Welcome", "Corner Shop"]
"""
)
IDLE = ("      Welcome", "    Corner Shop")


class Lent:
    """A shop with a scanner that no till has and a customer display, and a front end that was let in."""

    def __init__(self, shop: Shop, pos: httpx.AsyncClient, box: SimulatedDisplay, loose: SimulatedScanner) -> None:
        self.shop, self.pos, self.box, self.loose = shop, pos, box, loose

    async def claimed(self, device: str, **more: Any) -> str:
        claim = self.shop.body(await self.pos.post("/v1/claims", json={"device": device, **more}))
        shaped("Claim", claim)
        return str(claim["id"])

    def listening(self, *claims: str) -> websockets.connect:
        """Listen as the front end, for as long as its claims are to hold."""
        token = self.pos.headers["Authorization"].removeprefix("Bearer ")
        query = "&".join(f"claim={claim}" for claim in claims)
        return websockets.connect(
            f"ws://localhost:{self.shop.server.port}/v1/events?{query}",
            subprotocols=[websockets.Subprotocol("stillopen.v1"), websockets.Subprotocol(f"bearer.{token}")],
            origin=websockets.Origin(POS),
            proxy=None,
        )

    async def shows(self, upper: str, lower: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.box.text != (upper, lower):
                await asyncio.sleep(0.005)

    async def free(self, device: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.shop.app.claims.of(device) is not None:
                await asyncio.sleep(0.005)

    async def till(self) -> list[str]:
        """Return the names of the till's open lines."""
        sale = self.shop.body(await self.shop.client.get("/v1/tills/till-1"))["sale"]
        return [line["name"] for line in sale["lines"]] if sale else []


async def heard(socket: websockets.ClientConnection, kind: str, **fields: Any) -> dict[str, Any]:
    """Return the next event of a type with these fields."""
    async with asyncio.timeout(WAIT_S):
        while True:
            event: dict[str, Any] = json.loads(await socket.recv())
            if event["type"] == kind and fields.items() <= event.items():
                return event


@pytest.fixture
async def lent(tmp_path: Path) -> AsyncIterator[Lent]:
    async with _lent(tmp_path) as one:
        yield one


@asynccontextmanager
async def _lent(folder: Path) -> AsyncIterator[Lent]:
    box, loose = SimulatedDisplay(), SimulatedScanner()
    async with (
        open_shop(folder, config=LENT, devices={"front": box, "kiosk": loose}) as shop,
        await paired(shop, "Other POS") as pos,
    ):
        async with asyncio.timeout(WAIT_S):
            while any(one.view.state is not DeviceState.READY for one in shop.app.devices.scanners.values()):
                await asyncio.sleep(0.005)
        yield Lent(shop, pos, box, loose)


async def test_a_claimed_scanners_scans_are_its_holders_and_the_till_rings_none_and_is_told_so(lent: Lent) -> None:
    claim = await lent.claimed("counter")
    async with lent.listening(claim) as pos, lent.shop.events() as till:
        await lent.shop.scanner.scan(APPLE)
        scan = await heard(pos, "scan")
        assert (scan["till"], scan["scanner"], scan["text"]) == (None, "counter", APPLE)
        assert (scan["gtin"], scan["problem"]) == (f"0{APPLE}", None)
        told = await heard(till, "scan")
        assert (told["till"], told["text"], told["gtin"], told["problem"]["code"]) == ("till-1", "", None, "claimed")
        assert "Other POS" in told["problem"]["detail"]
        shaped("HeldDevice", told["problem"]["claim"])
        assert await lent.till() == []
    await lent.free("counter")  # its WebSocket is closed
    async with lent.shop.events() as till:
        await lent.shop.scanner.scan(MILK)
        scan = await heard(till, "scan")
        assert (scan["till"], scan["scanner"], scan["item"]["sku"]) == ("till-1", "counter", "milk")
    assert await lent.till() == ['Milk "fresh", 1 l']


async def test_of_two_tabs_of_one_front_end_the_one_with_the_claim_hears_its_scans(lent: Lent) -> None:
    claim = await lent.claimed("counter")
    async with lent.listening() as other:
        await lent.shop.scanner.scan(APPLE)  # no tab has named the claim yet: whichever listens
        assert (await heard(other, "scan"))["text"] == APPLE
        async with lent.listening(claim) as pos:
            await lent.shop.scanner.scan(MILK)
            assert (await heard(pos, "scan"))["text"] == MILK
            assert (await heard(other, "scan"))["problem"]["code"] == "claimed"


async def test_what_a_front_end_hears_of_a_refused_scan_and_of_a_card(lent: Lent) -> None:
    claim = await lent.claimed("counter")
    async with lent.listening(claim) as pos:
        await lent.shop.scanner.scan("4006381333932")
        wrong = await heard(pos, "scan")
        assert (wrong["problem"]["code"], wrong["text"]) == ("scan-refused", "4006381333932")
        await lent.shop.scanner.scan(CARD)
        card = await heard(pos, "scan")
        assert (card["problem"]["code"], card["text"]) == ("card-data", "")
        assert CARD not in json.dumps(card)


async def test_a_scanner_of_no_till_is_heard_by_all_and_when_claimed_by_its_holder_alone(lent: Lent) -> None:
    async with lent.shop.events() as everybody:
        await lent.loose.scan(APPLE)
        scan = await heard(everybody, "scan")
        assert (scan["till"], scan["scanner"], scan["text"], scan["item"]) == (None, "kiosk", APPLE, None)
        claim = await lent.claimed("kiosk")
        async with lent.listening(claim) as pos:
            await lent.loose.scan(MILK)
            assert (await heard(pos, "scan"))["text"] == MILK
            await lent.shop.scanner.scan(APPLE)
            assert (await heard(everybody, "scan"))["scanner"] == "counter"  # of the other it heard nothing


async def test_a_claimed_display_shows_its_holders_lines_and_goes_back_to_the_sale(lent: Lent) -> None:
    await lent.shows(*IDLE)
    await lent.shop.rung(APPLE)
    await lent.shows("Apple           0.50", "Total           0.50")
    claim = await lent.claimed("front")
    await lent.shows(*IDLE)  # the till's sale is none of the front end's customer's business
    async with lent.listening(claim):
        shown = await lent.pos.post("/v1/displays/front/show", json={"lines": ["Coffee", ""], "claim": claim})
        shaped("Shown", lent.shop.body(shown))
        await lent.shows("Coffee", "")
        await lent.shop.rung(MILK)
        await lent.pos.post("/v1/displays/front/show", json={"lines": ["Two coffees"], "claim": claim})
        await lent.shows("Two coffees", "")
    await lent.shows('Milk "fresh", 1 1.19', "Total           1.69")


async def test_nobody_shows_anything_without_a_claim_of_that_very_display(lent: Lent) -> None:
    path = "/v1/displays/front/show"
    mine, printers = await lent.claimed("front"), await lent.claimed("receipt")
    cases = (
        (lent.shop.client, path, mine, "no-such-claim"),
        (lent.pos, path, printers, "claim-needed"),
        (lent.pos, "/v1/displays/receipt/show", printers, "no-such-display"),
    )
    for client, where, claim, code in cases:
        refused = await client.post(where, json={"lines": ["x"], "claim": claim})
        assert refused.json()["code"] == code
    for lines in ([], ["1", "2", "3"], ["x" * 21], ["a\x1bb"]):
        refused = await lent.pos.post(path, json={"lines": lines, "claim": mine})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    await lent.shows(*IDLE)


async def test_a_lease_that_runs_out_gives_the_display_back_though_nobody_asks(lent: Lent) -> None:
    await lent.shop.rung(APPLE)
    claim = await lent.claimed("front", lease_s=1)
    await lent.pos.post("/v1/displays/front/show", json={"lines": ["Coffee"], "claim": claim})
    await lent.shows("Coffee", "")
    await lent.shows("Apple           0.50", "Total           0.50")


async def test_one_websocket_holds_several_claims_and_gives_all_back(lent: Lent) -> None:
    claims = [await lent.claimed(device) for device in ("counter", "front", "receipt")]
    async with lent.listening(*claims) as pos:
        await lent.shop.scanner.scan(APPLE)
        await heard(pos, "scan", text=APPLE)
        held = lent.shop.body(await lent.pos.get("/v1/claims"))["claims"]
        assert [one["until"] for one in held] == [None, None, None]
    for device in ("counter", "front", "receipt"):
        await lent.free(device)


async def test_the_stores_own_pages_take_a_device_back_and_another_front_end_does_not(lent: Lent) -> None:
    claim = await lent.claimed("counter")
    async with lent.listening(claim), lent.shop.events() as till:
        async with await paired(lent.shop, "Third") as third:
            refused = await third.delete("/v1/devices/counter/claim")
        assert (refused.status_code, refused.json()["code"]) == (403, "not-the-stores")
        page = browser(base_url=lent.shop.own, headers={"Origin": lent.shop.own})
        async with page:
            code = lent.shop.app.door.code.make("till page")
            lent.shop.body(await page.post("/v1/pairings", json={"code": code}))
            shaped("GivenBack", lent.shop.body(await page.delete("/v1/devices/counter/claim")))
        told = await heard(till, "device")
        assert (told["device"]["name"], told["device"]["claim"]) == ("counter", None)
        await lent.shop.scanner.scan(APPLE)
        assert (await heard(till, "scan"))["item"]["sku"] == "apple"
    shaped("GivenBack", lent.shop.body(await lent.shop.client.delete("/v1/devices/counter/claim")))  # nobody has it
    assert (await lent.shop.client.delete("/v1/devices/till/claim")).json()["code"] == "no-such-device"
    trail = [
        json.loads(body) for (body,) in lent.shop.app.journal.reader.execute("select body from audit order by seq")
    ]
    taken = [entry for entry in trail if entry["action"] == "device_taken_back"]
    assert [(entry["subject"], entry["after"]) for entry in taken] == [("counter", {"from": "Other POS"})]


async def test_leases_end_by_themselves_one_after_the_other_and_renewed_ones_later() -> None:
    changed: list[str] = []
    claims = Claims(("a", "b", "c"), on_change=changed.append)
    running = asyncio.create_task(claims.run())
    for device, lease_s in (("a", 0.08), ("b", 0.02)):
        await claims.claim(device, caller="x", holder="X", lease_s=lease_s)
    held = await claims.claim("c", caller="x", holder="X")
    with claims.connected(held.id, "x"):
        async with asyncio.timeout(WAIT_S):
            while len(changed) < 5:
                await asyncio.sleep(0.005)
        assert changed == ["a", "b", "c", "b", "a"]
    assert changed[5:] == ["c"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
