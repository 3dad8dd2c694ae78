"""A lane that somebody pauses by hand: nothing new begins, what is under way ends, and letting go sends at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from outbox import delivery_views
from outbox.connector import Idempotency
from outbox.courier import Courier
from outbox.record import Kind
from tests.outbox.facts import draft, write
from tests.outbox.memory_cloud import MemoryCloud, TwoSteps, no_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Answer, Request
    from outbox.journal import Journal

CLOUDS = {"cloud": frozenset({Kind.SALE, Kind.REFUND})}
WAIT_S = 20.0


class Gated(MemoryCloud):
    """A cloud that answers when it is let."""

    def __init__(self) -> None:
        super().__init__(knows_keys=True)
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        self.asked.set()
        await self.may_answer.wait()
        return await super().exchange(base_url, request, headers)


async def until(journal: Journal, delivered: int) -> None:
    async with asyncio.timeout(WAIT_S):
        while delivery_views.counts(journal.reader, ["cloud"])["cloud"]["delivered"] < delivered:
            await asyncio.sleep(0.001)


async def test_what_is_under_way_ends_and_nothing_new_begins(journal: Journal) -> None:
    first = await write(journal, draft(), CLOUDS)
    assert delivery_views.last_delivered(journal.reader, "cloud") is None
    cloud = Gated()
    courier = Courier("cloud", TwoSteps(Idempotency.KEY_REPLAY), journal, cloud, item_refs=no_items)
    running = asyncio.create_task(courier.run())
    async with asyncio.timeout(WAIT_S):
        await cloud.asked.wait()
    courier.pause(paused=True)
    second = await write(journal, draft(), CLOUDS)
    courier.wake(stream=second.till)
    cloud.may_answer.set()
    await until(journal, 1)
    assert delivery_views.last_delivered(journal.reader, "cloud") is not None
    for _ in range(20):  # as often as somebody asks
        courier.wake(fresh=True)
        await asyncio.sleep(0)
    assert [order["id"] for order in cloud.orders] == [first.id]
    courier.pause(paused=False)
    await until(journal, 2)
    assert [order["id"] for order in cloud.orders] == [first.id, second.id]
    running.cancel()
    await asyncio.wait({running})
