"""A printer on the simulated USB bus: receipts, paper, a pulled plug, and the new address after it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.ports.open import open_port
from drivers.printer.outcome import KickResult, Result
from drivers.printer.printer import Printer
from drivers.printer.settings import PrinterSettings
from drivers.printer.status import Paper
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from drivers.simulated.usb_wire import UsbFaults
from tests.drivers.printer.lane import QUICK, eventually, receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URL = "usb://04b8:0e15/A1"
LINES = 60
PATIENT = replace(QUICK, wake_s=0.5)  # after an empty answer the port rests for 50 ms, and so does what comes then


@dataclass
class Counter:
    """A printer, what it is made of, and the bus it is on."""

    bus: UsbBus
    machine: SimulatedPrinter
    printer: Printer

    async def ready(self) -> None:
        await eventually(lambda: self.printer.view.state is DeviceState.READY)

    async def print(self) -> Result:
        return (await self.printer.print(receipt(LINES), before_first_byte=_nothing)).result

    def printed(self) -> list[int]:
        return [paper.text.count(b"line") for paper in self.machine.receipts]


async def _nothing() -> None:
    pass


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    bus, machine = UsbBus(), SimulatedPrinter()
    bus.add("receipt", machine, UsbPrinter(serial_number="A1", kernel_driver=True))
    printer = Printer("receipt", partial(open_port, URL, usb=bus), PrinterSettings(), port=URL, timing=PATIENT)
    running = asyncio.create_task(printer.run())
    yield Counter(bus, machine, printer)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await bus.close()


@pytest.mark.parametrize(
    "faults",
    [
        UsbFaults(),
        UsbFaults(transfer_bytes_max=7),
        UsbFaults(stall_at=300),
        UsbFaults(delay_s=0.001, empty_answers=True),
    ],
    ids=["whole", "short", "stalled", "slow and empty"],
)
async def test_a_receipt_prints_once(counter: Counter, faults: UsbFaults) -> None:
    counter.bus.wire("receipt").faults = faults
    await counter.ready()
    assert await counter.print() is Result.PRINTED
    assert counter.printed() == [LINES]
    assert (await counter.printer.kick(2)).result is KickResult.OPENED
    assert counter.bus.resets("receipt") == 0


async def test_paper_that_ends_in_mid_receipt_is_waited_for(counter: Counter) -> None:
    await counter.ready()
    counter.machine.paper_out_at = counter.machine.printed + 200
    printing = asyncio.create_task(counter.print())
    await eventually(lambda: counter.printer.status.paper is Paper.END)
    counter.machine.load_paper()
    assert await printing is Result.PRINTED
    assert counter.printed() == [LINES]


async def test_a_plug_pulled_in_mid_receipt_is_unknown_and_the_printer_is_found_again(counter: Counter) -> None:
    await counter.ready()
    wire = counter.bus.wire("receipt")
    wire.faults = UsbFaults(vanish_at=300)
    assert await counter.print() is Result.UNKNOWN
    assert not counter.machine.receipts
    counter.bus.unplug("receipt")
    await eventually(lambda: counter.printer.view.state is DeviceState.LOST)
    counter.bus.plug("receipt", bus=3)
    assert counter.bus.wire("receipt").address != wire.address
    await counter.ready()
    assert counter.bus.driver_bound("receipt") is False
    assert await counter.print() is Result.PRINTED
