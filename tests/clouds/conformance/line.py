"""The line to one cloud, in virtual time, with everything that goes wrong on the way; one draw an exchange."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outbox.connector import Answer
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from random import Random

    from outbox.connector import Request
    from tests.clouds.conformance.contract import CloudUnderTest
    from tests.clouds.conformance.weather import Weather

READ_S = 30.0  # how long the agent's session waits for an answer that does not come
SILENT = 1 / 20  # the share of exchanges on a dead line that get no answer at all, where most are refused at once
PAGES = (
    Answer(200, {"content-type": "text/html"}, b"<html>Welcome to the hotel. Please sign in.</html>"),
    Answer(403, {"content-type": "text/html"}, b"<html>Blocked by the proxy</html>"),
    Answer(502, {"content-type": "text/html"}, b"<html>Bad gateway</html>"),
    Answer(404, {"content-type": "text/html"}, b"<html>Not here</html>"),
    Answer(200, {}, b""),
)


@dataclass
class Line:
    """Be the agent's session."""

    random: Random
    weather: Weather
    cloud: CloudUnderTest
    now: Callable[[], datetime]
    down_until: datetime | None = None
    unauthorized_until: datetime | None = None
    refuse_next: bool = False  # the next record that is new to the cloud
    refuses: set[str] = field(default_factory=set)  # records, until somebody mends them
    known: set[str] = field(default_factory=set)  # records that the cloud was asked to make a document of
    calm: bool = False  # nothing goes wrong but a line that is down
    counts: Counter[str] = field(default_factory=Counter)
    on_its_way: list[tuple[Request, dict[str, str]]] = field(default_factory=list)

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send one request and return the whole answer. Raises `NotSent` or `AnswerLost`."""
        self.counts["exchanges"] += 1
        draw = 1.0 if self.calm else self.random.random()
        fault = next((name for name, share in self.weather.faults() if (draw := draw - share) < 0), "")
        way_s = self.random.uniform(0.005, 0.060)
        if self.down_until is not None and self.now() < self.down_until:
            await asyncio.sleep(way_s)
            if self.random.random() < SILENT:
                await asyncio.sleep(READ_S)
                raise AnswerLost("planted: nothing came back", hint="")
            raise NotSent("planted: no line", hint="")
        if fault:
            self.counts[fault] += 1
        if fault == "lost before":
            await asyncio.sleep(READ_S)
            raise AnswerLost("planted: lost before", hint="")
        if (instead := self._instead(fault)) is not None:
            await asyncio.sleep(way_s)
            return instead
        sent = (request, dict(headers))
        self.on_its_way.append(sent)
        await asyncio.sleep(way_s)
        self.on_its_way.remove(sent)
        answer = self._arrive(*sent)
        await asyncio.sleep(way_s)
        if fault == "lost after":
            raise AnswerLost("planted: lost after", hint="")
        if fault == "half":
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        if fault == "500 after":
            return Answer(500, {"content-type": "text/html"}, b"<html>")
        return answer

    def _instead(self, fault: str) -> Answer | None:
        if fault == "page":
            return self.random.choice(PAGES)
        if fault == "503":
            return Answer(503, {}, b"")
        return self.cloud.throttled if fault == "throttled" else None

    def _arrive(self, request: Request, headers: Mapping[str, str]) -> Answer:
        record = self.cloud.record_of(request)
        if self.unauthorized_until is not None and self.now() < self.unauthorized_until:
            return self.cloud.unauthorized
        if record is not None and record not in self.known and self.refuse_next:
            self.refuse_next = False
            self.refuses.add(record)
            self.counts["refused"] += 1
        if record in self.refuses:
            return self.cloud.refused
        answer = self.cloud.take(request, headers)
        if record is not None:
            self.known.add(record)
        return answer

    def sender_died(self) -> None:
        """Let what was on its way arrive, or not."""
        for sent in self.on_its_way:
            if self.random.random() < 1 / 2:
                self._arrive(*sent)
        self.on_its_way.clear()

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self.calm = True
        self.down_until = self.unauthorized_until = None
        self.refuse_next = False
        self.refuses.clear()

    async def aclose(self) -> None:
        """Close nothing: the line is shared."""
