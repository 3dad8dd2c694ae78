import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import websockets
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent.api.table import ROUTES
from agent.server import AddressTaken, Server, bind
from tests.api.shop import POS, Shop, browser, open_shop


async def code(shop: Shop, name: str | None = None) -> str:
    answer = await shop.client.post("/v1/pairing-codes", json={"name": name} if name else {})
    return str(shop.body(answer)["code"])


@asynccontextmanager
async def paired_page(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with our page open."""
    async with browser(base_url=shop.own, headers={"Origin": shop.own}) as page:
        answer = await page.post("/v1/pairings", json={"code": await code(shop)})
        assert answer.status_code == 201, answer.text
        yield page


def refused(answer: httpx.Response, status: int, word: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, word)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/docs#problem-{word}"


# --- who may call ---


@pytest.mark.parametrize(
    "path", ["/v1/status", "/v1/sales/1", "/metrics", "/v1/pairings", "/nothing", "/demo/anything"]
)
async def test_a_stranger_is_told_how_to_pair(shop: Shop, path: str) -> None:
    answer = await shop.stranger.get(path)
    refused(answer, 401, "not-paired")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "stillopen pair" in answer.json()["detail"]


async def test_a_rebound_name_is_refused_even_with_the_token(shop: Shop) -> None:
    for path in ("/v1/status", "/", "/healthz"):
        answer = await shop.client.get(path, headers={"Host": f"evil.example.com:{shop.server.port}"})
        refused(answer, 421, "wrong-host")


async def test_a_foreign_page_is_refused_even_with_the_token(shop: Shop) -> None:
    answer = await shop.client.get("/v1/status", headers={"Origin": "https://evil.example.com"})
    refused(answer, 403, "foreign-origin")
    assert "`[api] origins`" in answer.json()["detail"]
    assert "access-control-allow-origin" not in answer.headers


async def test_bad_credentials_do_not_close_what_is_open_to_all(shop: Shop) -> None:
    stale = {"Authorization": "Bearer stale"}
    for path in ("/healthz", "/", "/docs", "/static/icon.svg"):
        assert (await shop.stranger.get(path, headers=stale)).status_code == 200, path
    async with paired_page(shop) as page:
        linked = await page.get("/", headers={"Sec-Fetch-Site": "same-site", "Origin": shop.own})
        assert linked.status_code == 200
        del page.headers["Origin"]
        linked = await page.get("/", headers={"Sec-Fetch-Site": "same-site"})  # a link on another local server's page
        assert (linked.status_code, "set-cookie" in linked.headers) == (200, False)


async def test_no_token_is_taken_from_a_url(shop: Shop) -> None:
    for query in (f"token={shop.token}", f"access_token={shop.token}", f"api-token={shop.token}"):
        refused(await shop.stranger.get(f"/v1/status?{query}"), 401, "not-paired")


async def test_refusals_are_logged_once_loudly_and_never_with_a_token(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "stillopen.door"):
        for _ in range(3):
            await shop.stranger.get("/v1/status?token=abc", headers={"Authorization": "Bearer s3cr3t"})
    told = [record for record in caplog.records if record.name == "stillopen.door"]
    assert [record.levelname for record in told] == ["WARNING", "DEBUG", "DEBUG"]
    assert "s3cr3t" not in caplog.text
    assert "abc" not in caplog.text


async def test_every_answer_is_hardened(shop: Shop) -> None:
    for answer in (
        await shop.client.get("/v1/status"),
        await shop.stranger.get("/v1/status"),
        await shop.stranger.get("/"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "content-security-policy" in answer.headers
        assert "Origin" in answer.headers["vary"]
        assert "server" not in answer.headers
    assert (await shop.client.get("/v1/status")).headers["cache-control"] == "no-store"


# --- pairing ---


async def test_our_page_gets_a_cookie_no_script_can_read(shop: Shop) -> None:
    async with paired_page(shop) as page:
        answer = await page.get("/v1/status")
        assert answer.status_code == 200
        renewed = await page.get("/")
        (cookie,) = renewed.headers.get_list("set-cookie")
        assert cookie.startswith(f"stillopen-{shop.server.port}=")
        for flag in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=34560000"):
            assert flag in cookie
        assert "Domain" not in cookie
        assert (await page.post("/v1/sales", json={"till": "till-1"})).status_code == 201
        del page.headers["Origin"]
        refused(await page.post("/v1/sales", json={"till": "till-1"}), 403, "not-from-our-page")
        same_site = await page.get("/v1/status", headers={"Sec-Fetch-Site": "same-site"})
        refused(same_site, 403, "not-from-our-page")
        foreign = await page.get("/v1/status", headers={"Origin": "http://localhost:3000"})
        refused(foreign, 403, "foreign-origin")
    assert "set-cookie" not in (await shop.stranger.get("/")).headers


async def test_a_front_end_gets_a_token_for_its_origin(shop: Shop) -> None:
    origin = {"Origin": POS}
    answer = await shop.stranger.post("/v1/pairings", json={"code": await code(shop, "cloud POS")}, headers=origin)
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == POS
    pairing, bearer = answer.json()["pairing"], {"Authorization": f"Bearer {answer.json()['token']}"}
    assert (pairing["origin"], pairing["name"]) == (POS, "cloud POS")
    allowed = await shop.stranger.get("/v1/status", headers=origin | bearer)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, POS)
    refused(await shop.stranger.get("/v1/status", headers=bearer), 401, "invalid-token")
    local_only = await shop.stranger.post("/v1/pairing-codes", json={}, headers=origin | bearer)
    refused(local_only, 403, "local-only")

    listed = shop.body(await shop.client.get("/v1/pairings"))["pairings"]
    assert listed == [pairing]
    async with shop.events(
        additional_headers=bearer, origin=POS, subprotocols=[websockets.Subprotocol("stillopen.v1")]
    ) as listener:
        removed = await shop.client.delete(f"/v1/pairings/{pairing['id']}")
        assert shop.body(removed)["pairing"] == pairing
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await listener.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
    refused(await shop.stranger.get("/v1/status", headers=origin | bearer), 401, "invalid-token")
    refused(await shop.client.delete(f"/v1/pairings/{pairing['id']}"), 404, "no-such-pairing")


async def test_a_program_may_be_paired_too(shop: Shop) -> None:
    answer = await shop.stranger.post("/v1/pairings", json={"code": await code(shop)})
    assert answer.json()["pairing"]["origin"] == "program"
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert (await shop.stranger.get("/v1/status", headers=bearer)).status_code == 200


async def test_guessing_a_code_makes_it_void(shop: Shop) -> None:
    right = await code(shop)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(5):
        refused(await shop.stranger.post("/v1/pairings", json={"code": wrong}), 403, "wrong-pairing-code")
    refused(await shop.stranger.post("/v1/pairings", json={"code": right}), 403, "no-pairing-code")


async def test_a_code_is_good_once_however_often_it_is_sent_at_once(shop: Shop) -> None:
    right = await code(shop)
    answers = await asyncio.gather(
        *(shop.stranger.post("/v1/pairings", json={"code": right}, headers={"Idempotency-Key": "k"}) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403, 403]


async def test_pairings_outlive_a_restart(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        answer = await shop.stranger.post("/v1/pairings", json={"code": await code(shop)})
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        token = shop.token
    async with open_shop(tmp_path) as shop:
        assert (await shop.stranger.get("/v1/status", headers=bearer)).status_code == 200
        assert shop.token == token


# --- front ends of other origins ---


async def test_a_preflight_is_answered_for_an_allowed_origin_alone(shop: Shop) -> None:
    asked = {
        "Origin": POS,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        "Access-Control-Request-Private-Network": "true",
        "Access-Control-Request-Local-Network": "true",
    }
    answer = await shop.stranger.options("/v1/sales/1/lines/1", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == POS
    allowed = answer.headers["access-control-allow-methods"].split(", ")
    assert {"PATCH", "PUT"} < {route.method for route in ROUTES} == set(allowed)
    for header in ("Authorization", "Content-Type", "Idempotency-Key"):
        assert header in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert answer.headers["access-control-allow-local-network"] == "true"
    assert "access-control-allow-credentials" not in answer.headers
    foreign = await shop.stranger.options("/v1/sales", headers=asked | {"Origin": "https://evil.example.com"})
    refused(foreign, 403, "foreign-origin")
    assert not any(name.startswith("access-control") for name in foreign.headers)


async def test_an_allowed_origin_can_read_its_refusals(shop: Shop) -> None:
    answer = await shop.stranger.get("/v1/status", headers={"Origin": POS})
    refused(answer, 401, "not-paired")
    assert answer.headers["access-control-allow-origin"] == POS
    without_method = await shop.stranger.options("/v1/status", headers={"Origin": POS})
    refused(without_method, 401, "not-paired")


# --- the WebSocket ---


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"additional_headers": {}}, 401),
        ({"additional_headers": {"Authorization": "Bearer wrong"}}, 401),
        ({"origin": "https://evil.example.com"}, 403),
        ({"additional_headers": {}, "subprotocols": ["stillopen.v1", "bearer.wrong"]}, 401),
    ],
)
async def test_a_listener_is_asked_who_it_is(shop: Shop, arguments: dict[str, object], status: int) -> None:
    with pytest.raises(websockets.InvalidStatus) as raised:
        async with shop.events(**arguments):
            pass
    assert raised.value.response.status_code == status
    assert b'"detail"' in (raised.value.response.body or b"")


async def test_a_browser_shows_its_token_as_a_subprotocol(shop: Shop) -> None:
    protocols = [websockets.Subprotocol("stillopen.v1"), websockets.Subprotocol(f"bearer.{shop.token}")]
    async with shop.events(additional_headers={}, origin=POS, subprotocols=protocols) as listener:
        assert listener.subprotocol == "stillopen.v1"


async def test_our_page_listens_by_its_cookie(shop: Shop) -> None:
    async with paired_page(shop) as page:
        cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    async with shop.events(additional_headers={"Cookie": cookie}, origin=shop.own) as listener:
        await shop.rung()
        assert json.loads(await listener.recv())["till"] == "till-1"
    with pytest.raises(websockets.InvalidStatus):
        async with shop.events(additional_headers={"Cookie": cookie}):
            pass


async def test_a_websocket_elsewhere_finds_nothing(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {shop.token}"}
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(
            f"ws://localhost:{shop.server.port}/v1/nothing", additional_headers=headers, proxy=None
        ):
            pass


# --- the hook for the demo's routes ---


async def test_extra_routes_stand_behind_the_same_gate(tmp_path: Path) -> None:
    async def line(request: Request) -> JSONResponse:
        return JSONResponse({"caller": request.scope["state"]["caller"].id})

    routes = [Route("/demo/line", line, methods=["POST"])]
    async with open_shop(tmp_path, extra_routes=routes) as shop:
        assert (await shop.client.post("/demo/line")).json() == {"caller": "local"}
        refused(await shop.stranger.post("/demo/line"), 401, "not-paired")
        assert (await shop.client.get("/demo/line")).status_code == 405


# --- the address ---


async def test_a_taken_port_is_said_plainly(shop: Shop) -> None:
    with pytest.raises(AddressTaken) as raised:
        await Server(shop.app, port=shop.server.port).start()
    assert "in use" in str(raised.value)
    assert "`[api] port`" in raised.value.hint
    assert (await shop.client.get("/v1/status")).status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_said_plainly(host: str) -> None:
    with pytest.raises(AddressTaken) as raised:
        bind(host, 0)
    assert 'host = "127.0.0.1"' in raised.value.hint


def test_one_address_is_bound_alone() -> None:
    (listener,) = bind("127.0.0.2", 0)
    listener.close()


async def test_a_server_stops_with_listeners_connected(shop: Shop) -> None:
    async with shop.events() as listener:
        await shop.server.stop()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await listener.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
    await shop.server.stop()
    with pytest.raises(httpx.ConnectError):
        await shop.stranger.get("/healthz")
