"""USB printers through Windows' own driver, over a Windows that answers as Microsoft documents."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import PortLost, PortUnavailable, WriteStalled
from drivers.ports import open_port
from drivers.ports.ieee1284 import PortStatus
from drivers.ports.libusb import CountingBackend, libusb
from drivers.ports.threaded import ThreadedPort
from drivers.ports.usbprint import parse_path
from drivers.ports.usbprint_api import load_usbprint
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from drivers.simulated.usb_wire import UsbFaults
from tests.drivers.ports.windows_usb import GUID, FakeUsbPrint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.port import Port

WAIT_S = 10.0
URL = "usb://04b8:0e15"
EVERY_BYTE = bytes(range(256))


class Paper:
    """A device that keeps what it hears."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.news = asyncio.Event()
        self.port: Port | None = None

    async def serve(self, port: Port) -> None:
        self.port = port
        while True:
            self.heard += await port.read()
            self.news.set()

    async def has_heard(self, count: int) -> bytes:
        async with asyncio.timeout(WAIT_S):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()
        return bytes(self.heard)


@pytest.fixture
async def bus() -> AsyncIterator[UsbBus]:
    bus = UsbBus()
    yield bus
    await bus.close()


@pytest.fixture
async def windows(bus: UsbBus) -> AsyncIterator[FakeUsbPrint]:
    windows = FakeUsbPrint(bus)
    yield windows
    windows.check()
    assert not windows.left_open()


async def opened(windows: FakeUsbPrint, url: str = URL) -> ThreadedPort:
    port = await open_port(url, usbprint=windows.api())
    assert isinstance(port, ThreadedPort)
    return port


async def refusal(windows: FakeUsbPrint, url: str = URL) -> str:
    with pytest.raises(PortUnavailable) as unavailable:
        await open_port(url, usbprint=windows.api())
    assert unavailable.value.hint
    return f"{unavailable.value}: {unavailable.value.hint}"


# --- bytes ---


@pytest.mark.parametrize("at_once", [False, True])
async def test_transfers_that_end_at_once_and_later(bus: UsbBus, windows: FakeUsbPrint, at_once: bool) -> None:  # noqa: FBT001 - pytest gives it by name
    paper = Paper()
    bus.add("it", paper)
    port = await opened(windows)
    windows.at_once = at_once
    await port.write(EVERY_BYTE, timeout_s=WAIT_S)
    assert await paper.has_heard(256) == EVERY_BYTE
    windows.at_once = False
    assert paper.port is not None
    await paper.port.write(b"!", timeout_s=WAIT_S)
    assert await asyncio.wait_for(port.read(), WAIT_S) == b"!"
    await port.close()


async def test_one_packet_at_a_time_and_a_stall_keeps_its_place(bus: UsbBus, windows: FakeUsbPrint) -> None:
    paper = Paper()
    bus.add("it", paper, faults=UsbFaults(nak_at=100))
    port = await opened(windows)
    with pytest.raises(WriteStalled) as stalled:
        await port.write(EVERY_BYTE, timeout_s=0.1)
    assert stalled.value.written == 100
    bus.wire("it").faults = UsbFaults()
    await port.write(EVERY_BYTE[100:], timeout_s=WAIT_S)
    assert await paper.has_heard(256) == EVERY_BYTE
    assert max(windows.transfer_bytes) == 64
    await port.close()


async def test_empty_answers_are_neither_bytes_nor_the_end(bus: UsbBus, windows: FakeUsbPrint) -> None:
    paper = Paper()
    bus.add("it", paper, faults=UsbFaults(empty_answers=True))
    port = await opened(windows)
    reading = asyncio.create_task(port.read())
    await port.write(b"x", timeout_s=WAIT_S)
    await paper.has_heard(1)
    assert not reading.done()
    assert paper.port is not None
    await paper.port.write(b"!", timeout_s=WAIT_S)
    assert await asyncio.wait_for(reading, WAIT_S) == b"!"
    await port.close()


async def test_a_printer_that_never_answers_is_written_to(bus: UsbBus, windows: FakeUsbPrint) -> None:
    windows.reads = False
    paper = Paper()
    bus.add("it", paper)
    port = await opened(windows)
    reading = asyncio.create_task(port.read())
    await port.write(EVERY_BYTE, timeout_s=WAIT_S)
    assert await paper.has_heard(256) == EVERY_BYTE
    assert not reading.done()
    await port.close()
    with pytest.raises(PortLost):
        await reading


async def test_a_halted_endpoint_is_lost_and_the_count_is_true(bus: UsbBus, windows: FakeUsbPrint) -> None:
    bus.add("it", Paper(), faults=UsbFaults(stall_at=70))
    port = await opened(windows)
    with pytest.raises(PortLost, match="error 31") as lost:
        await port.write(EVERY_BYTE, timeout_s=WAIT_S)
    assert lost.value.written == 70
    assert "cable" in lost.value.hint
    await port.close()


async def test_unplugged_and_plugged_in_again(bus: UsbBus, windows: FakeUsbPrint) -> None:
    paper = Paper()
    bus.add("it", paper)
    port = await opened(windows)
    reading = asyncio.create_task(port.read())
    await port.write(b"x", timeout_s=WAIT_S)
    bus.unplug("it")
    for asking in (reading, port.write(b"y", timeout_s=WAIT_S), port.port_status()):
        with pytest.raises(PortLost, match="1167"):
            await asyncio.wait_for(asking, WAIT_S)
    await port.close()
    bus.plug("it")
    port = await opened(windows)
    await port.write(b"z", timeout_s=WAIT_S)
    assert await paper.has_heard(2) == b"xz"
    await port.close()


# --- what is said beside the bytes ---


async def test_status_and_id_are_answered_while_the_printer_takes_no_bytes(bus: UsbBus, windows: FakeUsbPrint) -> None:
    status = 0x18
    bus.add("it", Paper(), UsbPrinter(port_status=lambda: status), UsbFaults(nak_at=0))
    port = await opened(windows)
    writing = asyncio.create_task(port.write(b"x", timeout_s=WAIT_S))
    assert await port.port_status() == PortStatus(error=False, selected=True, paper_empty=False)
    status = 0x30
    assert await port.port_status() == PortStatus(error=True, selected=True, paper_empty=True)
    found = await port.device_id()
    assert found is not None
    assert found.fields["MDL"] == "TM-T20II"
    await port.close()
    with pytest.raises(PortLost) as lost:
        await writing
    assert lost.value.written == 0


async def test_what_a_printer_does_not_know_is_none(
    bus: UsbBus, windows: FakeUsbPrint, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.add("it", Paper(), UsbPrinter(port_status=None, device_id=None))
    port = await opened(windows)
    assert await port.port_status() is None
    assert await port.device_id() is None
    windows.hangs = True
    monkeypatch.setattr("drivers.ports.usbprint.CONTROL_TIMEOUT_S", 0.01)
    assert await port.port_status() is None
    await port.close()


# --- finding and opening ---


async def test_two_printers_are_told_apart_by_their_serial_numbers(bus: UsbBus, windows: FakeUsbPrint) -> None:
    papers = {"A1": Paper(), "B/2": Paper()}
    for number, paper in papers.items():
        bus.add(number, paper, UsbPrinter(serial_number=number))
    # The numbers are as Windows has them, in whatever case; a URL's case does not matter.
    assert f"{URL}/a1 or {URL}/b%2F2" in await refusal(windows)
    for number, url in (("A1", f"{URL}/A1"), ("B/2", f"{URL}/b%2F2")):
        port = await opened(windows, url)
        await port.write(number.encode(), timeout_s=WAIT_S)
        assert await papers[number].has_heard(len(number)) == number.encode()
        await port.close()
    said = await refusal(windows, f"{URL}/C3")
    assert "a1, b/2" in said
    assert "b%2F2" in said


async def test_printers_whose_serial_numbers_windows_does_not_tell(bus: UsbBus, windows: FakeUsbPrint) -> None:
    windows.composite = True
    bus.add("one", Paper(), UsbPrinter(serial_number="A1"))
    assert f"Write {URL}" in await refusal(windows, f"{URL}/A1")
    port = await opened(windows)
    await port.close()
    bus.add("two", Paper(), UsbPrinter(serial_number="B2"))
    assert "spool://QUEUE" in await refusal(windows)


async def test_held_denied_and_unplugged_just_now(bus: UsbBus, windows: FakeUsbPrint) -> None:
    bus.add("it", Paper())
    port = await opened(windows)
    assert "spool://QUEUE" in await refusal(windows)
    await port.close()
    bus.wire("it").faults = UsbFaults(denied=True)
    assert "held by another program" in await refusal(windows)
    bus.unplug("it")
    windows.extra = [windows.path(UsbPrinter())]
    assert "unplugged just now" in await refusal(windows)


async def test_a_windows_that_refuses_says_why(bus: UsbBus, windows: FakeUsbPrint) -> None:
    bus.add("it", Paper())
    windows.no_events = True
    assert "words for 8 (error 8 in CreateEventW)" in await refusal(windows)
    windows.broken_list = True
    assert "held" in await refusal(windows)
    windows.lists = False
    assert "held" in await refusal(windows)
    windows.broken_list, windows.lists, windows.extra = False, True, ["x" * 40_000]
    assert "error 122" in await refusal(windows)


def test_a_list_without_end_is_given_up(windows: FakeUsbPrint) -> None:
    windows.extra = ["x"] * 1000
    assert len(windows.api().paths()) == 256


@pytest.fixture(scope="session")
def real() -> CountingBackend:
    """The library itself, loaded before a test counts descriptors: it keeps one for hot-plugging."""
    return libusb()


@pytest.mark.usefixtures("real")
async def test_a_printer_that_usbprint_does_not_have_is_looked_for_by_libusb(windows: FakeUsbPrint) -> None:
    windows.extra = ["x", rf"\\?\usb#vid_04b8&pid_0e15#6&1&0&2#{GUID}"]
    assert "no USB device fffe:0001" in await refusal(windows, "usb://fffe:0001")


@pytest.mark.skipif(sys.platform == "win32", reason="there it is Windows")
def test_usbprint_is_part_of_windows() -> None:
    with pytest.raises(PortUnavailable):
        load_usbprint()


@pytest.mark.parametrize(
    ("path", "numbers", "serial_number"),
    [
        (rf"\\?\usb#vid_04b8&pid_0e15#J5AB01#{GUID}", "04b8:0e15", "J5AB01"),
        (rf"\\?\USB#VID_04B8&PID_0E15#J5AB01#{GUID}\x", "04b8:0e15", "J5AB01"),
        (rf"\\?\usb#vid_04b8&pid_0e15#6&2a1b3c4d&0&2#{GUID}", "04b8:0e15", None),
        (rf"\\?\usb#vid_04b8&pid_0e15&mi_00#7&1&0&0000#{GUID}", "04b8:0e15", None),
        (rf"\\?\usb#vid_04b8&pid_0e15##{GUID}", "04b8:0e15", None),
    ],
)
def test_what_a_path_says(path: str, numbers: str, serial_number: str | None) -> None:
    found = parse_path(path)
    assert found is not None
    assert (found.path, found.numbers, found.serial_number) == (path, numbers, serial_number)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text(max_size=30).map(lambda rest: rf"\\?\usb#vid_04b8&pid_0e15{rest}"))
def test_any_path_is_a_printers_or_none(path: str) -> None:
    found = parse_path(path)
    assert found is None or (found.path == path and found.numbers == "04b8:0e15")
