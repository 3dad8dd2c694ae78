"""A till's own scanner while its page is locked: nothing is rung before somebody has said who they are."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import websockets

from tests.api.shop import APPLE, MILK, Shop
from tests.api.test_api_door import paired_page
from tests.staff.cheap import cheap_pins

if TYPE_CHECKING:
    import httpx

PIN = "408215"
PEAR, PLUM = "40111216", "40111223"  # each code once: the same again at once is an item held still
MORE = f"sku,name,price,tax,barcode\npear,Pear,0.60,standard,{PEAR}\nplum,Plum,0.70,standard,{PLUM}\n"
WAIT_S = 15.0


def listening(shop: Shop, page: httpx.AsyncClient, query: str) -> websockets.connect:
    cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    return websockets.connect(
        f"ws://localhost:{shop.server.port}/v1/events{query}",
        additional_headers={"Cookie": cookie},
        origin=websockets.Origin(shop.own),
        proxy=None,
    )


async def scanned(shop: Shop, listener: websockets.ClientConnection, code: str) -> dict[str, Any]:
    """Scan by the till's own scanner; returns what is told of it."""
    await shop.scanner.scan(code)
    async with asyncio.timeout(WAIT_S):
        while (event := json.loads(await listener.recv()))["type"] != "scan":
            pass
    return dict(event)


def rung(shop: Shop) -> int:
    return sum(int(line["quantity"]) for line in shop.app.tills.view("till-1")["sale"]["lines"])


async def test_a_locked_till_rings_nothing_and_an_open_one_does(shop: Shop) -> None:
    await cheap_pins(shop.app)
    await shop.app.catalogue.import_csv(MORE, currency="EUR", taxes={"standard"})
    async with paired_page(shop) as page, listening(shop, page, "?till=till-1") as listener:
        assert (await scanned(shop, listener, APPLE))["problem"] is None  # nobody is set up: who is here may do all
        shop.body(await page.post("/v1/staff", json={"name": "Mia", "role": "manager", "pin": PIN}))
        told = await scanned(shop, listener, MILK)
        assert (told["problem"]["code"], told["text"]) == ("sign-in-needed", MILK)
        assert rung(shop) == 1
        shop.body(await page.post("/v1/sign-in", json={"pin": PIN}))
        assert (await scanned(shop, listener, PEAR))["problem"] is None
        assert rung(shop) == 2
        shop.body(await page.delete("/v1/sign-in"))
        async with shop.events():  # a program that rings at this agent with a token of its own
            assert (await scanned(shop, listener, PLUM))["problem"] is None


async def test_a_till_that_no_page_shows_is_another_programs_matter(shop: Shop) -> None:
    await cheap_pins(shop.app)
    async with paired_page(shop) as page, listening(shop, page, "") as customer:
        shop.body(await page.post("/v1/staff", json={"name": "Mia", "role": "manager", "pin": PIN}))
        assert (await scanned(shop, customer, APPLE))["problem"] is None
