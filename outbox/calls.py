"""One cloud's calls: each with credentials, and once more with new ones where the cloud did not accept the first."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.auth.authorizer import Authorizer
    from outbox.connector import Answer, Request


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
        answer = await self.session.exchange(self.base_url, request, headers)
        if answer.status != HTTPStatus.UNAUTHORIZED or not await self.authorizer.renewed(headers):
            return answer
        return await self.session.exchange(self.base_url, request, await self.authorizer.headers(request, key))
