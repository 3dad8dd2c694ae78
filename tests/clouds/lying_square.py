"""A Square that can lie: its books and catalogue over HTTP, judged by Square's own description where it is at hand.

async with serving(square := LyingSquare()) as base_url:
    square.faults.add("hang", on="POST /v2/orders", after=True)
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from outbox.clouds.square.sign_in import SCOPES
from tests.clouds.lying_square_books import Books, No
from tests.clouds.lying_square_catalogue import Catalogue
from tests.clouds.serving import Faults, commit_fault, read_body
from tests.clouds.serving import asked as what_was_asked
from tests.clouds.vendor_spec import SQUARE, square_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

Object = dict[str, Any]
TOKEN = "square-test-token"


@dataclass
class LyingSquare:
    """One seller. `requests` and `spec_faults` tell what was asked and what was wrong with it."""

    token: str = TOKEN
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    books: Books = field(default_factory=Books)
    catalogue: Catalogue = field(default_factory=Catalogue)
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    spec_faults: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    location: Object = field(default_factory=lambda: {"status": "ACTIVE"})

    def __post_init__(self) -> None:
        self.books.now = lambda: self.now()  # noqa: PLW0108 - the clock is looked up when it is read
        self.catalogue.now = lambda: self.now()  # noqa: PLW0108 - likewise

    def sell(self, item_id: str, variation_id: str, sku: str, price: int, stock: int | None = None) -> None:
        """Put an item with one variation into the catalogue, counted where `stock` says how many."""
        self.catalogue.put(item_id, sku.title(), [{"id": variation_id, "name": "Regular", "sku": sku, "price": price}])
        self.books.variations.add(variation_id)
        if stock is not None:
            self.books.stock[variation_id] = self.books.stock.get(variation_id, 0) + stock  # type: ignore[assignment]  # int and Decimal add

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        asked = what_was_asked(scope)
        self.requests.append(asked)
        fault = self.faults.due(asked, after=False)
        if fault is not None and fault.what != "total":
            await commit_fault(fault, b"{}", receive, send)
            return
        status, answer = self._answer(scope, asked, body)
        if fault is not None and isinstance(answer.get("order"), dict):
            answer = json.loads(json.dumps(answer))
            answer["order"]["total_money"]["amount"] += fault.value
        said = json.dumps(answer).encode()
        after = self.faults.due(asked, after=True)
        if after is not None:
            await commit_fault(after, said, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"date", format_datetime(self.now(), usegmt=True).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    def _answer(self, scope: Scope, asked: str, body: bytes) -> tuple[int, Object]:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        try:
            if headers.get("authorization") != f"Bearer {self.token}":
                raise No("UNAUTHORIZED", "bad token", status=401, category="AUTHENTICATION_ERROR")
            if headers.get("square-version") != "2025-08-20":
                raise No("INVALID_SQUARE_VERSION_FORMAT")
            if SQUARE.exists() and (faults := square_faults(scope["method"], asked.partition(" ")[2], body)):
                self.spec_faults += faults
                raise No("BAD_REQUEST", faults[0])
            return 200, self._route(scope["method"], scope["path"], scope["query_string"].decode(), body)
        except No as no:
            return no.status, {"errors": [no.error]}

    def _route(self, method: str, path: str, query: str, raw: bytes) -> Object:
        books = self.books
        body = json.loads(raw) if raw else {}
        act = {
            "POST /v2/orders": books.create_order,
            "POST /v2/payments": books.create_payment,
            "POST /v2/refunds": books.create_refund,
            "POST /v2/customers": books.create_customer,
            "POST /v2/inventory/changes/batch-create": books.change_inventory,
        }.get(f"{method} {path}")
        if act is not None:
            return books.once(path, body, act)
        if (match := re.fullmatch(r"/v2/orders/(O\d+)(/pay)?", path)) is not None:
            order_id = match[1]
            if method == "GET":
                return {"order": books.order(order_id)}
            if match[2]:
                return books.once(path, body, lambda asked: books.pay_order(order_id, asked))
            return books.once(path, body, lambda asked: books.update_order(order_id, asked))
        if (match := re.fullmatch(r"/v2/(payment|refund|customer)s/([CPR]\d+)", path)) is not None:
            kept = {"payment": books.payment, "refund": books.refund, "customer": books.customer}[match[1]]
            return {match[1]: kept(match[2])}
        if path == f"/v2/locations/{books.location_id}":
            return {"location": {"id": books.location_id, "name": "Main", "currency": books.currency, **self.location}}
        if path == "/oauth2/token/status":
            return {"scopes": self.scopes, "merchant_id": "M1"}
        if path == "/v2/catalog/search":
            return self.catalogue.search(body)
        return self._listed(path, dict(parse_qsl(query)), body)

    def _listed(self, path: str, query: dict[str, str], body: Object) -> Object:
        books = self.books
        if path == "/v2/orders/search":
            wanted = body["query"]["filter"]
            made = wanted["date_time_filter"]["created_at"]
            if body["query"]["sort"]["sort_field"] != "CREATED_AT":
                raise No("BAD_REQUEST", "sorted by another field than it is filtered by")
            found = [
                order
                for order in sorted([*books.orders.values(), *books.returns.values()], key=lambda one: str(one["id"]))
                if _within(order, made["start_at"], made.get("end_at"))
                and order["location_id"] in body["location_ids"]
                and order["source"]["name"] in wanted["source_filter"]["source_names"]
            ]
            return self._page("orders", found, body)
        if path == "/v2/customers/search":
            return self._page("customers", self._customers(body["query"].get("filter") or {}), body)
        if path == "/v2/inventory/counts/batch-retrieve":
            return self._page("counts", books.counts(body), body)
        if path == "/v2/inventory/changes/batch-retrieve":
            found = [
                change
                for change in books.changes
                if change["adjustment"]["catalog_object_id"] in body["catalog_object_ids"]
                and _within(change["adjustment"], body["updated_after"])
            ]
            return self._page("changes", found, body)
        name = path.rpartition("/")[2]
        kept = {"payments": books.payments, "refunds": books.refunds}[name]
        found = [
            value
            for value in kept.values()
            if _within(value, query["begin_time"], query.get("end_time"))
            and query.get("location_id") in (None, value["location_id"])
            and query.get("total") in (None, str(value["amount_money"]["amount"]))
        ]
        return self._page(name, found, query)

    def _customers(self, wanted: Object) -> list[Object]:
        reference = wanted.get("reference_id", {}).get("exact")
        since = wanted.get("updated_at", {}).get("start_at")
        return [
            one
            for one in self.books.customers.values()
            if reference in (None, one.get("reference_id"))
            and (since is None or datetime.fromisoformat(one["updated_at"]) >= datetime.fromisoformat(since))
        ]

    def _page(self, name: str, found: list[Object], asked: Object) -> Object:
        start = int(asked.get("cursor", "place-0").removeprefix("place-"))
        end = start + min(int(asked["limit"]), self.books.page_size)
        listed: Object = {name: found[start:end]} if found else {}  # Square leaves out what it has none of
        return listed | ({"cursor": f"place-{end}"} if end < len(found) else {})


def _within(value: Object, since: str, until: str | None = None) -> bool:
    made = datetime.fromisoformat(value["created_at"])
    return datetime.fromisoformat(since) <= made and (until is None or made <= datetime.fromisoformat(until))
