"""What a drawer with a port of its own does when something is in its way: it waits for little, and tells why."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from functools import partial
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.drawer import Drawer, Position
from drivers.drawer.drawer import LESSON_S_MAX
from drivers.drawer.port_opener import PortOpener
from drivers.drawer.session import NO_WORD
from drivers.drawer.switch import Sense
from drivers.drawer.talk import PosiflexTalk, SerialTalk, Talk
from drivers.drawer.timing import PORT_POWER
from drivers.ports import open_port
from drivers.printer.outcome import KickResult
from drivers.printer.status import Level
from drivers.simulated.bench import Bench, serve_pty
from drivers.simulated.drawer import SimulatedHidDrawer, SimulatedSerialDrawer
from drivers.simulated.hid_bus import HidBus
from tests.drivers.drawer.rigs import TIMING, running
from tests.drivers.printer.lane import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from drivers.drawer.switch import DrawerStatus
    from drivers.drawer.timing import DrawerTiming

on_the_bench = pytest.mark.usefixtures("on_the_bench")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.close()


@contextlib.asynccontextmanager
async def ready(
    bench: Bench, *, talk: Callable[[], Talk] = SerialTalk, timing: DrawerTiming = TIMING, url: str = "sim://box"
) -> AsyncIterator[Drawer]:
    now = asyncio.get_running_loop().time
    opener = PortOpener("drawer", partial(open_port, url, bench=bench), talk, timing, port=url, now=now)
    drawer = Drawer("drawer", opener)
    task = asyncio.create_task(drawer.run())
    await eventually(lambda: drawer.view.state is DeviceState.READY)
    yield drawer
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@on_the_bench
async def test_one_fed_by_its_port_is_not_told_before_it_is_charged(bench: Bench) -> None:
    box = SimulatedSerialDrawer()
    bench.add("box", box)
    async with ready(bench, timing=PORT_POWER) as drawer:
        outcome = await drawer.open()
        assert outcome.result is KickResult.NOT_OPENED
        assert "charging for another 1" in outcome.reason
        assert box.told == 0
    charged = dataclasses.replace(TIMING, recharge_s=6.0)
    async with ready(bench, timing=charged) as drawer:
        await eventually(lambda: drawer.status.level is not None)
        assert (await drawer.open()).result is KickResult.OPENED
        assert "charging" in (await drawer.open()).reason
        assert box.told == 1


@on_the_bench
async def test_one_with_no_switch_on_its_line_is_opened_and_nobody_can_say(bench: Bench) -> None:
    box = SimulatedSerialDrawer(b"[[")
    bench.add("box", box)
    async with ready(bench, talk=lambda: SerialTalk(b"[[", Sense.NONE)) as drawer:
        outcome = await drawer.open()
        assert (outcome.result, outcome.reason) == (KickResult.UNKNOWN, NO_WORD)
        await eventually(lambda: box.told == 1)
        assert drawer.status.level is None


async def test_a_pseudo_terminal_has_no_lines_and_the_drawer_on_it_opens(bench: Bench) -> None:
    box = SimulatedSerialDrawer()
    async with await serve_pty(box) as served, ready(bench, url=served.url) as drawer:
        assert (await drawer.open()).reason == NO_WORD
        await eventually(lambda: box.told == 1)


@on_the_bench
async def test_a_line_that_takes_nothing_is_not_opened_and_is_told_nothing_later(bench: Bench) -> None:
    box = SimulatedSerialDrawer()
    bench.add("box", box)
    async with ready(bench) as drawer:
        wire = bench.wire("box")
        assert wire
        wire.faults = dataclasses.replace(wire.faults, stall_after=wire.accepted)
        assert (await drawer.open()).result is KickResult.NOT_OPENED
        wire.faults = dataclasses.replace(wire.faults, stall_after=None)
        assert (await drawer.open()).result is KickResult.OPENED
        assert box.told == 1


@on_the_bench
async def test_one_that_stops_in_mid_command_is_unknown(bench: Bench) -> None:
    bench.add("box", SimulatedSerialDrawer(b"[["))
    async with ready(bench, talk=lambda: SerialTalk(b"[[")) as drawer:
        wire = bench.wire("box")
        assert wire
        wire.faults = dataclasses.replace(wire.faults, stall_after=wire.accepted + 1)
        outcome = await drawer.open()
        assert outcome.result is KickResult.UNKNOWN
        assert "within the command" in outcome.reason


@on_the_bench
async def test_many_presses_are_given_up_rather_than_opened_late(bench: Bench) -> None:
    box = SimulatedSerialDrawer()
    bench.add("box", box)
    async with ready(bench, timing=dataclasses.replace(TIMING, recharge_s=0.2)) as drawer:
        outcomes = await asyncio.gather(*(drawer.open() for _ in range(10)))
        late = [outcome for outcome in outcomes if outcome.result is KickResult.NOT_OPENED]
        assert late
        assert box.told == len(outcomes) - len(late)


async def test_a_hid_drawer_that_falls_silent_is_no_longer_believed_to_be_where_it_was() -> None:
    async with running("hid") as rig:
        assert rig.drawer.status.position is Position.CLOSED  # its maker documents which is which
        rig.box.peer.silent = True
        await eventually(lambda: rig.drawer.status.level is None)
        outcome = await rig.drawer.open()
        assert (outcome.result, outcome.reason) == (KickResult.UNKNOWN, NO_WORD)
        assert rig.told == 1
        rig.box.peer.silent = False
        await eventually(lambda: rig.drawer.status.position is Position.OPEN)


async def test_a_drawer_takes_no_notice_of_what_is_not_for_it() -> None:
    bus, box = HidBus(), SimulatedHidDrawer(number=2)
    bus.add("box", box)
    url = "hid://0d3a:0207"
    opener = PortOpener("drawer", partial(open_port, url, hid=bus), lambda: PosiflexTalk(7), TIMING, port=url)
    drawer = Drawer("drawer", opener)
    task = asyncio.create_task(drawer.run())
    await eventually(lambda: drawer.view.state is DeviceState.READY)
    assert (await drawer.open()).result is KickResult.UNKNOWN
    assert box.told == 0
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await bus.close()


@on_the_bench
async def test_one_taught_the_wrong_way_round_still_opens_and_says_to_teach_it_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running("serial") as rig:
        rig.drawer.recall(Level.HIGH)
        assert rig.drawer.status.position is Position.OPEN
        with caplog.at_level(logging.WARNING):
            assert (await rig.drawer.open()).result is KickResult.OPENED
        assert "Teach it again" in caplog.text


@on_the_bench
async def test_half_a_lesson_is_forgotten_after_a_while() -> None:
    time = [0.0]
    async with running("serial", clock=lambda: time[0]) as rig:
        assert (await rig.drawer.teach(Position.CLOSED)).then is Position.OPEN
        time[0] += LESSON_S_MAX + 1
        rig.box.turn_key()
        assert (await rig.drawer.teach(Position.OPEN)).then is Position.CLOSED
        rig.box.push()
        await eventually(lambda: rig.drawer.status.level is Level.HIGH)
        lesson = await rig.drawer.teach(Position.CLOSED)
        assert (lesson.then, lesson.open_level) == (None, Level.LOW)


@on_the_bench
async def test_with_no_time_set_it_may_stay_open_and_a_listeners_mistake_is_not_the_drawers() -> None:
    async with running("serial", left_open_s=None) as rig:
        await rig.teach()

        def mistake(status: DrawerStatus) -> None:
            raise RuntimeError(status)

        rig.drawer._on_change = mistake
        rig.box.turn_key()
        await eventually(lambda: rig.drawer.status.position is Position.OPEN)
        assert not rig.drawer.status.left_open
