"""The fixture that makes lanes: see `lane.py`."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from drivers.errors import PortUnavailable
from drivers.printer.printer import Printer
from drivers.printer.settings import STAR_PROFILE, DialectName, PrinterSettings
from drivers.simulated.bench import Bench
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.star import SimulatedStar, StarModel
from tests.drivers.printer.lane import QUICK, Lane
from tests.drivers.virtual_time import VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from drivers.port import Port
    from drivers.printer.status import PrinterStatus
    from drivers.printer.timing import Timing
    from drivers.simulated.wire import Faults
    from tests.drivers.printer.lane import Lanes


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give virtual time to the tests whose printers are on the bench, and the real loop to all others."""
    on_the_bench = "lane" in getattr(item, "fixturenames", ())
    return {"virtual": VirtualTimeLoop} if on_the_bench else {"real": asyncio.new_event_loop}


@pytest.fixture
def dialect() -> DialectName:
    """Return what the printers speak; a module of tests over several dialects overrides this."""
    return DialectName.ESCPOS


def simulated(dialect: DialectName, model: Model | None) -> SimulatedPrinter:
    """Return a machine of a dialect, with a model's switches."""
    if dialect is DialectName.ESCPOS:
        return SimulatedPrinter(model)
    if isinstance(model, StarModel) or model is None:
        return SimulatedStar(model)
    return SimulatedStar(StarModel(**asdict(model) | {"profile": STAR_PROFILE}))


@pytest.fixture
async def lane(dialect: DialectName) -> AsyncIterator[Lanes]:
    """Return a maker of lanes; each is taken down after the test, and must leave nothing behind."""
    running: list[tuple[asyncio.Task[None], Bench]] = []

    async def make(
        model: Model | None = None,
        settings: PrinterSettings | None = None,
        *,
        timing: Timing = QUICK,
        to_device: Faults | None = None,
        to_host: Faults | None = None,
        machine: SimulatedPrinter | None = None,
        wait: bool = True,
        dialect: DialectName = dialect,
    ) -> Lane:
        bench = Bench()
        machine = machine or simulated(dialect, model)
        bench.add("printer", machine, to_device=to_device, to_host=to_host)

        async def open_port() -> Port:
            if not machine.powered:
                raise PortUnavailable("sim://printer is off", hint="Switch it on.")
            return await bench.open("printer")

        statuses: list[PrinterStatus] = []
        printer = Printer(
            "receipt",
            open_port,
            replace(settings or PrinterSettings(), speaks=dialect),
            on_status=statuses.append,
            port="sim://printer",
            timing=timing,
            now=asyncio.get_running_loop().time,
        )
        made = Lane(printer, machine, bench, statuses)
        task = asyncio.create_task(printer.run())
        running.append((task, bench))
        if wait:
            await made.ready()
        return made

    yield make
    for task, bench in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await bench.close()
