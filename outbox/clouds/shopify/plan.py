"""What the Shopify requests have in common: where they go, how they are frozen, ids and amounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from outbox.connector import Idempotency, Request, Step
from outbox.ids import derived_id
from outbox.money import format_amount, parse_amount
from outbox.record import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.clouds.shopify.queries import Document
    from outbox.connector import Fact

VERSION = "2026-07"  # the schema that every document here was checked against
PATH = f"/admin/api/{VERSION}/graphql.json"
HEADERS = (("content-type", "application/json"),)
# Shopify's pages name a time it remembers a key for and we could not read how long: an hour is less than any other
# vendor's, and a look at one order costs next to nothing.
KEY_LIFE_S = 3600.0
RECORD_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # what an id of ours looks like


@dataclass(frozen=True, slots=True)
class Place:
    """Which location of the shop sells here, and how the seller wants it booked."""

    location_id: str  # gid://shopify/Location/…
    stock: str  # "order": Shopify moves it with each order; "adjust": we do, apart from the order; "none"
    tenders: Mapping[str, str] = field(default_factory=dict)  # tender type: Shopify's gateway
    customers: bool = True  # a sale's customer goes up with it

    def gateway(self, tender_type: str) -> str:
        """Return what a tender is called at Shopify: its own name, where the settings have no other."""
        return self.tenders.get(tender_type, tender_type)


def ask(document: Document, variables: Mapping[str, Any]) -> Request:
    """Return the request that a document becomes."""
    body = {"query": document.text, "operationName": document.name, "variables": dict(variables)}
    return Request("POST", PATH, canonical(body), HEADERS)


def read(name: str, document: Document, variables: Mapping[str, Any]) -> Step:
    """Return a step that only reads."""
    return Step(name, "", Idempotency.NONE, ask(document, variables))


def once(fact: Fact, name: str, document: Document, given: Mapping[str, Any]) -> Step:
    """Return a step that Shopify takes once a key. A person's retry after a refusal gets a new key."""
    of = name if fact.generation == 0 else f"{name}/{fact.generation}"
    key = derived_id(fact.record.id, f"shopify/{of}")
    return Step(name, key, Idempotency.KEY_REPLAY, ask(document, {"input": dict(given), "key": key}), KEY_LIFE_S)


def money(amount: int, currency: str) -> dict[str, Any]:
    """Return a `MoneyBagInput`."""
    return {"shopMoney": {"amount": format_amount(amount, currency), "currencyCode": currency}}


def minor(value: Any, currency: str) -> int | None:
    """Read an amount out of a `MoneyBag`, in minor units; None where there is none."""
    inner = value.get("shopMoney") if isinstance(value, dict) else None
    amount = inner.get("amount") if isinstance(inner, dict) else None
    try:
        return parse_amount(amount, currency) if isinstance(amount, str) else None
    except ValueError:
        return None


def moment(text: str) -> str:
    """Return a time as Shopify writes it: UTC, to the second."""
    return zulu(datetime.fromisoformat(text))


def zulu(at: datetime) -> str:
    """Return a time as `2026-11-20T10:00:00Z`."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def number(gid: str) -> str:
    """Return the number a global id ends in."""
    return gid.rpartition("/")[2]


def inner(value: Any, *names: str) -> dict[str, Any]:
    """Return what is in a value under these names, one in the other; empty where it is no object."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def nodes(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a connection, or of a list."""
    found = value.get("nodes") if isinstance(value, dict) else value
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def onward(connection: Mapping[str, Any]) -> str | None:
    """Return where the next page of a connection begins, or None: there is none."""
    info = inner(connection, "pageInfo")
    cursor = info.get("endCursor")
    return cursor if info.get("hasNextPage") is True and isinstance(cursor, str) else None
