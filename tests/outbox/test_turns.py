"""Turns at a cloud: never faster than it allows, nobody for ever passed over, sales before prices."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.bucket import Bucket
from outbox.connector import Answer, Request
from outbox.session import AnswerLost, NotSent
from outbox.throttle import Allowance, Limits
from outbox.turns import IN_A_ROW, PER_S_MIN, Turns

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMITS = st.builds(Limits, st.floats(1, 2000), st.floats(0.02, 200), st.none() | st.integers(1, 5))
CALLS = st.lists(
    st.tuples(st.floats(0, 3000), st.booleans(), st.floats(0, 5), st.floats(0, 30)), min_size=1, max_size=40
)  # cost, first, seconds since the one before, seconds it takes


@given(limits=LIMITS, calls=CALLS)
@settings(max_examples=100, deadline=None)
def test_no_more_is_spent_than_the_cloud_gives_and_everyone_gets_a_turn(
    limits: Limits, calls: list[tuple[float, bool, float, float]]
) -> None:
    spent: list[tuple[float, float]] = []
    granted, most = simulate(limits, calls, spent)
    assert sorted(granted) == list(range(len(calls)))
    assert limits.at_once is None or most <= limits.at_once
    for number, (since, _) in enumerate(spent):
        for upto in range(number, len(spent)):
            within = sum(cost for _, cost in spent[number : upto + 1])
            allowed = limits.burst + (spent[upto][0] - since) * limits.per_s
            assert within <= allowed * (1 + 1e-9) + 1e-6


@given(limits=LIMITS, calls=CALLS)
@settings(max_examples=100, deadline=None)
def test_within_a_queue_the_first_to_come_is_the_first_to_go(
    limits: Limits, calls: list[tuple[float, bool, float, float]]
) -> None:
    granted, _ = simulate(limits, calls, [])
    for first in (True, False):
        mine = [number for number in granted if calls[number][1] is first]
        assert mine == sorted(mine)


def simulate(
    limits: Limits, calls: list[tuple[float, bool, float, float]], spent: list[tuple[float, float]]
) -> tuple[list[int], int]:
    """Play calls against a clock that moves to where there is something to do. Fails where it goes on for ever."""
    turns: Turns[int] = Turns(limits, 0.0)
    coming, now = [], 0.0
    for number, (_, _, since, _) in enumerate(calls):
        now += since
        coming.append((now, number))
    now, granted, ends, most = 0.0, list[int](), list[tuple[float, float]](), 0
    for _ in range(20 * len(calls) + 20):
        while coming and coming[0][0] <= now:
            _, number = coming.pop(0)
            turns.wait(number, calls[number][0], first=calls[number][1])
        for at, cost in [end for end in ends if end[0] <= now]:
            ends.remove((at, cost))
            turns.ended(cost, now, None)
        for waiter in turns.ready(now):
            granted.append(waiter.who)
            spent.append((now, waiter.cost))
            ends.append((now + calls[waiter.who][3], waiter.cost))
            most = max(most, turns.under_way)
        if len(granted) == len(calls):
            return granted, most
        wait_s = turns.ready_in()
        events = [end[0] for end in ends if end[0] > now] + [at for at, _ in coming[:1]]
        events += [now] if any(end[0] <= now for end in ends) else []
        later = min([*events, *([] if wait_s is None else [now + max(wait_s, 1e-6)])])
        now = max(now, later)
    raise AssertionError("somebody waits for ever")


def test_sales_go_before_prices_and_prices_are_not_forgotten() -> None:
    turns: Turns[str] = Turns(Limits(1, 1), 0.0)
    for number in range(40):
        turns.wait(f"sale {number}", 1, first=True)
        turns.wait(f"page {number}", 1, first=False)
    order = []
    for second in range(40):
        order += [waiter.who.split()[0] for waiter in turns.ready(float(second))]
    assert order[: IN_A_ROW + 1] == ["sale"] * IN_A_ROW + ["page"]
    assert order.count("page") == 4
    assert len(order) == 40


def test_an_answer_corrects_the_count_less_what_is_on_its_way() -> None:
    turns: Turns[str] = Turns(Limits(100, 10), 0.0)
    for who in ("a", "b"):
        turns.wait(who, 40, first=True)
    assert len(turns.ready(0.0)) == 2
    turns.ended(40, 0.0, Allowance(left=95.0))
    assert turns.state(0.0).left == 55, "b's 40 have not been counted there"
    turns.ended(40, 0.0, Allowance(left=90.0, burst=200.0, per_s=50.0))
    assert turns.state(1.0).left == 140
    turns.wait("c", 1000, first=True)
    assert [waiter.cost for waiter in turns.ready(10.0)] == [200], "what costs more than there can be costs all of it"


@pytest.mark.parametrize("said", [Allowance(math.nan, math.nan, math.nan), Allowance(math.inf, 0.0, -1.0)])
def test_nonsense_is_not_believed(said: Allowance) -> None:
    turns: Turns[str] = Turns(Limits(10, 1), 0.0)
    turns.wait("a", math.nan, first=True)
    (waiter,) = turns.ready(0.0)
    turns.ended(waiter.cost, 0.0, said)
    state = turns.state(0.0)
    assert (state.left, state.burst, state.per_s) == (10, 10, 1)


def test_a_cloud_that_gives_nothing_is_still_asked_now_and_then() -> None:
    turns: Turns[str] = Turns(Limits(0, 0), 0.0)
    assert turns.state(0.0).burst == 1
    turns.wait("a", 5, first=True)
    assert turns.ready(0.0)
    turns.ended(1, 0.0, Allowance(left=-1e9))
    turns.wait("b", 5, first=True)
    assert turns.ready(0.0) == []
    assert turns.ready_in() == pytest.approx(2 / PER_S_MIN)


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    turns: Turns[str] = Turns(Limits(10, 1), 100.0)
    turns.wait("a", 10, first=True)
    assert turns.ready(50.0)
    assert turns.state(50.0).left == 0
    assert turns.state(51.0).left == 1


# --- with a loop ---


@dataclass
class Pace:
    """A cloud's words on its limits; each call costs what its path says."""

    limits: Limits
    says: Allowance | None = None

    def cost(self, request: Request) -> float:
        return float(request.path.removeprefix("/"))

    def allowance(self, answer: Answer) -> Allowance | None:
        return self.says


@dataclass
class Wire:
    """Answers when it is let, and counts who is there at once."""

    status: int = 200
    raises: Exception | None = None
    let: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[str] = field(default_factory=list)

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        self.calls.append(request.path)
        await self.let.wait()
        if self.raises is not None:
            raise self.raises
        return Answer(self.status, {}, b"")


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def call(session: Any, cost: float) -> asyncio.Task[Answer]:
    return asyncio.create_task(session.exchange("https://c.example", Request("GET", f"/{cost:g}"), {}))


async def test_calls_wait_for_their_units_and_go_when_they_are_back() -> None:
    now = [0.0]
    bucket, wire = Bucket(Pace(Limits(2, 1000.0)), clock=lambda: now[0]), Wire()
    session = bucket.of(wire, first=True)
    tasks = [call(session, 1) for _ in range(3)]
    await settle()
    assert len(wire.calls) == 2
    now[0] = 1.0
    async with asyncio.timeout(10):
        while len(wire.calls) < 3:
            await asyncio.sleep(0.001)
    wire.let.set()
    assert [(await task).status for task in tasks] == [200, 200, 200]
    bucket.close()


async def test_no_more_are_under_way_than_the_cloud_takes_at_once() -> None:
    bucket, wire = Bucket(Pace(Limits(100, 100.0, at_once=2))), Wire()
    tasks = [call(bucket.of(wire, first=True), 1) for _ in range(5)]
    await settle()
    assert len(wire.calls) == 2
    wire.let.set()
    await asyncio.gather(*tasks)
    assert len(wire.calls) == 5


@pytest.mark.parametrize(
    ("wire", "left"),
    [
        (Wire(raises=NotSent("no line", hint="")), 10.0),
        (Wire(raises=AnswerLost("lost", hint="")), 3.0),
        (Wire(status=429), 0.0),
        (Wire(), 3.0),
    ],
)
async def test_what_a_call_costs_depends_on_how_it_ends(wire: Wire, left: float) -> None:
    bucket = Bucket(Pace(Limits(10, 1)), clock=lambda: 0.0)
    wire.let.set()
    with suppress(NotSent, AnswerLost):
        await bucket.of(wire, first=True).exchange("", Request("GET", "/7"), {})
    assert bucket.state.left == left


async def test_who_is_told_to_stop_leaves_the_line_and_pays_nothing() -> None:
    bucket, wire = Bucket(Pace(Limits(10, 0.02)), clock=lambda: 0.0), Wire()
    session = bucket.of(wire, first=True)
    running, waiting, last = call(session, 6), call(session, 6), call(session, 4)
    await settle()
    assert wire.calls == ["/6"]
    waiting.cancel()
    await settle()
    assert wire.calls == ["/6", "/4"], "the one behind need not wait for it"
    wire.let.set()
    await asyncio.gather(running, last)
    assert bucket.state.left == 0
    stopped = call(session, 1)
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert not bucket.turns.first
    assert bucket.turns.under_way == 0
    bucket.close()


async def test_who_is_told_to_stop_in_the_moment_of_their_turn_gives_it_back() -> None:
    now = [0.0]
    bucket, wire = Bucket(Pace(Limits(1, 0.02)), clock=lambda: now[0]), Wire()
    session = bucket.of(wire, first=True)
    wire.let.set()
    await session.exchange("", Request("GET", "/1"), {})
    task = call(session, 1)
    await settle()
    now[0] = 1000.0
    bucket._go_on()  # its turn has come, and it has not gone on yet
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (bucket.turns.under_way, bucket.state.left) == (0, 1)
    assert wire.calls == ["/1"]
    bucket.close()
