"""What the suite needs of a kind of cloud: its connector, its lying server, and its books by our own ids.

A kind is a module here with `under_test(shop, now)`, and a line in `kinds.py`. The server is called in process, as the
ASGI program it is; what goes wrong on the line is the suite's, what goes wrong in the system is the server's own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from outbox.connector import Answer
from tests.simulate.clouds import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from random import Random

    from outbox.books import Books as Ledger
    from outbox.connector import Connector, Request

__all__ = ["Booked", "Books", "CloudUnderTest", "call", "json_answer", "moves_in_words"]


@dataclass(frozen=True, slots=True)
class Booked:
    """What a cloud holds of one record, in minor units, as far as it can say. None: it keeps no such thing.

    Of a sale: what was to be paid in the end, after cash rounding. Of a refund: what was given back.
    """

    total: int | None
    tenders: Mapping[str, int] | None = None  # by the till's tender type: change taken off, tips not counted
    tax: int | None = None
    tip: int | None = None
    customer: str | None = None  # our id of whom it is for
    sold_at: str | None = None  # RFC 3339, as it stands in the cloud's own field for it
    whole: bool = True  # paid and closed; False: left half made


@dataclass(slots=True)
class Books:
    """Everything there is in a cloud, doubles and what is half made included."""

    sales: dict[str, list[Booked]] = field(default_factory=dict)  # by record
    refunds: dict[str, list[Booked]] = field(default_factory=dict)  # by record; what is in parts by nature is one
    stock: dict[str, Decimal] | None = None  # by sku, of those counted; None: it counts none
    customers: Counter[str] = field(default_factory=Counter)  # by our id: how often each is there
    strange: list[str] = field(default_factory=list)  # what is of no record of ours


class CloudUnderTest(Protocol):
    """One kind of cloud with one store's account in it."""

    connector: Connector
    ledger: Ledger  # what the kind itself says can be asked of its books
    throttled: Answer  # how it says that it is called too often
    unauthorized: Answer  # how it says that it does not take the credentials
    refused: Answer  # how it says no for good, whatever it was sent

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Answer a request: `call(server, request, headers)`, and whatever prefix of a path the kind needs."""
        ...

    def record_of(self, request: Request) -> str | None:
        """Return the record of ours of which a request makes the document, or None: it makes none."""
        ...

    def cannot(self, body: Mapping[str, Any]) -> bool:
        """Return whether the system cannot hold a record at all, so that it is rightly parked."""
        ...

    def sell(self, sku: str, name: str, price: int, *, tax: str | None, unit: str, stock: int | None) -> None:
        """Put an item on the shelf, or change it; `stock` is only given with a new one."""
        ...

    def take_off(self, sku: str) -> None:
        """Delete an item."""
        ...

    def offer(self, number: int, name: str, *, percent: str | None, amount: int | None) -> None:
        """Make a discount with a name, or change it."""
        ...

    def withdraw(self, number: int) -> None:
        """Delete a discount."""
        ...

    def books(self) -> Books:
        """Return everything there is."""
        ...

    def troubles(self) -> Mapping[str, Callable[[Random], None]]:
        """Return what goes wrong in this system and no other, by name: each is planted now and then."""
        ...

    def calm(self) -> None:
        """End every trouble of its own."""
        ...

    def spec_faults(self) -> list[str]:
        """Return what the vendor's description has against what was sent so far; nothing may stand here."""
        ...


def json_answer(status: int, value: object, **headers: str) -> Answer:
    """Return an answer with a JSON body."""
    said = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, said, json.dumps(value).encode())


_MOVE = re.compile(r"(?:^|[\s:,;(])([^\s,:;()]+) ([+-]\d+(?:\.\d+)?)(?=$|[\s,;.)])")


def moves_in_words(notes: Iterable[str]) -> Counter[str]:
    """Return the stock movements that notes ask a person for, by sku: written `MUG -2, TEA +1`."""
    found: Counter[str] = Counter()
    for note in notes:
        for sku, quantity in _MOVE.findall(note):
            found[sku] += Decimal(quantity)  # type: ignore[assignment]  # a Counter adds decimals as it adds numbers
    return found
