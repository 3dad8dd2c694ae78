"""What the people in the store were told, kept outside the agent; and the promises, checked against it.

Cheap ones are checked when an answer is given, the others in the evening, and those about the clouds when the line
has been up for long enough.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outbox import chain
from outbox.record import NUMBERED, Kind

if TYPE_CHECKING:
    import sqlite3

    from outbox.record import Record
    from tests.simulate.world import World

VERIFIED_DAILY = 300  # records: the newest of a few days; all of them at the end


@dataclass
class Ledger:
    """Everything told so far."""

    world: World
    sales: list[dict[str, Any]] = field(default_factory=list)
    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)
    compared: int = 0  # records held against the webhook's, word for word: neither side changes one
    seen: int = 0  # the newest record already looked at
    hashes: dict[int, bytes] = field(default_factory=dict)
    seqs: dict[str, int] = field(default_factory=dict)  # by till
    receipts: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)  # by record id
    given_back: Counter[str] = field(default_factory=Counter)  # by sale
    lines_back: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    shift: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by till: its records since the opening
    original: dict[str, str] = field(default_factory=dict)  # refund: its sale
    print_ended: dict[str, str] = field(default_factory=dict)

    def told(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Take in that a sale or refund was told complete: it must be on the disk by now, just so."""
        body = {name: value for name, value in answer.items() if name != "print"}
        app = self.world.app
        if app is not None:
            record = chain.by_id(app.journal.reader, body["id"])
            if record is None:
                self.world.violate(f"{body['receipt_number']} was told and is not in the journal")
            elif record.body != body:
                self.world.violate(f"{body['receipt_number']} was told and is another in the journal")
        before = self.by_id.get(body["id"])
        if before is not None and before != body:
            self.world.violate(f"{body['receipt_number']} was told twice, differently")
        self.by_id[body["id"]] = body
        self.world.counts[f"{body['kind']}s"] += 1
        if body["kind"] == "sale":
            self.sales.append(body)
        return body

    def evening(self, connection: sqlite3.Connection, *, whole: bool = False) -> None:
        """Look at everything that was written since the last time, and whether all before it is as it was."""
        violate = self.world.violate
        for record in chain.oldest_first(connection, self.seen):
            self._take(record)
        found = chain.verify(connection, last=None if whole else VERIFIED_DAILY)
        if found.broken is not None:
            violate(f"the chain does not hold at {found.broken}")
        if whole:
            rows = dict(connection.execute("select seq, hash from record").fetchall())
            if rows != self.hashes:
                violate("records have changed since they were first seen")
        for record_id, body in list(self.by_id.items()) if whole else list(self.by_id.items())[-VERIFIED_DAILY:]:
            if self.bodies.get(record_id) != body:
                violate(f"{body['receipt_number']} was told and is lost or changed")
        self._prints(connection)
        self._kicks(connection)

    def _take(self, record: Record) -> None:
        violate, body = self.world.violate, record.body
        self.seen = record.seq
        self.hashes[record.seq] = record.hash
        if record.id in self.kinds:
            violate(f"{record.id} is in the journal twice")
        self.kinds[record.id] = record.kind
        self.bodies[record.id] = body
        self.world.note("record", record.seq, record.id, record.hash.hex())
        if record.till_seq != self.seqs.get(record.till, 0) + 1:
            violate(f"{record.till} goes from {self.seqs.get(record.till, 0)} to {record.till_seq}")
        self.seqs[record.till] = record.till_seq
        if record.kind in NUMBERED:
            number = self.receipts.get(record.till, 0) + 1
            if record.receipt_number != chain.receipt_number_of(record.till, number):
                violate(f"{record.till}: receipt {record.receipt_number} where {number} was due")
            self.receipts[record.till] = number
            if record.id not in self.by_id:
                violate(f"{record.receipt_number} is in the journal and nobody asked until it was told")
        if record.kind is Kind.REFUND:
            sale = self.bodies[body["original"]["id"]]
            self.original[record.id] = sale["id"]
            self.given_back[sale["id"]] += body["paid"]
            if self.given_back[sale["id"]] > sale["total"] + sale["rounding"]:
                violate(f"{sale['receipt_number']} has been given back more than it was")
        self._shift(record)

    def _shift(self, record: Record) -> None:
        since = self.shift.setdefault(record.till, [])
        if record.kind is Kind.SHIFT_OPEN:
            since[:] = [record.body]
        elif record.kind in NUMBERED:
            since.append(record.body)
        elif record.kind is Kind.SHIFT_CLOSE:
            opened, *rung = since
            sales = [body for body in rung if body["kind"] == "sale"]
            back = [body for body in rung if body["kind"] == "refund"]
            cash = sum(_tendered(body, "cash") - body["change"] for body in sales)
            cash -= sum(_tendered(body, "cash") for body in back)
            wanted = {
                "sales": len(sales),
                "sales_total": sum(body["total"] for body in sales),
                "refunds": len(back),
                "refunds_total": sum(body["total"] for body in back),
                "cash": cash,
                "card": sum(_tendered(body, "card") for body in sales) - sum(_tendered(body, "card") for body in back),
                "expected_cash": opened["float"] + cash,
            }
            found = {name: record.body[name] for name in wanted}
            if found != wanted:
                self.world.violate(f"{record.till}: the shift says {found}, its records {wanted}")

    def _prints(self, connection: sqlite3.Connection) -> None:
        """Hold what is said of each receipt against the paper."""
        rows = connection.execute(
            "select print_job.id, printer, state, copy, receipt_number from print_job "
            "join record on record.id = print_job.record_id where print_job.state in ('printed', 'not_printed', "
            "'unknown') order by print_job.rowid desc limit 200"
        ).fetchall()
        for job, printer, state, copy, number in rows:
            before = self.print_ended.setdefault(job, state)
            if before != state:
                self.world.violate(f"the receipt of {number} was {before} and is {state}")
            if copy:
                continue
            on_paper = self.world.papers[printer].originals[number]
            if (state == "printed" and on_paper != 1) or (state == "not_printed" and on_paper) or on_paper > 1:
                self.world.violate(f"{number} is {state}, and {on_paper} times on paper")

    def _kicks(self, connection: sqlite3.Connection) -> None:
        """Hold the drawers' rows against the pulses they were given: at most one an opening."""
        for drawer, printer in (("drawer", "receipt"), ("drawer-2", "second")):
            rows = connection.execute("select state, count(*) from kick where drawer = ? group by state", (drawer,))
            count: Counter[str] = Counter(dict(rows.fetchall()))
            pulses = self.world.papers[printer].pulses
            if not count["opened"] <= pulses <= count["opened"] + count["unknown"] + count["sending"]:
                self.world.violate(f"{drawer}: {dict(count)}, and {pulses} pulses")
        openings = connection.execute("select count(*) from record where kind = 'drawer'").fetchone()[0]
        kicks = connection.execute("select count(*) from kick").fetchone()[0]
        if openings != kicks:
            self.world.violate(f"{openings} openings on record and {kicks} kicks")

    # --- the clouds ---

    def delivered(self, connection: sqlite3.Connection) -> None:
        """At any time: nothing counts as delivered that the cloud has not got."""
        has = {"hook": self.world.receiver.records.keys(), "square": self._square_has()}
        rows = connection.execute(
            "select cloud, record.id from delivery join record on record.seq = delivery.record_seq "
            "where delivery.state = 'delivered' order by delivery.id desc limit 400"
        ).fetchall()
        for cloud, record_id in rows:
            if record_id not in has[cloud]:
                self.world.violate(f"{cloud} has not got {record_id}, which counts as delivered")

    def parked(self, connection: sqlite3.Connection) -> None:
        """Nothing is parked but what a cloud refused."""
        refused = {"hook": self.world.receiver.refused, "square": self.world.square_cloud.refused}
        rows = connection.execute(
            "select cloud, record.id, last_error from delivery join record on record.seq = delivery.record_seq "
            "where delivery.state = 'parked'"
        ).fetchall()
        for cloud, record_id, why in rows:
            if record_id not in refused[cloud]:
                self.world.violate(f"{cloud} never refused {record_id}, which is parked: {why}")

    def quiet(self, connection: sqlite3.Connection) -> None:
        """With the line up for long enough: each cloud has the journal's facts, once, and nothing else."""
        violate = self.world.violate
        states = connection.execute(
            "select id, cloud, state, attempts, last_error from delivery where state <> 'delivered' limit 5"
        ).fetchall()
        if states:
            violate(f"at a quiet time there is left: {states}")
            return
        records = self.world.receiver.records
        new = list(self.bodies)[self.compared :]
        self.compared = len(self.bodies)
        if records.keys() != self.bodies.keys() or any(records[one] != self.bodies[one] for one in new):
            apart = sorted(records.keys() ^ self.bodies.keys())[:3]
            violate(f"the webhook has {len(records)} records and the journal {len(self.bodies)}: {apart}")
        place = {record_id: at for at, record_id in enumerate(records)}
        for refund, sale in self.original.items():
            if place.get(refund, 0) < place.get(sale, 0):
                violate(f"the webhook had refund {refund} before its sale")
        self._square(connection)

    def _square(self, connection: sqlite3.Connection) -> None:
        violate, books = self.world.violate, self.world.square.books
        drift = dict(
            connection.execute(
                "select record.id, drift from delivery join record on record.seq = delivery.record_seq "
                "where cloud = 'square'"
            ).fetchall()
        )
        orders: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for order in books.orders.values():
            orders[order["metadata"]["stillopen_id"]].append(order)
        refunded: Counter[str] = Counter()
        for refund in books.refunds.values():
            refunded[str(refund["reason"]).rpartition(" ")[2]] += refund["amount_money"]["amount"]
        for record_id, kind in self.kinds.items():
            body = self.bodies[record_id]
            if kind is Kind.SALE:
                found = orders.pop(record_id, [])
                total = body["total"] + body["rounding"]
                if [order["state"] for order in found] != ["COMPLETED"]:
                    violate(f"Square has {body['receipt_number']} as {[order['state'] for order in found]}")
                elif found[0]["total_money"]["amount"] - total != drift[record_id]:
                    violate(f"Square's total of {body['receipt_number']} drifts, and nobody says so")
            elif kind is Kind.REFUND and refunded.pop(record_id, 0) != body["paid"] + drift[record_id]:
                violate(f"Square's refund {body['receipt_number']} is not what was given back")
        if orders or refunded:
            violate(f"Square has what the journal has not: {sorted(orders)[:3]} {sorted(refunded)[:3]}")

    def _square_has(self) -> set[str]:
        books = self.world.square.books
        has = {order["metadata"]["stillopen_id"] for order in books.orders.values() if order["state"] == "COMPLETED"}
        has |= {str(refund["reason"]).rpartition(" ")[2] for refund in books.refunds.values()}
        has |= {record_id for record_id, body in self.bodies.items() if body["kind"] == "refund" and not body["paid"]}
        return has


def _tendered(body: dict[str, Any], how: str) -> int:
    return sum(int(tender["amount"]) for tender in body["tenders"] if tender["type"] == how)
