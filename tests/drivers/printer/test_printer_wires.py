"""The same printer over every wire: memory, a TCP socket, a pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.ports.open import open_port
from drivers.printer.outcome import KickResult, Result
from drivers.printer.printer import Printer
from drivers.printer.settings import PrinterSettings
from drivers.simulated.bench import Bench, serve_pty, serve_tcp
from drivers.simulated.printer import SimulatedPrinter
from tests.drivers.printer.lane import QUICK, eventually, receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Wired = tuple[Printer, SimulatedPrinter]
WIRES = ["sim", "tcp", *([] if sys.platform == "win32" else ["pty"])]


@pytest.fixture(params=WIRES)
async def wired(request: pytest.FixtureRequest) -> AsyncIterator[Wired]:
    machine, bench = SimulatedPrinter(), Bench()
    async with contextlib.AsyncExitStack() as stack:
        if request.param == "sim":
            bench.add("printer", machine)
            stack.push_async_callback(bench.close)
            url = "sim://printer"
        else:
            serve = serve_tcp if request.param == "tcp" else serve_pty
            url = (await stack.enter_async_context(await serve(machine))).url
        printer = Printer("receipt", lambda: open_port(url, bench=bench), PrinterSettings(), port=url, timing=QUICK)
        task = asyncio.create_task(printer.run())
        await eventually(lambda: printer.view.state is DeviceState.READY)
        yield printer, machine
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def nothing() -> None:
    pass


async def test_a_receipt_prints_once(wired: Wired) -> None:
    printer, machine = wired
    outcome = await printer.print(receipt(60), before_first_byte=nothing)
    assert outcome.result is Result.PRINTED
    assert [r.text.count(b"line") for r in machine.receipts] == [60]


async def test_paper_is_loaded_in_mid_receipt_and_the_drawer_opens_meanwhile(wired: Wired) -> None:
    printer, machine = wired
    machine.paper_out_at = machine.printed + 200
    said: list[str] = []
    printing = asyncio.create_task(printer.print(receipt(900), before_first_byte=nothing, on_progress=said.append))
    await eventually(lambda: "waiting for paper" in said)
    machine.load_paper()
    assert (await printing).result is Result.PRINTED
    assert [r.text.count(b"line") for r in machine.receipts] == [900]
    assert (await printer.kick(2)).result is KickResult.OPENED


async def test_a_power_cut_in_mid_receipt_is_unknown(wired: Wired) -> None:
    printer, machine = wired
    machine.power_off_at = machine.taken + 300
    outcome = await printer.print(receipt(60), before_first_byte=nothing)
    assert outcome.result is Result.UNKNOWN
    assert not machine.receipts
