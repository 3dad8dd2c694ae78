"""A webhook receiver that can lie: it verifies with the reference library and drops what it has seen.

It takes a record alone, or an array of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook

from tests.clouds.serving import Faults, commit_fault, read_body
from tests.clouds.serving import asked as what_was_asked

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SECRET = "whsec_c3RpbGxvcGVuLXRlc3Qtc2VjcmV0LTAwMDE="


@dataclass
class LyingWebhook:
    """Records by id, in the order they first came."""

    secret: str = SECRET
    records: dict[str, Any] = field(default_factory=dict)
    posts: int = 0  # also those that were seen before
    faults: Faults = field(default_factory=Faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        asked = what_was_asked(scope)
        fault = self.faults.due(asked, after=False)
        if fault is not None:
            await commit_fault(fault, b"", receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status = 401
        try:
            Webhook(self.secret).verify(body, headers)
        except Exception as error:  # noqa: BLE001 - whatever the reference library has against it
            said = repr(error).encode()
        else:
            self.posts += 1
            said_to_be = json.loads(body)
            for record in said_to_be if isinstance(said_to_be, list) else [said_to_be]:
                self.records.setdefault(record["id"], record)
            if isinstance(said_to_be, dict):
                assert headers["webhook-id"] == said_to_be["id"]
            status, said = 200, b"{}"
        fault = self.faults.due(asked, after=True)
        if fault is not None:
            await commit_fault(fault, said, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": said})
