"""Every scale keeps the same promises over every wire: weights that stand still, none that is old, none twice."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.device import DeviceState
from drivers.errors import NotReady, NotWeighed
from drivers.scale.protocol import ScaleProtocol
from drivers.scale.reading import State, Unit
from drivers.simulated.scale import SimulatedScale
from tests.drivers.printer.lane import eventually
from tests.drivers.scale.rigs import LONG_S, PROTOCOLS, SHORT_S, TIMING, WIRES, Rig, running

protocols = pytest.mark.parametrize("protocol", PROTOCOLS)
REAL_WIRES = ["tcp", pytest.param("pty", marks=pytest.mark.skipif(sys.platform == "win32", reason="no ptys"))]


async def refused(rig: Rig, reason: str) -> NotWeighed:
    """Weigh in vain, until it is for this reason: a busy machine may be too slow for the first answers."""
    async with asyncio.timeout(LONG_S):
        while True:
            with pytest.raises(NotWeighed) as no:
                await rig.scale.weigh(SHORT_S)
            assert no.value.hint
            if no.value.reason == reason:
                return no.value


@protocols
@pytest.mark.parametrize("wire", WIRES)
async def test_a_weight_is_told_taken_and_not_told_twice(protocol: ScaleProtocol, wire: str) -> None:
    await told_taken_and_not_told_twice(protocol, wire)


@protocols
@pytest.mark.parametrize("wire", REAL_WIRES)
@pytest.mark.usefixtures("real_time")
async def test_so_it_is_over_a_wire_of_the_systems_own(protocol: ScaleProtocol, wire: str) -> None:
    await told_taken_and_not_told_twice(protocol, wire)


async def told_taken_and_not_told_twice(protocol: ScaleProtocol, wire: str) -> None:
    async with running(protocol, wire) as rig:
        rig.box.put("1.234")
        weight = await rig.scale.weigh(LONG_S)
        assert (weight.kg, weight.unit) == (Decimal("1.234"), Unit.KG)
        assert await rig.scale.weigh(LONG_S) == weight  # looked at is not taken
        rig.scale.take(weight)
        assert "Lift" in (await refused(rig, "same")).hint
        waiting = asyncio.create_task(rig.scale.weigh(LONG_S))
        with rig.scale.looking():
            rig.box.lift()
            await eventually(lambda: rig.scale.reading is not None and rig.scale.reading.state is State.ZERO)
            await eventually(lambda: rig.scale._pan.taken is None)
            rig.box.put("1.234")
        assert await waiting == weight


@protocols
async def test_another_weight_needs_no_empty_pan(protocol: ScaleProtocol) -> None:
    async with running(protocol) as rig:
        rig.box.put("0.500")
        rig.scale.take(await rig.scale.weigh(LONG_S))
        rig.box.put("0.750")
        assert (await rig.scale.weigh(LONG_S)).kg == Decimal("0.750")


@protocols
async def test_what_is_no_weight_says_why(protocol: ScaleProtocol) -> None:
    async with running(protocol) as rig:
        await refused(rig, "zero")
        rig.box.put("1.000")
        rig.box.moving = True
        await refused(rig, "motion")
        rig.box.moving = False
        rig.box.put("20")
        await refused(rig, "over")
        rig.box.lift()
        rig.box.drift("-0.005")
        await refused(rig, "under")
        rig.box.faulty = True
        await refused(rig, "not_ready" if protocol is ScaleProtocol.CAS else "fault")


@protocols
async def test_a_scale_set_to_seven_bits_is_noticed(protocol: ScaleProtocol) -> None:
    async with running(protocol) as rig:
        rig.box.put("1.000")
        rig.box.parity_7e1 = True
        assert "mode=7E1" in (await refused(rig, "parity")).hint


@protocols
async def test_nothing_is_asked_while_nobody_looks(protocol: ScaleProtocol) -> None:
    async with running(protocol, timing=replace(TIMING, watch_s=0.0)) as rig:
        rig.box.put("1.000")
        await asyncio.sleep(0.05)
        assert (rig.box.asked, rig.scale.reading) == (0, None)
        with rig.scale.looking(), rig.scale.looking():
            await eventually(lambda: rig.scale.reading is not None)
            before = rig.box.asked
            await eventually(lambda: rig.box.asked > before + 2)
        await eventually(lambda: rig.scale.reading is None)  # what it said then is not what it says now
        asked, changes = rig.box.asked, rig.changes
        await asyncio.sleep(0.05)
        assert (rig.box.asked, rig.changes) == (asked, changes)


async def test_what_was_weighed_is_watched_until_it_leaves_the_pan() -> None:
    async with running(ScaleProtocol.TOLEDO_8217, timing=replace(TIMING, watch_s=LONG_S)) as rig:
        rig.box.put("0.500")
        weight = await rig.scale.weigh(LONG_S)
        rig.scale.take(weight)
        rig.box.lift()  # nobody looks
        await eventually(lambda: rig.scale.reading is None and not rig.scale._wanted.is_set())
        rig.box.put("0.500")  # the next bag, of the same weight
        assert await rig.scale.weigh(LONG_S) == weight


async def test_doing_as_the_refusal_says_is_seen_however_long_the_goods_stood_before() -> None:
    async with running(ScaleProtocol.TOLEDO_8217) as rig:
        rig.box.put("1.000")
        weight = await rig.scale.weigh(LONG_S)
        rig.scale.take(weight)
        await eventually(lambda: not rig.scale._wanted.is_set())  # the cashier talks for longer than they are watched
        rig.box.lift()
        rig.box.put("1.000")  # the next bag, of the same weight, and nobody saw the pan in between
        await refused(rig, "same")
        rig.box.lift()
        await eventually(lambda: not rig.scale._wanted.is_set())
        rig.box.put("1.000")
        assert await rig.scale.weigh(LONG_S) == weight


@protocols
async def test_over_a_wire_that_loses_bytes_only_true_weights_are_told(protocol: ScaleProtocol) -> None:
    async with running(protocol, timing=replace(TIMING, reply_s=0.02, quiet_s=0.005)) as rig:
        rig.spoil(loss=0.01)
        for grams in range(1111, 1117):
            true = Decimal(grams) / 1000
            rig.box.put(str(true))
            assert (await rig.scale.weigh(LONG_S)).kg == true


@protocols
async def test_an_answer_that_comes_late_is_not_the_next_ones(protocol: ScaleProtocol) -> None:
    slow = replace(TIMING, reply_s=0.02, quiet_s=0.15)
    async with running(protocol, timing=slow) as rig:
        rig.box.put("1.000")
        rig.box.late_s = 0.05
        await refused(rig, "silent")
        rig.box.late_s = 0.0
        rig.box.put("2.000")
        assert (await rig.scale.weigh(LONG_S)).kg == Decimal("2.000")


@protocols
async def test_a_silent_scale_is_told_of_and_comes_back(protocol: ScaleProtocol) -> None:
    async with running(protocol, timing=replace(TIMING, reply_s=0.02)) as rig:
        rig.box.silent = True
        with rig.scale.looking():
            await eventually(lambda: rig.scale.silent)
            await refused(rig, "silent")
            rig.box.silent = False
            rig.box.put("0.100")
            await eventually(lambda: not rig.scale.silent)
        assert (await rig.scale.weigh(LONG_S)).kg == Decimal("0.100")


@protocols
async def test_an_unplugged_scale_says_so_at_once_and_weighs_when_it_is_back(protocol: ScaleProtocol) -> None:
    async with running(protocol) as rig:
        rig.box.put("1.000")
        rig.scale.take(await rig.scale.weigh(LONG_S))
        with rig.scale.looking():
            await eventually(lambda: rig.scale.reading is not None)
            rig.unplug()
            await eventually(lambda: rig.scale.view.state is DeviceState.LOST)
            assert rig.scale.reading is None
            await refused(rig, "lost")
            with pytest.raises(NotReady):
                await rig.scale.zero(SHORT_S)
            rig.plug()
            await eventually(lambda: rig.scale.view.state is DeviceState.READY)
        await refused(rig, "same")  # nobody saw the pan in between
        rig.box.put("1.100")
        assert (await rig.scale.weigh(LONG_S)).kg == Decimal("1.100")


@protocols
@pytest.mark.parametrize("cut_at", [1, 6])
async def test_a_cable_pulled_in_mid_answer_is_no_other_weight(protocol: ScaleProtocol, cut_at: int) -> None:
    async with running(protocol) as rig:
        rig.box.put("1.000")
        rig.spoil(cut_after=cut_at)
        with contextlib.suppress(NotWeighed):  # or it is connected anew meanwhile
            assert (await rig.scale.weigh(LONG_S)).kg == Decimal("1.000")


async def test_zero_tare_and_gross_are_believed_when_the_scale_shows_them() -> None:
    async with running(ScaleProtocol.TOLEDO_8217, timing=replace(TIMING, reply_s=0.03)) as rig:
        rig.box.drift("0.005")
        await rig.scale.zero(LONG_S)
        rig.box.put("0.200")
        await rig.scale.tare(LONG_S)
        rig.box.put("1.450")
        weight = await rig.scale.weigh(LONG_S)
        assert (weight.kg, weight.net) == (Decimal("1.250"), True)
        await rig.scale.clear_tare(LONG_S)
        weight = await rig.scale.weigh(LONG_S)
        assert (weight.kg, weight.net) == (Decimal("1.450"), False)
        with pytest.raises(NotReady, match="stable"):
            await rig.scale.zero(3 * SHORT_S)  # not with goods on it
        rig.box.deaf_to_commands = True
        with pytest.raises(NotReady, match="refused"):
            await rig.scale.tare(LONG_S)


async def test_a_scale_without_the_command_is_zeroed_by_its_key() -> None:
    async with running(ScaleProtocol.NCI) as rig:
        rig.box.drift("0.005")
        await rig.scale.zero(LONG_S)
        with pytest.raises(NotReady) as no:
            await rig.scale.tare(LONG_S)
        assert "key" in no.value.hint
    async with running(ScaleProtocol.CAS) as rig:
        with pytest.raises(NotReady, match="no command"):
            await rig.scale.zero(LONG_S)


async def test_a_scale_that_says_a_weight_once_is_understood() -> None:
    box = SimulatedScale()
    box.once = True
    async with running(ScaleProtocol.TOLEDO_8217, box=box) as rig:
        rig.box.put("0.300")
        weight = await rig.scale.weigh(LONG_S)
        assert weight.kg == Decimal("0.300")
        assert await rig.scale.weigh(LONG_S) == weight  # it says only that nothing has changed
        rig.scale.take(weight)
        await refused(rig, "same")
        rig.box.put("0.400")
        assert (await rig.scale.weigh(LONG_S)).kg == Decimal("0.400")


async def test_an_echo_is_no_answer() -> None:
    async with running(ScaleProtocol.TOLEDO_8217) as rig:
        rig.box.echo = True
        rig.box.put("0.300")
        assert (await rig.scale.weigh(LONG_S)).kg == Decimal("0.300")


@protocols
async def test_pounds_are_weighed_where_they_are_configured_and_refused_elsewhere(protocol: ScaleProtocol) -> None:
    async with running(protocol, unit=Unit.LB) as rig:
        rig.box.put("2.50")
        weight = await rig.scale.weigh(LONG_S)
        assert (weight.kg, weight.shown, weight.unit) == (Decimal("1.134"), Decimal("2.50"), Unit.LB)
    async with running(protocol, box=SimulatedScale(protocol, Unit.LB)) as rig:
        rig.box.put("2.50")
        assert "unit key" in (await refused(rig, "wrong_unit")).hint
