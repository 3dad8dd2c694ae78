"""Detection in a running agent: what is found beside what is configured, traces, and a plug that is heard."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest

from agent import devices as agent_devices
from agent.plugged import plugged
from agent.problem import Problem
from drivers.detect.found import Found, Way
from drivers.detect.look import Sources
from drivers.detect.same import means
from drivers.device import DeviceState
from drivers.ports.url import parse_port_url
from tests.agent.store import CONFIG, opened
from tests.detect.linux_tree import Listed, Tree

if TYPE_CHECKING:
    from pathlib import Path


def found(way: Way, place: str, numbers: str = "", serial_number: str | None = None, **more: object) -> Found:
    vendor, product = (int(part, 16) for part in numbers.split(":")) if numbers else (None, None)
    return Found(way, place, None, vendor=vendor, product=product, serial_number=serial_number, **more)  # type: ignore[arg-type]  # a test's own fields


@pytest.mark.parametrize(
    ("url", "device", "same"),
    [
        ("serial://COM3?baud=9600", found(Way.SERIAL, "COM3"), True),
        ("serial://COM4", found(Way.SERIAL, "COM3"), False),
        ("serial://0c2e:0b6a/s1", found(Way.SERIAL, "COM3", "0c2e:0b6a", "S1"), True),
        ("serial://0c2e:0b6a/S2", found(Way.SERIAL, "COM3", "0c2e:0b6a", "S1"), False),
        ("usb://04b8:0e15", found(Way.USB_PRINTER, "1-1:1.0", "04b8:0e15", "A1"), True),
        ("usb://04b8:0e15/A2", found(Way.USB_PRINTER, "1-1:1.0", "04b8:0e15", "A1"), False),
        ("usb://04b8:0e15", found(Way.USB_PRINTER, "1-1:1.0", "0519:0003"), False),
        ("hid://05e0:1300?page=8c", found(Way.HID, "a", "05e0:1300", usage_page=0x8C), True),
        ("hid://05e0:1300?page=ff45", found(Way.HID, "a", "05e0:1300", usage_page=0x8C), False),
        ("spool://EPSON%20TM", found(Way.QUEUE, "EPSON TM"), True),
        ("file:///dev/usb/lp0", found(Way.USB_PRINTER, "1-1:1.0", also=("file:///dev/usb/lp0",)), True),
        ("tcp://127.0.0.1:9100", found(Way.SERIAL, "COM3"), False),
    ],
)
def test_which_configured_device_it_is(url: str, device: Found, same: bool) -> None:  # noqa: FBT001 - the case's verdict
    assert means(parse_port_url(url), device) is same


def test_a_name_that_leads_there_is_the_device(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.serial("ttyACM0", "0c2e:0b6a", serial="S1", location="1-2", by_id="usb-Honeywell")
    tree.keyboard("event3", "Scanner", "0c2e:0901", by_id="usb-Wedge", uniq="W")
    serial_url = f"serial://{tree.dev}/serial/by-id/usb-Honeywell?baud=115200"
    wedge_url = f"evdev:///dev/../{tree.dev}/input/by-id/usb-Wedge-event-kbd"
    ports = {"counter": serial_url, "hand": wedge_url, "net": "tcp://127.0.0.1:1", "broken": "nonsense"}
    sources = Sources(list_ports=tree.list_ports, linux=tree.linux)
    seen = {one["device"]: one for one in plugged(ports, sources)["devices"]}
    one = seen[f"{tree.dev}/ttyACM0"]
    assert (one["configured_as"], one["held_by"], one["usb"]) == ("counter", [], "0c2e:0b6a")
    assert seen[f"{tree.dev}/input/event3"]["configured_as"] == "hand"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system tells only there")
def test_who_holds_a_port_nobody_assigned_is_told() -> None:
    master, slave = os.openpty()
    try:
        sources = Sources(list_ports=lambda: [Listed(os.ttyname(slave))])
        (one,) = [one for one in plugged({}, sources, own=-1)["devices"] if one["device"] == os.ttyname(slave)]
        assert any(f"process {os.getpid()}" in holder for holder in one["held_by"])
    finally:
        os.close(master)
        os.close(slave)


async def test_a_trace_of_the_scanner_of_a_running_agent(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        devices = shop.app.devices
        await shop.until(lambda: devices.scanners["counter"].view.state is DeviceState.READY)
        assert devices.trace("counter", turn=True)["on"]
        await shop.scanner.scan("4006381333931")
        await shop.until(lambda: devices.trace("counter")["scans"])
        view = devices.trace("counter")
        assert view["device"] == "counter"
        assert "4006381333931" in "".join(entry["text"] for entry in view["wire"])
        devices.trace("receipt", turn=True)
        await shop.sold()
        await shop.until(lambda: any(entry["direction"] == "out" for entry in devices.trace("receipt")["wire"]))
        assert not devices.trace("counter", turn=False)["on"]
        for other in ("drawer", "nobody"):
            with pytest.raises(Problem, match="These can: counter, receipt"):
                devices.trace(other)
        answer = await devices.found()
        assert set(answer) == {"devices", "unseen"}


async def test_a_plug_is_heard_and_nobody_waits_for_the_back_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug = asyncio.Event()

    async def watch(changed: object) -> None:
        while True:
            await plug.wait()
            plug.clear()
            changed()  # type: ignore[operator]  # the agent's own function

    monkeypatch.setattr(agent_devices, "watch", watch)  # the system's messages; what follows them is ours
    monkeypatch.setattr("drivers.supervisor.BACKOFF_MIN_S", 3600.0)  # so that only the plug brings it back
    real = CONFIG + '\n[[scanner]]\nname = "real"\nport = "tcp://127.0.0.1:9"\n'
    async with opened(tmp_path, config=real) as shop:
        scanner = shop.app.devices.scanners["counter"]
        await shop.until(lambda: scanner.view.state is DeviceState.READY)
        shop.bench.unplug("counter")
        await shop.until(lambda: scanner.view.state is DeviceState.LOST)
        assert scanner.view.hint
        shop.bench.plug("counter")
        plug.set()
        await shop.until(lambda: scanner.view.state is DeviceState.READY)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
async def test_no_byte_goes_to_a_port_nobody_assigned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The spy is listed among the ports, and the agent looks, tests and plugs around it."""
    from serial.tools import list_ports

    master, slave = os.openpty()
    os.set_blocking(master, False)
    monkeypatch.setattr(list_ports, "comports", lambda: [Listed(os.ttyname(slave), "Spy", 0x1A86, 0x7523)])
    try:
        async with opened(tmp_path, config=CONFIG) as shop:
            (spy,) = [one for one in (await shop.app.devices.found())["devices"] if one["usb"] == "1a86:7523"]
            assert spy["configured_as"] is None
            await shop.sold()
            shop.bench.unplug("counter")
            shop.bench.plug("counter")
            await shop.app.devices.found()
        with pytest.raises(BlockingIOError):
            os.read(master, 100)
    finally:
        os.close(master)
        os.close(slave)
