"""A display that is plugged into the printer: the same promises, and no byte of either ever reaches the other."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from drivers.device import DeviceState
from drivers.display import Display, DisplayProtocol, DisplaySettings, Screen
from drivers.errors import PortUnavailable
from drivers.printer.document import Cut, Document, Text
from drivers.printer.outcome import KickResult, Result
from drivers.printer.passage import SELECT_DISPLAY, SELECT_PRINTER, open_passage, to_display
from drivers.printer.printer import Printer
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.simulated.bench import Bench
from drivers.simulated.display import SimulatedDisplay
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.star import SimulatedStar
from drivers.simulated.wire import Faults
from tests.drivers.printer.lane import QUICK, eventually, receipt
from tests.drivers.scale.rigs import briefly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.printer.outcome import PrintOutcome

WIRES = {"whole": Faults(), "byte-at-a-time": Faults(byte_at_a_time=True), "delayed": Faults(delay_s=0.002)}
ESCPOS = DisplaySettings(DisplayProtocol.ESCPOS)


@dataclass
class Rig:
    bench: Bench
    machine: SimulatedPrinter
    box: SimulatedDisplay
    printer: Printer
    display: Display

    async def shows(self, upper: str, lower: str = "") -> None:
        await eventually(lambda: self.box.text == (upper, lower))

    async def print(self, document: Document | None = None) -> PrintOutcome:
        async def begun() -> None:
            await asyncio.sleep(0)

        return await self.printer.print(document or receipt(), before_first_byte=begun)

    async def ready(self) -> None:
        await eventually(lambda: self.printer.view.state is DeviceState.READY)
        await eventually(lambda: self.display.view.state is DeviceState.READY)

    @property
    def papers(self) -> list[str]:
        return [self.machine.text(one) for one in self.machine.receipts]


@contextlib.asynccontextmanager
async def running(wire: str = "whole", *, refresh_s: float = 30.0) -> AsyncIterator[Rig]:
    box = SimulatedDisplay(DisplayProtocol.ESCPOS)
    machine = SimulatedPrinter()
    machine.display = box
    bench = Bench()
    bench.add("printer", machine, to_device=WIRES[wire], to_host=WIRES[wire])
    printer = Printer(
        "receipt",
        partial(bench.open, "printer"),
        PrinterSettings(feeds_display=True),
        port="sim://printer",
        timing=QUICK,
    )
    display = Display(
        "display", partial(open_passage, printer), ESCPOS, port="receipt", refresh_s=refresh_s, sleep=briefly
    )
    tasks = [asyncio.create_task(printer.run()), asyncio.create_task(display.run())]
    rig = Rig(bench, machine, box, printer, display)
    try:
        await rig.ready()
        yield rig
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await bench.close()


async def plain_paper(document: Document) -> str:
    """Return what a printer without a display makes of a document."""
    machine, bench = SimulatedPrinter(), Bench()
    bench.add("printer", machine)
    printer = Printer("receipt", partial(bench.open, "printer"), PrinterSettings(), timing=QUICK)
    task = asyncio.create_task(printer.run())
    await eventually(lambda: printer.view.state is DeviceState.READY)
    await printer.print(document, before_first_byte=briefly_nothing)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bench.close()
    return machine.text(machine.receipts[-1])


async def briefly_nothing() -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("wire", WIRES)
async def test_what_is_to_be_shown_is_shown_and_what_is_printed_is_the_receipt(wire: str) -> None:
    async with running(wire) as rig:
        rig.display.show(Screen("Milk            1.29", "Total           1.29"))
        await rig.shows("Milk            1.29", "Total           1.29")
        assert (await rig.print()).result is Result.PRINTED
        rig.display.show(Screen("Tea"), anew=True)
        await rig.shows("Tea")
        assert rig.papers == [await plain_paper(receipt())]
        assert rig.box.unknown == 0
        assert (await rig.printer.kick(2)).result is KickResult.OPENED


async def test_a_screen_waits_for_the_receipt_that_is_on_its_way_and_only_the_latest_is_shown() -> None:
    async with running() as rig:
        rig.display.show(Screen("Milk"))
        await rig.shows("Milk")
        rig.machine.paper_out_at = rig.machine.printed + 200  # in the middle of the text
        printing = asyncio.create_task(rig.print(receipt(40)))
        await eventually(lambda: rig.machine.paper_out)
        heard = rig.box.heard
        for name in ("Tea", "Cake", "Bread"):
            rig.display.show(Screen(name))
            await asyncio.sleep(0.02)
        assert rig.box.heard == heard  # nothing of it came between the receipt's bytes
        rig.machine.load_paper()
        assert (await printing).result is Result.PRINTED
        await rig.shows("Bread")
        assert rig.papers == [await plain_paper(receipt(40))]
        assert ("Cake", "") not in rig.box.shown


async def test_no_screen_comes_between_the_slices_of_a_receipt() -> None:
    async with running("delayed") as rig:
        rig.display.show(Screen("Milk"))
        await rig.shows("Milk")
        at_the_cut: list[tuple[str, str]] = []
        rig.machine.on_event = lambda event: at_the_cut.append(rig.box.text) if event == "receipt" else None
        rig.machine.milestones.after_bytes(2000, lambda: rig.display.show(Screen("Tea")))
        assert (await rig.print(receipt(800))).result is Result.PRINTED
        await rig.shows("Tea")
        assert at_the_cut == [("Milk", "")]


async def test_a_printer_in_trouble_takes_the_display_along_and_says_so_and_both_come_back() -> None:
    async with running(refresh_s=0.05) as rig:
        rig.machine.open_cover()
        await eventually(lambda: rig.display.view.state is DeviceState.LOST)
        assert "cover" in (rig.display.view.error or "")
        assert rig.display.view.hint
        rig.display.show(Screen("Milk"))
        rig.machine.close_cover()
        await rig.shows("Milk")
        rig.bench.unplug("printer")
        await eventually(lambda: rig.display.view.state is DeviceState.LOST)
        rig.display.show(Screen("Tea"))
        rig.bench.plug("printer")
        await rig.shows("Tea")


async def test_a_printer_that_lets_its_display_hear_first_prints_all_the_same() -> None:
    async with running() as rig:
        rig.machine.oddities.display_first = True
        await rig.machine.power_off()
        await eventually(lambda: rig.printer.view.state is DeviceState.LOST)
        rig.box.power_cycle()
        rig.machine.power_on()
        await rig.ready()
        assert (await rig.print()).result is Result.PRINTED
        rig.display.show(Screen("Milk"))
        await rig.shows("Milk")
        assert rig.papers == [await plain_paper(receipt())]
        rig.machine.deaf = True  # as after a power cut that the line did not show
        assert (await rig.print()).result is Result.PRINTED


async def test_receipts_screens_and_openings_all_at_once() -> None:
    chance = random.Random(7)
    async with running("delayed") as rig:

        async def prints() -> None:
            for n in range(12):
                outcome = await rig.print(Document((Text(f"receipt {n}"), Text("x" * chance.randrange(400)), Cut())))
                assert outcome.result is Result.PRINTED

        async def shows() -> None:
            for n in range(60):
                rig.display.show(Screen(f"Item {n}", f"Total {n}"), anew=chance.random() < 0.3)
                await asyncio.sleep(chance.random() * 0.01)

        async def kicks() -> None:
            for _ in range(4):
                await rig.printer.kick(2)
                rig.machine.close_drawer()

        await asyncio.gather(prints(), shows(), kicks())
        await rig.shows("Item 59", "Total 59")
        assert [text.split("\n")[0] for text in rig.papers] == [f"receipt {n}" for n in range(12)]
        assert not any("Item" in text for text in rig.papers)
        assert rig.box.unknown == 0
        assert len(rig.machine.kicks) == 4


async def test_a_printer_that_is_not_there_or_passes_nothing_on_says_so() -> None:
    bench = Bench()
    bench.add("printer", SimulatedStar())
    settings = PrinterSettings(speaks=DialectName.STAR_LINE)
    printer = Printer("receipt", partial(bench.open, "printer"), settings, timing=QUICK)
    with pytest.raises(PortUnavailable, match="not connected") as refused:
        await open_passage(printer)
    assert refused.value.hint
    task = asyncio.create_task(printer.run())
    await eventually(lambda: printer.view.state is DeviceState.READY)
    with pytest.raises(PortUnavailable, match="nothing gets through it"):
        await open_passage(printer)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bench.close()


@given(st.text(max_size=30), st.text(max_size=30), st.booleans())
@given_settings(max_examples=100, deadline=None)
def test_whatever_is_shown_ends_with_the_printer_selected_and_obeys_no_command_at_once(
    upper: str,
    lower: str,
    anew: bool,  # noqa: FBT001 - hypothesis' own
) -> None:
    said = to_display((ESCPOS.greeting if anew else b"") + ESCPOS.show(Screen(upper, lower)))
    assert said.startswith(SELECT_DISPLAY)
    assert said.endswith(SELECT_PRINTER)
    assert said.count(SELECT_PRINTER) == 1
    assert not any(command in said for command in (b"\x10\x04", b"\x10\x05", b"\x10\x14"))
    box, machine = SimulatedDisplay(DisplayProtocol.ESCPOS), SimulatedPrinter()
    machine.display = box
    machine.preload(said + b"on paper\n")
    assert machine.text(machine.uncut).strip() == "on paper"
    plain = SimulatedDisplay(DisplayProtocol.ESCPOS)
    plain.take((ESCPOS.greeting if anew else b"") + ESCPOS.show(Screen(upper, lower)))
    assert box.text == plain.text


async def test_a_selection_of_the_printer_that_is_left_unfinished_is_no_connection() -> None:
    async with running() as rig:
        rig.bench.unplug("printer")
        await eventually(lambda: rig.printer.view.state is DeviceState.LOST)
        rig.bench.add("printer", rig.machine, to_device=Faults(stall_after=2))
        await eventually(lambda: "took 2 of 3 bytes" in (rig.printer.view.error or ""))
        rig.bench.unplug("printer")
        rig.bench.add("printer", rig.machine)
        await rig.ready()
        assert (await rig.print()).result is Result.PRINTED
