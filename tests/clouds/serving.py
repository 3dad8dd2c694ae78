"""What the lying clouds share: a server on 127.0.0.1 with a port of its own, and the faults it can have."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn

from agent.web_server import WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(slots=True)
class Fault:
    """One way to lie. `after` what was asked was done, or before; `on` is part of `METHOD /path`.

    hang: no answer at all. drop: the connection is cut. half: a framed answer cut in the middle.
    half_json: a whole answer of half a body. status: `status` with `body` and `headers`.
    total: the order's total is `value` too high, in the answer only.
    """

    what: str
    on: str = ""
    after: bool = False
    times: int = 1
    status: int = 503
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    value: int = 0


@dataclass(slots=True)
class Faults:
    """The faults still to come. Each is used up as often as it says."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, what: str, **how: Any) -> None:
        """Lie once more."""
        self.waiting.append(Fault(what, **how))

    def due(self, asked: str, *, after: bool) -> Fault | None:
        """Return the next fault for a request, if there is one."""
        for fault in self.waiting:
            if fault.on in asked and fault.after is after and fault.times > 0:
                fault.times -= 1
                return fault
        return None


async def commit_fault(fault: Fault, body: bytes, receive: Receive, send: Send) -> None:
    """Answer as the fault says; `body` is what an honest server would have answered."""
    if fault.what == "hang":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    status = fault.status if fault.what == "status" else 200
    said = fault.body if fault.what == "status" else body
    length = len(said)
    if fault.what == "half_json":
        said = said[: length // 2]
        length = len(said)
    if fault.what == "drop":
        cycle: Any = receive.__self__  # type: ignore[attr-defined]  # ASGI has no word for it; uvicorn's cycle does
        cycle.transport.abort()
        return
    headers = {"content-type": "application/json", "content-length": str(length)} | fault.headers
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    if fault.what == "half":
        await send({"type": "http.response.body", "body": said[: length // 2], "more_body": True})
        return
    await send({"type": "http.response.body", "body": said})


async def read_body(receive: Receive) -> bytes:
    """Return a request's body."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve `app` on a port of its own and yield its base URL."""
    # asyncio turns Nagle's 40 ms off only for a socket that says it is TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="critical", lifespan="off", ws="none", date_header=False, timeout_graceful_shutdown=1
    )
    config.load()
    server = WebServer(config)
    server.lifespan = config.lifespan_class(config)
    try:
        await server.startup(sockets=[listener])
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await server.shutdown(sockets=[listener])
        listener.close()


def asked(scope: Scope) -> str:
    """Return `METHOD /path?query` of a request."""
    query = scope["query_string"].decode()
    return f"{scope['method']} {scope['path']}" + (f"?{query}" if query else "")
