"""Scanners on a real USB stack: USB-COM, HID-POS and a grabbed wedge are read, unplugged in mid-scan, replugged."""

from __future__ import annotations

import asyncio
import os
import re
import select
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.errors import PortUnavailable
from drivers.ports.open import open_port
from drivers.scanner.scan import Refusal, Scan
from drivers.scanner.scanner import Scanner
from drivers.scanner.symbology import Symbology
from drivers.scanner.wedge_layouts import LAYOUTS, LayoutName
from tests.rig.gadget import PATIENCE_S, run, until
from tests.rig.scanner_gadget import NUMBERS, Gadget

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BEER, MILK = "4006381333931", "96385074"


@dataclass
class Lane:
    """A scanner that is plugged in, and our driver on it."""

    gadget: Gadget
    scanner: Scanner
    url: str
    outcomes: list[Scan | Refusal]
    running: asyncio.Task[None]

    @property
    def texts(self) -> list[str]:
        return [one.text if isinstance(one, Scan) else f"!{one.reason}" for one in self.outcomes]

    async def reads(self, *texts: str) -> None:
        await until(lambda: len(self.outcomes) >= len(texts), f"{texts} to be read, not {self.texts}")
        assert self.texts == list(texts)

    async def is_(self, state: DeviceState) -> None:
        await until(lambda: self.scanner.view.state is state, f"it to be {state}")


def found(folder: str, pattern: str) -> str | None:
    return next((str(path) for path in sorted(Path(folder).glob(pattern))), None)


def url_of(kind: str) -> str | None:
    """Return its port, once the host's end is there; by the names that stay."""
    vendor, product = NUMBERS[kind]
    if kind == "hidpos":
        return f"hid://{vendor}:{product}/RIG-s?page=8c"
    by_id = found("/dev/serial/by-id", "*RIG-s*") if kind == "cdc" else found("/dev/input/by-id", "*RIG-s*-event-kbd")
    return by_id and (f"serial://{by_id}?baud=9600" if kind == "cdc" else f"evdev://{by_id}")


@pytest.fixture
async def lane(request: pytest.FixtureRequest) -> AsyncIterator[Lane]:
    kind: str = request.param
    gadget = await Gadget.add(kind, "s", "RIG-s")
    await until(lambda: url_of(kind) is not None, "the host's end")
    url = url_of(kind)
    assert url is not None
    outcomes: list[Scan | Refusal] = []
    keyboard = LAYOUTS[LayoutName.US] if kind == "hidkbd" else None
    scanner = Scanner("s", partial(open_port, url), outcomes.append, port=url, keyboard=keyboard, duplicate_window_ms=0)
    running = asyncio.create_task(scanner.run())
    gadget.open()
    lane = Lane(gadget, scanner, url, outcomes, running)
    await lane.is_(DeviceState.READY)
    yield lane
    await stop(lane)
    await gadget.remove()


async def stop(lane: Lane) -> None:
    lane.running.cancel()
    await asyncio.wait({lane.running})


every_kind = pytest.mark.parametrize("lane", list(NUMBERS), indirect=True)


@every_kind
async def test_codes_are_read(lane: Lane) -> None:
    for code in (BEER, "A" * 70, MILK):
        await lane.gadget.scan(code)
    await lane.reads(BEER, "A" * 70, MILK)
    if lane.gadget.kind == "hidpos":
        assert [one.symbology for one in lane.outcomes if isinstance(one, Scan)] == [Symbology.CODE128] * 3


@every_kind
async def test_unplugged_in_mid_scan_it_comes_back_under_its_name_and_the_half_is_forgotten(lane: Lane) -> None:
    await lane.gadget.scan(BEER)
    await lane.reads(BEER)
    await lane.gadget.scan("B" * 120, half=True)
    await lane.gadget.unplug()
    await lane.is_(DeviceState.LOST)
    assert lane.scanner.view.hint
    await lane.gadget.plug()
    await lane.is_(DeviceState.READY)
    lane.gadget.open()
    await lane.gadget.scan(MILK)
    await lane.reads(BEER, MILK)


@pytest.mark.parametrize("lane", ["hidkbd"], indirect=True)
async def test_what_a_wedge_types_reaches_nobody_else_while_it_is_grabbed(lane: Lane) -> None:
    desktop = os.open(lane.url.removeprefix("evdev://"), os.O_RDONLY | os.O_NONBLOCK)
    try:
        await lane.gadget.scan(BEER)
        await lane.reads(BEER)
        assert not select.select([desktop], [], [], 0.5)[0]
        with pytest.raises(PortUnavailable, match="held by another program"):
            await open_port(lane.url)
    finally:
        os.close(desktop)


@pytest.mark.parametrize("lane", ["hidkbd"], indirect=True)
async def test_gs_and_capitals_come_as_they_were_typed(lane: Lane) -> None:
    await lane.gadget.scan("]C10109506000134352" + "10ABC\x1d21987")
    await until(lambda: len(lane.outcomes) == 1, "the code")
    [scan] = lane.outcomes
    assert isinstance(scan, Scan)
    assert (scan.gs1["10"], scan.gs1["21"]) == ("ABC", "987")


@pytest.mark.parametrize("lane", ["hidpos"], indirect=True)
async def test_the_systems_report_descriptor_is_the_devices(lane: Lane) -> None:
    port = await open_port(lane.url)
    try:
        async with asyncio.timeout(PATIENCE_S):
            descriptor = await port.report_descriptor()  # type: ignore[attr-defined]  # a HID port has one
        assert descriptor.startswith(bytes.fromhex("05 8c 09 02 a1 01"))
    finally:
        await port.close()


OPENS = """
import asyncio, sys
from drivers.errors import DeviceError
from drivers.ports.open import open_port

async def main(url):
    try:
        port = await open_port(url)
    except DeviceError as error:
        print(error, error.hint, sep="|")
        return
    await port.close()
    print("opened")

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize("lane", ["hidkbd"], indirect=True)
async def test_the_udev_rule_of_the_hint_lets_a_plain_user_read_the_wedge(lane: Lane) -> None:
    await run("useradd", "--user-group", "cashier")
    try:
        refused, hint = (await run("runuser", "-u", "cashier", "--", sys.executable, "-c", OPENS, lane.url)).split("|")
        assert "no permission" in refused
        told = re.search(
            r"Put (.+) into (/etc/udev/rules\.d/\S+\.rules), add the agent's user to the group (\w+),", hint
        )
        assert told, hint
        Path(told[2]).write_text(f"{told[1]}\n", encoding="utf-8")
        await run("usermod", "-aG", told[3], "cashier")
        await run("udevadm", "control", "--reload")
        await lane.gadget.unplug()
        await lane.is_(DeviceState.LOST)
        await stop(lane)  # it would be the one that has it
        await lane.gadget.plug()
        await until(lambda: url_of("hidkbd") == lane.url, "the host's end")
        await run("udevadm", "settle")
        said = await run("runuser", "-u", "cashier", "--", sys.executable, "-c", OPENS, lane.url)
        assert said.strip() == "opened"
        Path(told[2]).unlink()
    finally:
        await run("userdel", "cashier")
        await run("udevadm", "control", "--reload")
