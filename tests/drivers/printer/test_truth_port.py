"""What a port says of a silent or stuck printer over USB, and when that is believed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.errors import NotReady
from drivers.ports.open import open_port
from drivers.printer.escpos import FenceKind
from drivers.printer.outcome import PrintOutcome, Result
from drivers.printer.printer import Printer
from drivers.printer.settings import PrinterSettings
from drivers.printer.status import Paper, PrinterStatus
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from tests.drivers.printer.lane import QUICK, eventually, receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URL = "usb://04b8:0e15/A1"
WELL, NO_PAPER, DESELECTED, ERROR = 0x18, 0x38, 0x08, 0x10


@dataclass
class Usb:
    """A printer on the bus, and the byte its port answers."""

    machine: SimulatedPrinter
    printer: Printer
    byte: int | None = WELL

    async def ready(self) -> None:
        await eventually(lambda: self.printer.view.state is DeviceState.READY)

    async def print(self, lines: int = 5) -> PrintOutcome:
        return await self.printer.print(receipt(lines), before_first_byte=_nothing)


async def _nothing() -> None:
    pass


Make = Callable[..., Awaitable[Usb]]


@pytest.fixture
async def usb() -> AsyncIterator[Make]:
    taken_down: list[tuple[asyncio.Task[None], UsbBus]] = []

    async def make(
        settings: PrinterSettings | None = None,
        *,
        model: Model | None = None,
        silent: bool = False,
        byte: int | None = WELL,
    ) -> Usb:
        bus, machine = UsbBus(), SimulatedPrinter(model)
        machine.oddities.silent = silent
        printer = Printer(
            "receipt", partial(open_port, URL, usb=bus), settings or PrinterSettings(), port=URL, timing=QUICK
        )
        made = Usb(machine, printer, byte)
        answer = None if byte is None else lambda: made.byte or 0
        bus.add("receipt", machine, UsbPrinter(serial_number="A1", port_status=answer))
        taken_down.append((asyncio.create_task(printer.run()), bus))
        return made

    yield make
    for running, bus in taken_down:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await bus.close()


@pytest.mark.parametrize(
    ("byte", "error"),
    [
        (NO_PAPER, "the printer is out of paper"),
        (DESELECTED, "the printer is offline"),
        (ERROR, "the printer reports an error"),
        (WELL, "the printer does not answer"),
        (None, "the printer does not answer"),
    ],
    ids=["paper", "not selected", "error", "constant", "unreadable"],
)
async def test_a_silent_printer_is_lost_for_the_reason_its_port_gives(usb: Make, byte: int | None, error: str) -> None:
    it = await usb(silent=True, byte=byte)
    await eventually(lambda: it.printer.view.state is DeviceState.LOST)
    assert it.printer.view.error == error
    assert it.printer.view.hint


async def test_a_printer_that_falls_silent_is_not_ready_for_the_reason_its_port_gives(usb: Make) -> None:
    it = await usb(model=Model(reports=False))
    await it.ready()
    it.machine.oddities.silent, it.byte = True, NO_PAPER
    with pytest.raises(NotReady, match="out of paper") as refused:
        await it.print()
    assert "roll" in refused.value.hint
    assert it.printer.status.paper is Paper.END
    await eventually(lambda: it.printer.view.state is DeviceState.LOST)
    assert it.printer.view.error == "the printer is out of paper"
    it.machine.oddities.silent, it.byte = False, WELL
    await it.ready()
    assert (await it.print()).result is Result.PRINTED
    assert str(it.printer.status.paper) == "ok"  # by its own word


async def test_a_stalled_receipt_says_what_it_waits_for(usb: Make) -> None:
    it = await usb()
    await it.ready()
    heard: list[str] = []

    async def begun() -> None:
        it.machine.paper_out_at = it.machine.printed + 300
        it.byte = NO_PAPER

    printing = asyncio.create_task(it.printer.print(receipt(600), before_first_byte=begun, on_progress=heard.append))
    await eventually(lambda: "waiting for paper" in heard)
    it.byte = WELL
    it.machine.load_paper()
    assert (await printing).result is Result.PRINTED
    assert [paper.text.count(b"line") for paper in it.machine.receipts] == [600]


@pytest.mark.parametrize("constant", [NO_PAPER, 0])
async def test_a_port_that_always_complains_is_not_believed_against_the_printer(usb: Make, constant: int) -> None:
    it = await usb(byte=constant)
    await it.ready()
    assert it.printer.status.paper is Paper.OK
    assert it.printer.status.online is True
    assert (await it.print()).result is Result.PRINTED
    assert not any(count for name, count in it.printer.counts.values().items() if name.startswith("errors"))


async def test_a_one_way_printer_has_its_port_alone_and_only_for_bad_news(usb: Make) -> None:
    it = await usb(PrinterSettings(fence=FenceKind.NONE), model=Model(answers=False))
    await it.ready()
    assert it.printer.status == PrinterStatus()  # 0x18 may be a constant
    it.byte = NO_PAPER
    await eventually(lambda: it.printer.status.paper is Paper.END)
    with pytest.raises(NotReady, match="out of paper"):
        await it.print()
    it.byte = WELL
    await eventually(lambda: it.printer.status == PrinterStatus())
    assert (await it.print()).result is Result.UNKNOWN


async def test_a_one_way_printer_whose_port_always_complains_still_prints(usb: Make) -> None:
    it = await usb(PrinterSettings(fence=FenceKind.NONE), model=Model(answers=False), byte=NO_PAPER)
    await it.ready()
    assert it.printer.status == PrinterStatus()
    assert (await it.print()).result is Result.UNKNOWN
    assert len(it.machine.receipts) == 1
