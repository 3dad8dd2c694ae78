"""A WooCommerce that can lie: a shop behind a host, over HTTP, judged by a running shop's list of routes.

async with serving(shop := LyingWoo()) as base_url:
    shop.faults.add("hang", on="POST /wp-json/wc/v3/orders", after=True)
"""

from __future__ import annotations

import base64
import json
import operator
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from outbox.auth.oauth1 import Signer
from tests.clouds.lying_woocommerce_books import No, Orders, of_order, shown
from tests.clouds.lying_woocommerce_shop import Shelves
from tests.clouds.serving import Faults, commit_fault, read_body
from tests.clouds.serving import asked as what_was_asked
from tests.clouds.woocommerce_spec import ROUTES, woocommerce_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

Object = dict[str, Any]
KEY, SECRET = "ck_test", "cs_test"
UNLISTED = frozenset({"trash", "auto-draft", "checkout-draft"})  # asked for any status, it leaves these out
API = "/wp-json/wc/v3"


@dataclass
class LyingWoo:
    """One shop. `requests` and `spec_faults` tell what was asked and what was wrong with it."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    own_tables: bool = True  # where orders are still posts, its search does not find our id
    page_max: int = 100  # a host's plugin may list less than it is asked for
    notices: bool = False  # PHP prints them before each answer
    ignored: frozenset[str] = frozenset()  # parameters of lists that a plugin takes no heed of
    read_only: bool = False  # the key was made without the permission to write
    judged: bool = True
    key: str = KEY
    orders: Orders = field(default_factory=Orders)
    shelves: Shelves = field(default_factory=Shelves)
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    spec_faults: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    late: list[tuple[datetime, Object]] = field(default_factory=list)  # orders it is still at, until then

    def __post_init__(self) -> None:
        self.orders.now = lambda: self.now()  # noqa: PLW0108 - the clock is looked up when it is read
        self.shelves.now = lambda: self.now()  # noqa: PLW0108 - likewise
        self.orders.products = self.shelves.products
        self.orders.stock = self.shelves.stock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        asked = what_was_asked(scope)
        self.requests.append(asked)
        while self.late and self.late[0][0] <= self.now():
            self.orders.create(self.late.pop(0)[1])
        fault = self.faults.due(asked, after=False)
        if fault is not None and fault.what != "total":
            await commit_fault(fault, b"{}", receive, send)
            return
        status, answer, headers = self._answer(scope, asked, body)
        if fault is not None and isinstance(answer, dict) and "total" in answer:
            answer = answer | {"total": f"{float(answer['total']) + fault.value / 100:.2f}"}
        said = json.dumps(answer).encode()
        if self.notices:
            said = b"<br />\n<b>Warning</b>: Undefined array key {0} in <b>/p.php</b> on line <b>1</b><br />\n" + said
        after = self.faults.due(asked, after=True)
        if after is not None:
            await commit_fault(after, said, receive, send)
            return
        headers |= {"content-type": "application/json", "date": format_datetime(self.now(), usegmt=True)}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": said})

    def _answer(self, scope: Scope, asked: str, body: bytes) -> tuple[int, Any, dict[str, str]]:
        method, path = scope["method"], scope["path"]
        try:
            self._admit(scope, asked)
            if (
                self.judged
                and ROUTES.exists()
                and (faults := woocommerce_faults(method, asked.partition(" ")[2], body))
            ):
                self.spec_faults += faults
                raise No("rest_invalid_param", faults[0])
            if self.read_only and method != "GET":
                raise No(
                    "woocommerce_rest_authentication_error",
                    "The API key provided does not have write permissions.",
                    status=401,
                )
            query = dict(parse_qsl(scope["query_string"].decode()))
            found = self._route(method, path.removeprefix(API), query, json.loads(body) if body else {})
        except No as no:
            return no.status, no.error, {}
        if isinstance(found, list):
            return self._page(found, query)
        return 201 if method == "POST" else 200, found, {}

    def _admit(self, scope: Scope, asked: str) -> None:
        """Let in whoever shows the key: as it is over https alone, signed over plain http."""
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        said, method, path = headers.get("authorization", ""), scope["method"], asked.partition(" ")[2]
        denied = No("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", status=401)
        if headers.get("x-forwarded-proto") == "https":
            if said != "Basic " + base64.b64encode(f"{self.key}:{SECRET}".encode()).decode():
                raise denied
            return
        own = dict(re.findall(r'(\w+)="([^"]*)"', said)) if said.startswith("OAuth ") else {}
        if own.get("oauth_consumer_key") != self.key or own["oauth_nonce"] in self.nonces:
            raise denied
        timestamp = int(own["oauth_timestamp"])
        right = Signer(self.key, SECRET).header(
            method, f"http://{headers['host']}{path}", nonce=own["oauth_nonce"], timestamp=timestamp
        )
        if right != said or abs(timestamp - self.now().timestamp()) > 900:
            raise No("woocommerce_rest_authentication_error", "Invalid signature", status=401)
        self.nonces.add(own["oauth_nonce"])

    def _route(self, method: str, path: str, query: dict[str, str], body: Object) -> Any:
        orders = self.orders
        if path == "/orders":
            return of_order(orders.create(body)) if method == "POST" else self._orders(query)
        if (match := re.fullmatch(r"/orders/(\d+)", path)) is not None:
            order_id = int(match[1])
            return of_order(orders.order(order_id) if method == "GET" else orders.update(order_id, body))
        if (match := re.fullmatch(r"/orders/(\d+)/refunds", path)) is not None:
            return shown(orders.refund(int(match[1]), body))
        if (match := re.fullmatch(r"/orders/(\d+)/refunds/(\d+)", path)) is not None:
            return shown(orders.refund_of(int(match[1]), int(match[2])))
        if path == "/refunds":
            return self._made([shown(one) | {"parent_id": one["_order"]} for one in orders.refunds()], query)
        if (match := re.fullmatch(r"/orders/(\d+)/notes", path)) is not None:
            if method == "POST":
                return orders.add_note(int(match[1]), body)
            return list(orders.notes.get(int(match[1]), []))
        return self.shelves.route(path, query)

    def _orders(self, query: dict[str, str]) -> list[Object]:
        """List orders. What it does not know it ignores, and then lists all there are; "any" is not all."""
        named = query.get("status", "any")
        hidden = UNLISTED if named == "any" else frozenset()
        kept = [order for order in self.orders.orders.values() if order["status"] not in hidden]
        found = [of_order(order) for order in kept if named in ("any", order["status"])]
        if "search" in query and self.own_tables:
            found = [order for order in found if query["search"] in order["transaction_id"]]
        elif "search" in query:
            found = [order for order in found if query["search"] in order["billing"]["first_name"]]
        return self._made(found, query)

    def _made(self, found: list[Object], query: dict[str, str]) -> list[Object]:
        """List what was made between two moments, which it leaves out themselves."""
        query = {name: value for name, value in query.items() if name not in self.ignored}
        if "after" in query or "before" in query:
            assert query.get("dates_are_gmt") == "true", "else it compares with the shop's local time"
        for name, is_kept in (("after", operator.gt), ("before", operator.lt)):
            if name in query:
                assert len(query[name]) == len("2026-11-20T12:00:00"), "an offset would turn it into local time"
                found = [one for one in found if is_kept(one["date_created_gmt"], query[name])]
        return sorted(found, key=lambda one: (one["date_created_gmt"], one["id"]), reverse=query.get("order") != "asc")

    def _page(self, found: list[Any], query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        size = min(int(query.get("per_page", "10")), self.page_max)
        start = int(query["offset"]) if "offset" in query else (int(query.get("page", "1")) - 1) * size
        pages = -(-len(found) // size)
        return 200, found[start : start + size], {"x-wp-total": str(len(found)), "x-wp-totalpages": str(pages)}
