"""The line to the clouds, and what goes wrong on it: answers lost after the fact was applied, clouds in trouble.

It stands before an ASGI program and lets it do its work or not; what is lost is only ever the answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.clouds.serving import Fault, commit_fault

if TYPE_CHECKING:
    from random import Random

    from starlette.types import ASGIApp, Receive, Scope, Send

HANG_S = 2.0  # at most, before somebody between cuts the connection: the agent's own 30 s would be all of a run
RETRY_AFTER_S = 1  # the shortest that can be asked for: the whole lane stands still meanwhile


@dataclass(frozen=True, slots=True)
class Shares:
    """How often each thing goes wrong, per request; what is left is answered as it should be."""

    cut: float = 0.0  # done, and the connection is closed
    half: float = 0.0  # done, and half of the answer comes
    hang: float = 0.0  # done, and nothing comes for a while
    error_after: float = 0.0  # done, and answered with 500
    error: float = 0.0  # 500, not done
    unavailable: float = 0.0  # 503, not done
    too_many: float = 0.0  # 429 with Retry-After, not done


STORM = Shares(cut=0.10, half=0.06, hang=0.04, error_after=0.02, error=0.03, unavailable=0.05, too_many=0.02)
FAIR = Shares(cut=0.01, half=0.01)  # when a backlog is to come to its end: bad days last hours otherwise

_LOST = ("cut", "half", "hang")
_STATUS = {"error_after": 500, "error": 500, "unavailable": 503, "too_many": 429}
_NOT_DONE = ("error", "unavailable", "too_many")


@dataclass
class Weather:
    """An ASGI program behind a bad line. `counts` says what went wrong how often."""

    app: ASGIApp
    random: Random
    shares: Shares = STORM
    counts: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = await _whole(receive)
        if asked is None:
            self.counts["half requests"] += 1
            return
        what = self._draw()
        self.counts["requests"] += 1
        self.counts[what] += 1
        self.counts["lost answers"] += what in _LOST
        if what == "":
            await self.app(scope, asked, send)
            return
        said: list[Any] = []
        if what not in _NOT_DONE:
            await self.app(scope, asked, _keeping(said))
        body = b"".join(message.get("body", b"") for message in said)
        if what == "hang":
            await asyncio.sleep(self.random.uniform(0, HANG_S))
            what = "cut"
        await commit_fault(_fault(what), body, receive, send)

    def _draw(self) -> str:
        draw = self.random.random()
        for name in Shares.__slots__:
            draw -= getattr(self.shares, name)
            if draw < 0:
                return name
        return ""


async def _whole(receive: Receive) -> Receive | None:
    """Read a request and return what gives it again; None where the agent was killed in the middle of it."""
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    else:
        return None

    async def again() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _keeping(said: list[Any]) -> Send:
    async def keep(message: Any) -> None:
        said.append(message)

    return keep


def _fault(what: str) -> Fault:
    if what in _STATUS:
        headers = {"retry-after": str(RETRY_AFTER_S)} if what == "too_many" else {}
        return Fault("status", status=_STATUS[what], body=b"<html>", headers=headers)
    return Fault("drop" if what == "cut" else what)
