"""The API's descriptions of itself: `/openapi.json` for programs, `/docs` for people. Neither is secret."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response

from agent.api.route import Route

if TYPE_CHECKING:
    from agent.api.route import Call

STYLE = Path(__file__).with_name("docs.css")
EXAMPLE = Path(__file__).with_name("example.html")
_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'self'"}
_TO_KEEP = {"Content-Disposition": 'attachment; filename="stillopen-example.html"'}  # it is for an origin of its own


def with_documents(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return the routes and, after them, those of their own descriptions."""

    @cache
    def described(version: str) -> bytes:
        from agent.api import openapi  # with a model for every shape: read when somebody asks

        return json.dumps(openapi.document(complete, version), ensure_ascii=False).encode()

    @cache
    def page(version: str) -> bytes:
        from agent.api import docs_page, openapi

        return docs_page.html(complete, openapi.document(complete, version)).encode()

    async def for_programs(call: Call) -> Response:
        return Response(described(call.app.version), media_type="application/json")

    async def for_people(call: Call) -> Response:
        return Response(page(call.app.version), HTTPStatus.OK, _POLICY, "text/html")

    async def style(_: Call) -> Response:
        return Response(STYLE.read_bytes(), media_type="text/css")

    async def example(_: Call) -> Response:
        return Response(EXAMPLE.read_bytes(), HTTPStatus.OK, _TO_KEEP, "text/html")

    complete = (
        *routes,
        Route("GET", "/openapi.json", for_programs, "This API, for programs", "application/json", public=True),
        Route("GET", "/docs", for_people, "This API, for people", "text/html", public=True),
        Route("GET", "/docs/style.css", style, "How /docs looks", "text/css", public=True),
        Route("GET", "/docs/example.html", example, "A page to begin a front end with", "text/html", public=True),
    )
    return complete
