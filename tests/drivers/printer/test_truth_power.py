"""A printer that is switched off and on while a serial line shows nothing of it: what it held is never `printed`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from drivers.printer.escpos import FenceKind
from drivers.printer.outcome import KickResult, Result
from drivers.printer.pulse import GLANCE_S
from drivers.printer.receipt import SWITCHED_OFF
from drivers.printer.settings import PrinterSettings
from drivers.printer.status import Level
from drivers.printer.timing import DEFAULT_TIMING
from drivers.simulated.printer import Model, SimulatedPrinter
from tests.drivers.printer.lane import QUICK, Lane, Lanes, eventually, receipt

if TYPE_CHECKING:
    from drivers.printer.outcome import PrintOutcome
    from drivers.simulated.printer_tokens import Token

CABLE_S = 0.005  # a byte's way; what the printer says meanwhile is on its way, too


async def out_of_paper(it: Lane, lines: int, after: int = 200) -> asyncio.Task[PrintOutcome]:
    """Print, and return when the printer is known to be out of paper with a part of the receipt on it."""
    it.machine.paper_out_at = it.machine.printed + after
    printing = asyncio.create_task(it.print(receipt(lines)))
    await eventually(lambda: "waiting for paper" in it.progress)
    assert it.machine.buffered > 0
    return printing


@pytest.mark.parametrize("fence", [FenceKind.GS_R, FenceKind.GS_H])
@pytest.mark.parametrize("lines", [60, 1500])  # all of it in the printer; most of it still here
async def test_a_roll_changed_with_the_power_off_leaves_the_receipt_unknown(
    lane: Lanes, fence: FenceKind, lines: int
) -> None:
    it = await lane(settings=PrinterSettings(fence=fence))
    printing = await out_of_paper(it, lines)
    it.machine.flicker()
    it.machine.load_paper()
    outcome = await printing
    assert outcome.result is Result.UNKNOWN
    assert SWITCHED_OFF in outcome.reason
    assert not it.machine.receipts
    assert (await it.print(receipt(5, "next"))).result is Result.PRINTED
    it.machine.set_paper_low()
    await asyncio.sleep(CABLE_S)
    assert it.machine._reports_on  # and it reports again


@pytest.mark.parametrize("glitch", [b"\0", b"\0\xff", b"\x03", b"\xff"])
async def test_what_the_power_makes_as_it_comes_on_confirms_no_receipt(lane: Lanes, glitch: bytes) -> None:
    it = await lane()
    printing = await out_of_paper(it, 60)
    it.machine.flicker(glitch)
    it.machine.load_paper()
    assert (await printing).result is Result.UNKNOWN
    assert not it.machine.receipts


async def test_a_receipt_whose_last_answer_comes_just_before_the_paper_ends_is_printed(lane: Lanes) -> None:
    class LastLine(SimulatedPrinter):
        """Its roll ends with the receipt's cut."""

        def _obey(self, token: Token) -> None:
            super()._obey(token)
            if token.name == b"\x1dr" and self.cuts:
                self.run_out_of_paper()

    it = await lane(machine=LastLine(), timing=DEFAULT_TIMING)
    assert (await it.print()).result is Result.PRINTED
    assert it.progress == ["printing"]


async def test_a_question_lost_with_the_power_is_asked_again(lane: Lanes) -> None:
    it = await lane(timing=DEFAULT_TIMING)
    printing = await out_of_paper(it, 1500)
    it.machine.flicker()
    it.machine.oddities.silent = True
    await asyncio.sleep(DEFAULT_TIMING.late_s + 1)
    it.machine.oddities.silent = False
    await asyncio.sleep(DEFAULT_TIMING.late_s + 1)
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    it.machine.load_paper()
    outcome = await printing
    assert outcome.result is Result.UNKNOWN
    assert SWITCHED_OFF in outcome.reason  # and not that nobody came


async def test_questions_that_were_held_back_answer_no_others(lane: Lanes) -> None:
    it = await lane(Model(reports=False))
    printing = await out_of_paper(it, 60)
    wire = it.machine._line
    send, held = wire.send, []

    def hold(answer: bytes, *, delay_s: float = 0.0) -> None:
        held.append((answer, delay_s))

    wire.send = hold  # type: ignore[method-assign] # a line on which nothing gets through for a while
    await eventually(lambda: len(held) >= 4)
    wire.send = send  # type: ignore[method-assign] # and then all of it at once
    for answer, _ in held:
        send(answer)
    assert len({answer for answer, _ in held}) == 1  # the same question each time
    it.machine.load_paper()
    assert (await printing).result is Result.PRINTED
    assert [paper.text.count(b"line") for paper in it.machine.receipts] == [60]
    # The drawer's pin in an answer to the first question looks like an open cover in one to the second.
    assert {status.drawer_pin for status in it.statuses} == {Level.HIGH}
    assert not any(status.cover_open for status in it.statuses)


async def test_an_idle_printer_that_was_off_for_a_moment_reports_again(lane: Lanes) -> None:
    it = await lane()
    it.machine.flicker()
    await eventually(lambda: it.machine._reports_on)
    it.machine.open_cover()
    await asyncio.sleep(CABLE_S)
    assert it.printer.status.cover_open


async def test_a_drawer_that_opens_though_reports_were_lost_is_seen_to_open(lane: Lanes) -> None:
    it = await lane(timing=replace(QUICK, heartbeat_s=60.0, edge_s=4 * GLANCE_S))
    it.machine.flicker()
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    assert it.machine.kicks == [2]


async def test_the_receipt_after_a_roll_that_was_changed_with_the_power_off_is_printed(lane: Lanes) -> None:
    it = await lane(timing=replace(QUICK, heartbeat_s=60.0))
    it.machine.run_out_of_paper()
    await asyncio.sleep(CABLE_S)
    it.machine.flicker()
    it.machine.load_paper()
    assert (await it.print(receipt(60))).result is Result.PRINTED
    assert it.machine._reports_on


async def test_a_printer_that_reports_once_and_never_again_is_asked(lane: Lanes) -> None:
    class Forgetful(SimulatedPrinter):
        """It answers the first `GS a` alone."""

        def _obey(self, token: Token) -> None:
            if token.name != b"\x1da" or not self._last_report:
                super()._obey(token)

        def _changed(self, event: str = "status") -> None:
            self._reports_on = False
            super()._changed(event)

    it = await lane(machine=Forgetful())
    it.machine.open_cover()
    await eventually(lambda: bool(it.printer.status.cover_open))
    it.machine.close_cover()
    await eventually(lambda: it.printer.status.cover_open is False)
    assert (await it.print()).result is Result.PRINTED
