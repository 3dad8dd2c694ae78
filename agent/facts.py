"""What becomes a record, and everything that changes with it in one transaction.

A sale completed, a refund, a void and an opened drawer each add a record, queue its deliveries, its
receipt and the drawer, and keep the answer: all of it or nothing, and after one fsync.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agent import print_jobs
from agent.kicks import Kicks
from agent.shift import kept, opening
from agent.staff.by import OF_ITSELF, By
from outbox import chain, deliveries
from outbox.answers import Reply
from outbox.clock import Clock, Said
from outbox.ids import derived_id
from outbox.record import Draft, Kind, Record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class TillSetup:
    """A till and the names of its devices; None where it has none."""

    id: str
    scanner: str | None = None
    printer: str | None = None
    drawer: str | None = None
    scale: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A record that was just written, and the devices that are to act on it."""

    record: Record
    new: bool
    print_state: str
    printer: str | None = None
    kick: tuple[str, str] | None = None  # record id, drawer
    back: Record | None = None  # the refund that it is exchanged for
    opened: Record | None = None  # the shift that had to open by itself for it
    beside: Mapping[str, Any] = field(default_factory=dict)  # what is answered beside the record

    def reply(self, status: int) -> Reply:
        """Return the record as the local API shows it, from inside the change that wrote it."""
        return Reply.of_record(status, self.record, print=self.print_state, **self.beside)


@dataclass(frozen=True, slots=True)
class Facts:
    """Writes records for one store. `clouds` says which kinds of record go to which cloud."""

    store: str
    clouds: Mapping[str, frozenset[Kind]]
    clock: Clock = field(default_factory=Clock)
    training: bool = False  # each record says so, in a journal of its own

    def write(
        self,
        connection: sqlite3.Connection,
        till: TillSetup,
        kind: Kind,
        record_id: str,
        at: datetime,
        body: dict[str, Any],
        *,
        prints: bool = False,
        opens_drawer: bool = False,
        by: By = OF_ITSELF,
    ) -> Written:
        """Add a record and what hangs on it. `at` is the store's own time; `by` signs it."""
        occurred_at = at.isoformat(timespec="milliseconds")
        clock = self.clock.stamp(at, lambda: _newest_said(connection))
        body = {"store": self.store, "clock": clock, **by.signed(), **body}
        if self.training:
            body["training"] = True
        draft = Draft(record_id, kind, till.id, occurred_at, at.date().isoformat(), body)
        record, new = chain.append(connection, draft)
        if not new:
            return Written(record, new=False, print_state=print_state(connection, record))
        kept.take(connection, record)
        deliveries.queue(connection, record, self.clouds)
        printer = till.printer if prints else None
        if printer is not None:
            print_jobs.add(connection, print_jobs.receipt_of(record.id), printer, at.isoformat(), record_id=record.id)
        kick = None
        if opens_drawer and till.drawer is not None:
            kick = self._drawer(connection, till, record, at, by)
        return Written(
            record,
            new=True,
            print_state="not_printed" if printer is None else "pending",
            printer=printer,
            kick=kick,
        )

    def write_in_shift(
        self,
        connection: sqlite3.Connection,
        till: TillSetup,
        kind: Kind,
        record_id: str,
        at: datetime,
        body: dict[str, Any],
        *,
        prints: bool = False,
        opens_drawer: bool = False,
        by: By = OF_ITSELF,
    ) -> Written:
        """Add a record of money that moves, with its shift; where the till has none, one opens by itself before it."""
        shift, opened = opening.ensure(connection, self, till, at, body["currency"], by=by)
        written = self.write(
            connection,
            till,
            kind,
            record_id,
            at,
            body | {"shift": shift},
            prints=prints,
            opens_drawer=opens_drawer,
            by=by,
        )
        return replace(written, opened=opened)

    def _drawer(
        self, connection: sqlite3.Connection, till: TillSetup, record: Record, at: datetime, by: By
    ) -> tuple[str, str]:
        assert till.drawer is not None
        if record.kind is Kind.DRAWER:
            opening = record.id
        else:
            opening = derived_id(record.id, "drawer")
            body = {"drawer": till.drawer, "reason": str(record.kind), "for": record.receipt_number or record.id}
            self.write(connection, till, Kind.DRAWER, opening, at, body, by=by)
        Kicks.begin(connection, opening, till.drawer)
        return opening, till.drawer


def _newest_said(connection: sqlite3.Connection) -> Said | None:
    newest = chain.newest(connection, 1)
    return Said.to(newest[0].body) if newest else None


def printed_with(record: Record) -> str:
    """Return the id of the record whose receipt a record is on: the sale's, for the refund of an exchange."""
    exchange = record.body.get("exchange")
    return str(exchange["id"]) if record.kind is Kind.REFUND and exchange is not None else record.id


def print_state(connection: sqlite3.Connection, record: Record) -> str:
    """Return `printed`, `not_printed`, `unknown` or `pending` for the receipt that a record is on."""
    job = print_jobs.of_record(connection, printed_with(record))
    return "not_printed" if job is None else str(job.view()["state"])
