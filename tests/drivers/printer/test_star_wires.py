"""A Star over every wire, in both its dialects: the tests of any printer, collected once more."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.ports.open import open_port
from drivers.printer.printer import Printer
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.simulated.bench import Bench, serve_pty, serve_tcp
from drivers.simulated.star import SimulatedStar
from tests.drivers.printer.lane import QUICK, eventually
from tests.drivers.printer.test_printer_wires import (
    WIRES,
    Wired,
    test_a_power_cut_in_mid_receipt_is_unknown,
    test_a_receipt_prints_once,
    test_paper_is_loaded_in_mid_receipt_and_the_drawer_opens_meanwhile,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = [
    "test_a_power_cut_in_mid_receipt_is_unknown",
    "test_a_receipt_prints_once",
    "test_paper_is_loaded_in_mid_receipt_and_the_drawer_opens_meanwhile",
]


@pytest.fixture(params=itertools.product(WIRES, [DialectName.STAR_LINE, DialectName.STARPRNT]), ids=" ".join)
async def wired(request: pytest.FixtureRequest) -> AsyncIterator[Wired]:
    wire, dialect = request.param
    machine, bench = SimulatedStar(), Bench()
    async with contextlib.AsyncExitStack() as stack:
        if wire == "sim":
            bench.add("printer", machine)
            stack.push_async_callback(bench.close)
            url = "sim://printer"
        else:
            serve = serve_tcp if wire == "tcp" else serve_pty
            url = (await stack.enter_async_context(await serve(machine))).url
        settings = PrinterSettings(speaks=dialect)
        printer = Printer("receipt", lambda: open_port(url, bench=bench), settings, port=url, timing=QUICK)
        task = asyncio.create_task(printer.run())
        await eventually(lambda: printer.view.state is DeviceState.READY)
        yield printer, machine
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
