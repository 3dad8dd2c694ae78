"""Agents that get it wrong, each in one way. A harness that lets one of them pass is worth nothing.

The first four have other settings or another order beneath the journal; the rest write or send in an order in
which a power cut, and nothing else, shows that it is the wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from agent.facts import Facts
from outbox import batches, deliveries, schema
from outbox.attempt import Attempts
from outbox.batch_attempt import BatchAttempts
from outbox.connector import Complete, Done, Fact, Step
from outbox.deliveries import OpenStep
from outbox.ending import End, Ending
from outbox.record import Kind, Record
from tests.outbox.memory_cloud import InArrays, TwoSteps, no_items
from tests.powercut.connection import Connection, Cursor
from tests.powercut.invariants import Fault
from tests.powercut.store import CLOCK, CLOUDS, KINDS, Store
from tests.powercut.subject import Subject

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from outbox.batches import Frozen
    from outbox.deliveries import Delivery, Waiting

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is wrong, and one of the faults by which it must be found."""

    name: str
    subject: Subject
    found_by: Fault
    seeds: tuple[int, ...] | None = None  # where it is found first; None: wherever the tests begin

    def __str__(self) -> str:
        return self.name


# --- beneath the journal ---


class _Lying(Connection):
    """A connection that has settings of its own, and says what was asked of it when they are read back."""

    settings: Mapping[str, str] = {}

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Cursor:
        for name, value in self.settings.items():
            if sql.startswith(f"pragma {name} = "):
                return super().execute(f"pragma {name} = {value}")
            if sql == f"pragma {name}":
                said = {"synchronous": "select 3", "journal_mode": "select 'wal'"}[name]
                return super().execute(said)
        return super().execute(sql, parameters)


class _GoingOn(Connection):
    """A connection that never checkpoints when it is opened: it goes on where a cut has left the log.

    `psow=0` makes SQLite end each commit on a block's edge, but after a recovery it goes on behind the last good
    frame, wherever in a block that is, and beside what was acknowledged before the cut.
    """

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Cursor:
        if sql.startswith("pragma wal_checkpoint"):
            return super().execute("select 0, 0, 0")
        return super().execute(sql, parameters)


class _NoLog(Subject):
    """A subject whose journal never has a log: opened after a cut it is taken for a backup, which is not looked at."""

    def recovering(self, path: Path) -> sqlite3.Connection:
        connection = super().recovering(path)
        connection.execute("delete from upkeep where what = ?", (schema.WAS_PUT_BACK,))
        return connection


def _with(**settings: str) -> type[Connection]:
    return type("_Mutated", (_Lying,), {"settings": settings})


# --- in what is written and sent, and when ---


class _TellsFirst(Store):
    """Tells what is written before it is committed."""

    async def told_after(self, change: Callable[[sqlite3.Connection], T], told: Callable[[T], object]) -> T:
        def early(connection: sqlite3.Connection) -> T:
            result = change(connection)
            self.note(told(result))
            return result

        return await self.journal.write(early)


class _TwoTransactions(Store):
    """Commits a record, and queues its deliveries in the next transaction."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.facts = Facts("store-1", {}, CLOCK)

    async def told_after(self, change: Callable[[sqlite3.Connection], T], told: Callable[[T], object]) -> T:
        result = await self.journal.write(change)
        if isinstance(result, Record):
            record = result
            await self.journal.write(lambda tx: deliveries.queue(tx, record, dict.fromkeys(CLOUDS, KINDS)))
        self.note(told(result))
        return result


class _DropsTheSaleFirst(Store):
    """Takes a paid sale off the open ones, and makes it a record in the next transaction."""

    async def told_after(self, change: Callable[[sqlite3.Connection], T], told: Callable[[T], object]) -> T:
        def sale_only(connection: sqlite3.Connection) -> None:
            open_before = {row[0] for row in connection.execute("select id from open_sale").fetchall()}
            connection.execute("savepoint looking")
            change(connection)
            open_after = {row[0] for row in connection.execute("select id from open_sale").fetchall()}
            connection.execute("rollback to looking")
            connection.execute("release looking")
            for sale_id in open_before - open_after:
                connection.execute("delete from open_sale where id = ?", (sale_id,))

        await self.journal.write(sale_only)
        return await super().told_after(change, told)


class _MarksFirst(Attempts):
    """Marks a delivery as delivered, and then sends it."""

    async def _make(self, delivery: Delivery) -> End:
        fact = self._fact(delivery, self.journal.reader)
        connector, at = self.connector, self.now()
        if deliveries.open_step(self.journal.reader, delivery.id) is not None or fact.refs:
            return End(Ending.TROUBLE, "begun by another")
        assert fact.record.kind in (Kind.SALE, Kind.REFUND)
        step = connector.next_step(fact)
        assert isinstance(step, Step)

        def delivered(connection: sqlite3.Connection) -> None:
            deliveries.begin(
                connection, delivery.id, OpenStep(step, unclear=False, first_sent_at=at.isoformat(), cloud_time=None)
            )
            deliveries.delivered(connection, delivery.id, None, 0, (), at)

        await self.journal.write(delivered)
        await self._exchange(step.request, step.key)
        return End(Ending.SETTLED)


class _SendsFirst(Attempts):
    """Sends a request, and then writes it down."""

    async def _make(self, delivery: Delivery) -> End:
        fact: Fact = self._fact(delivery, self.journal.reader)
        step = self.connector.next_step(fact)
        if isinstance(step, Complete):
            await self._write(delivery, self._close(delivery.id, step))
            return End(Ending.SETTLED)
        assert isinstance(step, Step)
        answer = await self._exchange(step.request, step.key)
        outcome = self.connector.verdict(step, fact, answer)
        found = getattr(outcome, "refs", None)
        if found is None:
            return End(Ending.TROUBLE, "not now")
        at = self.now()

        def done(connection: sqlite3.Connection) -> None:
            deliveries.begin(
                connection, delivery.id, OpenStep(step, unclear=False, first_sent_at=at.isoformat(), cloud_time=None)
            )
            deliveries.step_done(connection, delivery.id, step.name, found, None)

        await self.journal.write(done)
        return await self._make(delivery)


class _SendsABatchFirst(BatchAttempts):
    """Sends a batch, and then writes it down."""

    async def _make(self, wanted: Sequence[Waiting]) -> End:
        reader, ids, at = self.journal.reader, [delivery.id for delivery in wanted], self.now()
        step = self.packer.pack(batches.records(reader, ids))
        credentials = self.connector.credentials(step.request, step.key, at)
        answer = await self.session.exchange("", step.request, credentials)
        assert isinstance(self.packer.verdict((), answer, at), Done)
        return await super()._make(wanted)


class _ClosesABatchFirst(BatchAttempts):
    """Marks all of a batch as delivered, and then sends it."""

    async def _make(self, wanted: Sequence[Waiting]) -> End:
        ids, batch, at = [delivery.id for delivery in wanted], wanted[0].batch, self.now()

        def closed(connection: sqlite3.Connection) -> Frozen:
            frozen = batches.freeze(connection, ids, batch, self.packer, at)
            batches.delivered(connection, frozen, [self.packer.complete(record) for record in frozen.records], at)
            return frozen

        frozen = await self.journal.write(closed)
        credentials = self.connector.credentials(frozen.step.request, frozen.step.key, at)
        await self.session.exchange("", frozen.step.request, credentials)
        return End(Ending.SETTLED)


def _batching_with(kind: type[BatchAttempts]) -> type[Store]:
    class Mutated(Store):
        def batch_attempts(self, name: str) -> BatchAttempts:
            cloud = self.clouds[name]
            cloud.memory.lies.clear()
            connector = InArrays()
            return kind(name, connector, connector.packer, self.journal, cloud, now=self.now)

    return Mutated


def _store_with(kind: type[Attempts]) -> type[Store]:
    class Mutated(Store):
        def attempts(self, name: str) -> Attempts:
            cloud = self.clouds[name]
            cloud.memory.lies.clear()
            return kind(name, TwoSteps(CLOUDS[name]), self.journal, cloud, item_refs=no_items, now=self.now)

    return Mutated


MUTATIONS = (
    Mutation("synchronous=NORMAL", Subject(connection=_with(synchronous="NORMAL")), Fault.LOST),
    Mutation(
        "journal_mode=DELETE, synchronous=FULL",
        _NoLog(connection=_with(journal_mode="DELETE", synchronous="FULL")),
        Fault.LOST,
    ),
    Mutation("psow=1 on a careless disk", Subject(psow="psow=1"), Fault.LOST),
    Mutation(
        "going on in a log that went through a cut",
        Subject(connection=_GoingOn),
        Fault.LOST,
        seeds=(22, 25),  # it takes two cuts, the second at one place of a few thousand
    ),
    Mutation("told before the commit", Subject(store=_TellsFirst), Fault.LOST),
    Mutation("a record and its deliveries in two transactions", Subject(store=_TwoTransactions), Fault.IN_PART),
    Mutation("the open sale gone before its record is there", Subject(store=_DropsTheSaleFirst), Fault.LOST),
    Mutation("marked as delivered before the cloud has it", Subject(store=_store_with(_MarksFirst)), Fault.AHEAD),
    Mutation("sent before it is written down", Subject(store=_store_with(_SendsFirst)), Fault.BEHIND),
    Mutation("a batch closed before the cloud has it", Subject(store=_batching_with(_ClosesABatchFirst)), Fault.AHEAD),
    Mutation("a batch sent before it is written down", Subject(store=_batching_with(_SendsABatchFirst)), Fault.BEHIND),
)

# Other ways that are as sound as the agent's own: where these failed, the harness would be crying wolf.
SOUND = {
    "a careful disk": Subject(careless=False),
    "psow=1 on a careful disk": Subject(careless=False, psow="psow=1"),
    "journal_mode=DELETE, synchronous=EXTRA": _NoLog(connection=_with(journal_mode="DELETE", synchronous="EXTRA")),
}
