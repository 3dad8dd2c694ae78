"""A printer on the bench: our driver at one end of a wire, the simulated printer at the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from drivers.device import DeviceState
from drivers.printer.document import Cut, Document, Text
from drivers.printer.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.printer.outcome import PrintOutcome
    from drivers.printer.printer import Printer
    from drivers.printer.settings import DialectName, PrinterSettings
    from drivers.printer.status import PrinterStatus
    from drivers.simulated.bench import Bench
    from drivers.simulated.printer import Model, SimulatedPrinter
    from drivers.simulated.wire import Faults

# The same waits as for a real printer, in proportion, a twentieth as long.
QUICK = Timing(
    reply_s=0.1,
    late_s=0.3,
    asb_s=0.1,
    wake_s=0.02,
    wake_tries=3,
    quiet_s=0.05,
    nuls_s=0.05,
    white_s=0.15,
    opening_s=0.3,
    stall_s=0.1,
    end_s=0.4,
    person_s=5.0,
    glance_s=0.05,
    poll_s=0.1,
    heartbeat_s=0.2,
    flight_s=0.02,
    edge_s=0.2,
    kick_life_s=0.4,
    pulse_gap_s=0.01,
    long_pulse_gap_s=0.02,
)


# Every command the driver has for a printer that speaks ESC/POS.
ESCPOS_COMMANDS = {
    *(b"\x1b" + letter for letter in (b"@", b"t", b"a", b"E", b"d", b"J", b"p")),
    *(b"\x1d" + letters for letters in (b"!", b"V", b"h", b"w", b"H", b"f", b"k", b"(k", b"v0", b"r", b"(H", b"a")),
    *(b"\x10\x04", b"\x10\x14", b"text", b"\n"),
}


def receipt(lines: int = 5, name: str = "line") -> Document:
    return Document((*(Text(f"{name} {n}") for n in range(lines)), Cut()))


@dataclass
class Lane:
    """What a test holds: the driver, the machine, and everything either of them said."""

    printer: Printer
    machine: SimulatedPrinter
    bench: Bench
    statuses: list[PrinterStatus] = field(default_factory=list)
    progress: list[str] = field(default_factory=list)
    begun: int = 0

    async def _begin(self) -> None:
        self.begun += 1

    async def print(self, document: Document | None = None) -> PrintOutcome:
        return await self.printer.print(
            document or receipt(), before_first_byte=self._begin, on_progress=self.progress.append
        )

    async def ready(self) -> None:
        await eventually(lambda: self.printer.view.state is DeviceState.READY)


async def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is so, by looking; fails by the deadline that ends a hanging test."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


class Lanes(Protocol):
    """Makes a lane; it is taken down after the test, and must leave nothing behind."""

    async def __call__(
        self,
        model: Model | None = None,
        settings: PrinterSettings | None = None,
        *,
        timing: Timing = QUICK,
        to_device: Faults | None = None,
        to_host: Faults | None = None,
        machine: SimulatedPrinter | None = None,
        wait: bool = True,
        dialect: DialectName = ...,
    ) -> Lane: ...
