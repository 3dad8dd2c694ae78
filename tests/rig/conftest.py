"""What the tests on a real USB stack share: a counter with a gadget printer, our port to it, and our driver."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from drivers.device import DeviceState
from drivers.ports.open import open_port
from drivers.printer.printer import Printer
from drivers.printer.settings import PrinterSettings
from drivers.printer.timing import Timing
from tests.rig.gadget import PRODUCT, VENDOR, GadgetPrinter, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.port import Port
    from drivers.printer.document import Document
    from drivers.printer.outcome import PrintOutcome

# A real printer's waits, but for a Python that is sixteen times slower than a store's.
PATIENT = Timing(
    reply_s=5.0, late_s=30.0, asb_s=10.0, opening_s=30.0, end_s=120.0, glance_s=0.5, edge_s=20.0, kick_life_s=30.0
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the guest's own USB bus where there is none."""
    if shutil.which("rig-gadget") is not None:
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs a USB bus with gadget printers: `make rig` brings one"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say at once what went wrong: the guest may not live to the summary."""
    if report.failed and shutil.which("rig-gadget") is not None:
        sys.stdout.write(f"\n{report.longreprtext}\n")


def lp_nodes() -> list[Path]:
    """Return usblp's device files."""
    return sorted(Path("/dev/usb").glob("lp*"))


def address(serial_number: str | None) -> tuple[int, int] | None:
    """Return bus and device number of the printer with this serial number, by the kernel's own word."""
    for device in Path("/sys/bus/usb/devices").iterdir():
        with contextlib.suppress(OSError):  # an interface, or it is just going
            if (device / "idVendor").read_text().strip() != VENDOR:
                continue
            number = device / "serial"
            if (number.read_text().strip() if number.exists() else None) == serial_number:
                return int((device / "busnum").read_text()), int((device / "devnum").read_text())
    return None


class Tap:
    """A port that keeps what went out through it, stalls and losses included."""

    def __init__(self, port: Port, written: bytearray) -> None:
        self.url = port.url
        self._port = port
        self._written = written

    async def read(self) -> bytes:
        return await self._port.read()

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        try:
            await self._port.write(data, timeout_s=timeout_s)
        except Exception as error:
            self._written += data[: getattr(error, "written", 0)]
            raise
        self._written += data

    async def close(self) -> None:
        await self._port.close()


@dataclass
class Counter:
    """A printer that is plugged in, and the way to it that is tested. `written` is every byte our driver sent."""

    way: str
    gadget: GadgetPrinter
    written: bytearray = field(default_factory=bytearray)
    progress: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        if self.way == "usb":
            return f"usb://{VENDOR}:{PRODUCT}/{self.gadget.serial_number}"
        return f"file://{lp_nodes()[0]}" if lp_nodes() else "file:///dev/usb/lp0"

    async def open(self) -> Port:
        return Tap(await open_port(self.url), self.written)

    @contextlib.asynccontextmanager
    async def printer(self) -> AsyncIterator[Printer]:
        """Run our driver on it, from ready on."""
        printer = Printer("receipt", self.open, PrinterSettings(), port=self.url, timing=PATIENT)
        running = asyncio.create_task(printer.run())
        try:
            await ready(printer)
            yield printer
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def print(self, printer: Printer, document: Document) -> PrintOutcome:
        return await printer.print(document, before_first_byte=_nothing, on_progress=self.progress.append)

    async def arrived(self) -> None:
        """Wait until the printer has read what was written by now, byte for byte."""
        written, taken = bytes(self.written), self.gadget.taken
        await until(lambda: len(taken) >= len(written), f"{len(written)} bytes to arrive")
        assert taken[: len(written)] == written


class Plug(Protocol):
    """Plugs a printer in; it is taken away after the test."""

    async def __call__(self, name: str, serial_number: str | None) -> GadgetPrinter: ...


async def ready(printer: Printer) -> None:
    await until(lambda: printer.view.state is DeviceState.READY, "the printer to be ready")


async def _nothing() -> None:
    pass


@pytest.fixture
async def plug() -> AsyncIterator[Plug]:
    there: list[GadgetPrinter] = []

    async def add(name: str, serial_number: str | None) -> GadgetPrinter:
        gadget = GadgetPrinter(name, serial_number)
        there.append(gadget)
        before = len(lp_nodes())
        await gadget.add()
        await until(lambda: len(lp_nodes()) > before, "usblp to take the printer")
        return gadget

    yield add
    for gadget in there:
        await gadget.remove()
    await until(lambda: not lp_nodes(), "usblp to let the printers go")


@pytest.fixture(params=["usb", "lp"])
async def counter(request: pytest.FixtureRequest, plug: Plug) -> Counter:
    return Counter(request.param, await plug("receipt", "TM-0001"))
