"""One attempt at one delivery: its next steps, each written down before it is sent, until it ends.

After an unclear ending the very same bytes are sent again where the cloud replays keys and the key is
young; otherwise the attempt looks first. What cannot be looked up is never sent a second time on a guess.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from outbox import chain, deliveries
from outbox.connector import (
    Absent,
    Complete,
    Done,
    Fact,
    Found,
    Idempotency,
    Refused,
    Sighting,
    Step,
    Unauthorized,
    Unclear,
    Unknown,
)
from outbox.errors import OutboxError
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping

    from outbox.connector import Answer, Connector, ItemRef, Request
    from outbox.deliveries import Delivery
    from outbox.journal import Journal

    Change = Callable[[sqlite3.Connection], None]

_log = logging.getLogger("stillopen.courier")


class Exchanges(Protocol):
    """What is needed of a session: one HTTP exchange. Raises `NotSent` or `AnswerLost`."""

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send one request and return the whole answer."""
        ...


class Ending(StrEnum):
    """How an attempt ended, as far as the cloud's lane is concerned."""

    SETTLED = "settled"  # delivered or parked: the cloud answered
    LINE = "line"  # the cloud was not reached, or its answer was lost
    TROUBLE = "trouble"  # it was reached and could not do it now
    UNAUTHORIZED = "unauthorized"


@dataclass(frozen=True, slots=True)
class End:
    """An ending, why, and how long the cloud asked to be left alone."""

    ending: Ending
    reason: str = ""
    after_s: float | None = None


@dataclass(slots=True)
class Attempts:
    """Makes attempts for one cloud."""

    cloud: str
    connector: Connector
    journal: Journal
    session: Exchanges
    item_refs: Callable[[str, Iterable[str]], Mapping[str, ItemRef]]  # cloud, skus
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def make(self, delivery: Delivery) -> End:
        """Take a delivery as far as it will go now. Raises nothing but cancellation."""
        try:
            return await self._make(delivery)
        except OutboxError as error:  # the disk; the journal has said so, loudly
            return End(Ending.TROUBLE, f"{error}. {error.hint}")
        except Exception as error:  # noqa: BLE001 - a bug in one connector stops one delivery, not the lane
            _log.exception("A fault in the connector of %s at delivery %d", self.cloud, delivery.id)
            return End(Ending.TROUBLE, f"a fault in the connector ({type(error).__name__}); the log has it")

    async def _make(self, delivery: Delivery) -> End:
        reader = self.journal.reader
        fact = self._fact(delivery, reader)
        begun = deliveries.open_step(reader, delivery.id)
        kept: list[Change] = []  # done, and written with whatever comes next
        while True:
            if begun is None:
                coming = self.connector.next_step(fact)
                if not isinstance(coming, Step):
                    await self._write(*kept, self._close(delivery.id, coming))
                    return End(Ending.SETTLED)
                step, unclear = coming, False
            else:
                step, unclear = begun.step, begun.unclear
                if unclear and self._must_look(step, begun.first_sent_at):
                    seen = await self._look(step, fact, begun.first_sent_at)
                    if isinstance(seen, End):
                        await self._write(_failed(delivery.id, step.name, seen.reason, unclear=True))
                        return seen
                    if isinstance(seen, Found):
                        kept.append(_done(delivery.id, step.name, seen.refs, None))
                        fact, begun = _with_refs(fact, seen.refs), None
                        continue
                    unclear = False
            begun = None
            await self._write(*kept, _begin(delivery.id, step, self.now()))
            kept = []
            outcome = await self._send(delivery.id, step, fact, unclear=unclear)
            if isinstance(outcome, End):
                return outcome
            kept.append(_done(delivery.id, step.name, outcome.refs, outcome.note))
            fact = _with_refs(fact, outcome.refs)

    def _fact(self, delivery: Delivery, reader: sqlite3.Connection) -> Fact:
        record = chain.by_seq(reader, delivery.record_seq)
        assert record is not None, "a delivery refers to a record that is never deleted"
        skus = {line["sku"] for line in record.body.get("lines", ()) if line.get("sku")}
        return Fact(
            record=record,
            now=self.now(),
            refs=deliveries.refs(reader, delivery.id),
            sale_refs=deliveries.sale_refs(reader, delivery),
            items=self.item_refs(self.cloud, skus),
            generation=delivery.generation,
        )

    def _must_look(self, step: Step, first_sent_at: str) -> bool:
        if step.idempotency is Idempotency.PROBE_FIRST:
            return True
        if step.idempotency is Idempotency.NONE or step.key_life_s is None:
            return False
        age_s = (self.now() - datetime.fromisoformat(first_sent_at)).total_seconds()
        return not 0 <= age_s <= step.key_life_s  # a clock set back makes the age unknown: look

    async def _look(self, step: Step, fact: Fact, first_sent_at: str) -> Found | Absent | End:
        fact = replace(fact, first_sent_at=datetime.fromisoformat(first_sent_at))
        request = self.connector.probe(step, fact)
        if request is None:
            return End(
                Ending.TROUBLE,
                f"whether step {step.name!r} took effect cannot be looked up; compare by hand, then retry it",
            )
        try:
            answer = await self._exchange(request, step.key)
        except (NotSent, AnswerLost) as error:
            return End(Ending.LINE, str(error))
        seen: Sighting = self.connector.sighting(step, fact, answer)
        if isinstance(seen, Unauthorized):
            return End(Ending.UNAUTHORIZED, seen.reason)
        if isinstance(seen, Unknown):
            return End(Ending.TROUBLE, seen.reason, seen.after_s)
        return seen

    async def _send(self, delivery_id: int, step: Step, fact: Fact, *, unclear: bool) -> Done | End:
        try:
            answer = await self._exchange(step.request, step.key)
        except NotSent as error:
            end = End(Ending.LINE, str(error))
            await self._write(_not_sent(delivery_id, step.name, end.reason, unclear=unclear))
            return end
        except AnswerLost as error:
            end = End(Ending.LINE, str(error))
            await self._write(_failed(delivery_id, step.name, end.reason, unclear=True))
            return end
        outcome = self.connector.verdict(step, fact, answer)
        if isinstance(outcome, Done):
            return outcome
        if isinstance(outcome, Refused):
            await self._write(
                _failed(delivery_id, step.name, outcome.reason, unclear=False),
                self._close(delivery_id, outcome),
            )
            return End(Ending.SETTLED)
        if isinstance(outcome, Unclear):
            end, still_unclear = End(Ending.TROUBLE, outcome.reason, outcome.after_s), True
        elif isinstance(outcome, Unauthorized):
            end, still_unclear = End(Ending.UNAUTHORIZED, outcome.reason), unclear
        else:
            end, still_unclear = End(Ending.TROUBLE, outcome.reason, outcome.after_s), unclear
        await self._write(_failed(delivery_id, step.name, end.reason, unclear=still_unclear))
        return end

    async def _exchange(self, request: Request, key: str) -> Answer:
        credentials = self.connector.credentials(request, key, self.now())
        return await self.session.exchange(self.connector.base_url, request, credentials)

    def _close(self, delivery_id: int, ending: Complete | Refused) -> Change:
        if isinstance(ending, Refused):
            return lambda tx: deliveries.parked(tx, delivery_id, ending.code, ending.reason, ending.hint)
        at = self.now()
        return lambda tx: deliveries.delivered(tx, delivery_id, ending.remote_id, ending.drift, ending.notes, at)

    async def _write(self, *changes: Change) -> None:
        def together(connection: sqlite3.Connection) -> None:
            for change in changes:
                change(connection)

        await self.journal.write(together)


def _with_refs(fact: Fact, found: Mapping[str, str]) -> Fact:
    return replace(fact, refs={**fact.refs, **found})


def _begin(delivery_id: int, step: Step, at: datetime) -> Change:
    return lambda tx: deliveries.begin(tx, delivery_id, step, at)


def _done(delivery_id: int, name: str, found: Mapping[str, str], note: str | None) -> Change:
    return lambda tx: deliveries.step_done(tx, delivery_id, name, found, note)


def _failed(delivery_id: int, name: str, reason: str, *, unclear: bool) -> Change:
    return lambda tx: deliveries.failed(tx, delivery_id, name, reason, unclear=unclear)


def _not_sent(delivery_id: int, name: str, reason: str, *, unclear: bool) -> Change:
    return lambda tx: deliveries.not_sent(tx, delivery_id, name, reason, unclear=unclear)
