"""The web application: the table of routes behind the gate, the pages beside them."""

from __future__ import annotations

from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles

from agent.api import live, pairings
from agent.api.documents import with_documents
from agent.api.exchange import Exchange
from agent.api.gate import Gate
from agent.api.refusals import answer_of, method_not_allowed, no_such_path
from agent.api.table import ROUTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send
    from starlette.websockets import WebSocket

    from agent.api.route import Route as ApiRoute
    from agent.app import App

PAGES = Path(__file__).parents[1] / "pages"
_PAGE_FILES = {
    "/": "till.html",
    "/customer": "customer.html",
    "/devices": "devices.html",
    "/setup": "setup.html",
    "/demo": "demo.html",
}
_STATIC = "/static"
_PAGE_HEADERS = {
    # Nothing inline and nothing from elsewhere: what a page shows of an item's name can never become code.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    ),
    "Cache-Control": "no-cache",  # asked for anew each time, answered 304: an update is there at the next reload
}
_READING = frozenset({"GET", "HEAD"})


def application(app: App, *, extra_routes: Sequence[BaseRoute] = (), demo: bool = False) -> ASGIApp:
    """Return the web application. `extra_routes` stand behind the same gate and need credentials like the rest."""
    routes = with_documents(ROUTES)
    exchange = Exchange(app)
    by_path: dict[str, dict[str, ApiRoute]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[route.method] = route
    resources = {path: _Resource(exchange, methods) for path, methods in by_path.items()}

    async def events(websocket: WebSocket) -> None:
        await live.serve(websocket, app.events, app.claims, app.devices.scales.by_name, app.attendance)

    async def page(request: Request) -> Response:
        return _page(app, request)

    pages = [path for path in _PAGE_FILES if demo or path != "/demo"]
    router = Router(
        [
            *(_Noun(start, paths) for start, paths in _by_start(resources).items()),
            WebSocketRoute("/v1/events", events),
            *extra_routes,
            *(Route(path, page, methods=["GET"]) for path in pages),
            Mount(_STATIC, _Static(directory=PAGES)),
        ],
        redirect_slashes=False,
        default=_nothing_there,
    )
    open_paths = {(route.method, route.path) for route in routes if route.public}
    open_paths |= {("GET", path) for path in (*pages, "/favicon.ico")}

    def public(method: str, path: str) -> bool:
        read = "GET" if method == "HEAD" else method
        return (read, path) in open_paths or (read == "GET" and path.startswith(f"{_STATIC}/"))

    return Gate(router, app.door, public, methods={route.method for route in routes})


class _Resource:
    """Every method of one path."""

    def __init__(self, exchange: Exchange, routes: dict[str, ApiRoute]) -> None:
        self._exchange = exchange
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the method's route, or say which methods there are."""
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        route = self._routes.get(method)
        if route is None:
            allowed = ", ".join(sorted(self._routes))
            response = answer_of(method_not_allowed(scope["method"], allowed), {"Allow": allowed})
        else:
            response = await self._exchange.answer(route, Request(scope, receive, send))
        await response(scope, receive, send)


class _Noun(BaseRoute):
    """The paths that begin alike. Their patterns are made when one is first asked for.

    All of them are a hundred regular expressions and a twentieth of the start, and each request would try every one.
    """

    def __init__(self, start: str, resources: dict[str, _Resource]) -> None:
        self._start = start
        self._resources = resources

    @cached_property
    def _routes(self) -> list[Route]:
        return [Route(path, resource) for path, resource in self._resources.items()]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return the first path that fits, its resource as the endpoint."""
        if scope["type"] == "http" and _start(scope["path"]) == self._start:
            for route in self._routes:
                match, found = route.matches(scope)
                if match is not Match.NONE:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the resource answer that was found."""
        await scope["endpoint"](scope, receive, send)


def _by_start(resources: dict[str, _Resource]) -> dict[str, dict[str, _Resource]]:
    found: dict[str, dict[str, _Resource]] = {}
    for path, resource in resources.items():
        found.setdefault(_start(path), {})[path] = resource
    return found


def _start(path: str) -> str:
    """Return what a path begins with that has no parameter: `/v1/NOUN`, or its first word."""
    words = path.split("/", 3)
    return "/".join(words[:3] if words[1:2] == ["v1"] else words[:2])


class _Static(StaticFiles):
    """The pages' own files; the rest of the folder is the source of the pages, not a secret."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        response.headers.update(_PAGE_HEADERS)
        return response


def _page(app: App, request: Request) -> Response:
    """Return a page; a paired browser's cookie gets its whole life again."""
    response = FileResponse(PAGES / _PAGE_FILES[request.url.path], HTTPStatus.OK, _PAGE_HEADERS)
    secret = request.cookies.get(app.door.cookie)
    if secret is not None and request.scope["state"]["caller"] is not None:
        pairings.set_cookie(response, app.door.cookie, secret)
    return response


async def _nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    await answer_of(no_such_path())(scope, receive, send)
