"""Refunds that Square has already, asked for again by a disk that was put back: found, and booked once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from outbox.connector import Complete, Done, Found, Idempotency, Step
from tests.clouds.records import fact_of, line, refund, sale

if TYPE_CHECKING:
    from outbox.connector import Fact
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_square import LyingSquare


async def looked_for(driver: Driver, fact: Fact) -> tuple[Complete, dict[str, str]]:
    """Take a record to its end, looking for each step that changes something, and sending none of them."""
    connector, refs = driver.connector, dict(fact.refs)
    while True:
        step = connector.next_step(replace(fact, refs=refs))
        if isinstance(step, Complete):
            return step, refs
        assert isinstance(step, Step)
        now = replace(fact, refs=refs, now=driver.clock())
        if step.idempotency is Idempotency.NONE:  # it reads
            seen: object = connector.verdict(step, now, await driver._exchange(step.request, step.key))
        else:
            probe = connector.probe(step, now)
            assert probe is not None
            seen = connector.sighting(step, now, await driver._exchange(probe, step.key))
            assert isinstance(seen, Found), (step.name, seen)
        assert isinstance(seen, Found | Done), seen
        refs |= seen.refs


@pytest.mark.parametrize(
    ("paid", "back"),
    [
        ([("card", 2500)], [("card", 2400)]),  # 100 are left: less than went back
        ([("card", 2500)], [("card", 600)]),
        ([("cash", 1000), ("card", 1500)], [("card", 1500), ("cash", 1000)]),
        ([("cash", 1000), ("card", 1500)], [("cash", 2100)]),  # of both payments
    ],
)
async def test_a_refund_is_found_whatever_is_left_of_the_payments_by_now(
    driver: Driver, square: LyingSquare, clock: Clock, paid: list[tuple[str, int]], back: list[tuple[str, int]]
) -> None:
    record = sale([line("mug", 1250, "2")], paid)
    _, sale_refs = await driver.deliver(fact_of(record, clock))
    asked = fact_of(refund(record, back), clock, sale_refs=sale_refs)
    before, refs = await driver.deliver(asked)
    booked = dict(square.books.refunds)
    again, found = await looked_for(driver, asked)
    assert square.books.refunds == booked
    assert isinstance(before, Complete)
    assert (again.remote_id, again.drift) == (before.remote_id, 0)
    names = {name for name in refs if name.startswith("refund")}
    assert {name: found[name] for name in names} == {name: refs[name] for name in names}
