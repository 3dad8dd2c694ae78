"""One attempt at one delivery: its next steps, each written down before it is sent, until it ends.

After an unclear ending the very same bytes are sent again where the cloud replays keys and the key is
young; otherwise the attempt looks first. What cannot be looked up is never sent a second time on a guess.

A line that is down for days must not wear the disk out: a repeated attempt writes only what it changes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from outbox import chain, deliveries
from outbox.auth.authorizer import SignInNeeded, Static
from outbox.calls import Calls
from outbox.cloud_clock import CloudClock
from outbox.connector import (
    Complete,
    Done,
    Fact,
    Found,
    Idempotency,
    Refused,
    Step,
    Unauthorized,
    Unclear,
)
from outbox.deliveries import OpenStep
from outbox.ending import End, Ending
from outbox.errors import OutboxError
from outbox.look import Look
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping

    from outbox.auth.authorizer import Authorizer
    from outbox.calls import Exchanges
    from outbox.connector import Answer, Connector, ItemRef, Outcome, Request
    from outbox.deliveries import Delivery
    from outbox.journal import Journal
    from outbox.record import Record

    Change = Callable[[sqlite3.Connection], None]

_log = logging.getLogger("stillopen.courier")


@dataclass(slots=True)
class Attempts:
    """Makes attempts for one cloud."""

    cloud: str
    connector: Connector
    journal: Journal
    session: Exchanges
    item_refs: Callable[[str, Iterable[str]], Mapping[str, ItemRef]]  # cloud, skus
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    authorizer: Authorizer | None = None  # None: the connector's own credentials
    # By delivery, in memory only: after a crash its open step counts as unclear, and its attempts as one fewer.
    _clean: set[int] = field(default_factory=set)  # its open step is known to have had no effect
    _unsaved: dict[int, int] = field(default_factory=dict)  # attempts that changed nothing else
    _clock: CloudClock = field(init=False)
    _look: Look = field(init=False)
    _calls: Calls = field(init=False)

    def __post_init__(self) -> None:
        authorizer = self.authorizer or Static(self.connector, self.now)
        self._calls = Calls(self.connector.base_url, self.session, authorizer)
        self._clock = CloudClock(self.cloud)
        self._look = Look(self.connector, self._clock)

    async def make(self, delivery_id: int) -> End:
        """Take a delivery as far as it will go now. Raises nothing but cancellation."""
        try:
            delivery = deliveries.one(self.journal.reader, delivery_id)
            assert delivery is not None, "what is claimed is never deleted"
            return await self._make(delivery)
        except OutboxError as error:  # the disk; the journal has said so, loudly
            return End(Ending.OURS, f"{error}. {error.hint}")
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
            if unclear and self._look.must(coming, self.now(), reader):
                if kept:
                    await self._write(delivery, *kept)
                    kept = []
                seen = await self._look.up(coming, fact, self._exchange)
                if isinstance(seen, End):
                    return await self._again(delivery, step, seen, unclear=True, quiet=True)
                if isinstance(seen, Found):
                    kept = [self._begin(delivery.id, coming), _done(delivery.id, step.name, seen.refs, None)]
                    fact, begun = _with_refs(fact, seen.refs), None
                    continue
                unclear = False
            quiet = begun is not None and begun.unclear  # the disk says already that it may have been sent
            if quiet:
                self._unsaved[delivery.id] = self._unsaved.get(delivery.id, 0) + 1
            else:
                await self._write(delivery, *kept, self._begin(delivery.id, coming))
            outcome = await self._send(delivery, coming, fact, unclear=unclear, quiet=quiet)
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
        reader = self.journal.reader
        if delivery.doubt:  # before this disk was put back it may have been sent: as early as the record's own time
            first_sent_at, cloud_time = fact.record.occurred_at, self._clock.said_before_put_back(reader)
        else:
            first_sent_at, cloud_time = self.now().isoformat(), self._clock.said(reader)
        return OpenStep(coming, delivery.doubt, first_sent_at, cloud_time.isoformat() if cloud_time else None)

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
            customer=_remote_customer(reader, self.cloud, record),
            generation=delivery.generation,
        )

    async def _send(
        self, delivery: Delivery, coming: OpenStep, fact: Fact, *, unclear: bool, quiet: bool
    ) -> Done | End:
        """Send a step and judge the answer. `unclear`: it may have had an effect; `quiet`: nothing was written."""
        step = coming.step
        self._look.sending(step, fact)
        try:
            answer = await self._exchange(step.request, step.key)
        except NotSent as error:
            self._look.sure(fact)
            end = End(Ending.UNAUTHORIZED if isinstance(error, SignInNeeded) else Ending.LINE, str(error))
            return await self._again(delivery, step, end, fact=fact, unclear=unclear, quiet=quiet, sent=False)
        except AnswerLost as error:
            return await self._again(delivery, step, End(Ending.LINE, str(error)), unclear=True, quiet=quiet)
        outcome = self._verdict(step, fact, answer)
        if isinstance(outcome, Done):
            self._clock.hear(answer)
            return outcome
        if isinstance(outcome, Refused) and unclear and self._look.can(coming, fact):
            seen = await self._look.up(coming, fact, self._exchange)  # refused, perhaps, because it is there already
            if isinstance(seen, End):
                return await self._again(delivery, step, seen, unclear=True, quiet=quiet)
            if isinstance(seen, Found):
                return Done(seen.refs)
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

    def _verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        outcome = self.connector.verdict(step, fact, answer)
        if not isinstance(outcome, Unclear):
            self._look.sure(fact)
        return outcome

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
        return self.connector.probe(step, fact) is not None

    async def _exchange(self, request: Request, key: str) -> Answer:
        return await self._calls.exchange(request, key)

    def _begin(self, delivery_id: int, coming: OpenStep) -> Change:
        def change(connection: sqlite3.Connection) -> None:
            deliveries.begin(connection, delivery_id, coming)
            self._clock.keep(connection)

        return change

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
            await self.journal.write(together, behind_rows=1)
        except BaseException:
            self._unsaved[delivery.id] = unsaved
            raise


def _remote_customer(reader: sqlite3.Connection, cloud: str, record: Record) -> str | None:
    """Return what a cloud calls the customer that a record is for, where they were pulled from it."""
    customer = record.body.get("customer")
    if not customer:
        return None
    query = "select remote_id from customer where id = ? and source = ?"
    row = reader.execute(query, (customer["id"], cloud)).fetchone()
    return None if row is None else str(row[0])


def _with_refs(fact: Fact, found: Mapping[str, str]) -> Fact:
    return replace(fact, refs={**fact.refs, **found})


def _done(delivery_id: int, name: str, found: Mapping[str, str], note: str | None) -> Change:
    return lambda tx: deliveries.step_done(tx, delivery_id, name, found, note)


def _failed(delivery_id: int, name: str, reason: str, *, unclear: bool) -> Change:
    return lambda tx: deliveries.failed(tx, delivery_id, name, reason, unclear=unclear)


def _not_sent(delivery_id: int, name: str, reason: str, *, unclear: bool) -> Change:
    return lambda tx: deliveries.not_sent(tx, delivery_id, name, reason, unclear=unclear)
