"""A front end's side of the local API: every write under a key of its own, and again under it until it is answered."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

AGAIN_S = 0.1  # how soon a front end repeats itself: a page does so, too, and an agent that starts needs the processor
ANSWER_S = 30.0  # for one answer; a commit takes milliseconds, and a start that begins with a long log a second
UNHEARD = 0.05  # of the answers that come, so many are lost before anybody reads them


class Refusal(Exception):
    """The agent said no, for good; `code` is the word for programs."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass
class FrontEnd:
    """Asks one agent. `chance` draws keys and what is not heard."""

    client: httpx.AsyncClient
    token_file: Path
    chance: Random
    counts: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    async def write(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask until an answer is heard, and hold every answer to the same key against the first. Raises `Refusal`."""
        key = str(uuid.UUID(int=self.chance.getrandbits(128)))
        said: list[tuple[int, Any]] = []
        while True:
            answer = await self._ask(method, path, body, key)
            if answer is None:
                await asyncio.sleep(AGAIN_S)
                continue
            said.append((answer.status_code, answer.json()))
            if said[-1] != said[0]:
                self.complaints.append(f"{method} {path} was answered {said[0]} and then {said[-1]}")
            if self.chance.random() < UNHEARD:
                self.counts["unheard"] += 1
                continue
            self.counts["answers"] += 1
            if answer.is_error:
                raise Refusal(str(said[-1][1].get("code")), answer.text)
            return dict(answer.json())

    async def _ask(self, method: str, path: str, body: Any, key: str) -> httpx.Response | None:
        """Return a final answer, or None."""
        try:
            headers = {"Authorization": f"Bearer {self.token_file.read_text('ascii').strip()}", "Idempotency-Key": key}
            answer = await self.client.request(method, path, json=body, headers=headers, timeout=ANSWER_S)
        except (httpx.TransportError, FileNotFoundError):  # it is not there, or died while it answered
            self.counts["unanswered"] += 1
            return None
        if answer.is_server_error:  # it is stopping
            self.counts["told to come again"] += 1
            return None
        return answer
