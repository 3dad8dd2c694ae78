"""What goes wrong on a wire of one kind only: a port somebody else has, and everything a USB bus can do."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from drivers.errors import PortUnavailable
from drivers.simulated.usb_wire import UsbFaults
from tests.receipts.wires import PtyWire, UsbWire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.receipts.counter import Counter


class Elsewhere(Exception):
    """There is no such trouble on this wire, or with this machine."""


@asynccontextmanager
async def another_program_has_the_port(it: Counter) -> AsyncIterator[None]:
    """Let another program open the tty between two of ours."""
    if not isinstance(it.wire, PtyWire):
        raise Elsewhere
    await it.cable.pull()
    await it.wire.again()
    try:
        port = await it.wire.open()
    except PortUnavailable:  # ours was quicker
        raise Elsewhere from None
    try:
        yield
    finally:
        await port.close()


@asynccontextmanager
async def a_twin_is_plugged_in(it: Counter) -> AsyncIterator[None]:
    """Pull the cable, and plug in two printers that look alike: without serial numbers neither may be taken."""
    if not isinstance(it.wire, UsbWire) or it.twin:
        raise Elsewhere
    it.twin = True
    await it.cable.pull()
    await it.wire.again()
    it.wire.add_twin()
    yield
    it.wire.remove_twin()
    it.twin = False


@asynccontextmanager
async def short_transfers(it: Counter) -> AsyncIterator[None]:
    with _usb(it, lambda _: UsbFaults(transfer_bytes_max=it.chance.randint(1, 64))):
        yield


@asynccontextmanager
async def endpoint_halts(it: Counter) -> AsyncIterator[None]:
    with _usb(it, lambda accepted: UsbFaults(stall_at=accepted + it.some_bytes())):
        yield


@asynccontextmanager
async def bus_takes_nothing_after_a_byte(it: Counter) -> AsyncIterator[None]:
    with _usb(it, lambda accepted: UsbFaults(nak_at=accepted + it.some_bytes())):
        yield


@asynccontextmanager
async def device_vanishes_in_mid_transfer(it: Counter) -> AsyncIterator[None]:
    with _usb(it, lambda accepted: UsbFaults(vanish_at=accepted + 1 + it.some_bytes())):
        yield
    it.cable.plugged = it.cable.plugged and it.cable.port is not None
    await it.wire.again()


@asynccontextmanager
async def empty_answers(it: Counter) -> AsyncIterator[None]:
    with _usb(it, lambda _: UsbFaults(empty_answers=True, delay_s=0.001)):
        yield


@contextmanager
def _usb(it: Counter, faults: Callable[[int], UsbFaults]) -> Iterator[None]:
    """Let the bus fail, by the bytes it has taken since the printer was plugged in."""
    if not isinstance(it.wire, UsbWire) or it.cable.port is None:
        raise Elsewhere
    wire = it.wire.bus.wire("printer")
    wire.faults = faults(wire._accepted)
    yield
    wire.faults = UsbFaults()
