"""What a scanner is told: its family's documented bytes, once, and nothing at all to one without a family."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.errors import NotReady
from drivers.ports import open_port
from drivers.scanner.commands import NOT_ON_FILE_S, Command, Family, hid_command, serial_command
from drivers.scanner.hid_pos_descriptor import parse_descriptor
from drivers.scanner.programming import PROGRAMMING, Mode, programming
from drivers.scanner.scanner import Scanner
from drivers.simulated.bench import Bench
from drivers.simulated.hid_bus import HidBus, HidShape
from drivers.simulated.hid_scanner import DESCRIPTOR, SCANNER_SHAPE, SimulatedHidScanner
from drivers.simulated.scanner import SimulatedScanner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WAIT_S = 10.0


@pytest.mark.parametrize(
    ("family", "command", "sent"),
    [
        (Family.DATALOGIC, Command.BEEP, b"\x01"),
        (Family.DATALOGIC, Command.NOT_ON_FILE, b"F"),
        (Family.DATALOGIC, Command.DISABLE, b"D"),
        (Family.DATALOGIC, Command.ENABLE, b"E"),
        (Family.CIPHERLAB, Command.BEEP, b"#@////\r"),
        (Family.CIPHERLAB, Command.NOT_ON_FILE, None),
        (Family.CIPHERLAB, Command.DISABLE, b"D"),
        (Family.CIPHERLAB, Command.ENABLE, b"E"),
        (Family.HID_POS, Command.BEEP, None),  # not bytes of its own: a report by its descriptor
    ],
)
def test_serial_commands(family: Family, command: Command, sent: bytes | None) -> None:
    assert serial_command(family, command) == sent


@pytest.mark.parametrize(
    ("command", "disabled", "report"),
    [
        (Command.DISABLE, False, b"\x04\x01"),
        (Command.ENABLE, True, b"\x04\x00"),
        (Command.BEEP, False, b"\x04\x04"),
        (Command.NOT_ON_FILE, False, b"\x04\x08"),
        (Command.NOT_ON_FILE, True, b"\x04\x09"),  # it beeps, and goes on reading nothing
    ],
)
def test_hid_reports(command: Command, disabled: bool, report: bytes) -> None:  # noqa: FBT001 - the case's own column
    assert hid_command(parse_descriptor(DESCRIPTOR), command, disabled=disabled) == report


@pytest.mark.parametrize(
    "descriptor",
    [
        "05 8c 09 86 75 01 95 01 81 02",  # inwards: it says that it beeped
        "05 8c 09 86 75 01 95 01 b1 02",  # a setting
        "05 8c 09 86 09 80 75 08 95 02 91 02",  # beside the tone's volume, which a zero would turn off
        "05 8c 09 86 06 66 ff 09 01 75 01 95 02 91 02",  # beside something of the vendor's own
        "",
    ],
)
def test_a_report_that_would_change_something_else_is_none(descriptor: str) -> None:
    parsed = parse_descriptor(bytes.fromhex(descriptor))
    assert hid_command(parsed, Command.BEEP, disabled=False) is None


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(scanner: Scanner) -> AsyncIterator[Scanner]:
    task = asyncio.create_task(scanner.run())
    await until(lambda: scanner.view.state is DeviceState.READY)
    try:
        yield scanner
    finally:
        task.cancel()
        await asyncio.wait({task})


@contextlib.asynccontextmanager
async def on_bench(
    peer: SimulatedScanner, family: Family | None, pauses: list[float]
) -> AsyncIterator[tuple[Scanner, Bench]]:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    bench = Bench()
    bench.add("s", peer)
    opened = partial(open_port, "sim://s", bench=bench)
    async with running(Scanner("s", opened, lambda _: None, family=family, sleep=pause)) as scanner:
        yield scanner, bench
    await bench.close()


async def test_without_a_family_nothing_is_ever_sent() -> None:
    peer = SimulatedScanner()
    async with on_bench(peer, None, []) as (scanner, bench):
        for command in Command:
            with pytest.raises(NotReady, match="told nothing") as refusal:
                await scanner.tell(command)
            assert "family" in refusal.value.hint
        bench.unplug("s")
        await until(lambda: scanner.view.state is DeviceState.LOST)
        bench.plug("s")
        await until(lambda: scanner.view.state is DeviceState.READY)
    assert peer.heard == b""


async def test_a_datalogic_reads_again_after_its_tone_unless_it_is_to_read_nothing() -> None:
    peer, pauses = SimulatedScanner(), list[float]()
    async with on_bench(peer, Family.DATALOGIC, pauses) as (scanner, _):
        await scanner.tell(Command.NOT_ON_FILE)
        await scanner.tell(Command.DISABLE)
        await scanner.tell(Command.NOT_ON_FILE)
        await scanner.tell(Command.ENABLE)
        await scanner.tell(Command.BEEP)
        await until(lambda: peer.heard == b"EFEDFDE\x01")  # the first E: an earlier run may have left it disabled
    assert pauses == [NOT_ON_FILE_S, NOT_ON_FILE_S]


@pytest.mark.parametrize("stopped", ["tone", "agent"])
async def test_a_datalogic_whose_tone_is_cut_short_reads_again(stopped: str) -> None:
    peer, bench, sounding = SimulatedScanner(), Bench(), asyncio.Event()

    async def pause(_: float) -> None:
        sounding.set()
        await asyncio.Event().wait()

    bench.add("s", peer)
    opened = partial(open_port, "sim://s", bench=bench)
    async with running(Scanner("s", opened, lambda _: None, family=Family.DATALOGIC, sleep=pause)) as scanner:
        telling = asyncio.create_task(scanner.tell(Command.NOT_ON_FILE))
        await sounding.wait()
        if stopped == "tone":
            telling.cancel()
            await asyncio.wait({telling})
    telling.cancel()
    await asyncio.wait({telling})
    assert telling.cancelled()
    await until(lambda: peer.heard == b"EFE")
    await bench.close()


async def test_a_command_the_family_lacks_and_a_scanner_that_is_away() -> None:
    peer = SimulatedScanner()
    async with on_bench(peer, Family.CIPHERLAB, []) as (scanner, bench):
        with pytest.raises(NotReady, match="knows no not_on_file"):
            await scanner.tell(Command.NOT_ON_FILE)
        bench.unplug("s")
        await until(lambda: scanner.view.state is DeviceState.LOST)
        with pytest.raises(NotReady, match="not connected"):
            await scanner.tell(Command.DISABLE)
        bench.plug("s")
        await until(lambda: peer.heard == b"ED")  # it is told when it is back


async def test_a_hid_scanner_is_told_by_its_own_descriptor() -> None:
    bus, peer = HidBus(), SimulatedHidScanner()
    bus.add("s", peer, SCANNER_SHAPE)
    opened = partial(open_port, "hid://0c2e:0b81", hid=bus)
    async with running(Scanner("s", opened, lambda _: None, family=Family.HID_POS)) as scanner:
        await scanner.tell(Command.NOT_ON_FILE)
        await scanner.tell(Command.DISABLE)
        await until(lambda: peer.heard == [b"\x04\x00", b"\x04\x08", b"\x04\x01"])
        assert peer.disabled
    await bus.close()


async def test_a_hid_scanner_without_commands_and_a_family_on_the_wrong_port() -> None:
    bus, peer = HidBus(), SimulatedHidScanner()
    silent = bytes.fromhex("05 8c 09 02 a1 01 85 02 75 08 95 08 09 fe 81 02 c0")
    bus.add("s", peer, HidShape(vendor=0x0C2E, product=0x0B81, descriptor=silent))
    opened = partial(open_port, "hid://0c2e:0b81", hid=bus)
    async with running(Scanner("s", opened, lambda _: None, family=Family.HID_POS)) as scanner:
        with pytest.raises(NotReady, match="knows no beep"):
            await scanner.tell(Command.BEEP)
    await bus.close()
    assert peer.heard == []
    serial = SimulatedScanner()
    async with on_bench(serial, Family.HID_POS, []) as (scanner, _):
        with pytest.raises(NotReady, match="knows no beep"):
            await scanner.tell(Command.BEEP)
    assert serial.heard == b""


def test_the_switches_of_each_known_maker_are_one_a_mode_with_a_place_to_find_them() -> None:
    for maker in {one.maker for one in PROGRAMMING}:
        modes = [one.mode for one in programming(maker)]
        assert modes == sorted(set(modes), reverse=True)
        assert modes[0] is Mode.USB_COM
    assert all(one.heading and one.chapter and one.source for one in PROGRAMMING)
    assert programming("acme") == ()
