"""A drawer and a printer whose buffer is stuck: it opens at once or is told that it does not, and never later."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.ports.open import open_port
from drivers.printer.outcome import KickResult, Result
from drivers.printer.printer import Printer
from drivers.printer.settings import PrinterSettings
from drivers.simulated.bench import serve_tcp
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from tests.drivers.printer.lane import QUICK, eventually, receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.printer.document import Document
    from tests.drivers.printer.lane import Lanes

Stuck = tuple[Printer, SimulatedPrinter]
LONG = receipt(3000)  # 30 KB: more than the printer and what stands before it take


@pytest.fixture
def reports() -> bool:
    """Return whether the printer reports by itself: then nothing more is sent while it cannot print."""
    return True


@pytest.fixture(params=["tcp", "usb"])
async def stuck(request: pytest.FixtureRequest, *, reports: bool) -> AsyncIterator[Stuck]:
    machine, bus = SimulatedPrinter(Model(reports=reports)), UsbBus()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        url = "usb://04b8:0e15"
        if request.param == "tcp":
            url = (await stack.enter_async_context(await serve_tcp(machine))).url
        else:
            bus.add("receipt", machine, UsbPrinter())
        printer = Printer("receipt", lambda: open_port(url, usb=bus), PrinterSettings(), port=url, timing=QUICK)
        running = asyncio.create_task(printer.run())
        await eventually(lambda: printer.view.state is DeviceState.READY)
        yield printer, machine
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def printed(printer: Printer, document: Document, heard: list[str]) -> Result:
    return (await printer.print(document, before_first_byte=_nothing, on_progress=heard.append)).result


async def _nothing() -> None:
    pass


async def test_a_drawer_opens_at_once_though_a_long_receipt_waits_for_paper(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 200
    printing = asyncio.create_task(it.print(LONG))
    await eventually(lambda: "waiting for paper" in it.progress)
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    assert it.machine.kicks == [2]
    it.machine.paper_out_at = None
    it.machine.load_paper()
    assert (await printing).result is Result.PRINTED
    assert [paper.text.count(b"line") for paper in it.machine.receipts] == [3000]


@pytest.mark.parametrize(("reports", "stuck"), [(False, "usb")], indirect=["stuck"])
async def test_a_drawer_behind_a_full_buffer_is_not_told_and_does_not_open_later(stuck: Stuck) -> None:
    printer, machine = stuck
    heard: list[str] = []
    machine.paper_out_at = machine.printed + 200
    printing = asyncio.create_task(printed(printer, LONG, heard))
    await eventually(lambda: len(heard) > 1)  # it prints, and then takes nothing
    outcome = await printer.kick(2)
    assert outcome.result is KickResult.NOT_OPENED
    assert "key" in outcome.reason or "takes nothing" in outcome.reason
    machine.load_paper()
    assert await printing is Result.PRINTED
    assert machine.kicks == []
    assert (await printer.kick(2)).result is KickResult.OPENED  # and the next one is told again
    assert machine.kicks == [2]


async def test_a_drawer_ahead_of_a_receipt_that_fits_the_buffer_opens_at_once(stuck: Stuck) -> None:
    printer, machine = stuck
    heard: list[str] = []
    machine.paper_out_at = machine.printed + 200
    printing = asyncio.create_task(printed(printer, receipt(60), heard))
    await eventually(lambda: "waiting for paper" in heard)
    assert (await printer.kick(2)).result is KickResult.OPENED
    assert machine.kicks == [2]
    machine.load_paper()
    assert await printing is Result.PRINTED


async def test_a_printer_that_answers_late_opens_the_drawer_all_the_same(lane: Lanes) -> None:
    it = await lane(timing=replace(QUICK, kick_life_s=2.0, edge_s=1.0))
    it.machine.oddities.late_status_s = 2 * QUICK.reply_s
    assert (await it.printer.kick(2)).result is KickResult.OPENED
    assert it.machine.kicks == [2]
