"""A refusal in words: what the local API answers as an RFC 9457 problem document.

`detail` names the next step. Everything in `agent` that says no to a caller raises `Problem`; the API
turns it into `application/problem+json`, the command line into a line on stderr.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class Problem(Exception):
    """`status` is HTTP's; `code` is a stable word for programs; `detail` tells a person what to do next."""

    def __init__(self, status: int, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """Return the problem document."""
        return {
            "type": f"/docs#problem-{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }


def not_found(what: str, detail: str, **extra: Any) -> Problem:
    """Say that nothing has that name."""
    return Problem(HTTPStatus.NOT_FOUND, f"no-such-{what}", detail, **extra)


def conflict(code: str, detail: str, **extra: Any) -> Problem:
    """Say that it exists, and is in no state for that."""
    return Problem(HTTPStatus.CONFLICT, code, detail, **extra)


def invalid(code: str, detail: str, **extra: Any) -> Problem:
    """Say that the request was understood and makes no sense."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, code, detail, **extra)
