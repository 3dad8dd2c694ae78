"""The courier's rules in thirty lines: frozen bytes, the same key while it is young, else a look first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from outbox.connector import (
    Absent,
    Answer,
    Complete,
    Connector,
    Done,
    Fact,
    Found,
    Idempotency,
    LookOn,
    Outcome,
    Refused,
    Request,
    Sighting,
    Step,
    Unclear,
    Unknown,
)
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    from collections.abc import Callable

    from outbox.calls import Exchanges


@dataclass
class Clock:
    """A clock that moves when told to."""

    at: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Driver:
    """Delivers one record after another to one cloud, keeping what the courier would keep."""

    connector: Connector
    session: Exchanges
    clock: Clock
    on_step: Callable[[Step], object] | None = None
    on_failure: Callable[[], object] | None = None  # after each try that did not end its step
    looks: int = 0
    pages: int = 0  # of looks, after the first
    notes: list[str] = field(default_factory=list)

    async def deliver(self, fact: Fact, *, attempts: int = 12) -> tuple[Complete | Refused, dict[str, str]]:
        """Take a record to its end. Fails where that takes more than `attempts` tries of one step."""
        refs: dict[str, str] = dict(fact.refs)
        while True:
            fact = replace(fact, now=self.clock(), refs=refs)
            step = self.connector.next_step(fact)
            if not isinstance(step, Step):
                self.notes += step.notes if isinstance(step, Complete) else ()
                return step, refs
            assert self.connector.next_step(fact) == step, "asked again, it must say the same"
            if self.on_step is not None:
                self.on_step(step)
            done = await self._through(step, fact, attempts)
            if isinstance(done, Refused):
                return done, refs
            refs |= done.refs
            if isinstance(done, Done) and done.note:
                self.notes.append(done.note)

    async def _through(self, step: Step, fact: Fact, attempts: int) -> Done | Found | Refused:
        first_sent_at = self.clock()
        unclear = settled = False  # settled: what was sent had the time to be seen
        ended: Outcome | Exception | None = None
        for _ in range(attempts):
            old = step.key_life_s is not None and (self.clock() - first_sent_at).total_seconds() > step.key_life_s
            if unclear and (step.idempotency is Idempotency.PROBE_FIRST or old):
                self.looks += 1
                fact = replace(fact, now=self.clock(), since=first_sent_at)
                request = self.connector.probe(step, fact)
                assert request is not None
                seen = await self._look(step, fact, request)
                while isinstance(seen, LookOn):
                    self.pages += 1
                    seen = await self._look(step, fact, seen.request)
                if isinstance(seen, Found):
                    return seen
                if not isinstance(seen, Absent):
                    continue
                if seen.lag_s and not settled:
                    settled = True
                    self.clock.forward(seconds=seen.lag_s)
                    continue
            settled = False
            try:
                ended = self.connector.verdict(step, fact, await self._exchange(step.request, step.key))
            except (NotSent, AnswerLost) as error:
                ended = error
            if isinstance(ended, Done | Refused):
                return ended
            unclear = unclear or isinstance(ended, Unclear | AnswerLost)
            if self.on_failure is not None:
                self.on_failure()
        raise AssertionError(f"step {step.name} did not end: {ended!r}")

    async def _look(self, step: Step, fact: Fact, request: Request) -> Sighting:
        try:
            answer = await self._exchange(request, step.key)
        except (NotSent, AnswerLost) as error:
            return Unknown(str(error))
        return self.connector.sighting(step, replace(fact, asked=request), answer)

    async def _exchange(self, request: Request, key: str) -> Answer:
        credentials = self.connector.credentials(request, key, self.clock())
        return await self.session.exchange(self.connector.base_url, request, credentials)
