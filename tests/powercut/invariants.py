"""What must hold in every journal that a power cut leaves behind, held against what was read from it.

damaged      it does not open, SQLite finds a fault in it, or the hash chain is broken
lost         something that somebody was told is not there, or is not what they were told
in part      a fact without what belongs to it (its deliveries, receipt, drawer, answer), a record whose sale
             is still open, or tables that are, all together, neither those of the last commit nor of the one
             that was under way
gap          sequence or receipt numbers of a till that leave one out
ahead        something is marked as done that the cloud has not
behind       the cloud has what no request was written down for
doubled      the cloud has it twice
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from outbox.ids import derived_id
from outbox.record import NUMBERED, Kind
from tests.powercut.store import BATCHED, CLOUDS, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.powercut.promises import Order, Owed
    from tests.powercut.recover import Recovered


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
        own_hash, _ = found.records.get(record_id, (b"", {}))
        if own_hash != told.record.hash:  # the chain was verified: this hash is of this content
            yield Violation(Fault.LOST, f"{told.record.kind} {told.record.receipt_number or record_id}")
        answer = found.answers.get(told.key)
        if answer is None or answer["receipt_number"] != told.record.receipt_number:
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
        missing = list(_missing_beside(record_id, body, found))
        if Kind(body["kind"]) in KINDS:
            missing += [f"its delivery to {cloud}" for cloud in CLOUDS if (cloud, record_id) not in queued]
        for what in missing:
            yield Violation(Fault.IN_PART, f"{name} without {what}")
        if record_id in found.open_sales:
            yield Violation(Fault.IN_PART, f"{name} is still open as well")
    for record_id in (found.receipts.keys() | found.kicks | found.refunds) - found.records.keys():
        yield Violation(Fault.IN_PART, f"what belongs to record {record_id}, without it")
    answered = {body["id"] for body in found.answers.values()}
    for record_id in answered - found.records.keys():
        yield Violation(Fault.IN_PART, f"the answer that tells of record {record_id}, without it")


def _missing_beside(record_id: str, body: Mapping[str, Any], found: Recovered) -> Iterator[str]:
    """Yield what should have been written with a record and is not there."""
    kind = Kind(body["kind"])
    if kind in KINDS:
        if found.receipts.get(record_id) != derived_id(record_id, "receipt"):
            yield "its receipt"
        opening = derived_id(record_id, "drawer")
        if any(tender["type"] == "cash" for tender in body["tenders"]) and opening not in found.records:
            yield "the opening of the drawer"
    if kind is Kind.REFUND and record_id not in found.refunds:
        yield "being counted against its sale"
    if kind is Kind.DRAWER and record_id not in found.kicks:
        yield "how the opening stands"
    asked_for = kind is not Kind.DRAWER or body["for"] is None  # else it came with another record
    if asked_for and not any(answer["id"] == record_id for answer in found.answers.values()):
        yield "the answer to its request"


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
        if cloud == BATCHED and not (known and (known.batch or known.state == "delivered")):
            yield Violation(Fault.BEHIND, f"{cloud} has {orders} of {record_id}; no batch is written down")
        paid = any(order.paid for order in orders)
        for name, took_effect in (("make", cloud != BATCHED), ("pay", paid and cloud != BATCHED)):
            written = known.steps.get(name) if known else None
            if took_effect and (written is None or written.state == "ready"):
                yield Violation(Fault.BEHIND, f"{cloud} has {orders} of {record_id}; step {name!r} is not written down")
        if len(orders) > 1 or any(order.paid > 1 for order in orders):
            yield Violation(Fault.DOUBLED, f"{cloud} has {orders} of {record_id}")


def _as_committed(found: Recovered, owed: Owed) -> Iterator[Violation]:
    """Hold the tables, whole, against the last commit and the one under way: nothing else may ever be there."""
    if found.tables not in (owed.tables, owed.coming):
        yield Violation(Fault.IN_PART, "the tables are neither those of the last commit nor of the one under way")
