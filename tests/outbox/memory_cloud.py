"""A cloud in memory that lies as told, and a connector for it that needs two requests a record.

`make` makes an order, `pay` marks it as paid. With `KEY_REPLAY` the cloud answers a key it knows with its
first answer; with `PROBE_FIRST` it knows no keys, and every `make` that reaches it is one more order.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outbox.capabilities import Arithmetic, Capabilities
from outbox.connector import (
    Absent,
    Answer,
    Complete,
    Done,
    Fact,
    Found,
    Idempotency,
    Outcome,
    Refused,
    Request,
    Retry,
    Sighting,
    Step,
    Unauthorized,
    Unclear,
    Unknown,
)
from outbox.ids import derived_id
from outbox.record import Kind
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from outbox.connector import Packed, Packer
    from outbox.feeds import Feed, Page
    from outbox.throttle import Throttle


class TwoSteps:
    """The connector."""

    base_url = "memory://cloud"
    packer: Packer | None = None
    throttle: Throttle | None = None

    def __init__(self, idempotency: Idempotency, *, key_life_s: float | None = None, parallel: int = 3) -> None:
        self.idempotency = idempotency
        self.key_life_s = key_life_s
        self.capabilities = Capabilities(frozenset({Kind.SALE, Kind.REFUND}), Arithmetic.CLIENT, parallel=parallel)
        self.asked: list[bytes] = []
        self.since: list[datetime | None] = []  # of each look

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        record = fact.record
        if "order" not in fact.refs:
            if record.body.get("unmapped"):
                return Refused("unmapped", "no such item there", "map it")
            sale = fact.sale_refs.get("order") if record.kind is Kind.REFUND else None
            return self._step("make", fact, {"id": record.id, "sale": sale, "total": record.body["total"]})
        if "paid" not in fact.refs:
            return self._step("pay", fact, {"order": fact.refs["order"]})
        return Complete(fact.refs["order"], drift=int(fact.refs["drift"]), notes=("kept",))

    def _step(self, name: str, fact: Fact, body: dict[str, Any]) -> Step:
        key = derived_id(fact.record.id, f"{name}{fact.generation or ''}")
        request = Request("POST", f"/{name}", json.dumps(body).encode())
        return Step(name, key, self.idempotency, request, self.key_life_s)

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        self.asked.append(step.request.body)
        found = answer.json()
        if answer.status == 401:
            return Unauthorized("the token is not accepted")
        if answer.status == 422:
            return Refused("refused", found.get("why", "no"), "mend it")
        if answer.status >= 429:
            return Retry(f"it answered {answer.status}")
        if step.name == "make" and "order" in found:
            drift = found["total"] - fact.record.body["total"]
            return Done({"order": found["order"], "drift": str(drift)})
        if step.name == "pay" and found.get("paid"):
            return Done({"paid": "yes"}, note="paid there")
        return Unclear("an answer that says nothing")

    def probe(self, step: Step, fact: Fact) -> Request | None:
        self.since.append(fact.since)
        return Request("GET", f"/look/{fact.record.id}")

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        if answer.status == 401:
            return Unauthorized("the token is not accepted")
        if answer.status != 200:
            return Unknown(f"the look answered {answer.status}")
        found = answer.json()
        if "seen" not in found:
            return Unknown("the look's answer says nothing")
        if step.name == "make":
            if not found.get("order"):
                return Absent()
            return Found({"order": found["order"], "drift": str(found["total"] - fact.record.body["total"])})
        return Found({"paid": "yes"}) if found.get("paid") else Absent()

    def credentials(self, request: Request, key: str, now: datetime) -> dict[str, str]:
        return {"idempotency-key": key}

    def pull(self, feed: Feed, cursor: str | None) -> Request | None:
        return None

    def page(self, feed: Feed, cursor: str | None, answer: Answer) -> Page:
        raise AssertionError("it has no catalogue")


class Arrays:
    """Packs records into a JSON array."""

    def __init__(self, size: int) -> None:
        self.size = size

    def pack(self, records: Sequence[Packed]) -> Step:
        key = derived_id(records[0].id, f"{len(records)} {records[-1].id}")
        body = "[" + ",".join(record.text for record in records) + "]"
        return Step("post", key, Idempotency.KEY_REPLAY, Request("POST", "/batch", body.encode()))

    def verdict(self, records: Sequence[Packed], answer: Answer, now: datetime) -> Outcome:
        if answer.status == 422:
            return Refused("422", "one of them cannot be taken", "mend it")
        return Done() if answer.status == 200 and answer.body != b"{" else Retry(f"it answered {answer.status}")

    def complete(self, record: Packed) -> Complete:
        return Complete(record.id)


class InArrays(TwoSteps):
    """A connector that sends many records in one request."""

    packer: Arrays

    def __init__(self, size: int = 3) -> None:
        super().__init__(Idempotency.KEY_REPLAY)
        self.packer = Arrays(size)


@dataclass
class MemoryCloud:
    """The cloud. `lies` are used up one an exchange; then it is honest."""

    knows_keys: bool
    lies: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)  # record ids
    orders: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    under_way: int = 0
    most_under_way: int = 0

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        lie = self.lies.pop(0) if self.lies else "honest"
        if lie == "no line":
            raise NotSent("connection refused", hint="")
        if lie == "lost before":
            raise AnswerLost("reset", hint="")
        if lie in ("401", "429", "503"):
            return Answer(int(lie), {}, b"")
        answer = self._do(request, headers["idempotency-key"])
        if lie == "lost after":
            raise AnswerLost("timed out", hint="")
        if lie == "nonsense":
            return Answer(200, {}, b"{")
        return answer

    def _do(self, request: Request, key: str) -> Answer:
        if request.method == "GET":
            wanted = request.path.rpartition("/")[2]
            found = next((order for order in self.orders if order["id"] == wanted), {})
            return Answer(200, {}, json.dumps({"seen": bool(found), **found}).encode())
        if self.knows_keys and key in self.answers:
            return self.answers[key]
        body = json.loads(request.body)
        if request.path == "/batch":
            if any(record["id"] in self.refuses for record in body):
                return Answer(422, {}, b"")
            known = {order["id"] for order in self.orders}
            self.orders += [
                {"order": record["id"], "id": record["id"], "paid": 1} for record in body if record["id"] not in known
            ]
            return Answer(200, {}, b"[]")
        if request.path == "/make":
            if body["id"] in self.refuses:
                return Answer(422, {}, b'{"why": "no such tax"}')
            order = {"order": f"O{len(self.orders) + 1}", **body, "paid": 0}
            self.orders.append(order)
            answer = Answer(200, {}, json.dumps(order).encode())
        else:
            order = next(order for order in self.orders if order["order"] == body["order"])
            order["paid"] += 1
            answer = Answer(200, {}, b'{"paid": true}')
        self.answers[key] = answer
        return answer


def no_items(cloud: str, skus: Iterable[str]) -> dict[str, Any]:
    return {}
