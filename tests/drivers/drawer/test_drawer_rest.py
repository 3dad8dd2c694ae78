"""A drawer's solenoid rests four times as long as it pulls, whatever is pressed."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from functools import partial
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.printer.outcome import KickResult
from drivers.printer.printer import Printer
from drivers.printer.pulse import LATE
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.printer.timing import DEFAULT_TIMING
from drivers.simulated.bench import Bench
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.star import SimulatedStar
from tests.drivers.printer.lane import QUICK, eventually

if TYPE_CHECKING:
    from drivers.printer.pulse import Pin


def test_the_pauses_are_a_fifth_of_the_time() -> None:
    assert 0.1 / (0.1 + DEFAULT_TIMING.pulse_gap_s) <= 0.2
    assert 0.2 / DEFAULT_TIMING.long_pulse_gap_s <= 0.2


@pytest.mark.usefixtures("on_the_bench")
@pytest.mark.parametrize(
    ("dialect", "pins", "late"),
    [
        (DialectName.STAR_LINE, (5, 2), True),  # 200 ms
        (DialectName.STARPRNT, (5, 5), True),
        (DialectName.STAR_LINE, (2, 5), True),
        (DialectName.ESCPOS, (5, 2), False),
    ],
)
async def test_a_long_pulse_is_followed_by_a_long_rest(
    dialect: DialectName, pins: tuple[Pin, Pin], *, late: bool
) -> None:
    bench = Bench()
    machine = SimulatedPrinter() if dialect is DialectName.ESCPOS else SimulatedStar()
    bench.add("printer", machine)
    timing = dataclasses.replace(QUICK, long_pulse_gap_s=10 * QUICK.kick_life_s)
    settings = PrinterSettings(speaks=dialect)
    now = asyncio.get_running_loop().time
    printer = Printer("receipt", partial(bench.open, "printer"), settings, timing=timing, now=now)
    task = asyncio.create_task(printer.run())
    await eventually(lambda: printer.view.state is DeviceState.READY)
    first, second = [await printer.kick(pin) for pin in pins]
    assert first.result is KickResult.OPENED
    assert (second.reason == LATE) is late
    assert machine.kicks == list(pins[:1] if late else pins)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await bench.close()
