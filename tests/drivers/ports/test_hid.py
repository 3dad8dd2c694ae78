"""hid:// ports: which device is meant, what of a report is kept, and what a refusal says to do."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from drivers.errors import NotReady, PortLost, PortUnavailable, WriteStalled
from drivers.ports import open_port, parse_port_url
from drivers.ports.hid import HidLine, hidapi, open_hid
from drivers.ports.hid_find import refused
from drivers.ports.threaded import ThreadedPort
from drivers.simulated.hid_bus import HidBus, HidShape
from drivers.simulated.hid_wire import HidFaults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from drivers.port import Port

WAIT_S = 10.0
URL = "hid://0d3a:0207"


class Talker:
    """A device that keeps the reports it gets, says what it is told to, and has one feature report."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.features = {3: b"\x03abc"}
        self.port: Port | None = None

    async def serve(self, port: Port) -> None:
        self.port = port
        while True:
            self.heard.put_nowait(await port.read())

    async def say(self, report: bytes) -> None:
        while self.port is None:
            await asyncio.sleep(0)
        await self.port.write(report, timeout_s=WAIT_S)


@pytest.fixture
async def bus() -> AsyncIterator[HidBus]:
    bus = HidBus()
    yield bus
    await bus.close()
    assert bus.open_devices == 0


async def why_not(bus: HidBus, url: str = URL) -> PortUnavailable:
    with pytest.raises(PortUnavailable) as refusal:
        await open_port(url, hid=bus)
    assert refusal.value.hint
    return refusal.value


async def opened(bus: HidBus, url: str = URL) -> ThreadedPort:
    port = await open_port(url, hid=bus)
    assert isinstance(port, ThreadedPort)
    return port


async def test_a_report_stays_one_report_in_both_directions(bus: HidBus) -> None:
    peer = Talker()
    bus.add("it", peer)
    port = await opened(bus)
    for report in (b"\0one", b"\0two", b"\0" + bytes(120)):
        await port.write(report, timeout_s=WAIT_S)
    assert [await peer.heard.get() for _ in range(3)] == [b"\0one", b"\0two", b"\0" + bytes(120)]
    for report in (b"\x02A", b"\x02B", bytes(64)):
        await peer.say(report)
    assert [await port.read() for _ in range(3)] == [b"\x02A", b"\x02B", bytes(64)]
    await port.close()


async def test_feature_reports(bus: HidBus) -> None:
    peer = Talker()
    bus.add("it", peer)
    port = await opened(bus)
    assert await port.feature_report(3, 64) == b"\x03abc"
    await port.send_feature_report(b"\x03xyz")
    assert peer.features[3] == b"\x03xyz"
    with pytest.raises(NotReady, match="feature report 9"):
        await port.feature_report(9, 64)
    with pytest.raises(NotReady, match="feature report 9"):
        await port.send_feature_report(b"\x09")
    bus.unplug("it")
    with pytest.raises(PortLost):
        await port.feature_report(3, 64)
    with pytest.raises(PortLost):
        await port.send_feature_report(b"\x03")
    await port.close()
    with pytest.raises(PortLost):
        await port.send_feature_report(b"\x03")


async def test_a_device_that_takes_no_report_stalls_and_none_is_sent_later(bus: HidBus) -> None:
    peer = Talker()
    bus.add("it", peer, faults=HidFaults(stall_at=4))
    port = await opened(bus)
    await port.write(b"\0one", timeout_s=WAIT_S)
    with pytest.raises(WriteStalled) as stalled:
        await port.write(b"\0two", timeout_s=0.01)
    assert stalled.value.written == 0
    bus.wire("it").faults = HidFaults()
    await port.write(b"\0three", timeout_s=WAIT_S)
    assert [await peer.heard.get() for _ in range(2)] == [b"\0one", b"\0three"]
    await port.close()


async def test_a_replugged_device_is_another_one(bus: HidBus) -> None:
    bus.add("it", Talker())
    port = await opened(bus)
    bus.unplug("it")
    with pytest.raises(PortLost) as lost:
        await port.read()
    assert "cable" in lost.value.hint
    assert "plugged in" in str(await why_not(bus))
    bus.plug("it")
    with pytest.raises(PortLost):
        await port.write(b"\0x", timeout_s=WAIT_S)
    await port.close()
    again = await opened(bus)
    await again.write(b"\0x", timeout_s=WAIT_S)
    await again.close()


async def test_two_that_are_alike_need_their_serial_numbers(bus: HidBus) -> None:
    first, second = Talker(), Talker()
    bus.add("first", first, HidShape(serial_number="A/1"))
    bus.add("second", second, HidShape(serial_number="B"))
    assert (await why_not(bus)).hint == "Write hid://0d3a:0207/A%2F1 or hid://0d3a:0207/B."
    none = await why_not(bus, URL + "/C")
    assert "A/1, B" in str(none)
    port = await opened(bus, URL + "/B")
    await port.write(b"\0x", timeout_s=WAIT_S)
    assert await second.heard.get() == b"\0x"
    await port.close()


async def test_two_with_nothing_to_tell_them_apart_are_never_chosen_by_chance(bus: HidBus) -> None:
    bus.add("first", Talker())
    bus.add("second", Talker())
    assert "Unplug one" in (await why_not(bus)).hint
    assert "hid://0d3a:0207," in (await why_not(bus, URL + "/X")).hint


async def test_a_scanner_that_is_a_keyboard_too_is_opened_by_its_other_part(bus: HidBus) -> None:
    keyboard, scanner, vendors = (0x01, 0x06), (0x8C, 0x02), (0xFF45, 0x01)
    bus.add("two", Talker(), HidShape(product=2, parts=(keyboard, scanner)))
    await (await opened(bus, "hid://0d3a:0002")).close()
    bus.add("three", Talker(), HidShape(product=3, parts=(keyboard, scanner, vendors)))
    assert "hid://0d3a:0003?page=008c" in (await why_not(bus, "hid://0d3a:0003")).hint
    await (await opened(bus, "hid://0d3a:0003?page=8c")).close()
    assert "0001, 008c, ff45" in str(await why_not(bus, "hid://0d3a:0003?page=84"))
    bus.add("one", Talker(), HidShape(product=1, parts=(keyboard,)))
    await (await opened(bus, "hid://0d3a:0001")).close()  # where the system lets us, as Linux does


async def test_a_device_the_system_keeps_says_what_to_do(bus: HidBus) -> None:
    bus.add("it", Talker(), faults=HidFaults(denied=True))
    assert "HID-POS" in (await why_not(bus)).hint


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="device files and udev are Linux'")
def test_no_permission_names_the_udev_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hidraw0"
    file.touch(mode=0o000)
    monkeypatch.setattr("os.access", lambda *_: False)  # the tests may run as root, whom nothing is denied
    refusal = refused(parse_port_url(URL), str(file).encode(), OSError("open failed"))
    assert 'ATTRS{idVendor}=="0d3a", ATTRS{idProduct}=="0207"' in refusal.hint


async def test_on_other_ports_there_are_no_feature_reports(tmp_path: Path) -> None:
    file = tmp_path / "printer"
    file.touch()
    port = await open_port(file.as_uri())
    assert isinstance(port, ThreadedPort)
    assert await port.feature_report(1, 8) is None
    assert await port.modem_lines() is None
    with pytest.raises(NotReady):
        await port.send_feature_report(b"\x01")
    await port.close()


class Hanging:
    """hidapi over a driver that does not come back, as Windows' may not."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.let_go = threading.Event()
        self.closed_under_a_call = False
        self.closed = threading.Event()
        self._inside = False

    def write(self, report: bytes) -> int:
        self._inside = True
        self.entered.set()
        self.let_go.wait(WAIT_S)
        self._inside = False
        return len(report)

    def close(self) -> None:
        self.closed_under_a_call = self._inside
        self.closed.set()


def test_closing_does_not_wait_for_a_hanging_driver_and_never_closes_under_a_call() -> None:
    driver = Hanging()
    line = HidLine(URL, cast("Any", driver))
    writing = threading.Thread(target=lambda: line.write_some(memoryview(b"\0x"), WAIT_S))
    writing.start()
    assert driver.entered.wait(WAIT_S)
    line.interrupt()
    line.close()
    assert not driver.closed.is_set()
    driver.let_go.set()
    assert driver.closed.wait(WAIT_S)
    assert not driver.closed_under_a_call
    writing.join(WAIT_S)
    with pytest.raises(PortLost):
        line.send_feature_report(b"\x03")


def test_the_installed_hidapi_is_what_we_take_it_for() -> None:
    api = hidapi()
    with pytest.raises(PortUnavailable, match="no HID device ffff:fffe"):
        open_hid(parse_port_url("hid://ffff:fffe"), api)
    device = api.device()
    with pytest.raises(OSError, match="open failed"):
        device.open_path(b"/dev/null")
    for name in ("read", "write", "get_feature_report", "send_feature_report", "error", "close"):
        assert callable(getattr(device, name))
