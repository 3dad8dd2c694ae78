"""A host that dies in the middle of a picture: the next one gets the printer back, by NULs that are counted."""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image as Picture

from drivers.device import DeviceState
from drivers.ports.open import open_port
from drivers.printer.dialects import DIALECTS
from drivers.printer.document import Cut, Document, Image
from drivers.printer.outcome import Result
from drivers.printer.printer import Printer
from drivers.printer.session import WAKE_BYTES
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.simulated.bench import serve_tcp
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from tests.drivers.printer.conftest import simulated
from tests.drivers.printer.lane import QUICK, eventually, receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.port import Port
    from drivers.simulated.printer import SimulatedPrinter

# Threads and sockets are on the way here: a busy machine needs its time to work off white.
PATIENT = replace(QUICK, reply_s=0.3, wake_s=0.1, quiet_s=0.3, white_s=1.0)
_DOTS = random.Random(4).randbytes(576 * 120)
FOREIGN_BAND = b"\x1d\x76\x30\x00\x48\x00\x40\x01" + bytes(range(0x20, 0x68))  # 72 x 320 dots promised: 23 KB


@dataclass
class Wired:
    """A machine at the end of a real transport, and how to open it."""

    machine: SimulatedPrinter
    url: str
    bus: UsbBus
    speaks: DialectName

    async def open(self) -> Port:
        return await open_port(self.url, usb=self.bus)


@pytest.fixture(params=["tcp", "usb"])
async def wired(request: pytest.FixtureRequest, speaks: DialectName) -> AsyncIterator[Wired]:
    machine, bus = simulated(speaks, None), UsbBus()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        url = "usb://04b8:0e15"
        if request.param == "tcp":
            url = (await stack.enter_async_context(await serve_tcp(machine))).url
        else:
            bus.add("receipt", machine, UsbPrinter())
        yield Wired(machine, url, bus, speaks)


def half_a_picture(speaks: DialectName) -> bytes:
    """Return what a host of ours had sent when it died: a receipt's start, and a picture up to its middle."""
    out = io.BytesIO()
    Picture.frombytes("L", (576, 120), _DOTS).save(out, "PNG")
    settings = PrinterSettings(speaks=speaks)
    commands = DIALECTS[speaks].encode(Document((Image(out.getvalue()), Cut())), settings.dialect())
    largest = max(range(len(commands)), key=lambda at: len(commands[at]))
    return b"".join(commands[:largest]) + commands[largest][: len(commands[largest]) // 2]


async def die_after(wired: Wired, sent: bytes) -> None:
    """Be a host that has sent so much and is gone."""
    before = wired.machine.taken
    port = await wired.open()
    await port.write(sent, timeout_s=5)
    await eventually(lambda: wired.machine.taken >= before + len(sent))
    await port.close()


async def prints_whole(wired: Wired) -> None:
    """Be the next host: the first receipt that it calls printed is whole, and there once."""
    before = wired.machine.taken
    printer = Printer("receipt", wired.open, PrinterSettings(speaks=wired.speaks), port=wired.url, timing=PATIENT)
    running = asyncio.create_task(printer.run())
    try:
        await eventually(lambda: printer.view.state is DeviceState.READY)
        nuls = wired.machine.taken - before
        assert nuls <= PATIENT.wake_tries * (WAKE_BYTES + 100)  # and a few questions between them
        assert (await printer.print(receipt(30), before_first_byte=_nothing)).result is Result.PRINTED
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    whole = [paper for paper in wired.machine.receipts if paper.text.count(b"line") == 30]
    assert len(whole) == 1
    assert not wired.machine.kicks


async def _nothing() -> None:
    pass


@pytest.mark.parametrize("speaks", list(DialectName))
async def test_a_picture_of_our_own_left_in_its_middle(wired: Wired) -> None:
    await die_after(wired, half_a_picture(wired.speaks))
    await prints_whole(wired)


@pytest.mark.parametrize("speaks", [DialectName.ESCPOS])
async def test_a_larger_band_of_another_program_left_in_its_middle(wired: Wired) -> None:
    await die_after(wired, FOREIGN_BAND)
    await prints_whole(wired)
