"""A pairing that is limited to some devices and tills reaches and hears those, and nothing else of the store."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
import websockets
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.api.table import ROUTES
from agent.api.touches import TOUCHES
from agent.cli import main
from agent.permits import Permit, checked, subject
from agent.problem import Problem
from tests.api.shop import APPLE, MILK, POS, Shop, browser, open_shop
from tests.api.test_api_routes import shaped
from tests.api.test_lending import LENT, heard

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

KNOWN = {"scanner": ["counter"], "printer": ["receipt", "kitchen"], "till": ["till-1"], "items": []}
CLOSED = [route for route in ROUTES if not route.public and (route.method, route.path) not in TOUCHES]
PATH = {
    "device": "counter",
    "printer": "receipt",
    "till": "till-1",
    "display": "front",
}


# --- the permit itself ---


def test_a_grant_covers_its_thing_or_all_of_its_kind() -> None:
    permit = Permit(("scanner:counter", "printer"))
    assert permit.covers("scanner:counter")
    assert permit.covers("printer:receipt")
    assert not permit.covers("scanner:kiosk")
    assert not permit.covers("printers:receipt")
    permit.check(())
    permit.check(("scanner:counter", "printer:receipt"))
    for things in (None, ("scanner:counter", "till:till-1")):
        with pytest.raises(Problem, match="scanner:counter, printer and nothing else") as refused:
            permit.check(things)
        assert refused.value.code == "not-permitted"


@given(st.text(max_size=12), st.text(max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_grant_of_one_name_covers_no_other(mine: str, other: str) -> None:
    assert Permit((f"scanner:{mine}",)).covers(f"scanner:{other}") is (mine == other)
    assert not Permit((f"scanner:{mine}",)).covers("scanner")


@pytest.mark.parametrize(
    ("event", "fields", "thing"),
    [
        ("scan", {"scanner": "counter", "till": "till-1"}, "scanner:counter"),
        ("scan", {"scanner": None, "till": "till-1"}, "till:till-1"),
        ("scan", {"scanner": "kiosk", "till": None}, "scanner:kiosk"),
        ("device", {"device": {"kind": "scale", "name": "s"}}, "scale:s"),
        ("print", {"printer": "receipt", "record_id": "r"}, "printer:receipt"),
        ("drawer", {"drawer": "drawer"}, "drawer:drawer"),
        ("sale", {"till": "till-2"}, "till:till-2"),
        ("delivery", {"delivery": {}}, None),
        ("cloud", {"cloud": "square"}, None),
    ],
)
def test_what_an_event_is_about(event: str, fields: dict[str, Any], thing: str | None) -> None:
    assert subject(event, fields) == thing
    assert Permit(("till", "scanner", "printer", "drawer", "scale")).hears(event, fields) is (thing is not None)


def test_only_what_there_is_can_be_allowed_and_each_once() -> None:
    assert checked(["printer", "scanner:counter", "printer"], KNOWN) == ("printer", "scanner:counter")
    for grant in ("scanner:kiosk", "clouds", "till:", "printer:"):
        with pytest.raises(Problem, match="printer:kitchen, printer:receipt, scanner:counter, till:till-1") as refused:
            checked([grant], KNOWN)
        assert refused.value.code == "no-such-grant"


def test_the_table_names_routes_that_there_are() -> None:
    assert TOUCHES.keys() <= {(route.method, route.path) for route in ROUTES}


# --- over the API ---


async def limited(shop: Shop, *allow: str) -> httpx.AsyncClient:
    made = await shop.client.post("/v1/pairing-codes", json={"name": "Kiosk", "allow": list(allow)})
    paired = await shop.stranger.post("/v1/pairings", json={"code": shop.body(made)["code"]}, headers={"Origin": POS})
    shaped("Paired", shop.body(paired))
    return browser(base_url=shop.own, headers={"Origin": POS, "Authorization": f"Bearer {shop.body(paired)['token']}"})


def listening(shop: Shop, client: httpx.AsyncClient, query: str = "") -> websockets.connect:
    return websockets.connect(
        f"ws://localhost:{shop.server.port}/v1/events{query}",
        subprotocols=[
            websockets.Subprotocol("stillopen.v1"),
            websockets.Subprotocol(f"bearer.{client.headers['Authorization'].removeprefix('Bearer ')}"),
        ],
        origin=websockets.Origin(POS),
        proxy=None,
    )


def refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (403, "not-permitted")


async def test_every_route_that_does_not_say_what_it_touches_is_closed(shop: Shop) -> None:
    assert len(CLOSED) > 10
    async with await limited(shop, "scanner", "printer", "drawer", "till", "items") as kiosk:
        for route in CLOSED:
            path = route.path
            for name in ("till", "device", "sku:path", "code:path"):
                path = path.replace("{" + name + "}", PATH.get(name, "x"))
            assert refused(await kiosk.request(route.method, path)), route


async def test_it_reaches_its_devices_and_no_other(tmp_path: Path) -> None:
    printing = {"document": [{"type": "text", "text": "Hello"}, {"type": "cut"}]}
    async with (
        open_shop(tmp_path, config=LENT) as shop,
        await limited(shop, "scanner:counter", "printer:receipt") as kiosk,
    ):
        seen = shop.body(await kiosk.get("/v1/devices"))["devices"]
        assert [one["name"] for one in seen] == ["counter", "receipt"]
        job = shop.body(await kiosk.post("/v1/printers/receipt/jobs", json=printing))
        assert shop.body(await kiosk.get(f"/v1/jobs/{job['id']}"))["id"] == job["id"]
        claim = shop.body(await kiosk.post("/v1/claims", json={"device": "counter"}))
        shop.body(await shop.client.post("/v1/claims", json={"device": "front"}))
        assert [one["device"] for one in shop.body(await kiosk.get("/v1/claims"))["claims"]] == ["counter"]
        shop.body(await kiosk.post(f"/v1/claims/{claim['id']}/renew"))
        for answer in (
            await kiosk.post("/v1/claims", json={"device": "front"}),
            await kiosk.post("/v1/claims", json={"device": "nothing"}),
            await kiosk.post("/v1/displays/front/show", json={"lines": ["x"], "claim": claim["id"]}),
            await kiosk.post("/v1/devices/drawer/test"),
            await kiosk.post("/v1/tills/till-1/drawer", json={"reason": "x"}),
            await kiosk.post("/v1/tills/till-1/weigh", json={}),
            await kiosk.post("/v1/tills/till-1/scan", json={"data": APPLE}),
            await kiosk.post("/v1/sales", json={"till": "till-1"}),
            await kiosk.get("/v1/items"),
        ):
            assert refused(answer), answer.request.url
        assert shop.body(await shop.client.get("/v1/tills/till-1"))["sale"] is None


async def test_one_that_rings_reaches_its_own_tills_sales_and_receipts(shop: Shop) -> None:
    async with await limited(shop, "till:till-2", "items") as kiosk:
        theirs, other = await shop.rung(till="till-2"), await shop.rung(till="till-1")
        sale = shop.body(await kiosk.post(f"/v1/sales/{theirs['id']}/lines", json={"barcode": MILK}))
        shop.body(await kiosk.post(f"/v1/sales/{sale['id']}/tenders", json={"type": "cash", "amount": sale["due"]}))
        record = shop.body(await kiosk.post(f"/v1/sales/{sale['id']}/complete"))
        number = record["receipt_number"]
        assert shop.body(await kiosk.get(f"/v1/records/{number}"))["receipt_number"] == number
        assert shop.body(await kiosk.get(f"/v1/barcodes/{APPLE}"))["sku"] == "apple"
        sold = await shop.sold()
        for answer in (
            await kiosk.get(f"/v1/sales/{other['id']}"),
            await kiosk.get("/v1/sales/nothing"),
            await kiosk.get(f"/v1/records/{sold['receipt_number']}"),
            await kiosk.get("/v1/records"),
            await kiosk.get("/v1/tills"),
        ):
            assert refused(answer), answer.request.url


async def test_it_hears_its_own_devices_and_no_other_event(tmp_path: Path) -> None:
    async with open_shop(tmp_path, config=LENT) as shop, await limited(shop, "till:till-2") as kiosk:
        async with listening(shop, kiosk) as ears:
            await shop.rung(till="till-1")
            await shop.sold()
            await shop.rung(till="till-2")
            first = json.loads(await ears.recv())
            assert (first["type"], first["till"]) == ("sale", "till-2")
        async with await limited(shop, "scanner:counter") as pos, listening(shop, pos) as ears:
            await shop.rung(till="till-2")
            await shop.scanner.scan(APPLE)
            seen = await heard(ears, "scan")
            assert (seen["scanner"], seen["text"]) == ("counter", APPLE)
        async with listening(shop, kiosk, "?look=scale") as ears:
            with pytest.raises(websockets.ConnectionClosed):
                await ears.recv()


async def test_a_limit_lasts_over_a_restart_and_is_listed(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        kiosk = await limited(shop, "printer:receipt")
        (listed,) = shop.body(await shop.client.get("/v1/pairings"))["pairings"]
        shaped("Pairing", listed)
        assert listed["allow"] == ["printer:receipt"]
        token = kiosk.headers["Authorization"]
        await kiosk.aclose()
    async with open_shop(tmp_path) as shop:
        assert refused(await shop.stranger.get("/v1/items", headers={"Origin": POS, "Authorization": token}))


async def test_a_limit_to_nothing_that_there_is_and_a_limited_page_are_refused(shop: Shop) -> None:
    wrong = await shop.client.post("/v1/pairing-codes", json={"allow": ["scanner:nothing"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "no-such-grant")
    assert (await shop.client.post("/v1/pairing-codes", json={"allow": []})).json()["code"] == "invalid-request"
    code = shop.body(await shop.client.post("/v1/pairing-codes", json={"allow": ["scanner"]}))["code"]
    page = await shop.stranger.post("/v1/pairings", json={"code": code}, headers={"Origin": shop.own})
    assert (page.status_code, page.json()["code"]) == (409, "limited-page")


async def test_the_command_limits_a_code_and_lists_the_limits(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--config", str(tmp_path / "stillopen.toml"), "--state", str(tmp_path / "state")]

    async def pair(*arguments: str) -> tuple[int, str, str]:
        done = await asyncio.to_thread(main, ["pair", *where, "--port", str(shop.server.port), *arguments])
        said = capsys.readouterr()
        return done, said.out, said.err

    done, shown, _ = await pair("--allow", "scanner:counter, printer:receipt")
    assert done == 0
    shop.body(await shop.stranger.post("/v1/pairings", json={"code": shown.partition("\n")[0]}))
    done, listed, _ = await pair("--list")
    assert "scanner:counter,printer:receipt" in listed
    done, _, said = await pair("--allow", "scanner:nothing")
    assert done != 0
    assert "scanner:counter" in said
