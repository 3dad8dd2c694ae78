"""Batches: many records in one request, each applied once and in its till's order, whatever the line does."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox import deliveries, delivery_views
from outbox.connector import Answer, Request
from outbox.courier import OTHERS_TURN, Courier, LaneState
from outbox.ids import derived_id
from outbox.journal import Journal
from outbox.record import Kind
from outbox.session import AnswerLost, NotSent
from tests.outbox.facts import draft, write
from tests.outbox.memory_cloud import Arrays, InArrays, no_items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outbox.connector import Packed, Step

CLOUDS = {"cloud": frozenset(Kind)}
WAIT_S = 20.0
LIES = ["no line", "lost before", "lost after", "503", "stop"]


@dataclass
class Receiver:
    """Applies each record once, and keeps the order in which it first came."""

    lies: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    fails_on: set[str] = field(default_factory=set)
    applied: list[tuple[str, str]] = field(default_factory=list)  # till, id
    bodies: dict[str, set[bytes]] = field(default_factory=dict)  # by key
    sizes: list[int] = field(default_factory=list)
    hangs: bool = False  # until the agent is stopped

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        lie = self.lies.pop(0) if self.lies else ""
        if lie == "no line":
            raise NotSent("connection refused", hint="")
        if lie == "lost before":
            raise AnswerLost("reset", hint="")
        if lie == "503":
            return Answer(503, {}, b"")
        if lie == "stop":
            self.hangs = True
            await asyncio.Event().wait()
        records = json.loads(request.body)
        ids = {record["id"] for record in records}
        self.bodies.setdefault(headers["idempotency-key"], set()).add(request.body)
        self.sizes.append(len(records))
        if ids & self.fails_on:
            return Answer(503, {}, b"")
        if ids & self.refuses:
            return Answer(422, {}, b"")
        for record in records:
            if (record["till"], record["id"]) not in self.applied:
                self.applied.append((record["till"], record["id"]))
        if lie == "lost after":
            raise AnswerLost("timed out", hint="")
        return Answer(200, {}, b"")


class Running:
    def __init__(self, journal: Journal, receiver: Receiver, size: int, packer: Arrays | None = None) -> None:
        self.journal = journal
        connector = InArrays(size)
        connector.packer = packer or connector.packer
        self.courier = Courier("cloud", connector, journal, receiver, item_refs=no_items, random=lambda: 0.0)
        self.task = asyncio.create_task(self.courier.run())

    async def until(self, **states: int) -> None:
        found: dict[str, Any] = {}
        try:
            async with asyncio.timeout(WAIT_S):
                while not all(found.get(state) == count for state, count in states.items()):
                    self.courier.wake(fresh=True)
                    await asyncio.sleep(0.001)
                    found = delivery_views.counts(self.journal.reader, ["cloud"])["cloud"]
                while self.courier._under_way:
                    await asyncio.sleep(0.001)
        except TimeoutError:
            raise AssertionError(f"{found} instead of {states}; {self.courier.view}") from None

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def deliver(journal: Journal, receiver: Receiver, size: int, **states: int) -> None:
    running = Running(journal, receiver, size)
    try:
        await running.until(**states)
    finally:
        await running.stop()


async def test_many_go_in_one_request_of_each_till_in_order(journal: Journal) -> None:
    wanted = [await write(journal, draft(till=f"till-{at % 2}"), CLOUDS) for at in range(14)]
    receiver = Receiver()
    await deliver(journal, receiver, 5, delivered=14)
    for till in ("till-0", "till-1"):
        assert [who for which, who in receiver.applied if which == till] == [
            record.id for record in wanted if record.till == till
        ]
    assert sorted(receiver.sizes) == [2, 2, 5, 5]
    assert journal.reader.execute("select count(*) from batch").fetchone() == (0,)
    shown = delivery_views.listed(journal.reader)[0]
    assert (shown["remote_id"], shown["attempts"], shown["state"]) == (wanted[0].id, 1, "delivered")


async def test_the_one_at_fault_is_found_by_halves_and_parked_alone(journal: Journal) -> None:
    wanted = [await write(journal, draft(), CLOUDS) for _ in range(16)]
    receiver = Receiver(refuses={wanted[5].id})
    await deliver(journal, receiver, 16, delivered=15, parked=1, waiting=0, sending=0)
    assert [who for _, who in receiver.applied] == [record.id for record in wanted if record is not wanted[5]]
    (parked,) = delivery_views.listed(journal.reader, state="parked")
    assert (parked["record_id"], parked["code"], parked["hint"]) == (wanted[5].id, "422", "mend it")
    assert len(receiver.sizes) <= 12  # sixteen, halves down to the one, and growing again
    receiver.refuses.clear()
    await journal.write(lambda tx: deliveries.release(tx, parked["id"]))
    await deliver(journal, receiver, 16, delivered=16, parked=0)
    assert receiver.applied[-1][1] == wanted[5].id


@pytest.mark.parametrize("at", range(4))
async def test_one_that_a_cloud_keeps_failing_on_is_overtaken_in_the_end(journal: Journal, at: int) -> None:
    wanted = [await write(journal, draft(), CLOUDS) for _ in range(8)]
    receiver = Receiver(fails_on={wanted[at].id})
    await deliver(journal, receiver, 4, delivered=7, parked=0)
    others = [record.id for record in wanted if record is not wanted[at]]
    assert [who for _, who in receiver.applied] == others  # what shared a request with it kept its turn
    receiver.fails_on.clear()
    await deliver(journal, receiver, 4, delivered=8)


async def test_after_a_crash_the_very_same_bytes_go_again(journal: Journal) -> None:
    for _ in range(6):
        await write(journal, draft(), CLOUDS)
    receiver = Receiver(lies=["lost before"])
    running = Running(journal, receiver, 4)
    while running.courier.view.state is not LaneState.LINE:
        await asyncio.sleep(0.001)
    await running.stop()
    await write(journal, draft(), CLOUDS)
    await deliver(journal, receiver, 50, delivered=7)  # what was begun with four is gone on with as four
    assert receiver.sizes[0] == 4
    assert all(len(bodies) == 1 for bodies in receiver.bodies.values())


async def test_a_newer_agent_that_packs_otherwise_sends_it_as_a_new_request(journal: Journal) -> None:
    for _ in range(3):
        await write(journal, draft(), CLOUDS)
    receiver = Receiver(lies=["lost after"])
    running = Running(journal, receiver, 3)
    while running.courier.view.state is not LaneState.LINE:
        await asyncio.sleep(0.001)
    await running.stop()

    class Spaced(Arrays):
        def pack(self, records: Sequence[Packed]) -> Step:
            step = super().pack(records)
            body = step.request.body.replace(b"},{", b"}, {")
            return replace(step, key=derived_id(step.key, "spaced"), request=replace(step.request, body=body))

    running = Running(journal, receiver, 3, Spaced(3))
    await running.until(delivered=3)
    await running.stop()
    assert len(receiver.applied) == 3
    assert len(receiver.bodies) == 2
    assert all(len(bodies) == 1 for bodies in receiver.bodies.values())


async def test_a_refund_may_travel_with_its_sale_and_never_before_it(journal: Journal) -> None:
    sale = await write(journal, draft(till="till-1"), CLOUDS)
    original = {"id": sale.id, "receipt_number": "x"}
    here = await write(journal, draft(Kind.REFUND, till="till-1", original=original), CLOUDS)
    there = await write(journal, draft(Kind.REFUND, till="till-0", original=original), CLOUDS)
    last = await write(journal, draft(till="till-0"), CLOUDS)
    receiver = Receiver(lies=["no line", "503"])
    await deliver(journal, receiver, 10, delivered=4)
    assert receiver.applied[:2] == [("till-1", sale.id), ("till-1", here.id)]
    assert receiver.applied[2:] == [("till-0", there.id), ("till-0", last.id)]


async def test_a_refund_of_a_parked_sale_holds_up_nobody(journal: Journal) -> None:
    sale = await write(journal, draft(), CLOUDS)
    refund = await write(journal, draft(Kind.REFUND, original={"id": sale.id, "receipt_number": "x"}), CLOUDS)
    others = [await write(journal, draft(), CLOUDS) for _ in range(30)]
    receiver = Receiver(refuses={sale.id})
    await deliver(journal, receiver, 4, delivered=30, parked=1, waiting=1)
    assert [who for _, who in receiver.applied] == [record.id for record in others]
    assert delivery_views.listed(journal.reader, state="waiting")[0]["record_id"] == refund.id


async def test_a_store_that_gives_batches_up_sends_what_was_begun_one_by_one(journal: Journal) -> None:
    for _ in range(3):
        await write(journal, draft(), CLOUDS)
    receiver = Receiver(lies=["lost after"])
    running = Running(journal, receiver, 3)
    while running.courier.view.state is not LaneState.LINE:
        await asyncio.sleep(0.001)
    await running.stop()
    await deliver(journal, receiver, 1, delivered=3)
    assert receiver.sizes == [3, 1, 1, 1]
    assert len(receiver.applied) == 3
    assert journal.reader.execute("select count(*) from batch").fetchone() == (0,)


@settings(deadline=None, max_examples=60)
@given(
    size=st.integers(2, 9),
    lies=st.lists(st.sampled_from([*LIES, ""]), max_size=14),
    tills=st.lists(st.integers(0, 2), min_size=1, max_size=24),
    refused=st.sets(st.integers(0, 23), max_size=4),
)
def test_any_line_any_refusals_each_once_in_order_and_only_the_refused_parked(
    size: int, lies: list[str], tills: list[int], refused: set[int]
) -> None:
    asyncio.run(any_day(size, list(lies), tills, refused))


def _open(journal: Journal) -> bool:
    count = delivery_views.counts(journal.reader, ["cloud"])["cloud"]
    return bool(count["waiting"] + count["sending"])


async def any_day(size: int, lies: list[str], tills: list[int], refused: set[int]) -> None:
    receiver = Receiver(lies=lies)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        await journal.open()
        wanted = []
        for at, till in enumerate(tills):
            record = await write(journal, draft(till=f"till-{till}"), CLOUDS)
            wanted.append(record)
            if at in refused:
                receiver.refuses.add(record.id)
        while lies:
            running = Running(journal, receiver, size)
            while lies and not receiver.hangs and _open(journal):
                running.courier.wake(fresh=True)
                await asyncio.sleep(0.001)
            await running.stop()
            receiver.hangs = False
            await journal.close()  # as after a crash: a new agent on the same file
            journal = Journal(Path(folder))
            await journal.open()
            if not _open(journal):
                break
        lies.clear()
        good = [record for record in wanted if record.id not in receiver.refuses]
        await deliver(
            journal, receiver, size, delivered=len(good), parked=len(wanted) - len(good), waiting=0, sending=0
        )
        parked = {row["record_id"] for row in delivery_views.listed(journal.reader, state="parked")}
        await journal.close()
    assert parked == receiver.refuses
    for name in {record.till for record in wanted}:
        assert [who for which, who in receiver.applied if which == name] == [
            record.id for record in good if record.till == name
        ]
    assert all(len(bodies) == 1 for bodies in receiver.bodies.values())  # one key, one body, for ever


async def test_an_outage_of_days_writes_once_for_each_till(journal: Journal) -> None:
    for till in range(3):
        await write(journal, draft(till=f"till-{till}"), CLOUDS)
    receiver = Receiver(lies=["no line"] * 60 + ["lost after"] * 3)
    written = 0
    real = journal.write

    async def counting(change: Any, *, behind_rows: int = 0) -> Any:
        nonlocal written
        written += 1
        return await real(change, behind_rows=behind_rows)

    journal.write = counting  # type: ignore[method-assign]  # it counts, and does the same
    await deliver(journal, receiver, 4, delivered=3)
    assert not receiver.lies
    assert written <= 3 * 4  # each till: begun, the first failure, the other kind of failure, delivered
    attempts = sum(row["attempts"] for row in delivery_views.listed(journal.reader))
    assert attempts == 6  # three that were lost and three that were answered; what never left does not count


def test_a_record_gets_more_than_one_chance_before_another_is_tried() -> None:
    assert OTHERS_TURN > 1
