"""Refusals, as RFC 9457 writes them."""

from __future__ import annotations

from pydantic import BaseModel


class Finding(BaseModel):
    """One thing that is wrong with a request."""

    field: str
    found: str
    expected: str


class Problem(BaseModel):
    """RFC 9457. `code` is for programs, `detail` tells a person the next step."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Finding] | None = None
