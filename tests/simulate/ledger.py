"""What the people in the store were told, kept outside the agent; and the journal, checked against it.

That a told receipt is on the disk is checked when it is told; every record, once it is there, in the evening of its
day; and that none has changed since, on some evenings and at the end.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outbox import chain
from outbox.record import NUMBERED, Kind, canonical

if TYPE_CHECKING:
    import sqlite3

    from outbox.record import Record
    from tests.simulate.world import World

VERIFIED_DAILY = 100  # records: those of two or three days; all of them at the end
MOVED = {"in": 1, "out": -1, "drop": -1}  # by a cash movement's direction
REFUNDABLE = 40  # sales: how far back customers bring things


@dataclass(frozen=True, slots=True)
class Fact:
    """What is remembered of a record for as long as the store lives."""

    id: str
    kind: Kind
    till: str
    till_seq: int
    receipt_number: str | None
    amount: int  # what a sale came to, or what a refund gave back
    sale: str | None  # of a refund
    digest: bytes
    hash: bytes


@dataclass
class Ledger:
    """Everything told so far, and everything seen in the journal."""

    world: World
    sales: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=REFUNDABLE))  # as they were told
    told_of: dict[str, bytes] = field(default_factory=dict)  # by record id: the digest of what was told
    facts: dict[str, Fact] = field(default_factory=dict)  # by id, in the journal's order
    seen: int = 0  # the newest record already looked at
    hashes: dict[int, bytes] = field(default_factory=dict)  # by place
    seqs: dict[str, int] = field(default_factory=dict)  # by till
    receipts: dict[str, int] = field(default_factory=dict)
    given_back: Counter[str] = field(default_factory=Counter)  # by sale
    shift: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by till: its records since the opening
    unseen: list[str] = field(default_factory=list)  # told, and not yet looked for in an evening
    exchanges: list[dict[str, Any]] = field(default_factory=list)  # told in the agent's last step, not yet looked for

    def told(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Take in that a sale or refund was told complete: it must be on the disk by now, just so."""
        body = {name: value for name, value in answer.items() if name != "print"}
        number, record_id = body["receipt_number"], body["id"]
        app = self.world.app
        if app is not None:
            record = chain.by_id(app.journal.reader, record_id)
            if record is None:
                self.world.violate(f"{number} was told and is not in the journal")
            elif record.body != body:
                self.world.violate(f"{number} was told and is another in the journal")
        if body["kind"] == "sale" and body.get("exchange"):
            if app is None:
                self.exchanges.append(body["exchange"])
            else:
                self._exchanged(app.journal.reader, body["exchange"])
        digest = digest_of(canonical(body))
        if self.told_of.setdefault(record_id, digest) != digest:
            self.world.violate(f"{number} was told twice, differently")
        self.unseen.append(record_id)
        self.world.counts[f"{body['kind']}s"] += 1
        if body["kind"] == "sale":
            self.sales.append(body)
        return body

    def _exchanged(self, connection: sqlite3.Connection, exchange: dict[str, Any]) -> None:
        """Take in the refund that was told of with the sale it was exchanged for."""
        refund = chain.by_id(connection, exchange["id"])
        if refund is None or refund.receipt_number != exchange["receipt_number"]:
            self.world.violate(f"{exchange['receipt_number']} was told and is not in the journal")
            return
        if refund.id not in self.told_of:
            self.told_of[refund.id] = digest_of(refund.canonical_body())
            self.unseen.append(refund.id)
            self.world.counts["refunds"] += 1

    def evening(self, connection: sqlite3.Connection, *, whole: bool = False) -> None:
        """Look at everything that was written since the last time, and whether all before it is as it was."""
        violate = self.world.violate
        for exchange in self.exchanges:
            self._exchanged(connection, exchange)
        self.exchanges.clear()
        for record in chain.oldest_first(connection, self.seen):
            self._take(record)
        found = chain.verify(connection, last=None if whole else VERIFIED_DAILY)
        if found.broken is not None:
            violate(f"the chain does not hold at {found.broken}")
        if whole:
            rows = dict(connection.execute("select seq, hash from record").fetchall())
            if rows != self.hashes:
                violate("records have changed since they were first seen")
        for record_id in self.told_of if whole else self.unseen:
            fact = self.facts.get(record_id)
            if fact is None or fact.digest != self.told_of[record_id]:
                violate(f"{record_id} was told and is lost or changed")
        self.unseen.clear()

    def _take(self, record: Record) -> None:
        violate, body = self.world.violate, record.body
        self.seen = record.seq
        self.hashes[record.seq] = record.hash
        if record.id in self.facts:
            violate(f"{record.id} is in the journal twice")
        original = body["original"] if record.kind is Kind.REFUND else None  # of nothing, where there was no receipt
        sale = original["id"] if original is not None else None
        amount = body["total"] + body["rounding"] if record.kind is Kind.SALE else body.get("paid", 0)
        self.facts[record.id] = Fact(
            id=record.id,
            kind=record.kind,
            till=record.till,
            till_seq=record.till_seq,
            receipt_number=record.receipt_number,
            amount=amount,
            sale=sale,
            digest=digest_of(record.canonical_body()),
            hash=record.hash,
        )
        self.world.note("record", record.seq, record.id, record.hash.hex())
        if record.till_seq != self.seqs.get(record.till, 0) + 1:
            violate(f"{record.till} goes from {self.seqs.get(record.till, 0)} to {record.till_seq}")
        self.seqs[record.till] = record.till_seq
        if body["business_date"] != datetime.fromisoformat(body["occurred_at"]).date().isoformat():
            violate(f"{record.id} of {body['occurred_at']} has the business date {body['business_date']}")
        if record.kind in NUMBERED:
            self._numbered(record)
        if sale is not None:
            self._refunded(sale, amount)
        self._shift(record)

    def _numbered(self, record: Record) -> None:
        number = self.receipts.get(record.till, 0) + 1
        if record.receipt_number != chain.receipt_number_of(record.till, number):
            self.world.violate(f"{record.till}: receipt {record.receipt_number} where {number} was due")
        self.receipts[record.till] = number
        if record.id not in self.told_of:
            self.world.violate(f"{record.receipt_number} is in the journal and nobody asked until it was told")

    def _refunded(self, sale_id: str, amount: int) -> None:
        sale = self.facts[sale_id]
        self.given_back[sale_id] += amount
        if self.given_back[sale_id] > sale.amount:
            self.world.violate(f"{sale.receipt_number} has been given back more than it was")

    def _shift(self, record: Record) -> None:
        since = self.shift.setdefault(record.till, [])
        if record.kind is Kind.SHIFT_OPEN:
            since[:] = [record.body]
        elif record.kind in NUMBERED | {Kind.CASH}:
            since.append(record.body)
        elif record.kind is Kind.SHIFT_CLOSE:
            opened, *rung = since
            sales = [body for body in rung if body["kind"] == "sale"]
            back = [body for body in rung if body["kind"] == "refund"]
            cash = sum(_tendered(body, "cash") - body["change"] for body in sales)
            cash -= sum(_tendered(body, "cash") for body in back)
            moved = sum(body["amount"] * MOVED[body["direction"]] for body in rung if body["kind"] == "cash")
            wanted = {
                "sales": len(sales),
                "sales_total": sum(body["total"] for body in sales),
                "refunds": len(back),
                "refunds_total": sum(body["total"] for body in back),
                "cash": cash,
                "card": sum(_tendered(body, "card") for body in sales) - sum(_tendered(body, "card") for body in back),
                "expected_cash": opened["float"] + cash + moved,
            }
            found = {name: record.body[name] for name in wanted}
            if found != wanted:
                self.world.violate(f"{record.till}: the shift says {found}, its records {wanted}")


def digest_of(canonical_body: bytes) -> bytes:
    """Return what stands for a record's body where thousands are remembered."""
    return hashlib.blake2b(canonical_body, digest_size=16).digest()


def _tendered(body: dict[str, Any], how: str) -> int:
    return sum(int(tender["amount"]) + int(tender["tip"]) for tender in body["tenders"] if tender["type"] == how)
