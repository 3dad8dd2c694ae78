"""A printer is asked which fence and which dialect it has: nothing prints of that, and it is asked once."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import DeviceState
from drivers.errors import PortUnavailable
from drivers.ports.ieee1284 import DeviceId, parse_device_id
from drivers.ports.open import open_port
from drivers.printer.dialect_probe import by_device_id
from drivers.printer.escpos import FenceKind
from drivers.printer.fence_probe import QUESTION
from drivers.printer.memory import unit_of
from drivers.printer.outcome import Result
from drivers.printer.printer import Printer
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.simulated.bench import Bench
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.printer_tokens import TEXT, Token
from drivers.simulated.star import SimulatedStar, StarModel
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from tests.drivers.printer.lane import QUICK, eventually, receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from drivers.port import Port

ASKS = PrinterSettings(ask_fence=True)
ANY = PrinterSettings(ask_dialect=True)


class Kept:
    """A memory that says what it was asked."""

    def __init__(self) -> None:
        self.known: dict[str, FenceKind] = {}
        self.learned: list[FenceKind | None] = []

    def recall(self, unit: str) -> FenceKind | None:
        return self.known.get(unit)

    async def learn(self, unit: str, fence: FenceKind | None) -> None:
        self.learned.append(fence)
        self.known = {} if fence is None else {unit: fence}


class Starts(Protocol):
    def __call__(
        self, open_port: Callable[[], Awaitable[Port]], settings: PrinterSettings, memory: Kept
    ) -> Printer: ...


@pytest.fixture
async def start() -> AsyncIterator[Starts]:
    running: list[asyncio.Task[None]] = []

    def begin(open_port: Callable[[], Awaitable[Port]], settings: PrinterSettings, memory: Kept) -> Printer:
        printer = Printer("receipt", open_port, settings, port="sim://printer", timing=QUICK, memory=memory)
        running.append(asyncio.create_task(printer.run()))
        return printer

    yield begin
    for task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.close()


@pytest.fixture
async def bus() -> AsyncIterator[UsbBus]:
    bus = UsbBus()
    yield bus
    await bus.close()


async def ready(printer: Printer) -> None:
    await eventually(lambda: printer.view.state is DeviceState.READY)


async def printed(printer: Printer) -> Result:
    return (await printer.print(receipt(), before_first_byte=_nothing)).result


async def _nothing() -> None:
    pass


class Listening(SimulatedPrinter):
    """Keeps every byte it hears; `ESC @` empties its line, as Epson's reference has it."""

    def __init__(self, model: Model | None = None) -> None:
        super().__init__(model)
        self.heard = bytearray()

    def _watch(self, byte: int) -> None:
        self.heard.append(byte)
        super()._watch(byte)

    def _obey(self, token: Token) -> None:
        while token.name == b"\x1b@" and self._sheet and self._sheet[-1].name == TEXT:
            self._sheet.pop()
        super()._obey(token)


class ListeningStar(SimulatedStar):
    """Keeps every byte it hears."""

    def __init__(self, model: StarModel | None = None) -> None:
        super().__init__(model)
        self.heard = bytearray()

    def _watch(self, byte: int) -> None:
        self.heard.append(byte)
        super()._watch(byte)


# --- the fence ---


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (Model(process_ids=True), FenceKind.GS_H),
        (Model(process_ids=False), FenceKind.GS_R),
        (Model(process_ids=True, reports=False), FenceKind.GS_H),
    ],
    ids=["knows ids", "prints ids", "no reports"],
)
async def test_a_printer_is_asked_once_and_prints_nothing_of_the_question(
    bench: Bench, start: Starts, model: Model, found: FenceKind
) -> None:
    machine, memory = Listening(model), Kept()
    bench.add("printer", machine)
    printer = start(partial(bench.open, "printer"), ASKS, memory)
    await ready(printer)
    assert memory.learned == [found]
    assert machine.heard.count(QUESTION) == 1
    assert await printed(printer) is Result.PRINTED
    (paper,) = machine.receipts
    assert paper.text == b"".join(b"line %d\n" % n for n in range(5))
    bench.unplug("printer")
    bench.plug("printer")
    await eventually(lambda: printer.view.state is DeviceState.LOST)
    await ready(printer)
    assert await printed(printer) is Result.PRINTED
    assert memory.learned == [found]
    assert machine.heard.count(QUESTION) == 1
    asked = b"\x1d(H" in machine.heard.replace(QUESTION, b"")
    assert asked is (found is FenceKind.GS_H)


async def test_another_unit_in_its_place_is_found_out_and_asked_anew(bench: Bench, start: Starts) -> None:
    machine, memory = Listening(Model(process_ids=False)), Kept()
    memory.known = {"sim://printer": FenceKind.GS_H}  # of the one that stood here
    bench.add("printer", machine)
    printer = start(partial(bench.open, "printer"), ASKS, memory)
    await ready(printer)
    assert await printed(printer) is Result.NOT_PRINTED
    await eventually(lambda: memory.learned == [None, FenceKind.GS_R])
    await ready(printer)
    assert await printed(printer) is Result.PRINTED
    (paper,) = machine.receipts
    assert paper.text == b"".join(b"line %d\n" % n for n in range(5))  # nothing of the id it did not know


async def test_a_printer_out_of_paper_is_asked_when_it_is_well(bench: Bench, start: Starts) -> None:
    machine, memory = Listening(), Kept()
    machine.paper_out = True
    bench.add("printer", machine)
    printer = start(partial(bench.open, "printer"), ASKS, memory)
    await ready(printer)
    assert memory.learned == []
    assert QUESTION not in machine.heard
    machine.load_paper()
    assert await printed(printer) is Result.PRINTED  # by the question every printer knows


async def test_a_printer_without_any_fence_prints_and_it_is_unknown(bench: Bench, start: Starts) -> None:
    machine, memory = Listening(Model(fences=False, process_ids=False)), Kept()
    bench.add("printer", machine)
    printer = start(partial(bench.open, "printer"), ASKS, memory)
    await ready(printer)
    assert await printed(printer) is Result.UNKNOWN
    assert memory.learned == []
    assert [paper.text.count(b"line") for paper in machine.receipts] == [1 * 5]


@pytest.mark.parametrize(("counts", "found"), [(True, [FenceKind.ETB]), (False, [])])
async def test_a_star_is_trusted_only_where_its_status_has_a_counter(
    bench: Bench, start: Starts, *, counts: bool, found: list[FenceKind]
) -> None:
    memory = Kept()
    bench.add("printer", SimulatedStar(StarModel(fences=counts)))
    speaks = PrinterSettings(speaks=DialectName.STAR_LINE, ask_fence=True)
    printer = start(partial(bench.open, "printer"), speaks, memory)
    await ready(printer)
    assert memory.learned == found
    assert await printed(printer) is (Result.PRINTED if counts else Result.UNKNOWN)


async def test_a_usb_printer_that_is_well_by_its_port_and_says_nothing_is_one_way(bus: UsbBus, start: Starts) -> None:
    machine, memory = SimulatedPrinter(Model(answers=False)), Kept()
    bus.add("receipt", machine, UsbPrinter())
    printer = start(partial(open_port, "usb://04b8:0e15", usb=bus), ASKS, memory)
    await ready(printer)
    assert await printed(printer) is Result.UNKNOWN
    assert len(machine.receipts) == 1
    assert memory.learned == []  # it may have been busy with something


# --- the dialect ---


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;", DialectName.ESCPOS),
        ("MANUFACTURER:Star;COMMAND SET:ESC/POS;MODEL:TSP654;", DialectName.ESCPOS),
        ("MFG:Star;CMD:StarPRNT;MDL:mC-Print3;", DialectName.STARPRNT),
        ("MFG:Star;CMD:STAR;MDL:mPOP;", DialectName.STARPRNT),
        ("MFG:Star;CMD:Star Line;MDL:TSP700II;", DialectName.STAR_LINE),
        ("MFG:Acme;CMD:PCL;MDL:Laser;", None),
        ("CLS:PRINTER;", None),
    ],
)
def test_a_device_id_names_the_dialect_or_does_not(text: str, speaks: DialectName | None) -> None:
    assert by_device_id(of(text)) is speaks


@pytest.mark.parametrize("text", ["MFG:Star;CMD:STAR;MDL:TSP654 (STR_T-001);", "MFG:STAR MICRONICS;MDL:TSP143;"])
def test_a_star_that_does_not_say_which_is_refused(text: str) -> None:
    with pytest.raises(PortUnavailable, match="Star") as refused:
        by_device_id(of(text))
    assert "star_line" in refused.value.hint


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_any_device_id_is_read(text: str) -> None:
    found = parse_device_id(b"\0\0" + text.encode("latin-1", "replace"))
    if found is not None:
        with contextlib.suppress(PortUnavailable):
            assert by_device_id(found) in (None, *DialectName)


def of(text: str) -> DeviceId:
    found = parse_device_id((2 + len(text)).to_bytes(2, "big") + text.encode())
    assert found is not None
    return found


def test_a_unit_is_known_by_its_own_id_where_it_has_one() -> None:
    first, second = of("MFG:E;SN:1;"), of("MFG:E;SN:2;")
    assert len({unit_of("usb://1:2", None), unit_of("usb://1:2", first), unit_of("usb://1:2", second)}) == 3


@pytest.mark.parametrize(
    ("device_id", "speaks"),
    [
        ("MFG:Star;CMD:STARPRNT;MDL:mC-Print3;", DialectName.STARPRNT),
        ("MFG:Star;CMD:STARLINE;MDL:TSP654;", DialectName.STAR_LINE),
        ("MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;", DialectName.ESCPOS),
    ],
)
async def test_a_usb_printer_is_spoken_to_as_its_device_id_says(
    bus: UsbBus, start: Starts, device_id: str, speaks: DialectName
) -> None:
    escpos = speaks is DialectName.ESCPOS
    machine = Listening() if escpos else ListeningStar()
    bus.add("receipt", machine, UsbPrinter(device_id=device_id))
    printer = start(partial(open_port, "usb://04b8:0e15", usb=bus), ANY, Kept())
    await ready(printer)
    assert await printed(printer) is Result.PRINTED
    assert (b"\x1b\x06\x01" in machine.heard) is not escpos
    assert (b"\x10\x04" in machine.heard) is escpos


async def test_an_escpos_printer_on_any_port_is_asked(bench: Bench, start: Starts) -> None:
    machine = Listening()
    bench.add("printer", machine)
    printer = start(partial(bench.open, "printer"), ANY, Kept())
    await ready(printer)
    assert await printed(printer) is Result.PRINTED
    (paper,) = machine.receipts
    assert paper.text == b"".join(b"line %d\n" % n for n in range(5))


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_star_on_any_port_hears_nothing_of_escpos_and_has_to_be_named(
    bench: Bench, start: Starts, *, at_once: bool
) -> None:
    machine = ListeningStar(StarModel(reports_at_once=at_once))
    bench.add("printer", machine)
    printer = start(partial(bench.open, "printer"), ANY, Kept())
    await eventually(lambda: printer.view.state is DeviceState.LOST)
    assert "Star" in (printer.view.error or "")
    assert "starprnt" in (printer.view.hint or "")
    assert bytes(machine.heard).replace(b"\x1b\x06\x01", b"") == b""
    assert not machine.kicks


async def test_a_silent_printer_of_an_unknown_dialect_hears_questions_and_nuls_only(
    bench: Bench, start: Starts
) -> None:
    machine = Listening(Model(answers=False))
    bench.add("printer", machine)
    printer = start(partial(bench.open, "printer"), ANY, Kept())
    await eventually(lambda: printer.view.state is DeviceState.LOST)
    assert '"auto"' in (printer.view.hint or "")
    assert bytes(machine.heard).replace(b"\x1b\x06\x01", b"").replace(b"\x10\x04\x01", b"").strip(b"\0") == b""


async def test_another_dialect_in_its_place_is_spoken_to_in_its_own(bus: UsbBus, start: Starts) -> None:
    first, second = Listening(), ListeningStar()
    bus.add("receipt", first, UsbPrinter())
    printer = start(
        partial(open_port, "usb://04b8:0e15", usb=bus), PrinterSettings(ask_dialect=True, kanji_off=True), Kept()
    )
    await ready(printer)
    assert await printed(printer) is Result.PRINTED
    bus.unplug("receipt")
    await eventually(lambda: printer.view.state is DeviceState.LOST)
    bus.add("star", second, UsbPrinter(device_id="MFG:Star;CMD:STARPRNT;"))
    await ready(printer)
    assert await printed(printer) is Result.PRINTED
    assert b"\x1c." not in second.heard  # what turns Chinese characters off opens a Star's drawer
    assert not second.kicks
