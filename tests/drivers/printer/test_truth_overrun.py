"""A printer with no flow control that works, which throws away what its full buffer has no room for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from drivers.printer.outcome import Result
from drivers.printer.receipt import THREW_AWAY
from drivers.printer.settings import DialectName
from drivers.simulated.printer import BUFFER_BYTES
from drivers.simulated.star import SimulatedStar
from tests.drivers.printer.lane import eventually, receipt

if TYPE_CHECKING:
    from tests.drivers.printer.lane import Lanes

LINES = 3 * BUFFER_BYTES // len("line 1000\n")


@pytest.mark.parametrize("dialect", [DialectName.ESCPOS, DialectName.STAR_LINE])
async def test_nothing_more_is_sent_to_a_printer_that_says_it_cannot_print(lane: Lanes, dialect: DialectName) -> None:
    it = await lane(dialect=dialect)
    it.machine.oddities.overruns = True
    it.machine.paper_out_at = it.machine.printed + 500
    printing = asyncio.create_task(it.print(receipt(LINES)))
    await eventually(lambda: bool(it.progress) and "paper" in it.progress[-1])
    it.machine.paper_out_at = None
    it.machine.load_paper()
    outcome = await printing
    assert it.machine.overrun == 0
    assert outcome.result is Result.PRINTED
    assert [paper.text.count(b"line") for paper in it.machine.receipts] == [LINES]


@pytest.mark.parametrize("dialect", [DialectName.STAR_LINE, DialectName.STARPRNT])
async def test_what_a_star_says_it_threw_away_before_the_end_was_sent_is_not_printed(
    lane: Lanes, dialect: DialectName
) -> None:
    it = await lane(dialect=dialect)
    assert isinstance(it.machine, SimulatedStar)
    it.machine.paper_out_at = it.machine.printed + 500
    printing = asyncio.create_task(it.print(receipt(LINES)))
    await eventually(lambda: bool(it.progress) and "paper" in it.progress[-1])
    it.machine.overflowed = True  # by what was on its way when the paper ended
    it.machine.load_paper()
    outcome = await printing
    assert outcome.result is Result.UNKNOWN
    assert THREW_AWAY in outcome.reason
    assert (await it.print(receipt(5, "next"))).result is Result.PRINTED
