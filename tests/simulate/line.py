"""The line to the clouds, in virtual time, and with everything that goes wrong there.

A request is in one of three places when a crash comes: not yet gone, on its way (it may still arrive), or
taken in with its answer on the way back. Faults come from the world's weather, one draw an exchange.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outbox.connector import Answer
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from random import Random

    from outbox.connector import Request
    from tests.simulate.clouds import Cloud
    from tests.simulate.weather import Weather

READ_S = 30.0  # how long the agent's session waits for an answer that does not come
_DELIVERY = re.compile(r" delivery (\d+)\Z")  # what the courier calls the task that makes an attempt
SILENT = 1 / 20  # the share of exchanges on a dead line that get no answer at all, where most are refused at once


@dataclass
class Line:
    """`note` hears of every exchange as it is taken in."""

    random: Random
    weather: Weather
    clouds: dict[str, Cloud]  # by base_url
    note: Callable[..., None]
    now: Callable[[], datetime]
    down_until: datetime | None = None
    calm: bool = False  # no faults but a line that is down
    exchanges: int = 0
    lost: int = 0  # answers that were lost after the cloud had done what it was asked
    on_its_way: dict[int, tuple[str, Request, dict[str, str]]] = field(default_factory=dict)

    @property
    def up(self) -> bool:
        """Whether the line carries."""
        return self.down_until is None or self.now() >= self.down_until

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Be the agent's session."""
        answer = await self._exchange(base_url, request, headers)
        number = _DELIVERY.search(_task_name())
        looks = request.method == "GET" or "search" in request.path or "retrieve" in request.path
        if (
            number is not None
            and answer.status != 401
            and (looks or answer.status >= 300 or "planted" in answer.headers)
        ):
            self.clouds[base_url].moods.came_to_nothing(int(number[1]))
        return answer

    async def _exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        self.exchanges += 1
        number, draw = self.exchanges, 1.0 if self.calm else self.random.random()
        fault = next((name for name, share in self.weather.faults() if (draw := draw - share) < 0), "")
        way_s = self.random.uniform(0.005, 0.060)
        if not self.up:
            await asyncio.sleep(way_s)
            if self.random.random() < SILENT:
                await asyncio.sleep(READ_S)
                raise AnswerLost("planted: nothing came back", hint="")
            raise NotSent("planted: no line", hint="")
        if fault == "lost before":
            await asyncio.sleep(READ_S)
            raise AnswerLost("planted: lost before", hint="")
        if fault in ("503", "429"):
            await asyncio.sleep(way_s)
            return Answer(int(fault), {"retry-after": "2"} if fault == "429" else {}, b"")
        self.on_its_way[number] = (base_url, request, dict(headers))
        await asyncio.sleep(way_s * (20 if fault == "slow" else 1))
        answer = self._arrive(number)
        await asyncio.sleep(way_s)
        if fault == "lost after":
            self.lost += 1
            raise AnswerLost("planted: lost after", hint="")
        if fault == "half":
            return Answer(answer.status, {**answer.headers, "planted": fault}, answer.body[: len(answer.body) // 2])
        if fault == "500 after":
            return Answer(500, {}, b"<html>")
        return answer

    def _arrive(self, number: int) -> Answer:
        base_url, request, headers = self.on_its_way.pop(number)
        cloud = self.clouds.get(base_url)  # none where the lamps ask whether a webhook's host is there at all
        answer = Answer(404, {}, b"") if cloud is None else cloud.take(request, headers)
        self.note("cloud", base_url, request.method, request.path, request.body, answer.status)
        return answer

    def sender_died(self) -> None:
        """Let what was on its way arrive, or not."""
        for number in list(self.on_its_way):
            if self.random.random() < 1 / 2:
                self._arrive(number)
        self.on_its_way.clear()

    async def aclose(self) -> None:
        """Close nothing: the line is shared."""


def _task_name() -> str:
    task = asyncio.current_task()
    return "" if task is None else task.get_name()
