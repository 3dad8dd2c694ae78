"""A webhook receiver that books what it is sent: effects counted by record, repeats dropped and counted apart.

It takes one record a request, or a JSON array of them. One record is told from its repeat by `webhook-id`, as the
Standard Webhooks specification has it; the records of an array each by their own id.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook

from tests.clouds.lying_webhook import SECRET
from tests.clouds.serving import read_body

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


def digest(record: dict[str, Any]) -> str:
    """Return what two copies of a record are compared by."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


@dataclass
class Receiver:
    """`forgets`: the receiver that is known to be wrong, since it does not drop what it has seen."""

    forgets: bool = False
    seen: set[str] = field(default_factory=set)
    effects: Counter[str] = field(default_factory=Counter)  # by record id
    order: list[tuple[str, int, str]] = field(default_factory=list)  # till, till_seq, record id; as they were applied
    digests: dict[str, str] = field(default_factory=dict)
    posts: int = 0
    repeats: int = 0
    turned_away: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["method"] == "HEAD":  # the lamps ask whether anybody is there at all
            await send({"type": "http.response.start", "status": 405, "headers": [(b"allow", b"POST")]})
            await send({"type": "http.response.body", "body": b""})
            return
        status = 200
        try:
            Webhook(SECRET).verify(body, headers)
        except Exception as error:  # noqa: BLE001 - whatever the reference library has against it
            self.turned_away.append(repr(error))
            status = 401
        else:
            self.take(headers["webhook-id"], json.loads(body))
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    def take(self, webhook_id: str, sent: Any) -> None:
        """Book one record, or an array of them."""
        self.posts += 1
        named = [(record["id"], record) for record in sent] if isinstance(sent, list) else [(webhook_id, sent)]
        for name, record in named:
            if name in self.seen and not self.forgets:
                self.repeats += 1
                continue
            self.seen.add(name)
            self.effects[record["id"]] += 1
            self.order.append((record["till"], record["till_seq"], record["id"]))
            self.digests[record["id"]] = digest(record)

    def report(self) -> dict[str, Any]:
        """Return the books as JSON values."""
        return {
            "effects": self.effects,
            "order": self.order,
            "digests": self.digests,
            "posts": self.posts,
            "repeats": self.repeats,
            "turned_away": self.turned_away,
        }
