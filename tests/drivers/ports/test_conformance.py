"""Every kind of port keeps the promises of `drivers.port.Port`, over a real tty, a real socket, a file, a wire."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from drivers.errors import PortError, PortLost, PortUnavailable, WriteStalled
from drivers.ports import open_port
from drivers.simulated.bench import Bench, Served, serve_pty, serve_tcp
from drivers.simulated.hid_bus import HidBus
from drivers.simulated.hid_wire import HidFaults
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_wire import UsbFaults
from drivers.simulated.wire import Faults
from tests.drivers.ports.windows_usb import FakeUsbPrint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.port import Port

WAIT_S = 10.0  # for what must come; a test never waits this long unless it fails


class Echo:
    """A peer that keeps all it hears and can be told to speak, to listen no more, or to go."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.listening = asyncio.Event()
        self.listening.set()
        self.port: Port | None = None
        self.connected = asyncio.Event()
        self.news = asyncio.Event()

    async def serve(self, port: Port) -> None:
        self.port = port
        self.connected.set()
        while True:
            await self.listening.wait()
            self.heard += await port.read()
            self.news.set()

    async def say(self, data: bytes) -> None:
        await asyncio.wait_for(self.connected.wait(), WAIT_S)
        assert self.port is not None
        await self.port.write(data, timeout_s=WAIT_S)

    async def has_heard(self, count: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()


class Rig:
    """A kind of port with an `Echo` at its other end."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.peer = Echo()
        self.bench = Bench()
        self.usb = UsbBus()
        self.windows = FakeUsbPrint(self.usb)
        self.hid = HidBus()
        self.served: Served | None = None

    async def start(self) -> None:
        faults = {
            "wire": Faults(),
            "byte-at-a-time": Faults(byte_at_a_time=True),
            "delayed": Faults(delay_s=0.001),
        }
        usb_faults = {
            "usb": UsbFaults(),
            "usb-short": UsbFaults(transfer_bytes_max=100),
            "usb-byte-at-a-time": UsbFaults(transfer_bytes_max=1),
            "usb-delayed": UsbFaults(delay_s=0.001),
            "usb-stalled": UsbFaults(stall_at=9),
            "usbprint": UsbFaults(),
            "usbprint-short": UsbFaults(transfer_bytes_max=30),
        }
        hid_faults = {
            "hid": HidFaults(),
            "hid-small": HidFaults(answer_bytes_max=1),
            "hid-delayed": HidFaults(delay_s=0.001),
        }
        if self.kind in hid_faults:
            self.hid.add("peer", self.peer, faults=hid_faults[self.kind])
            self.url = "hid://0d3a:0207"
        elif self.kind in usb_faults:
            self.usb.add("peer", self.peer, faults=usb_faults[self.kind])
            self.url = "usb://04b8:0e15"
        elif self.kind == "serial":
            self.served = await serve_pty(self.peer)
            self.url = self.served.url
        elif self.kind in {"tcp", "socket"}:
            self.served = await serve_tcp(self.peer)
            self.url = self.served.url.replace("tcp://", f"{self.kind}://")
        else:
            self.bench.add("peer", self.peer, to_device=faults[self.kind], to_host=faults[self.kind])
            self.url = "sim://peer"

    async def open(self) -> Port:
        usbprint = self.windows.api() if self.kind.startswith("usbprint") else None
        return await open_port(self.url, bench=self.bench, usb=self.usb, hid=self.hid, usbprint=usbprint)

    async def go_away(self) -> None:
        if self.url.startswith("usb:"):
            self.usb.unplug("peer")
        elif self.url.startswith("hid:"):
            self.hid.unplug("peer")
        elif self.served is not None:
            await asyncio.wait_for(self.peer.connected.wait(), WAIT_S)
            await self.served.close()
        else:
            self.bench.unplug("peer")

    async def close(self) -> None:
        if self.served is not None:
            await self.served.close()
        await self.bench.close()
        await self.usb.close()
        self.windows.check()
        await self.hid.close()


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")


@pytest.fixture(
    params=[
        pytest.param("serial", marks=POSIX),
        "tcp",
        "socket",
        "wire",
        "byte-at-a-time",
        "delayed",
        "usb",
        "usb-short",
        "usb-byte-at-a-time",
        "usb-delayed",
        "usb-stalled",
        "usbprint",
        "usbprint-short",
        "hid",
        "hid-small",
        "hid-delayed",
    ]
)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    rig = Rig(request.param)
    await rig.start()
    yield rig
    await rig.close()


@pytest.fixture
async def port(rig: Rig) -> AsyncIterator[Port]:
    port = await rig.open()
    yield port
    await port.close()


async def read_exactly(port: Port, count: int) -> bytes:
    data = b""
    async with asyncio.timeout(WAIT_S):
        while len(data) < count:
            piece = await port.read()
            assert piece
            data += piece
    assert len(data) == count
    return data


async def write_on_and_on(port: Port) -> None:
    """The operating system may take a few writes before it knows."""
    while True:
        await port.write(b"y" * 1000, timeout_s=WAIT_S)


EVERY_BYTE = bytes(range(256))
MUCH = 8_000_000  # more than a socket's buffers hold at both ends


async def test_names_itself(rig: Rig, port: Port) -> None:
    assert port.url == rig.url


async def test_every_byte_arrives_in_both_directions(rig: Rig, port: Port) -> None:
    await port.write(EVERY_BYTE, timeout_s=WAIT_S)
    await rig.peer.has_heard(256)
    assert bytes(rig.peer.heard) == EVERY_BYTE
    await rig.peer.say(EVERY_BYTE)
    assert await read_exactly(port, 256) == EVERY_BYTE


async def test_more_than_every_buffer_arrives_whole(rig: Rig, port: Port) -> None:
    data = EVERY_BYTE * 40
    writing = asyncio.create_task(port.write(data, timeout_s=WAIT_S))
    await rig.peer.has_heard(len(data))
    await writing
    assert bytes(rig.peer.heard) == data
    saying = asyncio.create_task(rig.peer.say(data))
    assert await read_exactly(port, len(data)) == data
    await saying


async def test_writes_keep_their_order(rig: Rig, port: Port) -> None:
    for number in range(50):
        await port.write(b"%03d" % number, timeout_s=WAIT_S)
    await rig.peer.has_heard(150)
    assert bytes(rig.peer.heard) == b"".join(b"%03d" % number for number in range(50))


async def test_a_write_of_nothing_is_done(port: Port) -> None:
    await port.write(b"", timeout_s=WAIT_S)


async def test_a_cancelled_read_loses_nothing(rig: Rig, port: Port) -> None:
    for number in range(20):
        reading = asyncio.create_task(port.read())
        await asyncio.sleep(0)
        saying = asyncio.create_task(rig.peer.say(b"%02d" % number))
        for _ in range(number % 5):
            await asyncio.sleep(0)
        reading.cancel()
        result = (await asyncio.gather(reading, return_exceptions=True))[0]
        await saying
        already = result if isinstance(result, bytes) else b""
        rest = await read_exactly(port, 2 - len(already)) if len(already) < 2 else b""
        assert already + rest == b"%02d" % number


async def test_a_read_waits_while_a_write_goes_on(rig: Rig, port: Port) -> None:
    reading = asyncio.create_task(port.read())
    await port.write(b"question", timeout_s=WAIT_S)
    await rig.peer.has_heard(8)
    await rig.peer.say(b"!")
    assert await asyncio.wait_for(reading, WAIT_S) == b"!"


async def test_a_peer_that_takes_nothing_stalls_the_write_and_the_count_is_true(rig: Rig, port: Port) -> None:
    await port.write(b"x", timeout_s=WAIT_S)
    await rig.peer.has_heard(1)
    rig.peer.listening.clear()
    await port.write(b"y", timeout_s=WAIT_S)  # the read that was waiting already gets this one
    data = bytes(range(251)) * 32_000
    with pytest.raises(WriteStalled) as stalled:
        await port.write(data, timeout_s=0.1)
    written = stalled.value.written
    assert 0 < written < len(data)
    assert stalled.value.hint
    rig.peer.listening.set()
    end = data[written : written + 100]
    await port.write(end, timeout_s=WAIT_S)  # the same offset, not the start: nothing twice, nothing lost
    await rig.peer.has_heard(written + 102)
    assert bytes(rig.peer.heard) == b"xy" + data[: written + 100]


async def test_a_lost_peer_ends_the_read_after_what_it_had_said(rig: Rig, port: Port) -> None:
    await rig.peer.say(b"last words")
    assert await read_exactly(port, 10) == b"last words"
    reading = asyncio.create_task(port.read())
    await asyncio.sleep(0)
    await rig.go_away()
    with pytest.raises(PortLost) as lost:
        await asyncio.wait_for(reading, WAIT_S)
    assert lost.value.hint
    with pytest.raises(PortLost):
        await asyncio.wait_for(port.read(), WAIT_S)


async def test_a_lost_peer_ends_the_writes(rig: Rig, port: Port) -> None:
    await port.write(b"x", timeout_s=WAIT_S)
    await rig.peer.has_heard(1)
    await rig.go_away()
    with pytest.raises(PortError):
        await asyncio.wait_for(write_on_and_on(port), WAIT_S)


async def test_close_wakes_the_reader_and_may_be_repeated(port: Port) -> None:
    reading = asyncio.create_task(port.read())
    await asyncio.sleep(0)
    await asyncio.wait_for(port.close(), WAIT_S)
    await asyncio.wait_for(port.close(), WAIT_S)
    with pytest.raises(PortLost):
        await asyncio.wait_for(reading, WAIT_S)
    with pytest.raises(PortLost):
        await port.read()
    with pytest.raises(PortLost) as lost:
        await port.write(b"x", timeout_s=WAIT_S)
    assert lost.value.written == 0


async def test_close_wakes_a_stalled_writer(rig: Rig, port: Port) -> None:
    rig.peer.listening.clear()
    writing = asyncio.create_task(port.write(bytes(MUCH), timeout_s=1000.0))
    await asyncio.sleep(0.05)
    await asyncio.wait_for(port.close(), WAIT_S)
    with pytest.raises(PortLost) as lost:
        await asyncio.wait_for(writing, WAIT_S)
    assert 0 <= lost.value.written < MUCH
    rig.peer.listening.set()


async def test_can_be_opened_again_after_close(rig: Rig) -> None:
    for number in range(3):
        port = await rig.open()
        await port.write(b"%d" % number, timeout_s=WAIT_S)
        await rig.peer.has_heard(number + 1)
        await port.close()
    assert bytes(rig.peer.heard) == b"012"


async def test_an_absent_device_says_so_with_the_next_step(rig: Rig) -> None:
    if rig.served is None:
        await rig.close()
    else:
        await rig.served.close()
    with pytest.raises(PortUnavailable) as refused:
        await rig.open()
    assert refused.value.hint


async def test_a_cancelled_write_stops(rig: Rig, port: Port) -> None:
    rig.peer.listening.clear()
    writing = asyncio.create_task(port.write(bytes(MUCH), timeout_s=WAIT_S))
    await asyncio.sleep(0.02)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await port.close()
    rig.peer.listening.set()
    assert len(rig.peer.heard) < MUCH
