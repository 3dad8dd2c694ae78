"""A cloud whose lists lag behind what it has: nothing is sent again before it could have been seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from outbox import delivery_views
from outbox.attempt import Attempts
from outbox.connector import Absent, Answer, Idempotency, Request
from outbox.ending import Ending
from tests.outbox.facts import draft, write
from tests.outbox.memory_cloud import MemoryCloud, TwoSteps, no_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Fact, Sighting, Step
    from outbox.ending import End
    from outbox.journal import Journal

LAG_S = 120.0
CLOUDS = {"cloud": TwoSteps(Idempotency.PROBE_FIRST).capabilities.kinds}


class Lagging(TwoSteps):
    """Its lists show what was made only `LAG_S` later."""

    def __init__(self) -> None:
        super().__init__(Idempotency.PROBE_FIRST)

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        seen = super().sighting(step, fact, answer)
        return Absent(LAG_S) if isinstance(seen, Absent) else seen


class Cloud(MemoryCloud):
    """A cloud with a clock and an index; `dated`: its answers say what time it is."""

    def __init__(self, *, dated: bool) -> None:
        super().__init__(knows_keys=False)
        self.at = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
        self.dated = dated
        self.made_at: list[datetime] = []

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        answer = await super().exchange(base_url, request, headers)
        return Answer(answer.status, {"date": format_datetime(self.at)} if self.dated else {}, answer.body)

    def _do(self, request: Request, key: str) -> Answer:
        if request.method == "GET":
            orders = self.orders
            self.orders = [
                order
                for order, made_at in zip(orders, self.made_at, strict=True)
                if self.at - made_at >= timedelta(seconds=LAG_S)
            ]
            try:
                return super()._do(request, key)
            finally:
                self.orders = orders
        if request.path == "/make":
            self.made_at.append(self.at)
        return super()._do(request, key)


class Lane:
    """One delivery, attempted when the test says so."""

    def __init__(self, journal: Journal, cloud: Cloud) -> None:
        self.journal, self.cloud = journal, cloud
        self.attempts = self.started()

    def started(self) -> Attempts:
        return Attempts("cloud", Lagging(), self.journal, self.cloud, no_items, now=lambda: self.cloud.at)

    async def attempt(self, *lies: str) -> End:
        self.cloud.lies = list(lies)
        (delivery,) = delivery_views.listed(self.journal.reader)
        return await self.attempts.make(delivery["id"])


@pytest.fixture(params=[True, False], ids=["with its clock", "without"])
async def lane(journal: Journal, request: Any) -> Lane:
    await write(journal, draft(), CLOUDS)
    return Lane(journal, Cloud(dated=request.param))


async def test_what_is_not_in_the_list_yet_is_waited_for_and_found(lane: Lane) -> None:
    assert (await lane.attempt("lost after")).ending is Ending.LINE
    end = await lane.attempt()
    assert (end.ending, end.after_s) == (Ending.TROUBLE, LAG_S)
    lane.cloud.at += timedelta(seconds=119)
    assert (await lane.attempt()).after_s == 1.0
    lane.cloud.at += timedelta(seconds=1)
    assert (await lane.attempt()).ending is Ending.SETTLED
    assert len(lane.cloud.orders) == 1


async def test_what_never_came_is_sent_again_and_that_is_waited_for_too(lane: Lane) -> None:
    await lane.attempt("lost before")
    await lane.attempt()
    lane.cloud.at += timedelta(seconds=LAG_S)
    assert (await lane.attempt("honest", "lost after")).ending is Ending.LINE  # not there; sent; its answer is lost
    assert (await lane.attempt()).after_s == LAG_S  # however long ago the first one was sent
    lane.cloud.at += timedelta(seconds=LAG_S)
    assert (await lane.attempt()).ending is Ending.SETTLED
    assert len(lane.cloud.orders) == 1


async def test_after_a_crash_the_wait_begins_anew(lane: Lane) -> None:
    await lane.attempt("lost before")
    await lane.attempt()
    lane.cloud.at += timedelta(seconds=LAG_S)
    await lane.attempt("honest", "lost after")
    lane.attempts = lane.started()
    assert (await lane.attempt()).after_s == LAG_S
    lane.cloud.at -= timedelta(hours=1)  # and anew where the clock is set back
    assert (await lane.attempt()).after_s == LAG_S
    lane.cloud.at += timedelta(hours=2)
    assert (await lane.attempt()).ending is Ending.SETTLED
    assert len(lane.cloud.orders) == 1


async def test_what_an_earlier_life_sent_is_older_than_this_ones_first_look(lane: Lane) -> None:
    await lane.attempt("lost before")
    lane.attempts = lane.started()
    assert (await lane.attempt()).after_s == LAG_S
    lane.cloud.at += timedelta(seconds=60)
    assert (await lane.attempt()).after_s == LAG_S - 60
    lane.cloud.at += timedelta(seconds=60)
    assert (await lane.attempt()).ending is Ending.SETTLED
    assert len(lane.cloud.orders) == 1


async def test_what_was_throttled_did_not_come_and_is_sent_at_once(lane: Lane) -> None:
    assert (await lane.attempt("429")).ending is Ending.TROUBLE
    assert (await lane.attempt()).ending is Ending.SETTLED
    assert len(lane.cloud.orders) == 1
