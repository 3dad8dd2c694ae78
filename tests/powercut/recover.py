"""Opens a disk as the agent would after a power cut, and compares what is there with what is owed.

The journal is opened by `schema.connect` on the standard library's sqlite3, which recovers it, and is then read
whole. `violations` holds against what was read:

    damaged      it does not open, SQLite finds a fault in it, or the hash chain is broken
    lost         something that somebody was told is not there, or is not what they were told
    in part      a fact without what belongs to it (its deliveries, receipt, drawer, answer, the open sale gone),
                 or tables that are not, all together, those of the last commit or of the one under way
    gap          sequence or receipt numbers of a till that leave one out
    ahead        something is marked as done that the cloud has not
    behind       the cloud has what no request was written down for
    doubled      the cloud has it twice
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from outbox import chain, schema
from outbox.errors import OutboxError
from outbox.ids import derived_id
from outbox.journal import FILE
from outbox.record import NUMBERED, Kind
from tests.powercut.store import CLOUDS, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.powercut.connection import Connection
    from tests.powercut.disk import Image
    from tests.powercut.promises import Order, Owed


class Fault(StrEnum):
    """What can be wrong with a recovered journal."""

    DAMAGED = "damaged"
    LOST = "lost"
    IN_PART = "in part"
    GAP = "gap"
    AHEAD = "ahead"
    BEHIND = "behind"
    DOUBLED = "doubled"


@dataclass(frozen=True, slots=True)
class Violation:
    """A fault, and what it is about."""

    fault: Fault
    what: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.what}"


@dataclass(frozen=True, slots=True)
class Step:
    """A request to a cloud as it is written down."""

    state: str
    refs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it is written down."""

    id: int
    cloud: str
    record_id: str
    state: str
    remote_id: str | None
    steps: Mapping[str, Step]


@dataclass(slots=True)
class Recovered:
    """What was read from a recovered journal; `damage` is why there is nothing more to read."""

    damage: str | None = None
    tables: str = ""  # the digest of all of them
    records: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)  # hash, body
    tills: dict[str, tuple[int, int]] = field(default_factory=dict)  # last sequence and receipt number
    deliveries: list[Delivery] = field(default_factory=list)
    receipts: dict[str, str] = field(default_factory=dict)  # job id by record id
    kicks: set[str] = field(default_factory=set)
    refunds: set[str] = field(default_factory=set)
    open_sales: dict[str, int] = field(default_factory=dict)  # lines and tenders ever entered
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


def digest(connection: sqlite3.Connection | Connection) -> str:
    """Return a digest of every row of every table; empty tables do not count."""
    found = hashlib.blake2b(digest_size=16)
    names = connection.execute("select name from sqlite_master where type = 'table' order by name").fetchall()
    for (name,) in names:
        rows = connection.execute(f"select * from {name}").fetchall()
        if rows:
            found.update(repr((name, rows)).encode())
    return found.hexdigest()


def lay_out(image: Image, folder: Path) -> None:
    """Make a folder hold an image and nothing else."""
    for path in folder.iterdir():
        path.unlink()
    for name, content in image.items():
        (folder / name).write_bytes(content)


def recover(image: Image, folder: Path) -> Recovered:
    """Open an image in an empty folder and read what it holds."""
    lay_out(image, folder)
    try:
        connection = schema.connect(folder / FILE)
    except OutboxError as error:
        return Recovered(damage=str(error))
    try:
        return _read(connection)
    except sqlite3.DatabaseError as error:
        return Recovered(damage=str(error))
    finally:
        connection.close()


def _read(connection: sqlite3.Connection) -> Recovered:
    (found,) = connection.execute("pragma integrity_check(1)").fetchone()
    if found != "ok":
        return Recovered(damage=str(found))
    strays = connection.execute("pragma foreign_key_check").fetchall()
    if strays:
        return Recovered(damage=f"rows that refer to nothing: {strays[:3]}")
    verified = chain.verify(connection)
    if verified.broken is not None:
        return Recovered(damage=f"record {verified.broken.seq}: {verified.broken.reason}")
    recovered = Recovered(tables=digest(connection))
    query = connection.execute
    recovered.records = {i: (h, json.loads(body)) for i, h, body in query("select id, hash, body from record")}
    recovered.tills = {i: (seq, receipt) for i, seq, receipt in query("select id, last_seq, last_receipt from till")}
    steps: dict[int, dict[str, Step]] = {}
    for delivery, name, state, refs in query("select delivery, name, state, refs from step"):
        steps.setdefault(delivery, {})[name] = Step(state, json.loads(refs))
    recovered.deliveries = [
        Delivery(*row, steps=steps.get(row[0], {}))
        for row in query(
            "select delivery.id, cloud, record.id, state, remote_id from delivery "
            "join record on record.seq = delivery.record_seq"
        )
    ]
    recovered.receipts = dict(query("select record_id, id from print_job where copy = 0"))
    recovered.kicks = {row[0] for row in query("select record_id from kick")}
    recovered.refunds = {row[0] for row in query("select refund_id from refund")}
    for sale_id, text in query("select id, document from open_sale"):
        document = json.loads(text)
        recovered.open_sales[sale_id] = document["lines_made"] + document["tenders_made"]
    recovered.answers = {key: json.loads(body) for key, body in query("select key, body from answer")}
    return recovered


def violations(found: Recovered, owed: Owed) -> list[Violation]:
    """Return everything in which a recovered journal does not hold what is owed."""
    if found.damage is not None:
        return [Violation(Fault.DAMAGED, found.damage)]
    return [
        *_lost(found, owed),
        *_in_part(found),
        *_gaps(found),
        *_against_the_clouds(found, owed),
        *_as_committed(found, owed),
    ]


def _lost(found: Recovered, owed: Owed) -> Iterator[Violation]:
    for record_id, told in owed.records.items():
        own_hash, body = found.records.get(record_id, (b"", {}))
        if own_hash != told.record.hash or body != told.record.body:
            yield Violation(Fault.LOST, f"{told.record.kind} {told.record.receipt_number or record_id}")
        answer = found.answers.get(told.key)
        if answer is None or answer.items() < told.record.body.items():
            yield Violation(Fault.LOST, f"the answer to {told.key!r}")
    for sale_id, made in owed.sales.items():
        if sale_id not in found.records and found.open_sales.get(sale_id, 0) < made:
            yield Violation(Fault.LOST, f"what was entered into open sale {sale_id}")
    delivered = {delivery.id for delivery in found.deliveries if delivery.state == "delivered"}
    for delivery_id in owed.delivered - delivered:
        yield Violation(Fault.LOST, f"that delivery {delivery_id} is delivered")


def _in_part(found: Recovered) -> Iterator[Violation]:
    queued = {(delivery.cloud, delivery.record_id) for delivery in found.deliveries}
    for record_id, (_, body) in found.records.items():
        name = f"{body['kind']} {body['receipt_number'] or record_id}"
        kind = Kind(body["kind"])
        if kind in KINDS:
            for cloud in CLOUDS:
                if (cloud, record_id) not in queued:
                    yield Violation(Fault.IN_PART, f"{name} without its delivery to {cloud}")
            if found.receipts.get(record_id) != derived_id(record_id, "receipt"):
                yield Violation(Fault.IN_PART, f"{name} without its receipt")
            if any(tender["type"] == "cash" for tender in body["tenders"]):
                opening = derived_id(record_id, "drawer")
                if opening not in found.records or opening not in found.kicks:
                    yield Violation(Fault.IN_PART, f"{name} without its drawer")
        if kind is Kind.REFUND and record_id not in found.refunds:
            yield Violation(Fault.IN_PART, f"{name} is not counted against its sale")
        if kind is Kind.DRAWER and record_id not in found.kicks:
            yield Violation(Fault.IN_PART, f"{name} without its opening")
        if record_id in found.open_sales:
            yield Violation(Fault.IN_PART, f"{name} is still open as well")
    answered = {body["id"] for body in found.answers.values()}
    asked = {record_id for record_id, (_, body) in found.records.items() if not _follows_another(body)}
    for record_id in answered ^ asked:
        yield Violation(Fault.IN_PART, f"an answer and its record {record_id}: one without the other")
    for record_id in (found.receipts.keys() | found.kicks | found.refunds) - found.records.keys():
        yield Violation(Fault.IN_PART, f"what belongs to record {record_id}, without it")


def _follows_another(body: Mapping[str, Any]) -> bool:
    """Whether this is the opening of the drawer for another record, which nobody asked for by itself."""
    return body["kind"] == Kind.DRAWER and body["for"] is not None


def _gaps(found: Recovered) -> Iterator[Violation]:
    """Count for itself; the chain's own check, which counts too, is code under test."""
    places: dict[str, list[int]] = {}
    receipts: dict[str, list[int]] = {}
    for _, body in found.records.values():
        places.setdefault(body["till"], []).append(body["till_seq"])
        if Kind(body["kind"]) in NUMBERED:
            receipts.setdefault(body["till"], []).append(int(body["receipt_number"].rpartition("-")[2]))
    for till in found.tills.keys() | places.keys():
        last_seq, last_receipt = found.tills.get(till, (0, 0))
        if sorted(places.get(till, [])) != list(range(1, last_seq + 1)):
            yield Violation(Fault.GAP, f"{till}: records {sorted(places.get(till, []))}, and {last_seq} is the last")
        if sorted(receipts.get(till, [])) != list(range(1, last_receipt + 1)):
            yield Violation(Fault.GAP, f"{till}: receipts {sorted(receipts.get(till, []))}, {last_receipt} is the last")


def _against_the_clouds(found: Recovered, owed: Owed) -> Iterator[Violation]:
    by_record = {(delivery.cloud, delivery.record_id): delivery for delivery in found.deliveries}
    has: dict[tuple[str, str], tuple[Order, ...]] = {
        (cloud, record_id): orders
        for cloud, memory in owed.clouds.items()
        for record_id, orders in memory.orders.items()
    }
    for delivery in found.deliveries:
        orders = has.get((delivery.cloud, delivery.record_id), ())
        ids = {order.id for order in orders}
        where = f"delivery {delivery.id} to {delivery.cloud}"
        if delivery.state == "delivered" and (delivery.remote_id not in ids or not all(o.paid for o in orders)):
            yield Violation(Fault.AHEAD, f"{where} is marked as delivered, and the cloud has {orders}")
        for name, step in delivery.steps.items():
            if step.state == "done" and (not orders or (name == "pay" and not all(o.paid for o in orders))):
                yield Violation(Fault.AHEAD, f"{where}: step {name!r} is marked as done, and the cloud has {orders}")
    for (cloud, record_id), orders in has.items():
        known = by_record.get((cloud, record_id))
        paid = any(order.paid for order in orders)
        for name, took_effect in (("make", True), ("pay", paid)):
            step = known.steps.get(name) if known else None
            if took_effect and (step is None or step.state == "ready"):
                yield Violation(Fault.BEHIND, f"{cloud} has {orders} of {record_id}; step {name!r} is not written down")
        if len(orders) > 1 or any(order.paid > 1 for order in orders):
            yield Violation(Fault.DOUBLED, f"{cloud} has {orders} of {record_id}")


def _as_committed(found: Recovered, owed: Owed) -> Iterator[Violation]:
    """Hold the tables, whole, against the last commit and the one under way: nothing else may ever be there."""
    if found.tables not in (owed.tables, owed.coming):
        yield Violation(Fault.IN_PART, "the tables are neither those of the last commit nor of the one under way")
