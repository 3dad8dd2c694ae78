"""One attempt at one delivery: its next steps, each written down before it is sent, until it ends.

After an unclear ending the very same bytes are sent again where the cloud replays keys and the key is
young; otherwise the attempt looks first. What cannot be looked up is never sent a second time on a guess.

A line that is down for days must not wear the disk out: a repeated attempt writes only what it changes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
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
    LookOn,
    Refused,
    Sighting,
    Step,
    Unauthorized,
    Unclear,
    Unknown,
)
from outbox.deliveries import OpenStep
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

PAGES_MAX = 1000  # of one look: at Square a million orders, two years of a busy shop with a clock that was wrong


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
    HALVE = "halve"  # it answered, and takes none of a batch: one in it is at fault


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
    # By delivery, in memory only: after a crash its open step counts as unclear, and its attempts as one fewer.
    _clean: set[int] = field(default_factory=set)  # its open step is known to have had no effect
    _unsaved: dict[int, int] = field(default_factory=dict)  # attempts that changed nothing else

    async def make(self, delivery_id: int) -> End:
        """Take a delivery as far as it will go now. Raises nothing but cancellation."""
        try:
            delivery = deliveries.one(self.journal.reader, delivery_id)
            assert delivery is not None, "what is claimed is never deleted"
            return await self._make(delivery)
        except OutboxError as error:  # the disk; the journal has said so, loudly
            return End(Ending.TROUBLE, f"{error}. {error.hint}")
        except Exception as error:  # noqa: BLE001 - a bug in one connector stops one delivery, not the lane
            _log.exception("A fault in the connector of %s at delivery %d", self.cloud, delivery_id)
            return End(Ending.TROUBLE, f"a fault in the connector ({type(error).__name__}); the log has it")

    async def _make(self, delivery: Delivery) -> End:
        reader = self.journal.reader
        fact = self._fact(delivery, reader)
        begun = deliveries.open_step(reader, delivery.id)
        kept: list[Change] = []  # done, and written with whatever comes next
        while True:
            coming = self._first_or_again(delivery, fact, begun)
            if not isinstance(coming, OpenStep):
                await self._write(delivery, *kept, self._close(delivery.id, coming))
                return End(Ending.SETTLED)
            step, unclear = coming.step, coming.unclear
            if unclear and self._must_look(step, coming.first_sent_at):
                if kept:
                    await self._write(delivery, *kept)
                    kept = []
                seen = await self._look(step, fact, coming.first_sent_at)
                if isinstance(seen, End):
                    return await self._again(delivery, step, seen, unclear=True, quiet=True)
                if isinstance(seen, Found):
                    kept = [_begin(delivery.id, coming), _done(delivery.id, step.name, seen.refs, None)]
                    fact, begun = _with_refs(fact, seen.refs), None
                    continue
                unclear = False
            quiet = begun is not None and begun.unclear  # the disk says already that it may have been sent
            if quiet:
                self._unsaved[delivery.id] = self._unsaved.get(delivery.id, 0) + 1
            else:
                await self._write(delivery, *kept, _begin(delivery.id, coming))
            outcome = await self._send(delivery, step, fact, unclear=unclear, quiet=quiet)
            if isinstance(outcome, End):
                return outcome
            kept = [_done(delivery.id, step.name, outcome.refs, outcome.note)]
            fact, begun = _with_refs(fact, outcome.refs), None

    def _first_or_again(self, delivery: Delivery, fact: Fact, begun: OpenStep | None) -> OpenStep | Complete | Refused:
        """Return the step that was begun, or the next one, or how the delivery ends."""
        if begun is not None:
            return replace(begun, unclear=begun.unclear and delivery.id not in self._clean)
        self._clean.discard(delivery.id)
        coming = self.connector.next_step(fact)
        if not isinstance(coming, Step):
            return coming
        # A disk that was put back may have sent it before: as early as the record's own time.
        first_sent_at = fact.record.occurred_at if delivery.doubt else self.now().isoformat()
        return OpenStep(coming, delivery.doubt, first_sent_at)

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
        for _ in range(PAGES_MAX):
            try:
                answer = await self._exchange(request, step.key)
            except (NotSent, AnswerLost) as error:
                return End(Ending.LINE, str(error))
            seen: Sighting = self.connector.sighting(step, fact, answer)
            if isinstance(seen, Unauthorized):
                return End(Ending.UNAUTHORIZED, seen.reason)
            if isinstance(seen, Unknown):
                return End(Ending.TROUBLE, seen.reason, seen.after_s)
            if not isinstance(seen, LookOn):
                return seen
            if seen.request == request:
                return End(
                    Ending.TROUBLE, "the cloud's list of what it has goes round in a circle; it is looked through again"
                )
            request = seen.request
        return End(
            Ending.TROUBLE,
            f"the cloud's list of what it has does not end in {PAGES_MAX} pages; it is looked through again",
        )

    async def _send(self, delivery: Delivery, step: Step, fact: Fact, *, unclear: bool, quiet: bool) -> Done | End:
        """Send a step and judge the answer. `unclear`: it may have had an effect; `quiet`: nothing was written."""
        try:
            answer = await self._exchange(step.request, step.key)
        except NotSent as error:
            end = End(Ending.LINE, str(error))
            return await self._again(delivery, step, end, fact=fact, unclear=unclear, quiet=quiet, sent=False)
        except AnswerLost as error:
            return await self._again(delivery, step, End(Ending.LINE, str(error)), unclear=True, quiet=quiet)
        outcome = self.connector.verdict(step, fact, answer)
        if isinstance(outcome, Done):
            return outcome
        if isinstance(outcome, Refused):
            self._clean.discard(delivery.id)
            await self._write(
                delivery,
                _failed(delivery.id, step.name, outcome.reason, unclear=False),
                self._close(delivery.id, outcome),
            )
            return End(Ending.SETTLED)
        if isinstance(outcome, Unclear):
            end, unclear = End(Ending.TROUBLE, outcome.reason, outcome.after_s), True
        elif isinstance(outcome, Unauthorized):
            end = End(Ending.UNAUTHORIZED, outcome.reason)
        else:
            end = End(Ending.TROUBLE, outcome.reason, outcome.after_s)
        return await self._again(delivery, step, end, fact=fact, unclear=unclear, quiet=quiet)

    async def _again(
        self,
        delivery: Delivery,
        step: Step,
        end: End,
        *,
        unclear: bool,
        quiet: bool,
        fact: Fact | None = None,
        sent: bool = True,
    ) -> End:
        """Keep an ending after which the step is to be made again, as far as the disk does not say it yet.

        A step that had no effect is left on the disk as one that may have had (`fact` is there to tell whether it
        could be looked up after a crash), and known in memory to be clean.
        """
        remembered = not unclear and fact is not None and self._can_tell(step, fact)
        if remembered:
            self._clean.add(delivery.id)
        else:
            self._clean.discard(delivery.id)
        if quiet and not sent:
            self._unsaved[delivery.id] = self._unsaved.get(delivery.id, 0) - 1
        if quiet and (unclear or remembered) and delivery.last_error == deliveries.short(end.reason):
            return end
        keep = _failed if sent or quiet else _not_sent
        await self._write(delivery, keep(delivery.id, step.name, end.reason, unclear=unclear or remembered))
        return end

    def _can_tell(self, step: Step, fact: Fact) -> bool:
        """Return whether an unclear end of this step can always be cleared up: by sending it again, or by looking."""
        if step.idempotency is not Idempotency.PROBE_FIRST and step.key_life_s is None:
            return True
        return self.connector.probe(step, replace(fact, first_sent_at=self.now())) is not None

    async def _exchange(self, request: Request, key: str) -> Answer:
        credentials = self.connector.credentials(request, key, self.now())
        return await self.session.exchange(self.connector.base_url, request, credentials)

    def _close(self, delivery_id: int, ending: Complete | Refused) -> Change:
        if isinstance(ending, Refused):
            return lambda tx: deliveries.parked(tx, delivery_id, ending.code, ending.reason, ending.hint)
        at = self.now()
        return lambda tx: deliveries.delivered(tx, delivery_id, ending.remote_id, ending.drift, ending.notes, at)

    async def _write(self, delivery: Delivery, *changes: Change) -> None:
        unsaved = self._unsaved.pop(delivery.id, 0)

        def together(connection: sqlite3.Connection) -> None:
            deliveries.counted(connection, [delivery.id], unsaved)
            for change in changes:
                change(connection)

        try:
            await self.journal.write(together)
        except BaseException:
            self._unsaved[delivery.id] = unsaved
            raise


def _with_refs(fact: Fact, found: Mapping[str, str]) -> Fact:
    return replace(fact, refs={**fact.refs, **found})


def _begin(delivery_id: int, coming: OpenStep) -> Change:
    return lambda tx: deliveries.begin(tx, delivery_id, coming.step, coming.first_sent_at)


def _done(delivery_id: int, name: str, found: Mapping[str, str], note: str | None) -> Change:
    return lambda tx: deliveries.step_done(tx, delivery_id, name, found, note)


def _failed(delivery_id: int, name: str, reason: str, *, unclear: bool) -> Change:
    return lambda tx: deliveries.failed(tx, delivery_id, name, reason, unclear=unclear)


def _not_sent(delivery_id: int, name: str, reason: str, *, unclear: bool) -> Change:
    return lambda tx: deliveries.not_sent(tx, delivery_id, name, reason, unclear=unclear)
