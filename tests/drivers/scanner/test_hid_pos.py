"""HID-POS: a device's descriptor, its reports as frames, and a whole scanner on the simulated bus."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import DeviceState
from drivers.ports import open_port
from drivers.scanner.framing import HALF_FRAME_S, SCAN_BYTES_MAX, Frame, FrameState
from drivers.scanner.hid_pos import HidPosFramer, Layout, read_layout
from drivers.scanner.hid_pos_descriptor import DESCRIPTOR_BYTES_MAX, Field, ReportKind, parse_descriptor
from drivers.scanner.scan import Reason, Refusal, Scan
from drivers.scanner.scanner import ScanCounts, Scanner
from drivers.scanner.symbology import Symbology
from drivers.simulated.hid_bus import HidBus, HidShape
from drivers.simulated.hid_scanner import DESCRIPTOR, SCANNER_SHAPE, HidScannerFaults, SimulatedHidScanner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

BEER, MILK = "4006381333931", "96385074"
URL = "hid://0c2e:0b81"
WAIT_S = 10.0
HALF, OVERLONG = Frame(b"", FrameState.HALF), Frame(b"", FrameState.OVERLONG)

# The same fields in another order, unnumbered, with neither a count nor an identifier.
PLAIN = bytes.fromhex("05 8c 09 02 a1 01 75 08 95 08 26 ff 00 09 fe 81 02 75 01 95 01 09 ff 81 02 95 07 81 03 c0")


def layout(descriptor: bytes = DESCRIPTOR) -> Layout:
    read = read_layout(descriptor)
    assert read is not None
    return read


def report(data: bytes, *, aim: bytes = b"]E0", more: bool = False, count: int | None = None) -> bytes:
    said = len(data) if count is None else count
    return bytes([2, said]) + aim + data.ljust(56, b"\0") + b"\0\0" + bytes([more])


def test_the_fields_of_the_documented_report() -> None:
    parsed = parse_descriptor(DESCRIPTOR)
    assert parsed.numbered
    assert parsed.lengths == {
        (ReportKind.INPUT, 2): 63,
        (ReportKind.INPUT, 3): 1,
        (ReportKind.OUTPUT, 4): 1,
    }
    said = {(one.page, one.usage): (one.number, one.at, one.bits, one.count) for one in parsed.fields}
    assert said[0x01, 0x3B] == (2, 0, 8, 1)
    assert [said[0x8C, usage] for usage in (0xFB, 0xFC, 0xFD)] == [(2, 8, 8, 1), (2, 16, 8, 1), (2, 24, 8, 1)]
    assert said[0x8C, 0xFE] == (2, 32, 8, 56)
    assert said[0x8C, 0xFF] == (2, 496, 1, 1)
    assert said[0x8C, 0x87] == (4, 3, 1, 1)


@pytest.mark.parametrize(
    ("items", "fields"),
    [
        # Usage Minimum to Maximum, one each, and the last for the rest
        ("05 8c 19 fb 29 fd 75 08 95 05 81 02", [(0xFB, 0, 1), (0xFC, 8, 1), (0xFD, 16, 3)]),
        ("05 8c 29 fd 75 08 95 01 81 02", []),  # a maximum without its minimum
        ("0b fe 00 8c 00 75 08 95 02 81 02", [(0xFE, 0, 2)]),  # a usage that names its page itself
        ("05 8c a4 75 08 b4 09 fe 95 01 75 08 81 02", [(0xFE, 0, 1)]),  # pushed and popped
        ("05 8c b4 09 fe 95 01 75 08 81 02", [(0xFE, 0, 1)]),  # popped from nothing
        ("05 8c fe 02 00 aa bb 09 fe 95 01 75 08 81 02", [(0xFE, 0, 1)]),  # a long item
        ("05 8c 75 08 95 01 81 03 09 fe 81 02", [(0xFE, 8, 1)]),  # behind padding
        ("05 8c 09 fe 95 01 81 02", []),  # elements of no bits
        ("05 8c 09 fe 75 08 96 ff ff 81 02 09 fe 95 01 81 02", []),  # longer than any report
        ("05 8c 09 fe 75 08 95 01 81", []),  # cut off in an item
        ("fe", []),
        ("05 8c c0 d0 09 fe 75 08 95 01 81 02", [(0xFE, 0, 1)]),  # items that lay out nothing
    ],
)
def test_items(items: str, fields: list[tuple[int, int, int]]) -> None:
    parsed = parse_descriptor(bytes.fromhex(items))
    assert [(one.usage, one.at, one.count) for one in parsed.fields] == fields
    assert all(one.page == 0x8C for one in parsed.fields)


def test_a_descriptor_is_read_to_its_limit_only() -> None:
    padding = b"\xc0" * DESCRIPTOR_BYTES_MAX
    assert parse_descriptor(padding + DESCRIPTOR).fields == ()
    pushed = parse_descriptor(b"\xa4" * 40 + bytes.fromhex("05 8c 09 fe 75 08 95 01 81 02"))
    assert pushed.fields == (Field(ReportKind.INPUT, 0, 0x8C, 0xFE, 0, 8, 1),)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.lists(st.binary(max_size=70), max_size=6))
def test_nothing_a_device_sends_raises(descriptor: bytes, reports: list[bytes]) -> None:
    parse_descriptor(descriptor)
    for read in (layout(), layout(PLAIN), read_layout(DESCRIPTOR[:40] + descriptor)):
        if read is not None:
            framer = HidPosFramer(read)
            for now, each in enumerate(reports):
                framer.feed(each, float(now) / 10)
            framer.flush(100.0)
            assert framer.deadline is None


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=300).filter(lambda data: not data.endswith((b"\r", b"\n"))))
def test_a_scan_over_any_number_of_reports_is_one_frame(data: bytes) -> None:
    framer = HidPosFramer(layout())
    pieces = [data[at : at + 56] for at in range(0, len(data), 56)]
    frames = [
        frame
        for number, piece in enumerate(pieces, 1)
        for frame in framer.feed(report(piece, aim=b"]Q1", more=number < len(pieces)), 0.0)
    ]
    assert frames == [Frame(data if data.startswith(b"]Q1") else b"]Q1" + data)]


@pytest.mark.parametrize(
    ("sent", "frames"),
    [
        ([report(b"96385074", aim=b"]E4")], [Frame(b"]E496385074")]),
        ([report(b"]E496385074", aim=b"]E4")], [Frame(b"]E496385074")]),  # AIM identifiers on in the data, too
        ([report(b"96385074\r\n", aim=b"]E4")], [Frame(b"]E496385074")]),
        ([report(b"96385074", aim=b"\0\0\0")], [Frame(b"96385074")]),
        ([report(b"96385074", aim=b"abc")], [Frame(b"96385074")]),  # no AIM identifier at all
        ([report(b"", aim=b"\0\0\0")], []),
        ([b"\x03\x50"], []),  # another report of the device's
        ([b""], []),
        ([b"\x02"], [HALF]),
        ([report(b"1234567")[:8]], [HALF]),  # fewer bytes than it says
        ([report(b"1" * 56, count=57)], [HALF]),  # more than its field can hold
        ([report(b"1", more=True), report(b"2", more=True), report(b"3")], [Frame(b"]E0123")]),
    ],
)
def test_reports_as_frames(sent: list[bytes], frames: list[Frame]) -> None:
    framer = HidPosFramer(layout())
    assert [frame for each in sent for frame in framer.feed(each, 0.0)] == frames
    assert framer.deadline is None


def test_without_a_count_the_data_ends_at_its_nuls() -> None:
    framer = HidPosFramer(layout(PLAIN))
    assert framer.feed(b"ABC\0\0\0\0\0\0", 0.0) == [Frame(b"ABC")]
    assert framer.feed(b"ABCDEFGH\1", 0.0) == []
    assert framer.feed(b"I\0\0\0\0\0\0\0\0", 0.0) == [Frame(b"ABCDEFGHI")]
    assert framer.feed(b"", 0.0) == [HALF]


def test_a_long_scan_whose_end_never_comes_is_half_and_the_next_is_whole() -> None:
    framer = HidPosFramer(layout())
    assert framer.feed(report(b"1" * 56, more=True), 5.0) == []
    assert framer.deadline == 5.0 + HALF_FRAME_S
    assert framer.flush(5.5) == []
    assert framer.flush(7.0) == [HALF]
    assert framer.feed(report(b"96385074", aim=b"]E4"), 7.0) == [Frame(b"]E496385074")]
    assert framer.flush(99.0) == []


def test_the_rest_of_a_long_scan_is_its_rest_however_long_nobody_looked() -> None:
    framer = HidPosFramer(layout())
    assert framer.feed(report(b"1" * 56, more=True), 5.0) == []
    assert framer.feed(report(b"2"), 9.0) == [Frame(b"]E0" + b"1" * 56 + b"2")]


def test_two_reports_that_both_hold_scans_are_not_mixed() -> None:
    two = bytes.fromhex(
        "05 8c 75 08 95 02 85 01 09 fe 81 02 75 01 95 01 09 ff 81 02 95 07 81 03 85 02 75 08 95 02 09 fe 81 02"
    )
    framer = HidPosFramer(layout(two))
    assert framer.feed(b"\x01AB\x01", 0.0) == []
    assert framer.feed(b"\x02CD", 0.0) == [HALF, Frame(b"CD")]


def test_an_endless_scan_is_overlong_once() -> None:
    framer = HidPosFramer(layout())
    frames: list[Frame] = []
    for _ in range(SCAN_BYTES_MAX // 56 + 200):
        frames += framer.feed(report(b"1" * 56, more=True), 0.0)
    assert frames == []
    assert framer.feed(report(b"1"), 0.0) == [OVERLONG]


def test_a_device_with_no_scans_has_no_layout() -> None:
    assert read_layout(HidShape().descriptor) is None
    assert read_layout(b"") is None
    assert read_layout(bytes.fromhex("05 8c 09 fe 75 04 95 02 81 02")) is None  # characters of four bits
    assert read_layout(bytes.fromhex("05 8c 09 fe 75 08 95 02 91 02")) is None  # outwards


def test_another_makers_layout_is_read_by_its_own_descriptor() -> None:
    """Newland and Unitech: the data right behind the count, no AIM identifier (their manuals' input report)."""
    other = bytes.fromhex(
        "05 8c 09 02 a1 01 85 02 75 08 15 00 26 ff 00 05 01 09 3b 95 01 81 02 05 8c 09 fe 95 38 82 02 01"
        "95 04 81 03 06 66 ff 09 04 95 01 81 02 05 8c 09 ff 75 01 81 02 75 07 81 03 c0"
    )
    framer = HidPosFramer(layout(other))
    first = b"\x02\x38" + b"1" * 56 + b"\0\0\0\0" + b"Q" + b"\x01"
    assert framer.feed(first, 0.0) == []
    assert framer.feed(b"\x02\x02" + b"23".ljust(56, b"\0") + b"\0\0\0\0Q\0", 0.0) == [Frame(b"1" * 56 + b"23")]
    assert HidPosFramer(layout()).feed(first, 0.0) != [Frame(b"1" * 56)]  # the layout is never guessed


class Counter:
    """The till's end: it hears the scans."""

    def __init__(self) -> None:
        self.outcomes: list[Scan | Refusal] = []
        self._news = asyncio.Event()

    def hear(self, outcome: Scan | Refusal) -> None:
        self.outcomes.append(outcome)
        self._news.set()

    async def has(self, count: int) -> list[str]:
        async with asyncio.timeout(WAIT_S):
            while len(self.outcomes) < count:
                self._news.clear()
                await self._news.wait()
        return [outcome.text if isinstance(outcome, Scan) else f"!{outcome.reason}" for outcome in self.outcomes]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.fixture
async def bus() -> AsyncIterator[HidBus]:
    bus = HidBus()
    yield bus
    await bus.close()
    assert bus.open_devices == 0


@contextlib.asynccontextmanager
async def on_bus(bus: HidBus, url: str = URL) -> AsyncIterator[tuple[Scanner, Counter]]:
    counter = Counter()
    scanner = Scanner("counter", partial(open_port, url, hid=bus), counter.hear, port=url, duplicate_window_ms=0)
    task = asyncio.create_task(scanner.run())
    try:
        yield scanner, counter
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_scans_arrive_with_what_they_are_and_nothing_is_sent_to_the_scanner(bus: HidBus) -> None:
    peer = SimulatedHidScanner()
    bus.add("counter", peer, SCANNER_SHAPE)
    async with on_bus(bus) as (scanner, counter):
        await peer.scan(BEER)
        await peer.scan(MILK, b"]E4")
        await peer.scan("x" * 300, b"]Q1")
        assert await counter.has(3) == [BEER, MILK, "x" * 300]
        assert [outcome.symbology for outcome in counter.outcomes if isinstance(outcome, Scan)] == [
            Symbology.EAN13,
            Symbology.EAN8,
            Symbology.QR,
        ]
        assert scanner.counts == ScanCounts(scans=3)
        assert peer.heard == []


@pytest.mark.parametrize(
    "faults",
    [
        HidScannerFaults(battery_between=True),
        HidScannerFaults(no_identifier=True),
        HidScannerFaults(suffix=b"\r\n"),
    ],
)
async def test_faults_that_cost_nothing(bus: HidBus, faults: HidScannerFaults) -> None:
    peer = SimulatedHidScanner(faults)
    bus.add("counter", peer, SCANNER_SHAPE)
    async with on_bus(bus) as (scanner, counter):
        await peer.scan("y" * 100, b"]C0")
        await peer.scan(BEER)
        assert await counter.has(2) == ["y" * 100, BEER]
        assert scanner.counts.refused == 0


async def test_half_a_long_code_is_refused_and_the_next_one_read(bus: HidBus) -> None:
    peer = SimulatedHidScanner(HidScannerFaults(end_lost=True))
    bus.add("counter", peer, SCANNER_SHAPE)
    async with on_bus(bus) as (_, counter):
        await peer.scan("y" * 100, b"]C0")
        assert await counter.has(1) == [f"!{Reason.HALF}"]
        peer.faults = HidScannerFaults()
        await peer.scan(BEER)
        assert await counter.has(2) == [f"!{Reason.HALF}", BEER]


async def test_a_scanner_that_is_unplugged_in_mid_code_comes_back(bus: HidBus) -> None:
    peer = SimulatedHidScanner()
    bus.add("counter", peer, SCANNER_SHAPE)
    async with on_bus(bus) as (scanner, counter):
        await peer.scan(BEER)
        await counter.has(1)
        peer.faults = HidScannerFaults(end_lost=True)
        await peer.scan("y" * 100)
        bus.unplug("counter")
        await until(lambda: scanner.view.state is DeviceState.LOST)
        assert scanner.view.hint
        peer.faults = HidScannerFaults()
        bus.plug("counter")
        await peer.scan(MILK, b"]E4")
        assert await counter.has(2) == [BEER, MILK]


async def test_a_device_that_is_no_scanner_is_refused_with_the_next_step(bus: HidBus) -> None:
    bus.add("drawer", SimulatedHidScanner(), HidShape())
    async with on_bus(bus, "hid://0d3a:0207") as (scanner, _):
        await until(lambda: scanner.view.state is DeviceState.LOST)
        assert "sends no scans" in str(scanner.view.error)
        assert "HID-POS" in str(scanner.view.hint)
