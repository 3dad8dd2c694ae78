"""A drawer is opened because its switch moved after the pulse, and for no older reason."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from drivers.printer.outcome import KickResult
from drivers.printer.settings import DialectName
from drivers.simulated.printer import DrawerKind, Model
from drivers.simulated.star import StarModel
from tests.drivers.printer.lane import QUICK, eventually, receipt

if TYPE_CHECKING:
    from tests.drivers.printer.lane import Lanes


async def test_a_drawer_shut_since_reports_were_lost_has_not_opened(lane: Lanes) -> None:
    it = await lane(timing=replace(QUICK, heartbeat_s=0.05))
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    it.machine._reports_on = False  # as after a power cut that a serial line does not show
    it.machine.close_drawer()
    it.machine.drawer = DrawerKind.JAMMED
    assert (await it.printer.kick(2)).result is KickResult.UNKNOWN
    assert it.machine.kicks == [2, 2]


@pytest.mark.parametrize("model", [Model(), Model(reports=False)], ids=["reports", "is asked"])
async def test_a_drawer_shut_while_a_receipt_waits_has_not_opened(lane: Lanes, model: Model) -> None:
    it = await lane(model, timing=replace(QUICK, glance_s=0.05))
    it.machine.paper_out_at = it.machine.printed + 200
    printing = asyncio.create_task(it.print(receipt(40)))
    await eventually(lambda: "waiting for paper" in it.progress)
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    it.machine.close_drawer()
    it.machine.drawer = DrawerKind.JAMMED
    assert (await it.printer.kick(2)).result is KickResult.UNKNOWN
    it.machine.load_paper()
    await printing


@pytest.mark.parametrize("speaks", [DialectName.STAR_LINE, DialectName.STARPRNT])
async def test_a_drawer_shut_while_a_star_in_trouble_had_no_power_has_not_opened(
    lane: Lanes, speaks: DialectName
) -> None:
    it = await lane(StarModel(fences=False), dialect=speaks, timing=replace(QUICK, heartbeat_s=0.05))
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    it.machine.open_cover()
    await eventually(lambda: bool(it.printer.status.cover_open))
    it.machine._lose_power()  # a serial line does not show it
    it.machine.close_drawer()
    it.machine.power_on()
    it.machine.drawer = DrawerKind.JAMMED
    await eventually(lambda: it.machine.buffered > 0)  # a question, which it answers once it can print
    kicking = asyncio.create_task(it.printer.kick(2))
    await eventually(lambda: it.machine.kicks == [2, 2])
    it.machine.close_cover()  # and now it says that the drawer is shut: news, and no move
    assert (await kicking).result is KickResult.UNKNOWN
    assert it.printer.status.cover_open is False


async def test_a_drawer_that_opens_while_a_star_cannot_print_is_seen_to_open(lane: Lanes) -> None:
    it = await lane(dialect=DialectName.STAR_LINE)
    it.machine.run_out_of_paper()
    await eventually(lambda: it.printer.status.online is False)
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    it.machine.close_drawer()
    it.machine.load_paper()
    await eventually(lambda: it.printer.status.online is True)
    assert (await it.printer.kick(2)).result is KickResult.OPENED


@pytest.mark.parametrize("trouble", [False, True])
async def test_a_stars_report_on_its_way_when_it_is_asked_is_not_the_answer(lane: Lanes, *, trouble: bool) -> None:
    it = await lane(dialect=DialectName.STAR_LINE, timing=replace(QUICK, flight_s=0.1))
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    if trouble:
        it.machine.open_cover()
        await eventually(lambda: bool(it.printer.status.cover_open))
    it.machine.drawer = DrawerKind.JAMMED
    wire = it.machine._line
    send, late = wire.send, []

    def slow(answer: bytes, *, delay_s: float = 0.0) -> None:
        late.append(answer)
        send(answer, delay_s=delay_s + 0.03 * len(late))

    it.machine._line.send = slow  # type: ignore[method-assign] # a way back on which reports are under way for longer
    it.machine.set_paper_low()  # two reports: the drawer is open, and then it is not
    it.machine.close_drawer()
    assert (await it.printer.kick(2)).result is KickResult.UNKNOWN
    assert it.machine.kicks == [2, 2]
