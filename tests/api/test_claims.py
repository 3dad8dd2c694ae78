"""Claims: one front end at a time, released when it goes away, and never in the till's way."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import websockets

from agent.claims import WAITING_MAX, Claims
from agent.problem import Problem
from tests.api.shop import POS, Shop, browser
from tests.api.test_api_routes import shaped

JOBS = "/v1/printers/receipt/jobs"
JOB: dict[str, Any] = {"document": [{"type": "text", "text": "Hello"}, {"type": "cut"}]}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def claims(clock: Clock) -> Claims:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return Claims(("receipt", "drawer"), clock=clock, now=lambda: noon)


def code_of(raised: pytest.ExceptionInfo[Problem]) -> str:
    return raised.value.code


# --- the claims themselves ---


async def test_one_owner_at_a_time_and_the_next_is_told_who_and_until_when(claims: Claims) -> None:
    mine = await claims.claim("receipt", caller="a", holder="Kiosk", lease_s=30)
    with pytest.raises(Problem, match=r"receipt is claimed by Kiosk until 2026-11-21T12:00:30\+00:00") as refused:
        await claims.claim("receipt", caller="b", holder="Other")
    assert code_of(refused) == "claimed"
    assert refused.value.extra["claim"] == {
        "device": "receipt",
        "holder": "Kiosk",
        "until": "2026-11-21T12:00:30+00:00",
    }
    await claims.claim("drawer", caller="b", holder="Other")
    claims.check("receipt", "a", mine.id)
    for caller, named in (("b", None), ("a", None)):
        with pytest.raises(Problem) as refused:
            claims.check("receipt", caller, named)
        assert code_of(refused) == "claimed"


async def test_a_claim_is_its_callers_alone(claims: Claims) -> None:
    mine = await claims.claim("receipt", caller="a", holder="Kiosk")
    for use in (claims.renew, claims.release):
        with pytest.raises(Problem) as refused:
            use(mine.id, "b")
        assert code_of(refused) == "no-such-claim"
    with pytest.raises(Problem), claims.connected(mine.id, "b"):
        pytest.fail("let in")
    with pytest.raises(Problem) as refused:
        claims.check("receipt", "b", mine.id)
    assert code_of(refused) == "no-such-claim"
    assert claims.all() == [mine]


async def test_a_claim_of_one_device_opens_no_other(claims: Claims) -> None:
    mine = await claims.claim("drawer", caller="a", holder="Kiosk")
    claims.check("receipt", "a", mine.id)  # nobody holds it
    await claims.claim("receipt", caller="b", holder="Other")
    with pytest.raises(Problem) as refused:
        claims.check("receipt", "a", mine.id)
    assert code_of(refused) == "claimed"


async def test_a_lease_runs_out_unless_it_is_renewed(claims: Claims, clock: Clock) -> None:
    mine = await claims.claim("receipt", caller="a", holder="Kiosk", lease_s=30)
    clock.s = 29.9
    claims.renew(mine.id, "a")
    clock.s = 59.8
    claims.check("receipt", "a", mine.id)
    clock.s = 59.9
    claims.check("receipt", "b", None)
    with pytest.raises(Problem) as refused:  # it believes that nobody prints between its jobs, and is wrong
        claims.check("receipt", "a", mine.id)
    assert code_of(refused) == "no-such-claim"
    assert (await claims.claim("receipt", caller="b", holder="Other")).holder == "Other"


async def test_a_connection_holds_it_past_its_lease_and_gives_it_back_at_once(claims: Claims, clock: Clock) -> None:
    mine = await claims.claim("receipt", caller="a", holder="Kiosk", lease_s=1)
    with claims.connected(mine.id, "a"):
        with claims.connected(mine.id, "a"):
            pass
        clock.s = 1_000
        assert claims.view(mine)["until"] is None
        with pytest.raises(Problem, match="for as long as it stays connected"):
            claims.check("receipt", "b", None)
    assert claims.all() == []


async def test_waiting_ends_with_the_release(claims: Claims) -> None:
    mine = await claims.claim("receipt", caller="a", holder="Kiosk")
    waiting = asyncio.create_task(claims.claim("receipt", caller="b", holder="Other", wait_s=30))
    also = asyncio.create_task(claims.claim("receipt", caller="c", holder="Third", wait_s=30))
    await asyncio.sleep(0)
    claims.release(mine.id, "a")
    theirs = await waiting
    assert claims.all() == [theirs]
    claims.drop_caller("b")
    assert (await also).holder == "Third"


async def test_waiting_ends_with_the_lease() -> None:
    claims = Claims(("receipt",))
    await claims.claim("receipt", caller="a", holder="Kiosk", lease_s=0.02)
    assert (await claims.claim("receipt", caller="b", holder="Other", wait_s=30)).holder == "Other"


async def test_waiting_has_an_end(clock: Clock) -> None:
    claims = Claims(("receipt",))
    mine = await claims.claim("receipt", caller="a", holder="Kiosk")
    with claims.connected(mine.id, "a"), pytest.raises(Problem) as refused:
        await claims.claim("receipt", caller="b", holder="Other", wait_s=0.02)
    assert code_of(refused) == "claimed"


async def test_only_so_many_wait(claims: Claims) -> None:
    await claims.claim("receipt", caller="a", holder="Kiosk")
    waiting = [
        asyncio.create_task(claims.claim("receipt", caller="b", holder="Other", wait_s=30)) for _ in range(WAITING_MAX)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await claims.claim("receipt", caller="c", holder="Third", wait_s=30)
    assert code_of(refused) == "claimed"
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    waiting = [asyncio.create_task(claims.claim("receipt", caller="c", holder="Third", wait_s=30))]
    await asyncio.sleep(0)
    claims.drop_caller("a")
    assert (await waiting[0]).holder == "Third"


async def test_only_what_there_is_can_be_claimed(claims: Claims) -> None:
    with pytest.raises(Problem, match=r"receipt, drawer") as refused:
        await claims.claim("scales", caller="a", holder="Kiosk")
    assert code_of(refused) == "no-such-device"
    with pytest.raises(Problem, match="none"):
        await Claims(()).claim("scales", caller="a", holder="Kiosk")


# --- over the API ---


async def paired(shop: Shop, name: str) -> httpx.AsyncClient:
    """Return a front end of an allowed origin, with a token of its own."""
    code = shop.app.door.code.make(name)
    answer = await shop.stranger.post("/v1/pairings", json={"code": code}, headers={"Origin": POS})
    headers = {"Origin": POS, "Authorization": f"Bearer {shop.body(answer)['token']}"}
    return browser(base_url=shop.own, headers=headers)


async def test_another_front_end_is_refused_while_the_till_prints_on(shop: Shop) -> None:
    async with await paired(shop, "Kiosk 2") as kiosk:
        answer = await kiosk.post("/v1/claims", json={"device": "receipt"})
        assert answer.status_code == 201
        shaped("Claim", mine := answer.json())
        assert mine["holder"] == "Kiosk 2"

        refused = await shop.client.post(JOBS, json=JOB)
        assert (refused.status_code, refused.json()["code"]) == (409, "claimed")
        assert "Kiosk 2" in refused.json()["detail"]
        shaped("HeldDevice", refused.json()["claim"])
        assert (await shop.client.post("/v1/devices/receipt/test")).json()["code"] == "claimed"
        assert (await kiosk.post(JOBS, json=JOB | {"claim": mine["id"]})).status_code == 202

        record = await shop.sold()  # paid: it prints, whoever has claimed the printer
        async with asyncio.timeout(10):
            while record["print"] != "printed":
                await asyncio.sleep(0.02)
                record = shop.body(await shop.client.get(f"/v1/records/{record['receipt_number']}"))
        copy = await shop.client.post(f"/v1/records/{record['receipt_number']}/print")
        assert copy.status_code == 202

        listed = shop.body(await shop.client.get("/v1/claims"))
        shaped("Claims", listed)
        assert "id" not in listed["claims"][0]
        by_name = {one["name"]: one for one in shop.body(await shop.client.get("/v1/devices"))["devices"]}
        assert (by_name["receipt"]["claim"], by_name["drawer"]["claim"]) == (listed["claims"][0], None)
        shaped("Claim", shop.body(await kiosk.post(f"/v1/claims/{mine['id']}/renew")))
        shaped("Claim", shop.body(await kiosk.delete(f"/v1/claims/{mine['id']}")))
        assert (await shop.client.post(JOBS, json=JOB)).status_code == 202
        gone = await kiosk.post(JOBS, json=JOB | {"claim": mine["id"]})
        assert (gone.status_code, gone.json()["code"]) == (404, "no-such-claim")


async def test_a_claimed_drawer_opens_for_its_holder_and_for_the_till_page(shop: Shop) -> None:
    path, reason = "/v1/tills/till-1/drawer", {"reason": "change"}
    async with await paired(shop, "Kiosk 2") as kiosk:
        mine = shop.body(await kiosk.post("/v1/claims", json={"device": "drawer", "name": "Kiosk"}))
        assert (await shop.client.post(path, json=reason)).json()["code"] == "claimed"
        assert (await shop.client.post("/v1/devices/drawer/test")).json()["code"] == "claimed"
        assert (await kiosk.post(path, json=reason | {"claim": mine["id"]})).status_code == 200
        own_page = {"Origin": shop.own}
        assert (await shop.client.post(path, json=reason, headers=own_page)).status_code == 200
        none = await shop.client.post("/v1/tills/till-2/drawer", json=reason)
        assert none.json()["code"] == "no-drawer"


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
async def test_a_tab_that_is_closed_gives_its_claim_back(shop: Shop, killed: bool) -> None:  # noqa: FBT001 - by name
    mine = shop.body(await shop.client.post("/v1/claims", json={"device": "receipt", "lease_s": 300}))
    url = f"ws://localhost:{shop.server.port}/v1/events?claim={mine['id']}"
    headers = {"Authorization": f"Bearer {shop.token}"}
    async with websockets.connect(url, additional_headers=headers, proxy=None) as tab:
        await shop.rung()
        assert json.loads(await tab.recv())["type"]  # it hears events as ever; and by now it is connected
        (held,) = shop.body(await shop.client.get("/v1/claims"))["claims"]
        assert held["until"] is None
        if killed:
            tab.transport.abort()
    waited = await shop.client.post("/v1/claims", json={"device": "receipt", "wait_s": 10})
    assert waited.status_code == 201


async def test_a_websocket_that_names_a_claim_that_is_gone_is_told(shop: Shop) -> None:
    url = f"ws://localhost:{shop.server.port}/v1/events?claim=gone"
    headers = {"Authorization": f"Bearer {shop.token}"}
    async with websockets.connect(url, additional_headers=headers, proxy=None) as tab:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await tab.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
        1008,
        "no such claim (any more): claim the device again",
    )


async def test_a_pairing_that_is_revoked_holds_nothing_any_more(shop: Shop) -> None:
    async with await paired(shop, "Kiosk 2") as kiosk:
        await kiosk.post("/v1/claims", json={"device": "receipt"})
        (pairing,) = shop.body(await shop.client.get("/v1/pairings"))["pairings"]
        await shop.client.delete(f"/v1/pairings/{pairing['id']}")
    assert shop.body(await shop.client.get("/v1/claims")) == {"claims": []}


async def test_a_claim_asked_for_twice_under_one_key_is_one(shop: Shop) -> None:
    first, again = [
        await shop.client.post("/v1/claims", json={"device": "receipt"}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
