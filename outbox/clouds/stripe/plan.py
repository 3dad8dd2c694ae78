"""What the requests of a Stripe plan have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from outbox.clouds.stripe.form import form
from outbox.connector import Idempotency, Request, Step
from outbox.ids import derived_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Fact

API_VERSION = "2026-10-28.endive"  # https://docs.stripe.com/api/versioning: answers keep this version's shape
KEY_LIFE_S = 24 * 3600.0  # https://docs.stripe.com/api/idempotent_requests: kept for at least a day
PAGE = 100  # what a list answers at most

# Names in the metadata of what is ours.
RECORD = "stillopen_id"
PART = "stillopen_part"
CHAIN = "stillopen_chain"  # the chain's hash at the record: what the journal held when this was sent
SALE_ID = "stillopen_sale"  # of a card payment from its first moment; its sale's record, once there is one, has this id

_AFTER = "&starting_after="  # a list names the last one of the page before


@dataclass(frozen=True, slots=True)
class Place:
    """Whose account it is, and how the store wants it used."""

    store: str  # the store's id
    account: str | None = None  # a connected account that the platform's key acts for
    methods: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # tender type: Stripe's own id
    customers: bool = False

    def request(
        self, method: str, path: str, fields: Mapping[str, Any] = MappingProxyType({}), *, key: str = ""
    ) -> Request:
        """Return a request; of a GET the fields are the query."""
        headers = [("stripe-version", API_VERSION)]
        if self.account is not None:
            headers.append(("stripe-account", self.account))
        if method == "GET":
            return Request(method, f"{path}?{form(fields)}" if fields else path, b"", tuple(headers))
        headers.append(("content-type", "application/x-www-form-urlencoded"))
        if key:
            headers.append(("idempotency-key", key))
        return Request(method, path, form(fields).encode(), tuple(headers))


def write(fact: Fact, place: Place, name: str, path: str, fields: Mapping[str, Any]) -> Step:
    """Return a request with the key that makes it count once. A person's retry after a refusal gets a new key."""
    key = derived_id(fact.record.id, name if fact.generation == 0 else f"{name}/{fact.generation}")
    return Step(name, key, Idempotency.KEY_REPLAY, place.request("POST", path, fields, key=key), KEY_LIFE_S)


def look(place: Place, name: str, path: str) -> Step:
    """Return a request that only reads."""
    return Step(name, "", Idempotency.NONE, place.request("GET", path))


def say(place: Place, name: str, path: str, fields: Mapping[str, Any]) -> Step:
    """Return a request that sets what may be set any number of times."""
    return Step(name, "", Idempotency.NONE, place.request("POST", path, fields))


def metadata(fact: Fact, place: Place, part: int) -> dict[str, str]:
    """Return what Stripe keeps beside a payment: our id, by which it is found again, and what a person looks for."""
    return {
        RECORD: fact.record.id,
        PART: str(part),
        CHAIN: fact.record.hash.hex(),
        "receipt_number": fact.record.receipt_number or "",
        "store": place.store,
        "till": fact.record.till,
    }


def is_ours(value: Any, fact: Fact, part: int) -> bool:
    """Say whether what Stripe shows is this part of this record."""
    kept = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(kept, dict) or not isinstance(value.get("id"), str):
        return False
    return kept.get(RECORD) == fact.record.id and kept.get(PART) == str(part)


def number(name: str) -> int:
    """Return the number a step's name ends in: `record-2` is 2."""
    return int(name.rpartition("-")[2])


def next_page(request: Request, body: Mapping[str, Any], last: str) -> Request | None:
    """Return the request for the page after one that ended with the id `last`; None where it was the last page."""
    if body.get("has_more") is not True:
        return None
    first = request.path.partition(_AFTER)[0]  # it may be a further page itself
    return Request(request.method, f"{first}{_AFTER}{quote_plus(last)}", b"", request.headers)
