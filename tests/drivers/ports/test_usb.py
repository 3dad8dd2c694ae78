"""USB printers: over the simulated bus with every fault it has, and what libusb's own answers become."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import random
import sys
from array import array
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import usb.core
from usb.backend import libusb1

from drivers.errors import PortLost, PortUnavailable, WriteStalled
from drivers.ports import open_port, parse_port_url
from drivers.ports.ieee1284 import PortStatus
from drivers.ports.libusb import CountingBackend, libusb
from drivers.ports.threaded import ThreadedPort
from drivers.ports.usb_find import refused
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from drivers.simulated.usb_wire import UsbFaults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from drivers.port import Port

WAIT_S = 10.0
URL = "usb://04b8:0e15"
EVERY_BYTE = bytes(range(256))


class Paper:
    """A device that keeps what it hears, stay by stay, while it is listening."""

    def __init__(self) -> None:
        self.heard: list[bytearray] = []
        self.listening = asyncio.Event()
        self.listening.set()
        self.news = asyncio.Event()
        self.port: Port | None = None

    async def serve(self, port: Port) -> None:
        self.port = port
        heard = bytearray()
        self.heard.append(heard)
        while True:
            await self.listening.wait()
            heard += await port.read()
            self.news.set()

    async def has_heard(self, count: int, stay: int = -1) -> bytes:
        async with asyncio.timeout(WAIT_S):
            while not self.heard or len(self.heard[stay]) < count:
                self.news.clear()
                await self.news.wait()
        return bytes(self.heard[stay])


@pytest.fixture
async def bus() -> AsyncIterator[UsbBus]:
    bus = UsbBus()
    yield bus
    await bus.close()


async def opened(bus: UsbBus, url: str = URL) -> ThreadedPort:
    port = await open_port(url, usb=bus)
    assert isinstance(port, ThreadedPort)
    return port


async def refusal(bus: UsbBus, url: str = URL) -> str:
    with pytest.raises(PortUnavailable) as unavailable:
        await open_port(url, usb=bus)
    assert unavailable.value.hint
    return f"{unavailable.value}: {unavailable.value.hint}"


# --- bytes ---


@pytest.mark.parametrize(("out", "back"), [(0x01, 0x82), (0x02, 0x81), (0x03, 0x82)])
async def test_the_endpoints_are_those_of_the_descriptors(bus: UsbBus, out: int, back: int) -> None:
    paper = Paper()
    bus.add("it", paper, UsbPrinter(out=out, back=back))
    port = await opened(bus)
    await port.write(EVERY_BYTE, timeout_s=WAIT_S)
    assert await paper.has_heard(256) == EVERY_BYTE
    assert paper.port is not None
    await paper.port.write(b"!", timeout_s=WAIT_S)
    assert await asyncio.wait_for(port.read(), WAIT_S) == b"!"
    await port.close()


@pytest.mark.parametrize("stall_at", [0, 1, 999, 4096, 5000])
async def test_a_stalled_endpoint_goes_on_where_it_was(bus: UsbBus, stall_at: int) -> None:
    paper = Paper()
    bus.add("it", paper, faults=UsbFaults(stall_at=stall_at))
    port = await opened(bus)
    data = EVERY_BYTE * 40
    await port.write(data, timeout_s=WAIT_S)
    assert await paper.has_heard(len(data)) == data
    assert bus.resets("it") == 0
    await port.close()


async def test_an_endpoint_that_stalls_at_any_time_takes_every_byte_once(bus: UsbBus) -> None:
    chance = random.Random(5)
    paper = Paper()
    bus.add("it", paper, faults=UsbFaults(transfer_bytes_max=777, delay_s=0.002))
    port = await opened(bus)
    data = chance.randbytes(40_000)
    writing = asyncio.create_task(port.write(data, timeout_s=WAIT_S))
    for _ in range(5):
        bus.wire("it").halt(0x01)
        await asyncio.sleep(chance.random() / 10)
    await writing
    assert await paper.has_heard(len(data)) == data
    await port.close()


async def test_a_stalled_endpoint_for_answers_goes_on_too(bus: UsbBus) -> None:
    paper = Paper()
    bus.add("it", paper)
    port = await opened(bus)
    bus.wire("it").halt(0x82)
    await port.write(b"?", timeout_s=WAIT_S)
    await paper.has_heard(1)
    assert paper.port is not None
    await paper.port.write(b"!", timeout_s=WAIT_S)
    assert await asyncio.wait_for(port.read(), WAIT_S) == b"!"
    await port.close()


class Watched(UsbBus):
    """A bus that counts what is asked of it."""

    reads = 0

    def bulk_read(self, *transfer: Any) -> int:
        self.reads += 1
        return super().bulk_read(*transfer)


async def test_empty_answers_are_neither_bytes_nor_the_end_nor_spun_on() -> None:
    bus = Watched()
    paper = Paper()
    bus.add("it", paper, faults=UsbFaults(empty_answers=True))
    port = await opened(bus)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(port.read(), 0.2)
    assert bus.reads < 50  # with no pause between them there are thousands
    assert paper.port is not None
    await paper.port.write(b"!", timeout_s=WAIT_S)
    assert await asyncio.wait_for(port.read(), WAIT_S) == b"!"
    await port.close()
    await bus.close()


async def test_a_printer_that_takes_nothing_is_waited_for_and_the_count_is_exact(bus: UsbBus) -> None:
    paper = Paper()
    bus.add("it", paper, faults=UsbFaults(nak_at=5001))
    port = await opened(bus)
    data = EVERY_BYTE * 40
    with pytest.raises(WriteStalled) as stalled:
        await port.write(data, timeout_s=0.05)
    assert stalled.value.written == 5001
    bus.wire("it").faults = UsbFaults()  # there is paper again
    await port.write(data[5001:], timeout_s=WAIT_S)
    assert await paper.has_heard(len(data)) == data
    await port.close()


@pytest.mark.parametrize("gone_at", [1, 4095, 4096, 4097, 9000])
async def test_a_plug_pulled_in_mid_write_tells_exactly_what_went_out(bus: UsbBus, gone_at: int) -> None:
    paper = Paper()
    bus.add("it", paper, faults=UsbFaults(vanish_at=gone_at))
    port = await opened(bus)
    data = EVERY_BYTE * 40
    with pytest.raises(PortLost) as lost:
        await port.write(data, timeout_s=WAIT_S)
    assert lost.value.written == gone_at
    assert "cable" in lost.value.hint
    assert await paper.has_heard(gone_at) == data[:gone_at]
    with pytest.raises(PortLost):
        await asyncio.wait_for(port.read(), WAIT_S)
    with pytest.raises(PortLost):
        await port.port_status()
    await port.close()


async def test_a_printer_that_comes_back_has_a_new_address_and_the_old_port_stays_dead(bus: UsbBus) -> None:
    paper = Paper()
    bus.add("it", paper)
    old = await opened(bus)
    await old.write(b"one", timeout_s=WAIT_S)
    await paper.has_heard(3)
    address = bus.wire("it").address
    bus.unplug("it")
    bus.plug("it", bus=2)
    assert bus.wire("it").address[1] != address[1]
    with pytest.raises(PortLost) as lost:
        await old.write(b"never", timeout_s=WAIT_S)
    assert lost.value.written == 0
    new = await opened(bus)
    await new.write(b"two", timeout_s=WAIT_S)
    assert await paper.has_heard(3) == b"two"
    assert bytes(paper.heard[0]) == b"one"
    await old.close()
    await new.close()


async def test_a_one_way_printer_is_written_and_never_heard(bus: UsbBus) -> None:
    paper = Paper()
    bus.add("it", paper, UsbPrinter(protocol=1, back=None))
    port = await opened(bus)
    reading = asyncio.create_task(port.read())
    await port.write(b"x", timeout_s=WAIT_S)
    assert await paper.has_heard(1) == b"x"
    assert not reading.done()
    await port.close()
    with pytest.raises(PortLost):
        await reading


async def test_a_simulated_printer_answers_over_the_bus(bus: UsbBus) -> None:
    bus.add("it", SimulatedPrinter())
    port = await opened(bus)
    await port.write(b"\x10\x04\x01", timeout_s=WAIT_S)
    answer = await asyncio.wait_for(port.read(), WAIT_S)
    assert answer[0] & 0x93 == 0x12
    await port.close()


async def test_another_program_prints_over_the_bus_by_pyusb(bus: UsbBus) -> None:
    """python-escpos finds, claims and writes as on a real bus: a second judge of the simulated one."""
    from escpos.printer import Usb

    paper = Paper()
    bus.add("it", paper, UsbPrinter(serial_number="A1"))

    def print_a_line() -> None:
        printer = Usb(0x04B8, 0x0E15, usb_args={"backend": bus}, in_ep=0x82, out_ep=0x01)
        printer.open()
        printer._raw(b"a line\n")
        printer.close()

    with ThreadPoolExecutor() as pool:
        await asyncio.get_running_loop().run_in_executor(pool, print_a_line)
    assert b"a line\n" in await paper.has_heard(7)
    assert bus.resets("it") > 0  # which is what ours never does
    assert not bus.claimed("it")


# --- beside the bytes ---


async def test_the_port_status_is_read_while_the_printer_takes_no_bytes(bus: UsbBus) -> None:
    status = 0x18
    bus.add("it", Paper(), UsbPrinter(port_status=lambda: status), UsbFaults(nak_at=0))
    port = await opened(bus)
    writing = asyncio.create_task(port.write(b"x", timeout_s=WAIT_S))
    assert await port.port_status() == PortStatus(error=False, selected=True, paper_empty=False)
    status = 0x30
    assert await port.port_status() == PortStatus(error=True, selected=True, paper_empty=True)
    found = await port.device_id()
    assert found is not None
    assert found.fields["MDL"] == "TM-T20II"
    await port.close()
    with pytest.raises(PortLost):
        await writing
    with pytest.raises(PortLost):
        await port.port_status()


async def test_what_a_printer_does_not_know_is_none(bus: UsbBus) -> None:
    paper = Paper()
    bus.add("it", paper, UsbPrinter(port_status=None, device_id=None))
    port = await opened(bus)
    assert await port.port_status() is None
    assert await port.device_id() is None
    await port.write(b"x", timeout_s=WAIT_S)
    assert await paper.has_heard(1) == b"x"
    await port.close()


async def test_a_port_that_is_no_printers_says_nothing_of_one(tmp_path: Path) -> None:
    port = await open_port((tmp_path / "receipts.bin").as_uri())
    assert isinstance(port, ThreadedPort)
    assert await port.port_status() is None
    assert await port.device_id() is None
    await port.close()


# --- claiming and giving back ---


async def test_the_kernel_has_its_driver_back_after_close(bus: UsbBus) -> None:
    bus.add("it", Paper(), UsbPrinter(kernel_driver=True))
    port = await opened(bus)
    assert not bus.driver_bound("it")
    assert bus.claimed("it")
    await port.close()
    assert bus.driver_bound("it")
    assert not bus.claimed("it")


async def test_a_printer_without_a_kernel_driver_is_given_none(bus: UsbBus) -> None:
    bus.add("it", Paper())
    port = await opened(bus)
    await port.close()
    assert not bus.driver_bound("it")
    assert not bus.claimed("it")
    assert bus.resets("it") == 0


async def test_a_printer_that_answers_in_an_alternate_setting_only_is_put_into_it(bus: UsbBus) -> None:
    paper = Paper()
    bus.add("it", paper, UsbPrinter(alternate=True))
    port = await opened(bus)
    await port.write(b"?", timeout_s=WAIT_S)
    await paper.has_heard(1)
    assert paper.port is not None
    await paper.port.write(b"!", timeout_s=WAIT_S)
    assert await asyncio.wait_for(port.read(), WAIT_S) == b"!"
    await port.close()


async def test_a_printer_that_nothing_configured_is_configured_once(bus: UsbBus) -> None:
    paper = Paper()
    bus.add("it", paper, UsbPrinter(configured=False))
    for number in range(2):
        port = await opened(bus)
        await port.write(b"%d" % number, timeout_s=WAIT_S)
        await paper.has_heard(number + 1)
        await port.close()
    assert bus.resets("it") == 0


async def test_a_held_printer_says_so_and_keeps_its_holder(bus: UsbBus) -> None:
    paper = Paper()
    bus.add("it", paper)
    port = await opened(bus)
    assert "held by another program" in await refusal(bus)
    await port.write(b"still", timeout_s=WAIT_S)
    assert await paper.has_heard(5) == b"still"
    await port.close()


async def test_no_permission_names_the_udev_rule(bus: UsbBus) -> None:
    bus.add("it", Paper(), UsbPrinter(serial_number="A1"), UsbFaults(denied=True))
    for url in (URL, f"{URL}/A1"):
        said = await refusal(bus, url)
        if sys.platform == "win32":
            assert "another program" in said
        else:
            assert 'ATTR{idVendor}=="04b8", ATTR{idProduct}=="0e15"' in said
            assert "/etc/udev/rules.d/" in said


async def test_nothing_there_and_no_printer_there(bus: UsbBus) -> None:
    assert "Plug the printer in" in await refusal(bus)
    bus.add("it", Paper(), UsbPrinter(interface_class=0xFF))
    assert "serial://" in await refusal(bus)
    assert "Plug the printer in" in await refusal(bus, "usb://04b8:0e16")


async def test_two_printers_are_told_apart_by_their_serial_numbers(bus: UsbBus) -> None:
    papers = {"A1": Paper(), "B/2": Paper()}
    for number, paper in papers.items():
        bus.add(number, paper, UsbPrinter(serial_number=number))
    said = await refusal(bus)
    assert f"{URL}/A1 or {URL}/B%2F2" in said
    for number, url in (("A1", f"{URL}/A1"), ("B/2", f"{URL}/B%2F2")):
        port = await opened(bus, url)
        await port.write(number.encode(), timeout_s=WAIT_S)
        assert await papers[number].has_heard(len(number)) == number.encode()
        await port.close()
    said = await refusal(bus, f"{URL}/C3")
    assert "A1, B/2" in said
    assert "B%2F2" in said


@pytest.mark.parametrize("url", [URL, f"{URL}/C3"])
async def test_a_printer_that_was_only_looked_at_is_let_go_of(bus: UsbBus, url: str) -> None:
    for number in ("A1", "B2"):
        bus.add(number, Paper(), UsbPrinter(serial_number=number))
    with pytest.raises(PortUnavailable) as kept:  # an error that is kept keeps what its functions had
        await open_port(url, usb=bus)
    assert (bus.handles("A1"), bus.handles("B2")) == (0, 0)
    assert kept.value.hint
    port = await opened(bus, f"{URL}/A1")
    assert (bus.handles("A1"), bus.handles("B2")) == (1, 0)
    await port.close()
    assert bus.handles("A1") == 0


@pytest.mark.parametrize("number", [None, "1"])
async def test_two_printers_that_nothing_tells_apart_are_refused(bus: UsbBus, number: str | None) -> None:
    bus.add("one", Paper(), UsbPrinter(serial_number=number))
    bus.add("two", Paper(), UsbPrinter(serial_number=number))
    assert "lp0 and lp1" in await refusal(bus)
    assert bus.resets("one") == 0
    if number is not None:
        assert "lp0 and lp1" in await refusal(bus, f"{URL}/{number}")


async def test_one_of_two_that_cannot_be_read_does_not_hide_the_other(bus: UsbBus) -> None:
    bus.add("one", Paper(), UsbPrinter(serial_number="A1"), UsbFaults(denied=True))
    bus.add("two", Paper(), UsbPrinter(serial_number="B2"))
    port = await opened(bus, f"{URL}/B2")
    await port.close()
    if sys.platform != "win32":
        assert "udev" in await refusal(bus, f"{URL}/A1")


async def test_a_printer_with_no_serial_number_is_named_by_its_numbers_alone(bus: UsbBus) -> None:
    bus.add("it", Paper())
    said = await refusal(bus, f"{URL}/A1")
    assert "those plugged in: none" in said
    assert f"Write {URL}" in said


def test_windows_own_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    url = parse_port_url(URL)
    assert "cable" in refused(url, NotImplementedError("x")).hint
    monkeypatch.setattr(sys, "platform", "win32")
    assert "Windows' own" in str(refused(url, NotImplementedError("x")))
    assert "another program" in str(refused(url, usb.core.USBError("x", errno=errno.EACCES)))


# --- libusb ---


@pytest.fixture(scope="session")
def real() -> CountingBackend:
    """The library itself, loaded before a test counts descriptors: it keeps one for hot-plugging."""
    return libusb()


async def test_libusb_itself_loads_and_finds_no_such_printer(real: CountingBackend) -> None:
    assert real is libusb()
    with pytest.raises(PortUnavailable, match="no USB device"):
        await open_port("usb://fffe:0001")


Bulk = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_ubyte,
    ctypes.POINTER(ctypes.c_ubyte),
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_int),
    ctypes.c_uint,
)


@pytest.mark.parametrize("code", [0, -1, -4, -7, -9])  # done, I/O, no device, time-out, pipe
@pytest.mark.parametrize("moved", [0, 3])
def test_what_moved_is_counted_whatever_ended_the_transfer(code: int, moved: int) -> None:
    seen: list[Any] = []

    def transfer(_handle: Any, endpoint: int, data: Any, length: int, transferred: Any, timeout: int) -> int:
        seen.append((endpoint, bytes(data[:length]), timeout))
        transferred[0] = moved
        return code

    backend = CountingBackend(SimpleNamespace(lib=SimpleNamespace(libusb_bulk_transfer=Bulk(transfer))), libusb1._check)
    write = partial(backend.bulk_write, SimpleNamespace(handle=None), 1, 0, array("B", b"hello"), 250)
    if code and not moved:
        with pytest.raises(usb.core.USBError):
            write()
    else:
        assert write() == moved
    assert seen == [(1, b"hello", 250)]


# --- Linux' own device file ---


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX device files")
async def test_a_device_file_that_is_not_usblp_says_nothing_of_a_printer() -> None:
    device, host = os.openpty()
    port = await open_port(f"file://{os.ttyname(host)}")
    assert isinstance(port, ThreadedPort)
    assert await port.port_status() is None
    assert await port.device_id() is None
    await port.close()
    os.close(device)
    os.close(host)
