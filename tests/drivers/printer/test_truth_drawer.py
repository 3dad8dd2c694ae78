"""A drawer is opened because its switch moved after the pulse, and for no older reason."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from drivers.printer.outcome import KickResult
from drivers.simulated.printer import DrawerKind, Model
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
