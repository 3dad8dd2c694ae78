"""The OpenAPI 3.1 document, made from the table of routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from agent.api.answers import Problem
from agent.api.problem_words import PROBLEMS
from agent.api.refusals import MEDIA_TYPE as PROBLEM_MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import BaseModel

    from agent.api.route import Route

_PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
_COMPONENT = "#/components/schemas/{model}"

DESCRIPTION = (
    "Stillopen's local API. Money is an integer count of minor units, quantities and rates are decimal strings, "
    "times are RFC 3339 with an offset. Every write takes an Idempotency-Key and answers the same twice. Errors are "
    "RFC 9457 problem documents whose `detail` names the next step. Events: a WebSocket at /v1/events."
)
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A new one for each new request; the same one to repeat a request whose answer was lost.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def path_parameters(path: str) -> list[str]:
    """Return the names of a path's parameters."""
    return _PARAMETER.findall(path)


def plain_path(path: str) -> str:
    """Return the path as OpenAPI writes it."""
    return _PARAMETER.sub(r"{\1}", path)


def problem_codes(route: Route) -> list[str]:
    """Return the codes of every problem the route may answer, its own first."""
    codes = [*route.problems, "invalid-request", "wrong-host", "foreign-origin", "bug"]
    if not route.public:
        codes += ["not-paired", "invalid-token", "not-from-our-page"]
    if route.action is not None:
        codes += ["sign-in-needed", "not-allowed"]
    if route.writes:
        codes += ["malformed-json", "not-json", "body-too-large", "body-too-slow"]
        codes += ["disk-full", "disk-unclear", "disk-unavailable"]
        if route.repeatable:
            codes += ["invalid-idempotency-key", "idempotency-key-reused"]
    return list(dict.fromkeys(codes))


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """Return the document."""
    references, schemas = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(plain_path(route.path), {})[route.method.lower()] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Stillopen local API", "version": version, "description": DESCRIPTION},
        "servers": [{"url": "/", "description": "this agent"}],
        "security": [{"token": []}, {"page": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "STATE/api-token, or what POST /v1/pairings answered",
                },
                "page": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "stillopen-PORT",
                    "description": "set by POST /v1/pairings for the agent's own page",
                },
            },
        },
    }


def _schemas(routes: Iterable[Route]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return a reference for every model a route names, and the definitions they refer to."""
    models: dict[tuple[type[BaseModel], Any], None] = {(Problem, "serialization"): None}
    for route in routes:
        if route.body is not None and route.body_model is not None:
            models[route.body_model, "validation"] = None
        if route.answer_model is not None:
            models[route.answer_model, "serialization"] = None
    found, definitions = models_json_schema(list(models), ref_template=_COMPONENT)
    return {model: schema for (model, _), schema in found.items()}, definitions["$defs"]


def _operation(route: Route, references: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [route.noun],
        "parameters": _parameters(route),
        "responses": {str(int(route.status)): _answer(route, references), **_problems(route, references)},
    }
    if route.public:
        operation["security"] = []
    body = route.body_model
    if route.body is not None and body is not None:
        needed = any(field.is_required() for field in body.model_fields.values())
        operation["requestBody"] = {
            "required": needed,
            "content": {"application/json": {"schema": references[body]}},
        }
    return operation


def operation_id(route: Route) -> str:
    """Return a name for the route that no other has: its handler's, after its file's."""
    module = route.handler.__module__.rpartition(".")[2]
    return f"{module}_{route.handler.__name__}"


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in path_parameters(route.path)
    ]
    query = route.query_model.model_json_schema()
    for name, schema in query.get("properties", {}).items():
        found.append({"name": name, "in": "query", "required": name in query.get("required", ()), "schema": schema})
    if route.writes and route.repeatable:
        found.append(_IDEMPOTENCY_KEY)
    return found


def _answer(route: Route, references: dict[Any, Any]) -> dict[str, Any]:
    shape = route.answer_model
    if shape is None:
        return {"description": route.summary, "content": {route.answer: {"schema": {}}}}
    answer: dict[str, Any] = {
        "description": route.summary,
        "content": {"application/json": {"schema": references[shape]}},
    }
    if route.writes and route.repeatable:
        answer["headers"] = {
            "Idempotency-Replayed": {
                "description": "`true` on an answer given again",
                "schema": {"type": "string"},
            }
        }
    return answer


def _problems(route: Route, references: dict[Any, Any]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in problem_codes(route):
        by_status.setdefault(PROBLEMS[code][0], []).append(code)
    return {
        str(status): {
            "description": ", ".join(f"`{code}`" for code in codes),
            "content": {PROBLEM_MEDIA_TYPE: {"schema": references[Problem]}},
        }
        for status, codes in sorted(by_status.items())
    }
