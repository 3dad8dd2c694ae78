from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox import deliveries, delivery_views
from outbox.connector import Answer, Complete, Fact, Idempotency, LookOn, Refused, Request, Sighting, Step
from outbox.courier import OTHERS_TURN, Courier, LaneState
from outbox.errors import JournalUnclear
from outbox.journal import Journal
from outbox.record import Kind
from tests.outbox.facts import draft, write
from tests.outbox.failing_disk import fail
from tests.outbox.memory_cloud import MemoryCloud, TwoSteps, no_items

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

KINDS = frozenset({Kind.SALE, Kind.REFUND})
CLOUDS = {"cloud": KINDS}
WAIT_S = 20.0


class Running:
    """A courier that is running, and what it told."""

    def __init__(
        self,
        journal: Journal,
        cloud: MemoryCloud,
        connector: TwoSteps,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.journal = journal
        self.told: list[int] = []
        self.lanes: list[LaneState] = []
        self.courier = Courier(
            "cloud",
            connector,
            journal,
            cloud,
            item_refs=no_items,
            on_deliveries=self.told.extend,
            on_lane=lambda view: self.lanes.append(view.state),
            now=now,
            random=lambda: 0.0,
        )
        self.task = asyncio.create_task(self.courier.run())

    async def until(self, states: dict[str, int]) -> None:
        found: dict[str, object] = {}
        try:
            async with asyncio.timeout(WAIT_S):
                while not all(found.get(state) == count for state, count in states.items()):
                    self.courier.wake(fresh=True)  # a person who does not wait
                    await asyncio.sleep(0.001)
                    found = delivery_views.counts(self.journal.reader, ["cloud"])["cloud"]
                while self.courier._under_way:  # on the disk already; the lane hears of it next
                    await asyncio.sleep(0.001)
        except TimeoutError:
            raise AssertionError(f"it came to {found} instead of {states}; the lane: {self.courier.view}") from None

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def settle(journal: Journal, cloud: MemoryCloud, connector: TwoSteps, **states: int) -> Running:
    running = Running(journal, cloud, connector)
    try:
        await running.until(states)
    finally:
        await running.stop()
    return running


LIES = ["no line", "lost before", "lost after", "401", "429", "503", "nonsense"]


@pytest.mark.parametrize("idempotency", [Idempotency.KEY_REPLAY, Idempotency.PROBE_FIRST])
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("at", [0, 1, 2])
async def test_one_fact_is_one_order_whatever_one_exchange_does(
    journal: Journal, idempotency: Idempotency, lie: str, at: int
) -> None:
    record = await write(journal, draft(), CLOUDS)
    cloud = MemoryCloud(idempotency is Idempotency.KEY_REPLAY, ["honest"] * at + [lie])
    await settle(journal, cloud, TwoSteps(idempotency), delivered=1, waiting=0, sending=0, parked=0)
    assert [(order["id"], order["paid"]) for order in cloud.orders] == [(record.id, 1)]


@settings(deadline=None, max_examples=60)
@given(
    idempotency=st.sampled_from([Idempotency.KEY_REPLAY, Idempotency.PROBE_FIRST]),
    lies=st.lists(st.sampled_from([*LIES, "honest"]), max_size=12),
    shape=st.lists(st.sampled_from(["sale", "refund", "refused", "stop"]), min_size=1, max_size=8),
)
def test_any_line_any_stops_each_fact_once_and_in_order(
    idempotency: Idempotency, lies: list[str], shape: list[str]
) -> None:
    asyncio.run(any_day(idempotency, list(lies), shape))


async def any_day(idempotency: Idempotency, lies: list[str], shape: list[str]) -> None:
    cloud = MemoryCloud(idempotency is Idempotency.KEY_REPLAY, lies)
    connector = TwoSteps(idempotency)
    sales: list[str] = []
    refunds: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        await journal.open()
        running = Running(journal, cloud, connector)
        for what in shape:
            if what == "stop":  # as a crash does: wherever it is
                for _ in range(len(sales) + 3):
                    await asyncio.sleep(0)
                await running.stop()
                await journal.close()
                journal = Journal(Path(folder))
                await journal.open()
                running = Running(journal, cloud, connector)
            elif what == "refund" and sales:
                original = {"id": sales[-1], "receipt_number": "x"}
                record = await write(journal, draft(Kind.REFUND, original=original), CLOUDS)
                refunds[record.id] = sales[-1]
            else:
                wanted = draft()
                if what == "refused":
                    cloud.refuses.add(wanted.id)
                await write(journal, wanted, CLOUDS)
                sales.append(wanted.id)
        held_up = [refund for refund, sale in refunds.items() if sale in cloud.refuses]
        parked = [sale for sale in sales if sale in cloud.refuses]
        try:
            await running.until(
                {
                    "delivered": len(sales) + len(refunds) - len(parked) - len(held_up),
                    "parked": len(parked),
                    "waiting": len(held_up),
                    "sending": 0,
                }
            )
        finally:
            await running.stop()
            await journal.close()
    accepted = [record for record in (*sales, *refunds) if record not in parked and record not in held_up]
    assert sorted(order["id"] for order in cloud.orders) == sorted(accepted)  # each once, none lost
    assert all(order["paid"] == 1 for order in cloud.orders)
    place = {order["id"]: at for at, order in enumerate(cloud.orders)}
    made = {order["id"]: order["order"] for order in cloud.orders}
    for refund, sale in refunds.items():
        if refund in place:
            assert place[sale] < place[refund]
            assert cloud.orders[place[refund]]["sale"] == made[sale]


async def test_a_frozen_body_is_sent_again_byte_for_byte(journal: Journal) -> None:
    await write(journal, draft(), CLOUDS)
    cloud = MemoryCloud(knows_keys=True, lies=["nonsense", "503"])
    connector = TwoSteps(Idempotency.KEY_REPLAY)
    await settle(journal, cloud, connector, delivered=1)
    assert len(connector.asked) == 4
    assert len(set(connector.asked[:3])) == 1


@pytest.mark.parametrize("age_s", [3595, 3 * 86_400], ids=["may be old when it arrives", "days old"])
async def test_an_old_key_means_look_first(journal: Journal, age_s: int) -> None:
    record = await write(journal, draft(), CLOUDS)
    cloud = MemoryCloud(knows_keys=True, lies=["lost after"])
    connector = TwoSteps(Idempotency.KEY_REPLAY, key_life_s=3600)
    running = Running(journal, cloud, connector)
    while running.courier.view.state is not LaneState.LINE:
        await asyncio.sleep(0.001)
    await running.stop()
    cloud.answers.clear()  # the cloud has forgotten its keys; only a look keeps it from a second order
    later = datetime.now(UTC) + timedelta(seconds=age_s)
    running = Running(journal, cloud, connector, now=lambda: later)
    await running.until({"delivered": 1})
    await running.stop()
    assert [order["id"] for order in cloud.orders] == [record.id]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("blind", [True, False])
async def test_what_is_refused_when_sent_again_may_be_there_already(
    journal: Journal, *, there: bool, blind: bool
) -> None:
    await write(journal, draft(), CLOUDS)

    class OneEach(MemoryCloud):
        """It has forgotten its keys, and takes an order once."""

        def _do(self, request: Request, key: str) -> Answer:
            self.answers.clear()
            if request.path == "/make" and (self.orders or sent):
                return Answer(422, {}, b'{"why": "there is one"}')
            sent.append(request)
            if not there and request.path == "/make":
                return Answer(503, {}, b"")
            return super()._do(request, key)

    class Blind(TwoSteps):
        def probe(self, step: Step, fact: Fact) -> Request | None:
            return None

    sent: list[Request] = []
    cloud = OneEach(knows_keys=True, lies=["lost after"])
    connector = (Blind if blind else TwoSteps)(Idempotency.KEY_REPLAY)
    await settle(journal, cloud, connector, **{"delivered" if there and not blind else "parked": 1})
    assert len(cloud.orders) == there


async def test_a_clock_set_back_means_look_first(journal: Journal) -> None:
    await write(journal, draft(), CLOUDS)
    cloud = MemoryCloud(knows_keys=True, lies=["lost after"])
    connector = TwoSteps(Idempotency.KEY_REPLAY, key_life_s=3600)
    running = Running(journal, cloud, connector)
    while running.courier.view.state is not LaneState.LINE:
        await asyncio.sleep(0.001)
    await running.stop()
    cloud.answers.clear()
    earlier = datetime.now(UTC) - timedelta(days=90)
    running = Running(journal, cloud, connector, now=lambda: earlier)
    await running.until({"delivered": 1})
    await running.stop()
    assert len(cloud.orders) == 1


async def test_a_look_begins_at_the_clouds_own_time_whatever_this_clock_said(journal: Journal) -> None:
    there = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

    class Dated(MemoryCloud):
        async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
            answer = await super().exchange(base_url, request, headers)
            return replace(answer, headers={"date": format_datetime(there, usegmt=True)})

    cloud = Dated(knows_keys=True)
    connector = TwoSteps(Idempotency.KEY_REPLAY, key_life_s=3600)
    await write(journal, draft(), CLOUDS)
    running = Running(journal, cloud, connector)
    await running.until({"delivered": 1})
    await running.stop()
    heard = there
    there += timedelta(days=20)
    record = await write(journal, draft(), CLOUDS)
    cloud.lies = ["lost after"]
    years_on = datetime.now(UTC) + timedelta(days=3650)
    running = Running(journal, cloud, connector, now=lambda: years_on)  # another courier: what was heard is on the disk
    while running.courier.view.state is not LaneState.LINE:
        await asyncio.sleep(0.001)
    await running.stop()
    cloud.answers.clear()
    await settle(journal, cloud, connector, delivered=2)  # the clock is set right, the key forgotten
    assert connector.since == [heard]
    assert [order["id"] for order in cloud.orders].count(record.id) == 1


async def test_the_line_never_counts_against_a_sale(journal: Journal) -> None:
    await write(journal, draft(), CLOUDS)
    cloud = MemoryCloud(knows_keys=True, lies=["no line"] * 200)
    running = await settle(journal, cloud, TwoSteps(Idempotency.KEY_REPLAY), delivered=1, parked=0)
    assert LaneState.LINE in running.lanes
    assert running.lanes[-1] is LaneState.OPEN
    shown = delivery_views.listed(journal.reader)[0]
    assert shown["attempts"] == 2  # one a step: what never left is no attempt
    assert shown["last_error"] is None


async def test_a_parked_sale_says_why_holds_up_nothing_and_goes_when_released(journal: Journal) -> None:
    bad, good = draft(), draft()
    cloud = MemoryCloud(knows_keys=True, refuses={bad.id})
    for wanted in (bad, good):
        await write(journal, wanted, CLOUDS)
    await write(journal, draft(Kind.REFUND, original={"id": bad.id, "receipt_number": "x"}), CLOUDS)
    connector = TwoSteps(Idempotency.KEY_REPLAY)
    await settle(journal, cloud, connector, delivered=1, parked=1, waiting=1)
    shown = delivery_views.listed(journal.reader, state="parked")[0]
    assert (shown["code"], shown["last_error"], shown["hint"]) == ("refused", "no such tax", "mend it")
    waiting = delivery_views.listed(journal.reader, state="waiting")[0]
    assert waiting["last_error"] == "it waits for its sale, or a refund before it, which is parked there"
    cloud.refuses.clear()
    assert await journal.write(lambda tx: deliveries.release(tx, shown["id"]))
    assert not await journal.write(lambda tx: deliveries.release(tx, shown["id"]))
    await settle(journal, cloud, connector, delivered=3, parked=0)
    assert [order["id"] for order in cloud.orders][:2] == [good.id, bad.id]


async def test_a_record_that_can_never_be_a_request_is_parked_without_one(journal: Journal) -> None:
    await write(journal, draft(unmapped=True), CLOUDS)
    cloud = MemoryCloud(knows_keys=True)
    await settle(journal, cloud, TwoSteps(Idempotency.KEY_REPLAY), parked=1)
    assert delivery_views.listed(journal.reader)[0]["code"] == "unmapped"
    assert not cloud.answers


async def test_a_cloud_that_fails_on_one_record_gets_the_others(journal: Journal) -> None:
    poison, *rest = [await write(journal, draft(), CLOUDS) for _ in range(6)]

    class FailsOnOne(MemoryCloud):
        async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
            if poison.id.encode() in request.body:
                return await MemoryCloud(True, ["503"]).exchange(base_url, request, headers)
            return await super().exchange(base_url, request, headers)

    cloud = FailsOnOne(knows_keys=True)
    await settle(journal, cloud, TwoSteps(Idempotency.KEY_REPLAY), delivered=5, parked=0)
    assert {order["id"] for order in cloud.orders} == {record.id for record in rest}


async def test_a_fault_in_a_connector_stops_one_delivery_and_is_in_the_log(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = await write(journal, draft(), CLOUDS), await write(journal, draft(), CLOUDS)

    class Faulty(TwoSteps):
        def next_step(self, fact: Fact) -> Step | Complete | Refused:
            if fact.record.id == bad.id:
                raise ZeroDivisionError
            return super().next_step(fact)

    cloud = MemoryCloud(knows_keys=True)
    await settle(journal, cloud, Faulty(Idempotency.KEY_REPLAY), delivered=1, waiting=1)
    assert [order["id"] for order in cloud.orders] == [good.id]
    assert "ZeroDivisionError" in caplog.text


async def test_where_nothing_can_be_looked_up_nothing_is_sent_twice(journal: Journal) -> None:
    await write(journal, draft(), CLOUDS)

    class Blind(TwoSteps):
        def probe(self, step: Step, fact: Fact) -> Request | None:
            return None

    cloud = MemoryCloud(knows_keys=False, lies=["lost after"])
    running = Running(journal, cloud, Blind(Idempotency.PROBE_FIRST))
    while running.courier.view.state is not LaneState.TROUBLE:
        running.courier.wake(fresh=True)
        await asyncio.sleep(0.001)
    for _ in range(20):
        running.courier.wake(fresh=True)
        await asyncio.sleep(0.001)
    await running.stop()
    assert len(cloud.orders) == 1
    assert "compare by hand" in delivery_views.listed(journal.reader)[0]["last_error"]


@pytest.mark.parametrize("pages", [4, None], ids=["to the end", "in a circle"])
async def test_a_look_goes_on_page_by_page(journal: Journal, pages: int | None) -> None:
    record = await write(journal, draft(), CLOUDS)
    asked: list[str] = []

    class Paged(TwoSteps):
        def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
            if pages is None or len(asked) < pages:
                return LookOn(Request("GET", f"/look/{len(asked) if pages else 'again'}/{fact.record.id}"))
            return super().sighting(step, fact, answer)

    class Looked(MemoryCloud):
        async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
            if request.method == "GET":
                asked.append(request.path)
            return await super().exchange(base_url, request, headers)

    cloud = Looked(knows_keys=False, lies=["lost after"])
    running = Running(journal, cloud, Paged(Idempotency.PROBE_FIRST))
    if pages:
        await running.until({"delivered": 1})
        assert asked == [f"/look/{record.id}", *(f"/look/{page}/{record.id}" for page in range(1, pages))]
    else:
        while running.courier.view.state is not LaneState.TROUBLE:
            running.courier.wake(fresh=True)
            await asyncio.sleep(0.001)
        assert "in a circle" in str(running.courier.view.error)
    await running.stop()
    assert [order["id"] for order in cloud.orders] == [record.id]


async def test_drift_notes_and_the_remote_id_are_kept_and_shown(journal: Journal) -> None:
    await write(journal, draft(), CLOUDS)

    class RoundsUp(MemoryCloud):
        def _do(self, request: Request, key: str) -> Answer:
            answer = super()._do(request, key)
            if request.path == "/make":
                return type(answer)(200, {}, answer.body.replace(b"1250", b"1251"))
            return answer

    await settle(journal, RoundsUp(knows_keys=True), TwoSteps(Idempotency.KEY_REPLAY), delivered=1)
    number = delivery_views.listed(journal.reader)[0]["id"]
    shown = delivery_views.shown(journal.reader, number)
    assert shown is not None
    assert (shown["remote_id"], shown["drift"], shown["notes"]) == ("O1", 1, ["paid there", "kept"])
    assert [(step["name"], step["state"]) for step in shown["steps"]] == [("make", "done"), ("pay", "done")]
    assert delivery_views.shown(journal.reader, 999) is None


async def test_a_record_goes_only_to_the_clouds_that_take_its_kind(journal: Journal) -> None:
    clouds = {"all": frozenset(Kind), "sales": KINDS}
    await write(journal, draft(Kind.DRAWER), clouds)
    await write(journal, draft(Kind.SALE), clouds)
    found = [(row["cloud"], row["kind"]) for row in delivery_views.listed(journal.reader)]
    assert found == [("all", "drawer"), ("all", "sale"), ("sales", "sale")]
    assert [row["id"] for row in delivery_views.listed(journal.reader, cloud="all", after=1, limit=1)] == [2]


async def test_a_lane_that_knows_nothing_says_so(journal: Journal) -> None:
    running = Running(journal, MemoryCloud(knows_keys=True), TwoSteps(Idempotency.KEY_REPLAY))
    await asyncio.sleep(0.01)
    assert running.courier.view.state is LaneState.UNTRIED
    await running.stop()


async def test_parallel_when_open_and_alone_when_in_doubt(journal: Journal) -> None:
    for number in range(12):
        await write(journal, draft(till=f"till-{number % 6}"), CLOUDS)
    gate = asyncio.Event()

    class Counts(MemoryCloud):
        async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            try:
                await gate.wait()
                await asyncio.sleep(0.002)
                return await super().exchange(base_url, request, headers)
            finally:
                self.under_way -= 1

    cloud = Counts(knows_keys=True)
    running = Running(journal, cloud, TwoSteps(Idempotency.KEY_REPLAY, parallel=3))
    await asyncio.sleep(0.02)
    assert cloud.under_way == 1  # untried: one alone
    gate.set()
    await running.until({"delivered": 12})
    await running.stop()
    assert cloud.most_under_way == 3


async def test_a_disk_in_trouble_slows_a_lane_and_parks_nothing(journal: Journal) -> None:
    await write(journal, draft(), CLOUDS)
    cloud = MemoryCloud(knows_keys=True)
    journal._writer.fault = JournalUnclear("the disk failed", hint="Look at it.")
    running = Running(journal, cloud, TwoSteps(Idempotency.KEY_REPLAY))
    while running.courier.view.state is not LaneState.TROUBLE:
        await asyncio.sleep(0.001)
    assert running.courier.view.error == "the disk failed. Look at it."
    assert not cloud.orders
    journal._writer.fault = None
    await running.until({"delivered": 1})
    await running.stop()


async def test_several_that_meet_the_same_trouble_slow_the_lane_once(journal: Journal) -> None:
    for number in range(4):
        await write(journal, draft(till=f"till-{number}"), CLOUDS)
    connector = TwoSteps(Idempotency.KEY_REPLAY, parallel=3)
    running = Running(journal, MemoryCloud(knows_keys=True), connector)
    await running.until({"delivered": 4})  # the lane is open: it sends three at once

    class Falls(MemoryCloud):
        async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
            await asyncio.sleep(0.002)
            return await super().exchange(base_url, request, headers)

    running.courier._attempts.session = Falls(knows_keys=True, lies=["no line"] * 3)
    for number in range(3):
        await write(journal, draft(till=f"till-{number}"), CLOUDS)
    await running.until({"delivered": 7})
    await running.stop()
    assert deliveries.one(journal.reader, 7) is not None
    assert deliveries.one(journal.reader, 99) is None


@pytest.mark.parametrize("idempotency", [Idempotency.KEY_REPLAY, Idempotency.PROBE_FIRST])
@pytest.mark.parametrize("lie", ["no line", "lost before", "503", "401"])
async def test_an_outage_of_days_does_not_wear_the_disk_out(
    journal: Journal, idempotency: Idempotency, lie: str
) -> None:
    record = await write(journal, draft(), CLOUDS)
    cloud = MemoryCloud(idempotency is Idempotency.KEY_REPLAY, [lie] * 50)
    written = 0
    real = journal.write

    async def counting(change: Callable[[sqlite3.Connection], object], *, behind_rows: int = 0) -> object:
        nonlocal written
        written += 1
        return await real(change, behind_rows=behind_rows)

    journal.write = counting  # type: ignore[method-assign, assignment]  # it counts, and does the same
    await settle(journal, cloud, TwoSteps(idempotency), delivered=1)
    assert [(order["id"], order["paid"]) for order in cloud.orders] == [(record.id, 1)]
    assert written <= 6  # begun, failed, each of two steps, delivered; and a look that failed


@pytest.mark.parametrize("crashed", [False, True])
async def test_what_never_left_is_known_not_to_have_and_looked_for_after_a_crash(
    journal: Journal, *, crashed: bool
) -> None:
    await write(journal, draft(), CLOUDS)
    looked: list[str] = []

    class Watched(MemoryCloud):
        async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
            answer = await super().exchange(base_url, request, headers)
            looked.append(request.method)
            return answer

    cloud = Watched(knows_keys=False, lies=["no line"] * 3)
    running = Running(journal, cloud, TwoSteps(Idempotency.PROBE_FIRST))
    while len(cloud.lies) > 1 or running.courier.view.state is not LaneState.LINE:
        running.courier.wake(fresh=True)
        await asyncio.sleep(0.001)
    if crashed:
        await running.stop()
        running = Running(journal, cloud, TwoSteps(Idempotency.PROBE_FIRST))
    await running.until({"delivered": 1})
    await running.stop()
    assert looked == (["GET"] if crashed else []) + ["POST", "POST"]
    assert len(cloud.orders) == 1


@pytest.mark.parametrize("there", [False, True])
async def test_what_a_disk_that_was_put_back_may_have_sent_is_looked_for(journal: Journal, *, there: bool) -> None:
    record = await write(journal, draft(), CLOUDS)
    cloud = MemoryCloud(knows_keys=False)
    if there:  # sent before the disk was put back, which knows nothing of it
        cloud.orders.append({"order": "O1", "id": record.id, "sale": None, "total": 1250, "paid": 1})
    await journal.write(lambda tx: tx.execute("update delivery set doubt = 1"))
    await settle(journal, cloud, TwoSteps(Idempotency.PROBE_FIRST), delivered=1)
    assert [(order["id"], order["paid"]) for order in cloud.orders] == [(record.id, 1)]
    shown = delivery_views.shown(journal.reader, 1)
    assert shown is not None
    assert [step["state"] for step in shown["steps"]] == ["done", "done"]


async def test_a_tills_records_arrive_in_order_whatever_the_line_does(journal: Journal) -> None:
    wanted = [await write(journal, draft(till=f"till-{number % 2}"), CLOUDS) for number in range(10)]
    lies = ["503", "lost after", "no line", "honest", "lost before", "401"] * 5
    cloud = MemoryCloud(knows_keys=True, lies=lies)
    await settle(journal, cloud, TwoSteps(Idempotency.KEY_REPLAY), delivered=10)
    for till in ("till-0", "till-1"):
        mine = [record.id for record in wanted if record.till == till]
        assert [order["id"] for order in cloud.orders if order["id"] in mine] == mine


async def test_a_long_outage_of_the_cloud_keeps_the_order_but_for_one(journal: Journal) -> None:
    wanted = [await write(journal, draft(), CLOUDS) for _ in range(6)]
    cloud = MemoryCloud(knows_keys=True, lies=["503"] * (OTHERS_TURN * 3 + 5))
    await settle(journal, cloud, TwoSteps(Idempotency.KEY_REPLAY), delivered=6)
    assert [order["id"] for order in cloud.orders] == [record.id for record in wanted]


async def test_a_disk_of_this_pc_that_fails_lets_no_record_overtake_another(journal: Journal) -> None:
    wanted = [await write(journal, draft(), CLOUDS) for _ in range(3)]
    fail(journal, *["full"] * OTHERS_TURN)
    cloud = MemoryCloud(knows_keys=True)
    await settle(journal, cloud, TwoSteps(Idempotency.KEY_REPLAY), delivered=3)
    assert [order["id"] for order in cloud.orders] == [record.id for record in wanted]
