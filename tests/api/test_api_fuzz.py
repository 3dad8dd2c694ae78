"""Bodies, paths and queries of every kind, against a whole agent: an answer each, and never a fault of ours."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agent.api import openapi
from agent.api.documents import with_documents
from agent.api.problem_words import PROBLEMS
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


GOOD: dict[str, list[dict[str, Any]]] = {
    "/v1/tills/{till}/scan": [{"data": APPLE}, {"data": "96385074"}, {"data": "]E0" + APPLE}],
    "/v1/tills/{till}/drawer": [{"reason": "change"}],
    "/v1/setup": [{"store": {"name": "Kiosk"}}, {"till": [{"id": "till-1", "drawer": None}]}],
    "/v1/setup/draft": [{"printer": [{"name": "kitchen", "port": "tcp://192.0.2.9:9100"}]}],
    "/v1/sales": [{"till": "till-1"}, {"till": "till-2"}],
    "/v1/sales/{sale}/lines": [
        {"barcode": APPLE, "quantity": "3"},
        {"sku": "milk", "price": 100, "price_reason": "dented"},
        {"name": "Bag", "price": 10, "tax": "standard"},
    ],
    "/v1/sales/{sale}/lines/{line}": [
        {"serial": "SN-1"},
        {"note": {"text": "x"}},
        {"quantity": "2"},
        {"price": 1, "price_reason": "gift"},
    ],
    "/v1/sales/{sale}/discounts": [{"percent": "10"}, {"amount": 5, "line": "1", "reason": "regular"}],
    "/v1/sales/{sale}/tenders": [{"type": "cash", "amount": 5000}, {"type": "card", "amount": 1, "reference": "7"}],
    "/v1/sales/{sale}/card-payments": [{}, {"amount": 50}],
    "/v1/sales/{sale}": [{"note": {"text": "gift", "printed": True}}, {"note": {"text": ""}}],
    "/v1/sales/{sale}/age": [{"age": 18, "how": "seen"}],
    "/v1/sales/{sale}/customer": [{"customer": "nobody"}],
    "/v1/customers": [{"name": "Ada", "phone": "1", "number": "7"}, {"name": "Bob", "exempt_reason": "charity"}],
    "/v1/customers/{customer}": [{"name": "Eve"}, {"phone": None}],
    "/v1/items": [{"name": "Jam", "price": 350, "barcode": "4006381333948"}, {"name": "Tea", "price": 1, "sku": "tea"}],
    "/v1/tills/{till}/keys": [
        {"scope": "till", "revision": 0, "pages": [{"title": "A", "keys": [{"at": 0, "sku": "a"}]}]}
    ],
    "/v1/sales/{sale}/park": [{"label": "blue hat"}, {}],
    "/v1/sales/{sale}/void": [{"reason": "went away"}],
    "/v1/refunds": [
        {"receipt_number": "RECEIPT", "tender": {"type": "cash"}},
        {"receipt_number": "RECEIPT", "lines": [{"line": "1", "quantity": "1"}], "tender": {"type": "card"}},
    ],
    "/v1/refunds/preview": [
        {"receipt_number": "RECEIPT", "tender": {"type": "cash"}},
        {"items": [{"sku": "apple"}], "till": "till-1", "tender": {"type": "cash"}, "reason": "no receipt"},
        {"sale": "SALE", "tender": {"type": "card"}, "reason": "no receipt"},
    ],
    "/v1/sales/{sale}/taken-back": [{"receipt_number": "RECEIPT"}, {"receipt_number": "RECEIPT", "tender": "card"}],
    "/v1/records/{receipt_number}/print": [{}, {"gift": True}],
    "/v1/jobs/{job}/outcome": [{"whole": True}, {"whole": False, "again": True}],
    "/v1/tills/{till}/training": [{}, {"drawer": True}],
    "/v1/shifts": [{"till": "till-1", "float": 100}],
    "/v1/shifts/current/close": [{"till": "till-1", "counted": 100}, {"till": "till-1", "counted": None}],
    "/v1/shifts/current/cash": [{"till": "till-1", "direction": "out", "amount": 5, "reason": "bakery"}],
    "/v1/shifts/current/report/print": [{"till": "till-1"}],
    "/v1/printers/{printer}/jobs": [{"document": [{"type": "text", "text": "Hello"}, {"type": "cut"}]}],
    "/v1/devices/{device}/trace": [{"on": True}, {"on": False}],
    "/v1/devices/{device}/teach": [{"position": "closed"}, {"position": "open"}],
    "/v1/displays/{display}/show": [{"lines": ["Coffee", "2.40"], "claim": "none"}],
    "/v1/line/offline": [{"reason": "the router is being changed"}, {"cloud": "none", "reason": "a test"}],
    "/v1/line/online": [{}, {"cloud": "none"}],
    "/v1/outage/print": [{"till": "till-1"}],
    "/v1/sign-in": [{"pin": "408215"}, {"pin": "408215", "staff": "x"}],
    "/v1/overrides": [{"pin": "408215", "action": "no_sale"}],
    "/v1/staff": [{"name": "Mia", "role": "manager", "pin": "408215"}],
    "/v1/staff/{person}": [{"name": "Kim"}, {"role": "cashier"}],
    "/v1/staff/{person}/pin": [{"pin": "739164"}],
    "/v1/claims": [{"device": "receipt"}, {"device": "drawer", "name": "Kiosk", "lease_s": 1}],
}
PATHS = {
    "sale": "SALE",
    "till": "till-1",
    "receipt_number": "RECEIPT",
    "printer": "receipt",
    "device": "counter",
    "sku": "apple",
    "code": APPLE,
}


@st.composite
def body(draw: st.DrawFn, route: Route) -> bytes:
    """A good body, mostly as it is or with one thing changed; sometimes anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=60) | anything.map(json.dumps).map(str.encode))
    value = dict(draw(st.sampled_from(GOOD.get(route.path, [{}]))))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        name = draw(st.sampled_from([*value, "x"]) if value else text)
        value[name] = draw(anything | text | number)
    return json.dumps(value).encode()


def path_of(route: Route, draw: st.DrawFn) -> str:
    path = openapi.plain_path(route.path)
    for name in openapi.path_parameters(route.path):
        value = PATHS.get(name, "1") if draw(st.integers(0, 5)) else draw(text)
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


@st.composite
def request(draw: st.DrawFn) -> dict[str, Any]:
    route = draw(st.sampled_from(WRITES))
    headers = {"Content-Type": "application/json"}
    if draw(st.integers(0, 3)) == 0:
        headers["Idempotency-Key"] = draw(st.sampled_from(["a", "b", "c"]))
    return {"method": route.method, "url": path_of(route, draw), "content": draw(body(route)), "headers": headers}


@st.composite
def question(draw: st.DrawFn) -> dict[str, Any]:
    route = draw(st.sampled_from(READS))
    names = list(route.query_model.model_fields) or ["q"]
    params = draw(st.dictionaries(st.sampled_from([*names, "x"]), text | number.map(str), max_size=2))
    return {"method": "GET", "url": path_of(route, draw), "params": params}


async def hold(shop: Shop, asked: dict[str, Any], sale: str, receipt: str) -> int:
    """Ask, and hold the answer to what every answer keeps to."""
    url = asked["url"].replace("SALE", sale).replace("RECEIPT", receipt)
    content = asked.get("content", b"").replace(b"RECEIPT", receipt.encode())
    answer = await shop.client.request(**{**asked, "url": url, "content": content})
    assert answer.status_code < 500, (asked, answer.text)
    if answer.is_error:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "code", "detail"} <= problem.keys()
        assert problem["code"] in PROBLEMS
        assert problem["status"] == answer.status_code
    return answer.status_code


async def test_no_request_is_a_fault_of_ours(tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = []

    @settings(
        max_examples=REQUESTS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(request() | request() | question())
    def collect(one: dict[str, Any]) -> None:
        asked.append(one)

    collect()
    async with open_shop(tmp_path) as shop:
        receipt, sale = (await shop.sold())["receipt_number"], ""
        statuses: Counter[int] = Counter()
        for number, one in enumerate(asked):
            if number % 5 == 0:  # it may have been completed or voided
                sale = (await shop.opened())["id"]
            statuses[await hold(shop, one, sale, receipt) // 100] += 1
        assert statuses[2] > len(asked) // 20  # it got past the first check often enough to mean something
        assert shop.app.failed is not None
        assert not shop.app.failed.done()
        assert (await shop.sold("till-2"))["lines"]


def test_the_fuzz_reaches_every_route() -> None:
    assert {route.method for route in WRITES} == {"POST", "PATCH", "PUT", "DELETE"}
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
