"""The store's two clouds: what they take, what they refuse, and what they remember of who came when.

Both are called in process. What goes wrong on the way to them is the line's; what goes wrong in them is here:
credentials that are not accepted for a while, storms of 429 and 503, records that are refused until a person mends
them, and records that the cloud fails on, for ever.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import standardwebhooks

from outbox.connector import Answer
from outbox.courier import OTHERS_TURN
from outbox.record import canonical
from tests.clouds import lying_square
from tests.clouds.lying_webhook import SECRET
from tests.simulate.ledger import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping
    from random import Random

    from outbox.connector import Request
    from tests.clouds.lying_square import LyingSquare

HOOK, SQUARE = "http://127.0.0.1:1/hook", "http://127.0.0.1:2"
TOLERANCE_S = 300  # how far a webhook's timestamp may be off, as the specification's reference has it
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_VERIFIER = standardwebhooks.Webhook(SECRET)


def bodies_unjudged(put: Callable[[object, str, object], None] = setattr) -> None:
    """Spare the judging of every Square body against its description: tests/clouds does it, at 2 ms each."""
    put(lying_square, "square_faults", lambda method, path, body: [])


@dataclass
class Moods:
    """What a cloud does besides taking records; and, in its own counting of what happened, when which record came."""

    expired_until: datetime = LONG_AGO  # credentials are not accepted
    storm_until: datetime = LONG_AGO
    storm: int = 429
    refuse_next: bool = False  # the next new record
    fail_next: bool = False
    refuses: set[str] = field(default_factory=set)  # until mended
    fails: set[str] = field(default_factory=set)
    happened: int = 0
    arrived: dict[str, int] = field(default_factory=dict)  # record: when it was first taken
    refused: dict[str, int] = field(default_factory=dict)  # record: when it was first refused
    stood_aside: dict[int, int] = field(default_factory=dict)  # delivery: since when others may overtake it
    nothing: Counter[int] = field(default_factory=Counter)  # by delivery: exchanges that did not bring it further

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self.expired_until = self.storm_until = LONG_AGO
        self.refuse_next = self.fail_next = False
        self.refuses.clear()
        self.fails.clear()

    @property
    def stubborn(self) -> set[str]:
        """The records that it will not take until it is mended."""
        return self.refuses | self.fails

    def came(self, records: list[str], answer: Answer) -> None:
        """Remember how the cloud answered to records."""
        for record in records:
            self.happened += 1
            if answer.status < 300:
                self.arrived.setdefault(record, self.happened)
            elif 400 <= answer.status < 500 and record in self.refuses:  # not those that were in one array with it
                self.refused.setdefault(record, self.happened)

    def came_to_nothing(self, delivery: int) -> None:
        """Remember an exchange of a delivery that was answered, and did not bring it further."""
        self.nothing[delivery] += 1
        if self.nothing[delivery] >= OTHERS_TURN:
            self.stood_aside.setdefault(delivery, self.happened)

    def answer(self, records: list[str], now: datetime, random: Random) -> Answer | None:
        """Return what it answers instead of taking the records, or None."""
        if now < self.storm_until:
            return Answer(self.storm, {"retry-after": str(random.randint(1, 60))} if self.storm == 429 else {}, b"")
        new = [record for record in records if record not in self.arrived]
        if new and self.refuse_next:
            self.refuse_next = False
            self.refuses.add(new[-1])
        if new and self.fail_next:
            self.fail_next = False
            self.fails.add(new[-1])
        if any(record in self.fails for record in new):
            return Answer(500, {}, b"<html>")
        return None


class Cloud(Protocol):
    """What both are for the line."""

    moods: Moods

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Answer a request."""
        ...


@dataclass
class Receiver:
    """A webhook receiver: verifies what the reference library signs, and drops what it has seen."""

    now: Callable[[], datetime]
    random: Random
    moods: Moods = field(default_factory=Moods)
    records: dict[str, bytes] = field(default_factory=dict)  # digests by id, in the order they first came

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        records = _records(request)
        ids = [record["id"] for record in records]
        answer = self._answer(request, dict(request.headers) | dict(headers), ids)
        self.moods.came(ids, answer)
        if answer.status < 300:
            for record in records:
                self.records.setdefault(record["id"], digest_of(canonical(record)))
        return answer

    def _answer(self, request: Request, given: Mapping[str, str], ids: list[str]) -> Answer:
        at = int(given["webhook-timestamp"])
        signed = _VERIFIER.sign(given["webhook-id"], datetime.fromtimestamp(at, UTC), request.body.decode())
        trusted = signed == given["webhook-signature"] and abs(self.now().timestamp() - at) <= TOLERANCE_S
        if not trusted or self.now() < self.moods.expired_until:
            return Answer(401, {}, b"")
        instead = self.moods.answer(ids, self.now(), self.random)
        if instead is not None:
            return instead
        if any(record in self.moods.refuses for record in ids):  # all of an array or none of it
            return Answer(422, {}, b"not mapped")
        return Answer(200, {}, b"{}")


@dataclass
class Square:
    """The lying Square of tests/clouds, called as the ASGI program it is. It refuses planted sales as unmapped."""

    square: LyingSquare
    random: Random
    moods: Moods = field(default_factory=Moods)
    _orders: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by record id
    _refunds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _indexed: int = 0
    _indexed_refunds: int = 0

    @staticmethod
    def _about(request: Request) -> list[str]:
        """Return the record that a request makes an order or a refund of."""
        if request.method != "POST" or not request.body:
            return []
        body = json.loads(request.body)
        if request.path == "/v2/orders":
            return [body["order"]["metadata"]["stillopen_id"]]
        return [_record_of(body)] if request.path == "/v2/refunds" else []

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        about = self._about(request)
        answer = self._answer(request, headers, about)
        self.moods.came(about, answer)
        return answer

    def _answer(self, request: Request, headers: Mapping[str, str], about: list[str]) -> Answer:
        now = self.square.now()
        if now < self.moods.expired_until:
            return _square_error(401, "AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED")
        instead = self.moods.answer(about, now, self.random)
        if instead is not None:
            return instead
        if any(record in self.moods.refuses for record in about):
            return _square_error(400, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        return call(self.square, request, headers)

    # --- what it has, by the record it is of ---

    def orders(self, record: str) -> list[dict[str, Any]]:
        """Return the orders made of a sale."""
        self._index()
        return self._orders.get(record, [])

    def refunds(self, record: str) -> list[dict[str, Any]]:
        """Return the refunds made of a refund, one a payment."""
        self._index()
        return self._refunds.get(record, [])

    def known(self) -> Iterator[str]:
        """Yield every record it has something of."""
        self._index()
        yield from self._orders
        yield from self._refunds

    def forget_old_keys(self) -> None:
        """Drop what it would not look at again: it compares a key's age before anything else."""
        books = self.square.books
        oldest = self.square.now() - books.key_life
        books.keys = {key: kept for key, kept in books.keys.items() if kept[0] >= oldest}
        self.square.requests.clear()

    def _index(self) -> None:
        books = self.square.books
        for order in islice(books.orders.values(), self._indexed, None):
            self._orders.setdefault(order["metadata"]["stillopen_id"], []).append(order)
        for refund in islice(books.refunds.values(), self._indexed_refunds, None):
            self._refunds.setdefault(_record_of(refund), []).append(refund)
        self._indexed, self._indexed_refunds = len(books.orders), len(books.refunds)


def _records(request: Request) -> list[dict[str, Any]]:
    said = json.loads(request.body)
    return said if isinstance(said, list) else [said]


def _record_of(refund: Mapping[str, Any]) -> str:
    return str(refund["reason"]).rpartition(" ")[2]


def _square_error(status: int, category: str, code: str) -> Answer:
    return Answer(status, {}, json.dumps({"errors": [{"category": category, "code": code}]}).encode())


def call(app: Any, request: Request, headers: Mapping[str, str]) -> Answer:
    """Call an ASGI program that waits for nothing, and return its answer."""
    url = urlsplit(request.path)
    given = dict(request.headers) | dict(headers)
    scope = {
        "type": "http",
        "method": request.method,
        "path": url.path,
        "query_string": url.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    _at_once(app(scope, receive, send))
    start, *parts = said
    return Answer(
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        b"".join(part.get("body", b"") for part in parts),
    )


def _at_once(work: Coroutine[Any, Any, None]) -> None:
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("a cloud waited for something")
