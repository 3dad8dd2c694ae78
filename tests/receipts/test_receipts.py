"""Receipts and openings through printers that fail at random in every listed way: nobody is told what is not so.

The seeded short part of `make receipts`.
"""

from __future__ import annotations

import asyncio

from drivers.printer.background import Background
from drivers.printer.outcome import KickResult, Result
from tests.receipts.campaign import AT_A_COUNTER, Share, in_virtual_time, run, shares
from tests.receipts.counter import KINDS
from tests.receipts.ledger import REFUSED
from tests.receipts.troubles import TROUBLES
from tests.receipts.wires import WIRES

SEED = 1
VIRTUAL_RECEIPTS = len(KINDS) * AT_A_COUNTER  # every kind of printer once
REAL_COUNTERS, REAL_RECEIPTS = 4, 3  # of each wire, and at each of them
ELSEWHERE = {  # troubles that are none in memory, or need a drawer that is shut just then
    "another_program_has_the_port",
    "a_twin_is_plugged_in",
    "short_transfers",
    "endpoint_halts",
    "bus_takes_nothing_after_a_byte",
    "device_vanishes_in_mid_transfer",
    "empty_answers",
    "drawer_is_jammed",
    "drawer_is_unplugged",
}


def test_what_is_said_of_receipts_and_drawers_is_true_whatever_happens() -> None:
    found = run(shares(VIRTUAL_RECEIPTS, SEED, ["sim"]))
    assert found.violations == []
    assert found.results.total() == VIRTUAL_RECEIPTS
    assert found.results.keys() == {Result.PRINTED, Result.NOT_PRINTED, Result.UNKNOWN, REFUSED}
    assert found.openings.keys() == set(KickResult)
    assert TROUBLES.keys() - found.struck.keys() <= ELSEWHERE


def test_it_is_true_over_real_wires() -> None:
    wires = [wire for wire in WIRES if wire != "sim"]
    todo = [Share(SEED, wire, place, REAL_RECEIPTS) for place in range(REAL_COUNTERS) for wire in wires]
    found = run(todo)
    assert found.violations == []
    assert found.results.total() == len(todo) * REAL_RECEIPTS
    assert found.results[Result.PRINTED] > 0


def test_a_seed_is_the_same_course_of_events_each_time() -> None:
    share = Share(7, "sim", 3, 10)
    assert in_virtual_time(share) == in_virtual_time(share)
    assert in_virtual_time(share) != in_virtual_time(Share(8, "sim", 3, 10))


def test_receipts_are_shared_out_to_the_last() -> None:
    for receipts in (1, 3, 99, 1000):
        assert sum(share.receipts for share in shares(receipts, SEED)) == receipts


async def test_whoever_ends_a_conversation_ends_it_though_what_ran_beside_it_fails_just_then() -> None:
    async def fail_at_the_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ConnectionError

    async def converse() -> None:
        async with Background(fail_at_the_end()):
            await asyncio.Event().wait()

    conversing = asyncio.create_task(converse())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    conversing.cancel()
    await asyncio.wait({conversing})
    assert conversing.cancelled()
