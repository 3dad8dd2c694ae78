"""One cloud's calls: each with credentials, and once more with new ones where the cloud did not accept the first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.auth.authorizer import Authorizer
    from outbox.connector import Answer, Request

SECRET_BYTES_MIN = 12  # shorter is no credential, but a scheme, a version or a date


class Exchanges(Protocol):
    """What is needed of a session: one HTTP exchange. Raises `NotSent` or `AnswerLost`."""

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send one request and return the whole answer."""
        ...


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls one cloud."""

    base_url: str
    session: Exchanges
    authorizer: Authorizer

    async def exchange(self, request: Request, key: str = "") -> Answer:
        """Send one request and return the whole answer. `key` is its step's.

        Raises `NotSent` (with `SignInNeeded` below it) or `AnswerLost`. A 401 had no effect, so that the request may
        go again with a new token, at any step.
        """
        headers = await self.authorizer.headers(request, key)
        answer = await self._send(request, headers)
        if answer.status != HTTPStatus.UNAUTHORIZED or not await self.authorizer.renewed(headers):
            return answer
        return await self._send(request, await self.authorizer.headers(request, key))

    async def _send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        answer = await self.session.exchange(self.base_url, request, headers)
        return replace(answer, body=without(answer.body, headers))


def without(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return an answer's body without the credentials it was asked with: what it says may be shown and kept."""
    for value in headers.values():
        secret = value.rpartition(" ")[2].encode()
        if len(secret) >= SECRET_BYTES_MIN and secret in body:
            body = body.replace(secret, b"(secret)")
    return body
