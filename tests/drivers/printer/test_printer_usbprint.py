"""A printer behind Windows' own USB driver says what it printed, as over libusb."""

from __future__ import annotations

import asyncio
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
from tests.drivers.ports.windows_usb import FakeUsbPrint
from tests.drivers.printer.lane import QUICK, eventually, receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URL = "usb://04b8:0e15/A1"
LINES = 60  # some 500 bytes


class Counter:
    """A printer on a Windows PC."""

    def __init__(self) -> None:
        self.bus = UsbBus()
        self.windows = FakeUsbPrint(self.bus)
        self.machine = SimulatedPrinter()
        self.bus.add("receipt", self.machine, UsbPrinter(serial_number="A1"))
        opening = partial(open_port, URL, usbprint=self.windows.api())
        self.printer = Printer("receipt", opening, PrinterSettings(), port=URL, timing=QUICK)

    async def ready(self) -> None:
        await eventually(lambda: self.printer.view.state is DeviceState.READY)

    async def print(self) -> Result:
        async def begins() -> None:
            pass

        return (await self.printer.print(receipt(LINES), before_first_byte=begins)).result

    def printed(self) -> list[int]:
        return [paper.text.count(b"line") for paper in self.machine.receipts]


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    counter = Counter()
    running = asyncio.create_task(counter.printer.run())
    yield counter
    running.cancel()
    await asyncio.wait({running})
    await counter.bus.close()
    counter.windows.check()
    assert not counter.windows.left_open()


async def test_a_receipt_is_printed_and_the_drawer_opened_because_the_printer_says_so(counter: Counter) -> None:
    await counter.ready()
    assert await counter.print() is Result.PRINTED
    assert counter.printed() == [LINES]
    assert (await counter.printer.kick(2)).result is KickResult.OPENED


async def test_paper_that_ends_in_mid_receipt_is_waited_for(counter: Counter) -> None:
    await counter.ready()
    counter.machine.paper_out_at = counter.machine.printed + 100
    printing = asyncio.create_task(counter.print())
    await eventually(lambda: counter.printer.status.paper is Paper.END)
    counter.machine.load_paper()
    assert await printing is Result.PRINTED
    assert counter.printed() == [LINES]


async def test_a_plug_pulled_in_mid_receipt_is_unknown_and_the_printer_is_found_again(counter: Counter) -> None:
    await counter.ready()
    wire = counter.bus.wire("receipt")
    wire.faults = UsbFaults(vanish_at=wire._accepted + 300)  # questions come before the receipt: 50 bytes at most
    assert await counter.print() is Result.UNKNOWN
    assert not counter.machine.receipts
    counter.bus.unplug("receipt")
    await eventually(lambda: counter.printer.view.state is DeviceState.LOST)
    counter.bus.plug("receipt", faults=UsbFaults())
    await counter.ready()
    assert await counter.print() is Result.PRINTED
