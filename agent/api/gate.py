"""The gate: every request passes the door here before any route sees it, and every error leaves as a problem."""

from __future__ import annotations

import logging
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from agent.api.refusals import answer_of, problem_of
from agent.door import Ask, Sender, not_paired
from agent.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from agent.door import Caller, Door

REFUSED_SEEN_MAX = 256  # different refusals told as WARNING; whoever makes up more of them stays at DEBUG
PREFLIGHT_LIFE_S = 600

_HEADERS = "Authorization, Content-Type, Idempotency-Key, Stillopen-Override"
_EXPOSED = "Idempotency-Replayed, WWW-Authenticate"
_HARDENED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # no other page's <img> or <script> may even fetch from here
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",  # pages set their own
    "Cache-Control": "no-store",
}
# A browser asks in these words whether a page from the internet may reach this PC (Private, now Local,
# Network Access); the first is Chrome's since 2021, the second the name it was given in 2025.
_NETWORK_ACCESS = (
    ("Access-Control-Request-Private-Network", "Access-Control-Allow-Private-Network"),
    ("Access-Control-Request-Local-Network", "Access-Control-Allow-Local-Network"),
)

_log = logging.getLogger("stillopen.door")


class Gate:
    """Wraps the routes. `public(method, path)` says what needs no credentials, `methods` what any of them takes."""

    def __init__(
        self, inner: ASGIApp, door: Door, public: Callable[[str, str], bool], *, methods: Collection[str]
    ) -> None:
        self._inner = inner
        self._door = door
        self._public = public
        self._methods = ", ".join(sorted(methods))
        self._refused: set[tuple[str, str]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        outgoing = _Outgoing(send)
        try:
            preflight = self._admit(scope, outgoing)
            if preflight is not None:
                await preflight(scope, receive, outgoing)
            else:
                await self._inner(scope, receive, outgoing)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:
            problem = problem_of(error)
            if outgoing.started:
                raise  # half an answer is out: the server cuts the connection, which says so
            await answer_of(problem)(scope, receive, outgoing)

    def _admit(self, scope: Scope, outgoing: _Outgoing) -> Response | None:
        """Raise `Problem` for what may not pass; returns the answer to a preflight, None for all else."""
        headers = Headers(scope=scope)
        ask = _ask(scope, headers)
        try:
            self._door.check_host(ask.host)
            sender = self._door.sender(ask)
            if sender is Sender.FRONT_END and ask.origin is not None:
                outgoing.extra["Access-Control-Allow-Origin"] = ask.origin
                outgoing.extra["Access-Control-Expose-Headers"] = _EXPOSED
                if ask.method == "OPTIONS" and "access-control-request-method" in headers:
                    return _preflight(headers, self._methods)
            caller = self._caller(ask, scope["path"])
        except Exception as error:
            self._tell(problem_of(error), ask, scope)
            raise
        scope["state"] = {**scope.get("state", {}), "caller": caller, "sender": sender}
        return None

    def _caller(self, ask: Ask, path: str) -> Caller | None:
        """Say who calls. Raises `Problem` where that is needed and not known."""
        if self._public(ask.method, path):
            try:
                return self._door.caller(ask)
            except Problem:  # an old token or cookie is no reason to refuse what anyone may have
                return None
        caller = self._door.caller(ask)
        if caller is None:
            raise not_paired()
        return caller

    def _tell(self, problem: Problem, ask: Ask, scope: Scope) -> None:
        """Log who was refused and why: the first of a kind loudly. Never a token, never a query."""
        who = ask.origin or ask.host or "nobody"
        seen = (problem.code, who)
        loud = seen not in self._refused and len(self._refused) < REFUSED_SEEN_MAX
        if loud:
            self._refused.add(seen)
        _log.log(
            logging.WARNING if loud else logging.DEBUG,
            "Refused %s %r from %r: %s. %s",
            ask.method,
            scope["path"][:100],
            who[:100],
            problem.code,
            problem.detail,
        )


class _Outgoing:
    """Adds the headers every answer carries, and remembers whether one has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.extra: dict[str, str] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            headers = MutableHeaders(scope=message)
            for name, value in _HARDENED.items():
                headers.setdefault(name, value)
            headers.update(self.extra)
            headers.add_vary_header("Origin")
        if message["type"] in {"http.response.start", "websocket.accept", "websocket.http.response.start"}:
            self.started = True
        await self._send(message)


def _ask(scope: Scope, headers: Headers) -> Ask:
    return Ask(
        method=scope.get("method", "GET"),
        host=headers.get("host"),
        origin=headers.get("origin"),
        fetch_site=headers.get("sec-fetch-site"),
        authorization=headers.get("authorization"),
        cookies=_cookies(headers.get("cookie", "")),
        subprotocols=tuple(scope.get("subprotocols", ())),
        websocket=scope["type"] == "websocket",
    )


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}  # another local server's; without ours it is a caller without credentials


def _preflight(headers: Headers, methods: str) -> Response:
    allowed = {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_LIFE_S),
    }
    for asked, answered in _NETWORK_ACCESS:
        if headers.get(asked) == "true":
            allowed[answered] = "true"
    return Response(status_code=204, headers=allowed)
