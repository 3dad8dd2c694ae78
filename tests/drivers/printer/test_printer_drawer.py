"""The drawer: one pulse, at once, ahead of receipts, never again, and believed only when its switch moved."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from drivers.device import DeviceState
from drivers.drawer import Drawer
from drivers.drawer.opener import PrinterOpener
from drivers.printer.escpos import FenceKind
from drivers.printer.outcome import KickResult, Result
from drivers.printer.pulse import Pin, pulse
from drivers.printer.settings import PrinterSettings
from drivers.printer.status import Level
from drivers.simulated.printer import DrawerKind, Model
from drivers.simulated.wire import Faults
from tests.drivers.printer.lane import QUICK, Lanes, eventually, receipt

CASES = [
    (2, False, "1b 70 00 19 fa"),
    (5, False, "1b 70 01 19 fa"),
    (2, True, "10 14 01 00 01"),
    (5, True, "10 14 01 01 01"),
]


@pytest.mark.parametrize(("pin", "real_time", "expected"), CASES)
def test_the_pulses(pin: Pin, *, real_time: bool, expected: str) -> None:
    assert pulse(pin, real_time=real_time) == bytes.fromhex(expected)


@pytest.mark.parametrize("reports", [True, False], ids=["reports", "polled"])
@pytest.mark.parametrize("kind", [DrawerKind.NORMAL, DrawerKind.REVERSED])
async def test_a_drawer_that_opens_is_seen_to_open(lane: Lanes, kind: DrawerKind, *, reports: bool) -> None:
    it = await lane(Model(reports=reports))
    it.machine.drawer = kind
    it.machine.close_drawer()
    await eventually(lambda: it.printer.status.drawer_pin is (Level.HIGH if kind is DrawerKind.NORMAL else Level.LOW))
    outcome = await Drawer("drawer", PrinterOpener(it.printer)).open()
    assert outcome.result is KickResult.OPENED
    assert it.machine.kicks == [2]


@pytest.mark.parametrize("kind", [DrawerKind.ABSENT, DrawerKind.JAMMED])
async def test_a_switch_that_does_not_move_is_unknown_and_says_where_to_look(lane: Lanes, kind: DrawerKind) -> None:
    it = await lane()
    it.machine.drawer = kind
    outcome = await it.printer.kick(5)
    assert outcome.result is KickResult.UNKNOWN
    assert "look whether it is open" in outcome.reason
    assert it.machine.kicks == [5]  # never again


async def test_a_drawer_that_is_already_open_is_unknown(lane: Lanes) -> None:
    it = await lane()
    it.machine.drawer_open = True
    it.machine.close_cover()  # any change makes it report
    await eventually(lambda: it.printer.status.drawer_pin is Level.LOW)
    assert (await it.printer.kick(2)).result is KickResult.UNKNOWN


async def test_it_opens_while_a_receipt_waits_for_paper_and_the_receipt_is_whole(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 200
    printing = asyncio.create_task(it.print(receipt(60)))
    await eventually(lambda: "waiting for paper" in it.progress)
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    it.machine.load_paper()
    assert (await printing).result is Result.PRINTED
    assert it.machine.kicks == [2]
    assert it.machine.receipts[0].text.count(b"line") == 60


@pytest.mark.parametrize("trouble", ["run_out_of_paper", "open_cover"])
async def test_it_opens_though_the_printer_cannot_print(lane: Lanes, trouble: str) -> None:
    it = await lane()
    getattr(it.machine, trouble)()
    await eventually(lambda: it.printer.status.online is False)
    assert (await it.printer.kick(2)).result is KickResult.OPENED


async def test_it_goes_ahead_of_waiting_receipts(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 200
    printing = [asyncio.create_task(it.print(receipt(60))) for _ in range(3)]
    await eventually(lambda: "waiting for paper" in it.progress)
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    assert not it.machine.receipts
    it.machine.load_paper()
    assert {o.result for o in await asyncio.gather(*printing)} == {Result.PRINTED}


async def test_a_printer_that_ignores_the_real_time_pulse_is_not_asked_twice(lane: Lanes) -> None:
    it = await lane(Model(real_time_pulse=False))
    it.machine.run_out_of_paper()
    await eventually(lambda: it.printer.status.online is False)
    assert (await it.printer.kick(2)).result is KickResult.UNKNOWN
    it.machine.load_paper()
    await asyncio.sleep(0.1)
    assert it.machine.kicks == []


async def test_not_connected_is_not_opened_and_nothing_comes_later(lane: Lanes) -> None:
    it = await lane()
    await it.machine.power_off()
    await eventually(lambda: it.printer.view.state is DeviceState.LOST)
    outcome = await it.printer.kick(2)
    assert outcome.result is KickResult.NOT_OPENED
    assert outcome.reason
    it.machine.power_on()
    await it.ready()
    assert it.machine.kicks == []


async def test_a_printer_that_comes_back_in_time_opens_it(lane: Lanes) -> None:
    it = await lane()
    await it.machine.power_off()
    await eventually(lambda: it.printer.view.state is not DeviceState.READY)
    kick = asyncio.create_task(it.printer.kick(2))
    it.machine.power_on()
    outcome = await kick
    assert (outcome.result is KickResult.OPENED) == (it.machine.kicks == [2])


async def test_a_line_that_takes_nothing_is_not_opened(lane: Lanes) -> None:
    it = await lane()
    wire = it.bench.wire("printer")
    assert wire
    wire.faults = dataclasses.replace(wire.faults, stall_after=it.machine.taken)
    assert (await it.printer.kick(2)).result is KickResult.NOT_OPENED
    assert it.machine.kicks == []


async def test_a_cable_pulled_with_the_pulse_half_out_is_unknown(lane: Lanes) -> None:
    it = await lane()
    wire = it.bench.wire("printer")
    assert wire
    wire.faults = dataclasses.replace(wire.faults, cut_after=it.machine.taken + 3 + 2)  # DLE EOT 1, and part of ESC p
    outcome = await it.printer.kick(2)
    assert outcome.result is KickResult.UNKNOWN
    assert it.machine.kicks == []


async def test_a_one_way_printer_opens_it_and_nobody_can_say(lane: Lanes) -> None:
    it = await lane(Model(answers=False), PrinterSettings(fence=FenceKind.NONE))
    outcome = await it.printer.kick(2)
    assert outcome.result is KickResult.UNKNOWN
    await eventually(lambda: it.machine.kicks == [2])


async def test_pulses_keep_their_distance_and_each_is_one(lane: Lanes) -> None:
    it = await lane()
    results = await asyncio.gather(it.printer.kick(2), it.printer.kick(5))
    assert it.machine.kicks == [2, 5]
    assert results[0].result is KickResult.OPENED
    assert results[1].result is KickResult.UNKNOWN  # the switch is the other drawer's, and it moved before


async def test_an_opening_whose_turn_comes_too_late_is_given_up_and_holds_up_no_other(lane: Lanes) -> None:
    it = await lane(timing=dataclasses.replace(QUICK, pulse_gap_s=QUICK.kick_life_s / 2))
    outcomes = await asyncio.gather(*(it.printer.kick(2) for _ in range(40)))
    late = [outcome for outcome in outcomes if outcome.result is KickResult.NOT_OPENED]
    assert len(it.machine.kicks) == len(outcomes) - len(late)
    assert len(late) > 30  # each of the forty would have waited for the gap after the one before it
    assert all("too late" in outcome.reason for outcome in late)


async def test_the_view_is_the_printers_under_the_drawers_name(lane: Lanes) -> None:
    it = await lane()
    view = Drawer("drawer", PrinterOpener(it.printer, 5)).view
    assert (view.name, view.kind, view.port, view.state) == ("drawer", "drawer", "receipt", DeviceState.READY)


async def test_a_drawer_that_is_shut_at_once_was_open(lane: Lanes) -> None:
    it = await lane(to_host=Faults(delay_s=0.02))  # so that both reports come together
    loop, told = asyncio.get_running_loop(), it.machine.on_event

    def shut(event: str) -> None:
        if told is not None:
            told(event)
        if event == "kick":
            loop.call_soon(it.machine.close_drawer)

    it.machine.on_event = shut
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    assert it.machine.kicks == [2]
