"""The web server inside the agent's own event loop: bound before it serves, stopped when told, no signals taken."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from agent.api.asgi import application
from agent.web_server import WebServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute

    from agent.app import App

CONNECTIONS_MAX = 256  # a till page holds seven; past this, a new one is told 503 at once
BACKLOG = 128  # connections waiting to be accepted
KEEP_ALIVE_S = 30  # a page that is used again within half a minute saves a connect
STOP_WAIT_S = 5  # for requests under way; a disk that needs longer has stopped selling anyway
PING_EVERY_S = 20.0  # how soon a listener that vanished without a word is noticed
ANSWER_S = 1.0  # of whoever has the port already: on this PC
INCOMING_MESSAGE_BYTES_MAX = 4 * 1024  # listeners have nothing to say
_LOOPBACK = ("127.0.0.1", "::1")

_log = logging.getLogger("stillopen.server")


class AddressTaken(OSError):
    """The configured host and port cannot be listened on. `hint` is the next step; `by_another`: somebody does."""

    def __init__(self, message: str, *, hint: str, by_another: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.by_another = by_another


class Server:
    """Serves an app's local API. Use as an async context manager, or call `start` and `stop`."""

    def __init__(
        self, app: App, *, port: int | None = None, extra_routes: Sequence[BaseRoute] = (), demo: bool = False
    ) -> None:
        self._app = app
        self._wanted_port = app.config.api.port if port is None else port
        self._extra_routes = extra_routes
        self._demo = demo
        self._server: WebServer | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0  # what it listens on, once started

    @property
    def url(self) -> str:
        """The address to open in a browser of this PC."""
        return f"http://localhost:{self.port}/"

    async def start(self) -> None:
        """Listen; returns when requests are answered. Raises `AddressTaken`."""
        web = application(self._app, extra_routes=self._extra_routes, demo=self._demo)
        try:
            listeners = bind(self._app.config.api.host, self._wanted_port)
        except AddressTaken as taken:
            if (
                taken.by_another
                and self._app.door.port is None
                and _answers(self._app.config.api.host, self._wanted_port)
            ):
                self._app.door.change_token()  # it is not this agent itself, and may have been sent the old one
            raise
        self.port = int(listeners[0].getsockname()[1])
        self._app.door.port = self.port
        self._server = WebServer(
            uvicorn.Config(
                web,
                lifespan="off",
                log_config=None,
                log_level=logging.WARNING,  # below it, uvicorn logs whole URLs
                access_log=False,
                proxy_headers=False,  # nothing stands in front of us whose word would count
                server_header=False,
                http="h11",
                ws=_listener,  # type: ignore[arg-type]  # a class is what uvicorn means; it only calls it
                ws_max_size=INCOMING_MESSAGE_BYTES_MAX,
                ws_ping_interval=PING_EVERY_S,
                ws_ping_timeout=PING_EVERY_S,
                ws_per_message_deflate=False,  # events are small, and the line is this PC's own
                limit_concurrency=CONNECTIONS_MAX,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_WAIT_S,
            )
        )
        self._serving = asyncio.create_task(self._server.serve(listeners), name="web server")
        up = asyncio.create_task(self._server.up.wait(), name="web server coming up")
        await asyncio.wait({up, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            await self._serving  # raises what kept it from coming up
        _log.info("Listening on %s", self.url)

    async def stop(self) -> None:
        """Finish what is under way and stop listening. May be called twice."""
        if self._server is None or self._serving is None:
            return
        self._server.end()
        await self._serving
        self._server = self._serving = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _listener(**connection: Any) -> asyncio.Protocol:
    """Return the protocol of one WebSocket. The till page is up before the first: the import can wait for it."""
    from agent.listener import Listener

    return Listener(**connection)


def _answers(host: str, port: int) -> bool:
    """Return whether somebody listens there: a port may also be kept from everybody, as Windows keeps whole ranges."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked from here, not listened at
    try:
        socket.create_connection((anywhere.get(host, host), port), timeout=ANSWER_S).close()
    except OSError:
        return False
    return True


def bind(host: str, port: int) -> list[socket.socket]:
    """Take the address, for IPv4 and IPv6 alike where it is loopback. Raises `AddressTaken`.

    Browsers try `localhost` as ::1 too. Left to others, that door would be theirs.
    """
    if host in {"localhost", *_LOOPBACK}:
        first = _listen(_LOOPBACK[0], port)
        port = int(first.getsockname()[1])
        try:
            return [first, _listen(_LOOPBACK[1], port)]
        except AddressTaken as error:
            if socket.has_ipv6 and error.errno == errno.EADDRINUSE:
                _log.warning("Port %d of ::1 is another program's: call the agent as http://127.0.0.1:%d", port, port)
            return [first]
    return [_listen(host, port)]


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _taken(host, port, error) from error
    try:
        if sys.platform == "win32":  # there, REUSEADDR would let a second program share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            with suppress(OSError):  # the IPv4 side has a socket of its own
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise _taken(host, port, error) from error
    return listener


def _taken(host: str, port: int, error: OSError) -> AddressTaken:
    # With SO_EXCLUSIVEADDRUSE, Windows says EACCES of a port that another program has.
    by_another = error.errno == errno.EADDRINUSE or (sys.platform == "win32" and error.errno == errno.EACCES)
    if by_another:
        message = f"port {port} of {host} is in use by another program"
        hint = (
            f"perhaps the agent runs already (see http://localhost:{port}/); else set another `[api] port` in "
            "stillopen.toml"
        )
    elif error.errno in {errno.EACCES, errno.EPERM}:
        message = f"this user may not listen on port {port} of {host}"
        hint = "set an `[api] port` of 1024 or more in stillopen.toml; 8750 is the usual one"
    else:
        message = f"{host} is no address of this PC that can be listened on ({error.strerror or error})"
        hint = 'set `[api] host = "127.0.0.1"` in stillopen.toml, or an address this PC has'
    taken = AddressTaken(message, hint=hint, by_another=by_another)
    taken.errno = error.errno
    return taken
