"""Looking first: whether a request that ended unclear took effect, where sending it again might double it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from outbox.auth.authorizer import SignInNeeded
from outbox.connector import Absent, Found, Idempotency, LookOn, Unauthorized, Unknown
from outbox.ending import End, Ending
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable

    from outbox.cloud_clock import CloudClock
    from outbox.connector import Answer, Connector, Fact, Request, Sighting, Step
    from outbox.deliveries import OpenStep

KEY_LIFE_TRUSTED = 0.75  # of a key's life: a request is minutes on its way, and this PC's clock is put right meanwhile
PAGES_MAX = 1000  # of one look: at Square a million orders, two years of a busy shop
_AGAIN = "it is looked through again later"


@dataclass(slots=True)
class Look:
    """Looks at one cloud."""

    connector: Connector
    clock: CloudClock
    # Since when, by the cloud's clock, nothing more can have come into its lists unseen; in memory only.
    _quiet: dict[str, datetime | None] = field(default_factory=dict)  # by record; None: sent after the last look
    _first: datetime | None = None  # of what an earlier life of this program sent: since this one's first look

    def sending(self, step: Step, fact: Fact) -> None:
        """Note that a step is about to be sent, and that a look from then on may be too early to see it."""
        if step.idempotency is Idempotency.PROBE_FIRST:
            self._quiet[fact.record.id] = None

    def sure(self, fact: Fact) -> None:
        """Note that what became of it is known."""
        self._quiet.pop(fact.record.id, None)

    def must(self, coming: OpenStep, now: datetime, reader: sqlite3.Connection) -> bool:
        """Return whether a step that ended unclear has to be looked for before it may be sent again."""
        step = coming.step
        if step.idempotency is Idempotency.PROBE_FIRST:
            return True
        if step.idempotency is Idempotency.NONE or step.key_life_s is None:
            return False
        trusted_s = step.key_life_s * KEY_LIFE_TRUSTED
        age_s = (now - datetime.fromisoformat(coming.first_sent_at)).total_seconds()
        if not 0 <= age_s <= trusted_s:  # a clock set back makes the age unknown: look
            return True
        said = self.clock.said(reader)
        if said is None or coming.cloud_time is None:
            return False
        return (said - datetime.fromisoformat(coming.cloud_time)).total_seconds() > trusted_s

    def can(self, coming: OpenStep, fact: Fact) -> bool:
        """Return whether there is a way to look for a step."""
        return self.connector.probe(coming.step, fact) is not None

    async def up(
        self, coming: OpenStep, fact: Fact, exchange: Callable[[Request, str], Awaitable[Answer]]
    ) -> Found | Absent | End:
        """Look, page by page. `exchange` takes a request and the step's key, and raises `NotSent` or `AnswerLost`."""
        step = coming.step
        fact = replace(fact, since=datetime.fromisoformat(coming.cloud_time) if coming.cloud_time else None)
        request = self.connector.probe(step, fact)
        if request is None:
            return End(
                Ending.TROUBLE,
                f"whether step {step.name!r} took effect cannot be looked up; compare by hand, "
                "then settle it (stillopen outbox settle)",
            )
        for _ in range(PAGES_MAX):
            try:
                answer = await exchange(request, step.key)
            except SignInNeeded as error:
                return End(Ending.UNAUTHORIZED, str(error))
            except (NotSent, AnswerLost) as error:
                return End(Ending.LINE, str(error))
            seen: Sighting = self.connector.sighting(step, replace(fact, asked=request), answer)
            if isinstance(seen, Unauthorized):
                return End(Ending.UNAUTHORIZED, seen.reason)
            if isinstance(seen, Unknown):
                return End(Ending.TROUBLE, seen.reason, seen.after_s)
            heard = self.clock.hear(answer)
            if not isinstance(seen, LookOn):
                return self._believed(seen, fact, heard or fact.now)
            if seen.request == request:
                return End(Ending.TROUBLE, f"the cloud's list of what it has goes round in a circle; {_AGAIN}")
            request = seen.request
        return End(Ending.TROUBLE, f"the cloud's list of what it has does not end in {PAGES_MAX} pages; {_AGAIN}")

    def _believed(self, seen: Found | Absent, fact: Fact, now: datetime) -> Found | Absent | End:
        """Believe that something is not there only where it was not there long enough ago, too. `now`: there."""
        if isinstance(seen, Found) or not seen.lag_s:
            self.sure(fact)
            return seen
        record_id = fact.record.id
        if record_id in self._quiet:
            since = self._quiet[record_id]
            if since is None or since > now:  # the first look since it was sent, or the clock was set back
                since = self._quiet[record_id] = now
        elif self._first is None or self._first > now:
            since = self._first = now
        else:
            since = self._first
        left_s = seen.lag_s - (now - since).total_seconds()
        if left_s > 0:
            return End(Ending.TROUBLE, f"it is not in the cloud's list yet, which may lag; {_AGAIN}", left_s)
        self.sure(fact)
        return seen
