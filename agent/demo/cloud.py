"""The demo's cloud: takes webhooks as the Standard Webhooks specification asks, and keeps each fact once.

It is what someone would write who receives records from an agent: verify, look at the id, store, answer.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent.server import bind
from agent.web_server import WebServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with, not one
TOLERANCE_S = 300  # the specification's advice against replayed requests
BODY_BYTES_MAX = 1024 * 1024  # the longest sale is under 200 KB
HANG_S = 60.0  # longer than any caller waits for an answer
STOP_WAIT_S = 1  # for requests under way when the demo ends


class Trouble(StrEnum):
    """What is wrong with the cloud."""

    NONE = "none"
    UNAVAILABLE = "unavailable"  # answers 503
    HANG = "hang"  # keeps the record, then never answers


@dataclass(frozen=True, slots=True)
class Order:
    """A record as it arrived first."""

    id: str
    kind: str
    receipt_number: str | None
    total: int | None
    at: str

    def to_json(self) -> dict[str, Any]:
        """Return it as the demo page shows it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "receipt_number": self.receipt_number,
            "total": self.total,
            "at": self.at,
        }


class DemoCloud:
    """A receiver of webhooks, in memory. `secret` is `whsec_` and base64, known to both sides."""

    def __init__(self, secret: str, *, now: Callable[[], float] = time.time) -> None:
        self.trouble = Trouble.NONE
        self.orders: dict[str, Order] = {}  # by record id, oldest first
        self.doubles = 0  # how often a record came that was here already
        self.refused = 0  # how often a signature did not hold
        self._key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
        self._now = now
        self._stopping = asyncio.Event()

    def application(self) -> Starlette:
        """Return the web application."""
        return Starlette(routes=[Route("/records", self._receive, methods=["POST"])])

    def stop(self) -> None:
        """Let go of callers that are kept waiting."""
        self._stopping.set()

    async def _receive(self, request: Request) -> Response:
        if self.trouble is Trouble.UNAVAILABLE:
            return PlainTextResponse("down for maintenance", HTTPStatus.SERVICE_UNAVAILABLE)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                return PlainTextResponse("too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        id_ = request.headers.get("webhook-id", "")
        timestamp = request.headers.get("webhook-timestamp", "")
        if not self._signed(id_, timestamp, bytes(body), request.headers.get("webhook-signature", "")):
            self.refused += 1
            return PlainTextResponse("the signature does not hold", HTTPStatus.UNAUTHORIZED)
        kept = json.loads(body)
        for record_id, record in [(each["id"], each) for each in kept] if isinstance(kept, list) else [(id_, kept)]:
            self._keep(record_id, record)
        if self.trouble is Trouble.HANG:
            try:
                async with asyncio.timeout(HANG_S):
                    await self._stopping.wait()
            except TimeoutError:
                pass  # by now the caller has given up
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _keep(self, record_id: str, record: dict[str, Any]) -> None:
        if record_id in self.orders:
            self.doubles += 1
            return
        self.orders[record_id] = Order(
            record_id, record["kind"], record.get("receipt_number"), record.get("total"), record["occurred_at"]
        )

    def _signed(self, id_: str, timestamp: str, body: bytes, signatures: str) -> bool:
        if not timestamp.isdigit() or abs(self._now() - int(timestamp)) > TOLERANCE_S:
            return False
        expected = hmac.new(self._key, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        return any(
            version == "v1" and hmac.compare_digest(_decoded(signature), expected)
            for version, _, signature in (each.partition(",") for each in signatures.split())
        )


class CloudServer:
    """Serves a cloud on a port of its own, on this PC only."""

    def __init__(self, cloud: DemoCloud) -> None:
        self._cloud = cloud
        self._server: WebServer | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen; returns the port."""
        listeners = bind("127.0.0.1", 0)
        config = uvicorn.Config(
            self._cloud.application(),
            lifespan="off",
            log_config=None,
            access_log=False,
            http="h11",
            ws="none",
            timeout_graceful_shutdown=STOP_WAIT_S,
        )
        self._server = WebServer(config)
        self._serving = asyncio.create_task(self._server.serve(listeners), name="demo cloud")
        return int(listeners[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening. May be called twice."""
        self._cloud.stop()
        if self._server is None or self._serving is None:
            return
        self._server.end()
        await self._serving
        self._server = self._serving = None


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""
