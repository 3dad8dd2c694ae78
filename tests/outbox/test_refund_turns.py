"""Refunds of one sale, made at different tills, take turns: each looks at what is left before it gives back.

Found by `make soak KILLS=200 SEED=6 BATCH=50`: two tills' refunds of one sale were under way at Square together, both
looked at what was left of the same payment, and the second was refused and parked.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outbox import chain, deliveries, delivery_views
from outbox.connector import Answer, Idempotency, Request
from outbox.courier import Courier
from outbox.record import Kind
from tests.outbox.facts import draft, write
from tests.outbox.memory_cloud import MemoryCloud, TwoSteps, no_items

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from outbox.journal import Journal
    from outbox.record import Record

CLOUDS = {"cloud": frozenset({Kind.SALE, Kind.REFUND})}
WAIT_S = 20.0


@dataclass
class SlowCloud(MemoryCloud):
    """A cloud that takes its time, so that what may go together does; `asked` has the record behind each request."""

    knows_keys: bool = True
    asked: list[str] = field(default_factory=list)

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        body = json.loads(request.body)
        by_order = {order["order"]: order["id"] for order in self.orders}
        self.asked.append(body["id"] if "id" in body else by_order[body["order"]])
        await asyncio.sleep(0.01)
        return await super().exchange(base_url, request, headers)


async def refund(journal: Journal, sale: Record, till: str) -> Record:
    wanted = draft(Kind.REFUND, till=till, original={"id": sale.id, "receipt_number": sale.receipt_number})

    def change(connection: sqlite3.Connection) -> Record:
        connection.execute("insert into refund(sale_id, refund_id) values (?, ?)", (sale.id, wanted.id))
        record, _ = chain.append(connection, wanted)
        deliveries.queue(connection, record, CLOUDS)
        return record

    return await journal.write(change)


async def test_refunds_that_wait_for_a_parked_sale_hold_up_no_till(journal: Journal) -> None:
    parked = await write(journal, draft(till="till-2"), CLOUDS)
    own = await refund(journal, parked, "till-2")
    other = await refund(journal, parked, "till-1")  # it waits for the refund, which waits for the sale
    others = [await write(journal, draft(till=till), CLOUDS) for till in ("till-1", "till-2")]
    cloud = MemoryCloud(knows_keys=True, refuses={parked.id})
    await settled(journal, cloud, delivered=2)
    assert {order["id"] for order in cloud.orders} == {record.id for record in others}
    cloud.refuses.clear()
    assert await journal.write(lambda tx: deliveries.release(tx, 1))
    await settled(journal, cloud, delivered=5)
    assert [order["id"] for order in cloud.orders][2:] == [parked.id, own.id, other.id]


async def settled(journal: Journal, cloud: MemoryCloud, *, delivered: int) -> None:
    courier = Courier("cloud", TwoSteps(Idempotency.KEY_REPLAY), journal, cloud, item_refs=no_items)
    running = asyncio.create_task(courier.run())
    try:
        async with asyncio.timeout(WAIT_S):
            while delivery_views.counts(journal.reader, ["cloud"])["cloud"]["delivered"] < delivered:
                await asyncio.sleep(0.005)
    finally:
        running.cancel()
        await asyncio.wait({running})


async def test_two_tills_refunds_of_one_sale_are_never_under_way_together(journal: Journal) -> None:
    sale = await write(journal, draft(till="till-1"), CLOUDS)
    first = await refund(journal, sale, "till-1")
    second = await refund(journal, sale, "till-2")
    cloud = SlowCloud()
    courier = Courier("cloud", TwoSteps(Idempotency.KEY_REPLAY), journal, cloud, item_refs=no_items)
    running = asyncio.create_task(courier.run())
    async with asyncio.timeout(WAIT_S):
        while delivery_views.counts(journal.reader, ["cloud"])["cloud"]["delivered"] < 3:
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.wait({running})
    assert cloud.asked == [sale.id, sale.id, first.id, first.id, second.id, second.id]
