"""The clouds' books against the journal: nothing delivered that is not there, each fact once, in its till's order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from outbox.clouds import KINDS
from outbox.record import Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from tests.simulate.clouds import Moods
    from tests.simulate.ledger import Fact, Ledger
    from tests.simulate.world import World

_STATES = (
    "select delivery.id, cloud, delivery.state, record.id from delivery join record on record.seq = record_seq "
    "where delivery.id > ? or delivery.id in (select value from json_each(?))"
)


@dataclass
class Order:
    """One cloud's arrivals: of each till's records that it takes, none overtakes another but for a reason."""

    cloud: str
    moods: Moods
    kinds: frozenset[Kind]
    deliveries: dict[str, int] = field(default_factory=dict)  # by record: the number of its delivery
    judged: int = 0  # arrivals
    placed: int = 0  # facts put into `due`
    due: dict[str, dict[str, Fact]] = field(default_factory=dict)  # by till: not yet arrived, in the journal's order
    refunds: dict[str, list[str]] = field(default_factory=dict)  # by sale, in the journal's order: they take turns

    def overtakings(self, facts: dict[str, Fact]) -> Iterator[str]:
        """Yield what came before its turn, of what has come since the last time."""
        for new in islice(facts.values(), self.placed, None):
            if new.kind in self.kinds:
                self.due.setdefault(new.till, {})[new.id] = new
                if new.sale is not None:
                    self.refunds.setdefault(new.sale, []).append(new.id)
        self.placed = len(facts)
        arrived = list(islice(self.moods.arrived.items(), self.judged, None))
        self.judged = len(self.moods.arrived)
        for record_id, at in arrived:
            if (fact := facts.get(record_id)) is None:
                yield f"{self.cloud} has got {record_id}, which is not in the journal"
                continue
            if fact.sale is not None and self.moods.arrived.get(fact.sale, at) >= at:
                yield f"{self.cloud} had refund {fact.receipt_number} before its sale"
            for earlier in self.due[fact.till].values():
                if earlier.till_seq >= fact.till_seq:
                    break
                if not self._let_by(earlier, at):
                    yield f"{self.cloud} had {fact.till}'s {fact.till_seq} before its {earlier.till_seq}"
            self.due[fact.till].pop(record_id, None)

    def _let_by(self, fact: Fact, at: int) -> bool:
        """Return whether a fact that has not arrived may be overtaken at a time."""
        if self.cloud == "square" and fact.kind is Kind.REFUND and not fact.amount:
            return True  # it is told nothing of a refund of nothing
        held = [fact.id]
        if fact.sale is not None:
            turns = self.refunds[fact.sale]
            held += [fact.sale, *turns[: turns.index(fact.id)]]
        return any(
            self.moods.refused.get(one, at) < at or self.moods.stood_aside.get(self.deliveries.get(one, 0), at) < at
            for one in held
        )


@dataclass
class Accounts:
    """Both clouds' books."""

    world: World
    ledger: Ledger
    orders: tuple[Order, ...] = ()
    newest: int = 0  # delivery already looked at
    under_way: set[int] = field(default_factory=set)  # deliveries not yet seen as delivered
    compared: int = 0  # facts held against both clouds: neither side changes one

    def __post_init__(self) -> None:
        moods = {"hook": self.world.receiver.moods, "square": self.world.square_cloud.moods}
        self.orders = tuple(
            Order(cloud.name, moods[cloud.name], KINDS[cloud.kind].capabilities().kinds)
            for cloud in self.world.config.clouds
        )

    def evening(self, connection: sqlite3.Connection) -> None:
        """At any time: nothing counts as delivered that the cloud has not got, and nothing came before its turn."""
        rows = connection.execute(_STATES, (self.newest, json.dumps(sorted(self.under_way)))).fetchall()
        numbers = {order.cloud: order.deliveries for order in self.orders}
        for number, cloud, state, record_id in rows:
            self.newest = max(self.newest, number)
            numbers[cloud][record_id] = number
            if state != "delivered":
                self.under_way.add(number)
                continue
            self.under_way.discard(number)
            if not self._has(cloud, record_id):
                self.world.violate(f"{cloud} has not got {record_id}, which counts as delivered")
        for order in self.orders:
            for overtaken in order.overtakings(self.ledger.facts):
                self.world.violate(overtaken)

    def _has(self, cloud: str, record_id: str) -> bool:
        if cloud == "hook":
            return record_id in self.world.receiver.records
        fact = self.ledger.facts[record_id]
        if fact.kind is Kind.REFUND:
            return not fact.amount or bool(self.world.square_cloud.refunds(record_id))
        return any(order["state"] == "COMPLETED" for order in self.world.square_cloud.orders(record_id))

    def parked(self, connection: sqlite3.Connection) -> None:
        """Nothing is parked but what a cloud refused."""
        rows = connection.execute(
            "select cloud, record.id, last_error from delivery join record on record.seq = delivery.record_seq "
            "where delivery.state = 'parked'"
        ).fetchall()
        refused = {order.cloud: order.moods.refused for order in self.orders}
        for cloud, record_id, why in rows:
            if record_id not in refused[cloud]:
                self.world.violate(f"{cloud} never refused {record_id}, which is parked: {why}")

    def held_up(self, connection: sqlite3.Connection) -> list[str]:
        """Return what is left for no reason of its own: no cloud and no record holds up another."""
        moods = {order.cloud: order.moods for order in self.orders}
        rows = connection.execute(
            "select cloud, record.id, json_extract(record.body, '$.original.id'), delivery.state, last_error "
            "from delivery join record on record.seq = delivery.record_seq where delivery.state <> 'delivered'"
        ).fetchall()
        turns: dict[str, set[str]] = {}  # by sale: its refunds, one of which may hold up the others
        for sale, refund in connection.execute(
            "select json_extract(body, '$.original.id') as sale, id from record where kind = 'refund' "
            "and sale in (select value from json_each(?))",
            (json.dumps([sale for _, _, sale, _, _ in rows if sale is not None]),),
        ):
            turns.setdefault(sale, set()).add(refund)
        return [
            f"{cloud}: {record_id} is {state} ({why})"
            for cloud, record_id, sale, state, why in rows
            if self.world.now() >= moods[cloud].expired_until
            and not {record_id, sale, *turns.get(sale, ())} & moods[cloud].stubborn
        ]

    def quiet(self, connection: sqlite3.Connection, *, whole: bool = False) -> None:
        """With the line up for long enough: each cloud has the journal's facts, once, and nothing else."""
        violate, facts = self.world.violate, self.ledger.facts
        left = connection.execute(
            "select id, cloud, state, attempts, last_error from delivery where state <> 'delivered' limit 5"
        ).fetchall()
        if left:
            violate(f"at a quiet time there is left: {left}")
            return
        counted = dict(
            connection.execute("select state, sum(count) from delivery_count where count group by state").fetchall()
        )
        if counted != dict(connection.execute("select state, count(*) from delivery group by state").fetchall()):
            violate(f"the deliveries are counted as {counted}")
        new = list(islice(facts.values(), 0 if whole else self.compared, None))
        self.compared = len(facts)
        records = self.world.receiver.records
        if records.keys() != facts.keys() or any(records[fact.id] != fact.digest for fact in new):
            apart = sorted(records.keys() ^ facts.keys())[:3]
            violate(f"the webhook has {len(records)} records and the journal {len(facts)}: {apart}")
        self._square(connection, new)
        strange = [record for record in self.world.square_cloud.known() if record not in facts]
        if strange:
            violate(f"Square has what the journal has not: {strange[:3]}")
        self.world.square_cloud.forget_old_keys()

    def _square(self, connection: sqlite3.Connection, facts: list[Fact]) -> None:
        violate, square = self.world.violate, self.world.square_cloud
        wanted = json.dumps([fact.id for fact in facts if fact.kind in (Kind.SALE, Kind.REFUND)])
        drift = dict(
            connection.execute(
                "select record.id, drift from record join delivery on delivery.record_seq = record.seq "
                "where record.id in (select value from json_each(?)) and cloud = 'square'",
                (wanted,),
            ).fetchall()
        )
        for fact in facts:
            if fact.kind is Kind.SALE:
                found = square.orders(fact.id)
                if [order["state"] for order in found] != ["COMPLETED"]:
                    violate(f"Square has {fact.receipt_number} as {[order['state'] for order in found]}")
                elif found[0]["total_money"]["amount"] - fact.amount != drift[fact.id]:
                    violate(f"Square's total of {fact.receipt_number} drifts, and nobody says so")
            elif fact.kind is Kind.REFUND:
                back = sum(refund["amount_money"]["amount"] for refund in square.refunds(fact.id))
                if back != fact.amount + drift[fact.id]:
                    violate(f"Square's refund {fact.receipt_number} is not what was given back")
