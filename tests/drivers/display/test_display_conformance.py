"""Every display keeps the same promises over every wire: the latest screen, whole, never faster than the wire."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.display import Display, DisplayProtocol, DisplaySettings, Screen
from drivers.ports import open_port
from drivers.simulated.bench import Bench, Served, serve_pty, serve_tcp
from drivers.simulated.display import SimulatedDisplay
from drivers.simulated.wire import Faults
from tests.drivers.printer.lane import eventually
from tests.drivers.scale.rigs import briefly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

protocols = pytest.mark.parametrize("protocol", tuple(DisplayProtocol))
WIRES = {"whole": Faults(), "byte-at-a-time": Faults(byte_at_a_time=True), "delayed": Faults(delay_s=0.002)}
EVERY_WIRE = [*WIRES, "tcp", pytest.param("pty", marks=pytest.mark.skipif(sys.platform == "win32", reason="no ptys"))]
FAST = 1_000_000  # baud, where the pace is not what is tested


@dataclass
class Rig:
    box: SimulatedDisplay
    bench: Bench = field(default_factory=Bench)
    served: Served | None = None

    async def until(self, upper: str, lower: str = "") -> None:
        await eventually(lambda: self.box.text == (upper, lower))


@contextlib.asynccontextmanager
async def running(
    protocol: DisplayProtocol, wire: str = "whole", *, refresh_s: float = 30.0
) -> AsyncIterator[tuple[Rig, Display]]:
    rig = Rig(SimulatedDisplay(protocol))
    url = "sim://display"
    if wire in {"pty", "tcp"}:
        rig.served = await (serve_pty if wire == "pty" else serve_tcp)(rig.box)
        url = rig.served.url
    else:
        rig.bench.add("display", rig.box, to_device=WIRES[wire], to_host=WIRES[wire])
    settings = DisplaySettings(protocol)
    opened = partial(open_port, url, bench=rig.bench)
    display = Display("display", opened, settings, port=url, baud=FAST, refresh_s=refresh_s, sleep=briefly)
    task = asyncio.create_task(display.run())
    try:
        await eventually(lambda: display.view.state is DeviceState.READY)
        yield rig, display
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await rig.bench.close()
        if rig.served is not None:
            await rig.served.close()


@protocols
@pytest.mark.parametrize("wire", EVERY_WIRE)
async def test_what_is_to_be_shown_is_shown(protocol: DisplayProtocol, wire: str) -> None:
    async with running(protocol, wire) as (rig, display):
        display.show(Screen("Milk            1.29", "Total           1.29"))
        await rig.until("Milk            1.29", "Total           1.29")
        display.show(Screen("Tea"))
        await rig.until("Tea")
        assert rig.box.unknown == 0


@protocols
async def test_after_an_unplugging_the_latest_screen_is_back(protocol: DisplayProtocol) -> None:
    async with running(protocol) as (rig, display):
        display.show(Screen("Milk"))
        await rig.until("Milk")
        rig.bench.unplug("display")
        await eventually(lambda: display.view.state is DeviceState.LOST)
        assert display.view.hint
        rig.box.power_cycle()
        display.show(Screen("Tea"))
        rig.bench.plug("display")
        await rig.until("Tea")


@protocols
async def test_one_that_lost_its_power_shows_the_sale_again(protocol: DisplayProtocol) -> None:
    async with running(protocol, refresh_s=0.02) as (rig, display):
        display.show(Screen("Milk"))
        await rig.until("Milk")
        rig.box.power_cycle()
        await rig.until("Milk")


@protocols
@pytest.mark.parametrize("cut_at", [1, 20])
async def test_a_cable_pulled_in_mid_line_leaves_no_half_of_it_for_long(protocol: DisplayProtocol, cut_at: int) -> None:
    async with running(protocol) as (rig, display):
        display.show(Screen("Milk"))
        await rig.until("Milk")
        wire = rig.bench.wire("display")
        assert wire is not None
        wire.faults = Faults(cut_after=wire.accepted + cut_at)
        display.show(Screen("Tea", "Total           3.20"))
        await rig.until("Tea", "Total           3.20")


@protocols
async def test_bytes_lost_on_the_wire_spoil_no_later_screen(protocol: DisplayProtocol) -> None:
    async with running(protocol) as (rig, display):
        wire = rig.bench.wire("display")
        assert wire is not None
        wire.faults = Faults(loss=0.05)
        for n in range(20):
            sent = wire.accepted
            display.show(Screen(f"Item {n}", f"Total {n}"))
            await eventually(lambda sent=sent: wire.accepted > sent)  # type: ignore[misc]  # mypy infers no default
        wire.faults = Faults()
        display.show(Screen("Tea", "Total"), anew=True)
        await rig.until("Tea", "Total")


async def test_never_faster_than_the_wire_and_only_the_latest() -> None:
    slept: list[float] = []
    sent: list[bytes] = []
    turn = asyncio.Event()

    class Wire:
        url = "sim://slow"

        async def read(self) -> bytes:
            await asyncio.Event().wait()
            return b"never"

        async def write(self, data: bytes, *, timeout_s: float) -> None:
            assert timeout_s > 0
            sent.append(data)

        async def close(self) -> None:
            sent.append(b"closed")

    async def open_wire() -> Wire:
        return Wire()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await turn.wait()

    said = DisplaySettings()
    display = Display("display", open_wire, said, baud=9600, now=lambda: 0.0, sleep=sleep)
    task = asyncio.create_task(display.run())
    await eventually(lambda: len(slept) == 1)
    for n in range(50):  # while the first is on the wire
        display.show(Screen(f"Item {n}"))
    turn.set()
    await eventually(lambda: len(slept) == 2)
    assert sent == [said.greeting + said.show(Screen()), said.show(Screen("Item 49"))]
    assert slept == [len(data) * 10 / 9600 for data in sent]
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert sent[-1] == b"closed"
