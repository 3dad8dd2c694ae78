"""Bodies, paths and queries of every kind, against a whole agent: an answer each, and never a fault of ours."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agent.api import openapi
from agent.api.documents import with_documents
from agent.api.route import Route
from agent.api.table import ROUTES
from tests.api.shop import APPLE, Shop, open_shop

WRITES = [route for route in ROUTES if route.writes and "pairing" not in route.path]
READS = [route for route in with_documents(ROUTES) if not route.writes]
REQUESTS = 250

text = st.text(max_size=20) | st.sampled_from(
    [APPLE, "apple", "till-1", "1", "standard", "10", "0", "\0", "٣", "-1", "1e9", "2.5"]
)
number = st.integers() | st.sampled_from([0, 1, 50, -1, 10**12, 10**12 + 1, 2**63, 2**64])
anything = st.recursive(
    st.none() | st.booleans() | number | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


def fields(route: Route) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies that have the route's own fields, with values that fit, nearly fit, or do not."""
    names = list(route.body.model_fields) if route.body else []
    known: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(names, text | number | anything)
    return st.fixed_dictionaries({}, optional=known) | st.dictionaries(text, anything, max_size=3)


def path_of(route: Route, draw: st.DrawFn, sale: str) -> str:
    path = openapi.plain_path(route.path)
    for name in openapi.path_parameters(route.path):
        likely = {"sale": sale, "till": "till-1", "line": "1", "printer": "receipt", "device": "counter"}
        value = draw(st.sampled_from([likely.get(name, "1")]) | text)
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


@st.composite
def request(draw: st.DrawFn) -> dict[str, Any]:
    route = draw(st.sampled_from(WRITES))
    content = draw(fields(route).map(json.dumps).map(str.encode) | st.binary(max_size=60))
    headers = {"Content-Type": "application/json"}
    if draw(st.booleans()):
        headers["Idempotency-Key"] = draw(st.sampled_from(["a", "b", "c"]))
    return {"method": route.method, "url": path_of(route, draw, "SALE"), "content": content, "headers": headers}


@st.composite
def question(draw: st.DrawFn) -> dict[str, Any]:
    route = draw(st.sampled_from(READS))
    names = list(route.query.model_fields) or ["q"]
    params = draw(st.dictionaries(st.sampled_from([*names, "x"]), text | number.map(str), max_size=3))
    return {"method": "GET", "url": path_of(route, draw, "SALE"), "params": params}


async def hold(shop: Shop, asked: dict[str, Any], sale: str) -> None:
    answer = await shop.client.request(**{**asked, "url": asked["url"].replace("SALE", sale)})
    assert answer.status_code < 500, (asked, answer.text)
    if answer.is_error:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "code", "detail"} <= problem.keys()
        assert problem["status"] == answer.status_code


async def test_no_request_is_a_fault_of_ours(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        sale = ""
        asked: list[dict[str, Any]] = []

        @settings(
            max_examples=REQUESTS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(request() | question())
        def collect(one: dict[str, Any]) -> None:
            asked.append(one)

        collect()
        for number, one in enumerate(asked):
            if number % 10 == 0:  # a sale may have been completed or voided
                sale = (await shop.opened())["id"]
            await hold(shop, one, sale)
        assert shop.app.failed is not None
        assert not shop.app.failed.done()
        assert (await shop.sold("till-2"))["total"] == 50


def test_the_fuzz_reaches_every_route() -> None:
    assert {route.method for route in WRITES} == {"POST", "PATCH", "DELETE"}
    assert len(WRITES) + len(READS) + 3 == len(with_documents(ROUTES))


async def test_what_a_front_end_cannot_write_in_json_is_refused(shop: Shop) -> None:
    for content in (b'{"data": "\\ud800"}', b'{"data": NaN}', b'{"data": "a", "data": "b"}', b"\xff", b"{" * 10_000):
        answer = await shop.client.post(
            "/v1/tills/till-1/scan", content=content, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json"), content


async def test_the_oddest_paths_are_only_paths(shop: Shop) -> None:
    for path in (
        "/v1/items/%00",
        "/v1/items/%ff%fe",
        "/v1/barcodes/%1d%1d",
        "/v1/items/..%2f..%2fetc",
        "/v1//tills",
        "//",
    ):
        answer = await shop.client.send(httpx.Request("GET", shop.own + path, headers=shop.client.headers))
        assert 400 <= answer.status_code < 500, path
