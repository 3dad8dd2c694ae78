"""Whatever went wrong, as a problem document: the one place where errors become answers."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from agent.problem import Problem
from drivers.errors import DeviceError, DocumentInvalid
from outbox.answers import as_json
from outbox.errors import JournalFull, JournalUnclear, OutboxError
from outbox.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE = "application/problem+json"
_BEARER = {"WWW-Authenticate": 'Bearer realm="stillopen"'}

_log = logging.getLogger("stillopen.api")


def problem_of(error: Exception) -> Problem:
    """Return what to tell the caller. An error nobody foresaw is logged with an id, and only the id is told."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OutboxError):
        return _of_the_disk(error)
    if isinstance(error, DocumentInvalid):
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-document", _sentence(error, error.hint))
    if isinstance(error, DeviceError):
        return Problem(HTTPStatus.CONFLICT, "device-trouble", _sentence(error, error.hint))
    if isinstance(error, HTTPException):
        return _of_starlette(error)
    reference = new_id()
    _log.error("A request failed and nobody foresaw why (%s); please report this", reference, exc_info=error)
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "bug",
        f"this is a fault of the agent, not of the request: look into its log for {reference} and report it; "
        "whether it took effect, GET the state to see, or repeat it with the same Idempotency-Key",
        reference=reference,
    )


def _of_the_disk(error: OutboxError) -> Problem:
    if isinstance(error, JournalFull):
        return Problem(HTTPStatus.INSUFFICIENT_STORAGE, "disk-full", _sentence(error, error.hint))
    code = "disk-unclear" if isinstance(error, JournalUnclear) else "disk-unavailable"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, code, _sentence(error, error.hint))


def _of_starlette(error: HTTPException) -> Problem:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return no_such_path()
    code = "method-not-allowed" if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else "not-understood"
    return Problem(error.status_code, code, f"{error.detail}; /docs lists what there is")


def no_such_path() -> Problem:
    """Nothing is served there."""
    return Problem(HTTPStatus.NOT_FOUND, "no-such-path", "nothing is served at this path; /docs lists what there is")


def method_not_allowed(method: str, allowed: str) -> Problem:
    """Name what the path takes instead."""
    return Problem(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        f"{method[:20]} is not for this path; it takes {allowed}, see /docs",
    )


def _sentence(error: Exception, hint: str) -> str:
    return f"{error}. {hint}" if hint else str(error)


def answer_of(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the problem as a response."""
    extra = _BEARER if problem.status == HTTPStatus.UNAUTHORIZED else {}
    return json_response(problem.status, problem.document(), {**extra, **(headers or {})})


def json_response(status: int, body: dict[str, Any] | str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer; a body that is text already goes as it is."""
    media_type = "application/json" if status < HTTPStatus.BAD_REQUEST else MEDIA_TYPE
    text = body if isinstance(body, str) else as_json(body)
    return Response(text.encode(), status, dict(headers or {}), media_type)
