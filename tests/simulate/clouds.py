"""The store's two clouds, and the line to them: in process, in virtual time, and with everything that goes wrong there.

A request is in one of three places when a crash comes: not yet gone, on its way (it may still arrive), or
taken in with its answer on the way back. Faults come from the world's weather, one draw an exchange.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import standardwebhooks

from outbox.connector import Answer
from outbox.session import AnswerLost, NotSent
from tests.clouds import lying_square
from tests.clouds.lying_webhook import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from random import Random

    from outbox.connector import Request
    from tests.clouds.lying_square import LyingSquare
    from tests.simulate.weather import Weather

HOOK, SQUARE = "http://127.0.0.1:1/hook", "http://127.0.0.1:2"
READ_S = 30.0  # how long the agent's session waits for an answer that does not come
TOLERANCE_S = 300  # how far a webhook's timestamp may be off, as the specification's reference has it


def bodies_unjudged(put: Callable[[object, str, object], None] = setattr) -> None:
    """Spare the judging of every Square body against its description: tests/clouds does it, at 2 ms each."""
    put(lying_square, "square_faults", lambda method, path, body: [])


@dataclass
class Receiver:
    """A webhook receiver: verifies what the reference library signs, and drops what it has seen."""

    now: Callable[[], datetime]
    records: dict[str, Any] = field(default_factory=dict)  # by id, in the order they first came
    refuses: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    refuse_next: bool = False
    expired: bool = False

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        given = dict(request.headers) | dict(headers)
        at = int(given["webhook-timestamp"])
        off_s = abs(self.now().timestamp() - at)
        signed = standardwebhooks.Webhook(SECRET).sign(
            given["webhook-id"], datetime.fromtimestamp(at, UTC), request.body.decode()
        )
        if self.expired or off_s > TOLERANCE_S or signed != given["webhook-signature"]:
            return Answer(401, {}, b"")
        if self.refuse_next and given["webhook-id"] not in self.records:
            self.refuse_next = False
            self.refuses.add(given["webhook-id"])
        if given["webhook-id"] in self.refuses:
            self.refused.add(given["webhook-id"])
            return Answer(422, {}, b"not mapped")
        self.records.setdefault(given["webhook-id"], json.loads(request.body))
        return Answer(200, {}, b"{}")


@dataclass
class Square:
    """The lying Square of tests/clouds, called as the ASGI program it is. It refuses planted sales as unmapped."""

    square: LyingSquare
    refuses: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    refuse_next: bool = False
    expired: bool = False

    def take(self, request: Request, headers: Mapping[str, str]) -> Answer:
        if self.expired:
            return _square_error(401, "AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED")
        if request.method == "POST" and request.path == "/v2/orders":
            sale = json.loads(request.body)["order"]["metadata"]["stillopen_id"]
            if self.refuse_next and not self.has(sale):
                self.refuse_next = False
                self.refuses.add(sale)
            if sale in self.refuses:
                self.refused.add(sale)
                return _square_error(400, "INVALID_REQUEST_ERROR", "NOT_FOUND")
        return call(self.square, request, headers)

    def has(self, sale: str) -> bool:
        """Return whether there is an order for a sale, paid or not."""
        orders: Any = self.square.books.orders.values()
        return any(order["metadata"]["stillopen_id"] == sale for order in orders)


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


@dataclass
class Line:
    """The line and what is at its end. `note` hears of every exchange as it is taken in."""

    random: Random
    weather: Weather
    clouds: dict[str, Receiver | Square]  # by base_url
    note: Callable[..., None]
    now: Callable[[], datetime]
    down_until: datetime | None = None
    calm: bool = False  # no faults but a line that is down
    exchanges: int = 0
    on_its_way: dict[int, tuple[str, Request, dict[str, str]]] = field(default_factory=dict)

    @property
    def up(self) -> bool:
        """Whether the line carries."""
        return self.down_until is None or self.now() >= self.down_until

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Be the agent's session."""
        self.exchanges += 1
        number, draw = self.exchanges, 1.0 if self.calm else self.random.random()
        fault = next((name for name, share in self.weather.faults() if (draw := draw - share) < 0), "")
        way_s = self.random.uniform(0.005, 0.060)
        await asyncio.sleep(way_s)
        if not self.up:
            if self.random.random() < 1 / 20:  # no answer at all, where most lines refuse at once
                await asyncio.sleep(READ_S)
                raise AnswerLost("planted: nothing came back", hint="")
            raise NotSent("planted: no line", hint="")
        if fault == "lost before":
            await asyncio.sleep(READ_S)
            raise AnswerLost("planted: lost before", hint="")
        if fault in ("503", "429"):
            return Answer(int(fault), {"retry-after": "2"} if fault == "429" else {}, b"")
        self.on_its_way[number] = (base_url, request, dict(headers))
        await asyncio.sleep(way_s * (20 if fault == "slow" else 1))
        answer = self._arrive(number)
        await asyncio.sleep(way_s)
        if fault == "lost after":
            raise AnswerLost("planted: lost after", hint="")
        if fault == "half":
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        if fault == "500 after":
            return Answer(500, {}, b"<html>")
        return answer

    def _arrive(self, number: int) -> Answer:
        base_url, request, headers = self.on_its_way.pop(number)
        answer = self.clouds[base_url].take(request, headers)
        self.note("cloud", base_url, request.method, request.path, request.body, answer.status)
        return answer

    def sender_died(self) -> None:
        """Let what was on its way arrive, or not."""
        for number in list(self.on_its_way):
            if self.random.random() < 1 / 2:
                self._arrive(number)
        self.on_its_way.clear()

    async def aclose(self) -> None:
        """Close nothing: the line is shared."""
