"""What the Square requests have in common: where they go, their keys, and how they are frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outbox.connector import Idempotency, Request, Step
from outbox.ids import derived_id
from outbox.record import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Fact

VERSION = "2025-08-20"  # the API version every body here was checked against
# Square does not say how long it remembers a key. A day is what others promise, and what came before is looked up.
KEY_LIFE_S = 24 * 3600.0
HEADERS = (("content-type", "application/json"), ("square-version", VERSION))


@dataclass(frozen=True, slots=True)
class Place:
    """Where at Square, and how the seller wants it booked."""

    location_id: str
    stock: str  # "order": Square moves it with a paid order; "adjust": we do, apart from the order; "none"
    tenders: Mapping[str, str] = field(default_factory=dict)  # tender type: Square's external type
    customers: bool = True  # a sale's customer goes up with it


def write(fact: Fact, name: str, method: str, path: str, body: Mapping[str, Any]) -> Step:
    """Return a request with the key that makes it count once. A person's retry after a refusal gets a new key."""
    of = name if fact.generation == 0 else f"{name}/{fact.generation}"
    key = derived_id(fact.record.id, of)  # 36 characters: within the 45 that payments take
    frozen = canonical({**body, "idempotency_key": key})
    return Step(name, key, Idempotency.KEY_REPLAY, Request(method, path, frozen, HEADERS), KEY_LIFE_S)


def look(name: str, path: str) -> Step:
    """Return a request that only reads."""
    return Step(name, "", Idempotency.NONE, Request("GET", path, b"", HEADERS))


def number(name: str) -> int:
    """Return the number a step's name ends in: `payment-2` is 2."""
    return int(name.rpartition("-")[2])
