"""A Shopify that can lie: its books and its shelf behind GraphQL over HTTP, judged by Shopify's own schema.

async with serving(shop := LyingShopify()) as base_url:
    shop.faults.add("hang", on="CreateOrder", after=True)
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tests.clouds.lying_shopify_books import HERE, Books, Wrong
from tests.clouds.lying_shopify_graphql import No, connection, idempotency_key, is_mutation, run
from tests.clouds.lying_shopify_people import People
from tests.clouds.lying_shopify_shelf import Shelf
from tests.clouds.serving import Faults, commit_fault, read_body
from tests.clouds.shopify_spec import SHOPIFY, shopify_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

Object = dict[str, Any]
TOKEN = "shpat_test"
VERSION = "2026-07"
SCOPES = ("write_orders", "read_products", "write_inventory", "read_locations", "write_customers", "read_all_orders")


@dataclass
class Bucket:
    """The cost points of one app and shop."""

    now: Callable[[], datetime]
    most: float = 2000.0
    per_s: float = 100.0
    left: float = 2000.0
    at: datetime | None = None

    def status(self) -> Object:
        self._fill()
        return {"maximumAvailable": self.most, "currentlyAvailable": int(self.left), "restoreRate": self.per_s}

    def take(self, cost: float) -> bool:
        self._fill()
        if cost > self.left:
            return False
        self.left -= cost
        return True

    def _fill(self) -> None:
        now = self.now()
        if self.at is not None:
            self.left = min(self.most, self.left + max((now - self.at).total_seconds(), 0.0) * self.per_s)
        self.at = now


@dataclass
class LyingShopify:
    """One shop. `requests` and `spec_faults` tell what was asked and what was wrong with it."""

    token: str = TOKEN
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    serves: str = VERSION  # the version it answers by
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    spec_faults: list[str] = field(default_factory=list)
    scopes: tuple[str, ...] = SCOPES
    taxes_included: bool = True
    locations: dict[str, bool] = field(default_factory=lambda: {HERE: True})  # whether they are open
    charge: float | None = None  # what each request costs, in place of about what it does
    shelf: Shelf = field(init=False)
    books: Books = field(init=False)
    people: People = field(init=False)
    bucket: Bucket = field(init=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(now=lambda: self.now())  # noqa: PLW0108 - the clock is looked up when it is read
        self.people = People(self.shelf)
        self.books = Books(self.shelf, now=lambda: self.now())  # noqa: PLW0108 - likewise
        self.bucket = Bucket(now=lambda: self.now())  # noqa: PLW0108 - likewise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        asked = _operation(body)
        self.requests.append(asked)
        fault = self.faults.due(asked, after=False)
        if fault is not None and fault.what != "total":
            await commit_fault(fault, b"{}", receive, send)
            return
        status, answer = self._answer(scope, body)
        if fault is not None and (order := (answer.get("data") or {}).get("orderCreate", {}).get("order")):
            money = order["totalPriceSet"]["shopMoney"]
            order["totalPriceSet"] = {
                "shopMoney": money | {"amount": f"{float(money['amount']) + fault.value / 100:.2f}"}
            }
        said = json.dumps(answer).encode()
        after = self.faults.due(asked, after=True)
        if after is not None:
            await commit_fault(after, said, receive, send)
            return
        headers = {
            "content-type": "application/json; charset=utf-8",
            "date": format_datetime(self.now().astimezone(UTC), usegmt=True),
            "x-shopify-api-version": self.serves,
        }
        named = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": said})

    def _answer(self, scope: Scope, body: bytes) -> tuple[int, Object]:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"] != f"/admin/api/{VERSION}/graphql.json":
            return 404, {"errors": "Not Found"}
        if headers.get("x-shopify-access-token") != self.token:
            return 401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
        if SHOPIFY.exists() and (faults := shopify_faults(body)):
            self.spec_faults += faults
            return 200, {"errors": [{"message": faults[0], "extensions": {"code": "undefinedField"}}]}
        asked = json.loads(body)
        cost = self._cost(asked)
        if not self.bucket.take(cost):
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return 200, {"errors": [error], "extensions": self._spent(cost, None)}
        try:
            data = self._run(asked)
        except No as no:
            return no.status, {"errors": [no.error], "extensions": self._spent(cost, None)}
        return 200, {"data": data, "extensions": self._spent(cost, cost)}

    def _cost(self, asked: Object) -> float:
        if self.charge is not None:
            return self.charge
        return 10 if is_mutation(asked["query"]) else 2 + (asked["variables"].get("first") or 0) / 5

    def _spent(self, cost: float, actual: float | None) -> Object:
        spent = {"requestedQueryCost": cost, "actualQueryCost": actual, "throttleStatus": self.bucket.status()}
        return {"cost": spent}

    def _run(self, asked: Object) -> Object:
        books, shelf = self.books, self.shelf
        key = idempotency_key(asked["query"], asked["variables"])
        shop = {"name": "Corner Shop", "currencyCode": books.currency, "taxesIncluded": self.taxes_included}
        root: Object = {
            "shop": shop,
            "orders": self._orders,
            "order": self._order,
            "refund": books.refund,
            "nodes": lambda ids: [shelf.variants.get(one) for one in ids],
            "productVariants": shelf.list_variants,
            "products": shelf.list_products,
            "customers": shelf.list_customers,
            "discountNodes": shelf.list_discounts,
            "customerByIdentifier": self.people.found,
            "customerSet": _or_error(self.people.set, "customer"),
            "metafieldDefinitionCreate": _or_error(self.people.define, "createdDefinition"),
            "location": self._location,
            "locations": self._locations,
            "currentAppInstallation": {"accessScopes": [{"handle": one} for one in self.scopes]},
            "orderCreate": _or_error(books.create_order, "order"),
            "refundCreate": _or_error(lambda input: books.once(key, input, books.create_refund), "refund"),  # noqa: A006 - GraphQL's
            "inventoryAdjustQuantities": _or_error(
                lambda input: books.once(key, input, books.adjust),  # noqa: A006 - GraphQL's
                "inventoryAdjustmentGroup",
            ),
        }
        return run(asked["query"], asked["variables"], root)

    def _orders(self, first: int, query: str | None = None, after: str | None = None, **sort: Any) -> Object:
        if query is None:
            assert sort == {"sortKey": "CREATED_AT", "reverse": True}
            return connection(self.books.listed(), first, after)
        assert sort in ({}, {"sortKey": "CREATED_AT"})
        return connection(self.books.found(query), min(first, self.books.page_size), after)

    def _order(self, id: str) -> Object | None:  # noqa: A002 - GraphQL's
        return self.books.orders.get(id)

    def _location(self, id: str) -> Object | None:  # noqa: A002 - GraphQL's
        if id not in self.locations:
            return None
        return {"id": id, "inventoryLevels": self.shelf.list_levels}

    def _locations(self, first: int, after: str | None = None) -> Object:
        found = [
            {"id": gid, "name": f"Shop {gid.rpartition('/')[2]}", "isActive": is_open}
            for gid, is_open in self.locations.items()
        ]
        return connection(found, min(first, self.shelf.page_size), after)


def _or_error(act: Callable[..., Object], what: str) -> Callable[..., Object]:
    def payload(**arguments: Any) -> Object:
        try:
            return act(**arguments)
        except Wrong as wrong:
            return {what: None, "userErrors": [wrong.error]}

    return payload


def _operation(body: bytes) -> str:
    try:
        return str(json.loads(body)["operationName"])
    except (ValueError, KeyError, TypeError):
        return "no operation"
