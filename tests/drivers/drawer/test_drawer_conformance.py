"""Every kind of drawer keeps the same promises over every wire: opened once, believed only when its switch moved."""

from __future__ import annotations

import asyncio

import pytest

from drivers.device import DeviceState
from drivers.drawer import Position
from drivers.errors import NotReady
from drivers.printer.outcome import KickResult
from tests.drivers.drawer.rigs import ON_THE_BENCH, WIRES, running
from tests.drivers.printer.lane import eventually

pytestmark = pytest.mark.usefixtures("on_the_bench")


@pytest.fixture(params=ON_THE_BENCH)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("wire", WIRES)
async def test_it_is_taught_opens_once_and_its_position_is_told(kind: str, wire: str) -> None:
    async with running(kind, wire) as rig:
        await rig.teach()
        assert rig.told == 0
        outcome = await rig.drawer.open("a test")
        assert (outcome.result, outcome.reason) == (KickResult.OPENED, "")
        assert rig.told == 1
        assert rig.box.is_open
        assert rig.drawer.status.position is Position.OPEN
        rig.box.push()
        await eventually(lambda: rig.drawer.status.position is Position.CLOSED)
        assert rig.told == 1


async def test_one_with_its_switch_the_other_way_round_is_taught_likewise(kind: str) -> None:
    async with running(kind) as rig:
        rig.box.reverse()
        await rig.teach()
        assert (await rig.drawer.open()).result is KickResult.OPENED
        assert rig.drawer.status.position is Position.OPEN


async def test_one_that_does_not_move_is_told_once_and_reported(kind: str) -> None:
    async with running(kind) as rig:
        await rig.teach()
        rig.box.jam()
        outcome = await rig.drawer.open()
        assert outcome.result is KickResult.UNKNOWN
        assert "did not move" in outcome.reason
        assert rig.told == 1  # and never again


async def test_one_that_is_open_already_says_so(kind: str) -> None:
    async with running(kind) as rig:
        await rig.teach()
        rig.box.turn_key()
        await eventually(lambda: rig.drawer.status.position is Position.OPEN)
        outcome = await rig.drawer.open()
        assert outcome.result is KickResult.UNKNOWN
        assert "open already" in outcome.reason


async def test_a_switch_that_always_says_the_same_cannot_be_taught(kind: str) -> None:
    async with running(kind) as rig:
        rig.box.lose_switch()
        await rig.drawer.teach(Position.CLOSED)
        rig.box.turn_key()
        with pytest.raises(NotReady, match="open and closed") as refused:
            await rig.drawer.teach(Position.OPEN)
        assert "cable" in refused.value.hint
        assert (await rig.drawer.teach(Position.CLOSED)).then is Position.OPEN  # begun anew


async def test_one_left_open_is_told_of_until_it_is_closed(kind: str) -> None:
    async with running(kind, left_open_s=0.05) as rig:
        await rig.teach()
        rig.box.turn_key()
        await eventually(lambda: rig.drawer.status.left_open)
        rig.box.push()
        await eventually(lambda: not rig.drawer.status.left_open)
        assert rig.drawer.status.position is Position.CLOSED


async def test_one_that_is_not_there_is_not_opened_and_nothing_comes_later(kind: str) -> None:
    async with running(kind) as rig:
        await rig.teach()
        rig.unplug()
        await eventually(lambda: rig.drawer.view.state is DeviceState.LOST)
        assert rig.drawer.status.position is None  # it may have been opened meanwhile
        with pytest.raises(NotReady):
            await rig.drawer.teach(Position.CLOSED)
        outcome = await rig.drawer.open()
        assert outcome.result is KickResult.NOT_OPENED
        assert outcome.reason
        rig.plug()
        await eventually(lambda: rig.drawer.status.position is Position.CLOSED)
        assert rig.told == 0


@pytest.mark.parametrize("cut_at", [0, 1, 3, 120, 122])
async def test_a_cable_pulled_in_mid_command_is_never_called_opened_unless_it_was(kind: str, cut_at: int) -> None:
    async with running(kind) as rig:
        await rig.teach()
        rig.spoil(cut_at=cut_at)
        outcome = await rig.drawer.open()
        assert rig.told <= 1
        if outcome.result is KickResult.OPENED:
            assert rig.told == 1
        if outcome.result is KickResult.NOT_OPENED:
            assert rig.told == 0


async def test_over_a_wire_that_loses_bytes_every_opening_is_told_at_most_once(kind: str) -> None:
    async with running(kind) as rig:
        await rig.teach()
        rig.spoil(loss=0.1)
        for _ in range(6):
            before = rig.told
            outcome = await rig.drawer.open()
            # Before a Star's pulse goes its width, a command with a BEL in it: without its first byte that opens, too.
            assert rig.told - before <= (2 if kind.startswith("star") else 1)
            if outcome.result is KickResult.OPENED:
                assert rig.told > before
            rig.box.push()


async def test_two_presses_are_two_openings_in_turn(kind: str) -> None:
    async with running(kind) as rig:
        await rig.teach()
        first, second = await asyncio.gather(rig.drawer.open(), rig.drawer.open())
        assert rig.told == 2
        assert {first.result, second.result} == {KickResult.OPENED, KickResult.UNKNOWN}  # it was open by then
