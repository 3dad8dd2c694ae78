"""USB ports on a kernel's own USB stack: stalls, halts and pulled plugs, and that the count is never wrong."""

from __future__ import annotations

import asyncio

import pytest

from drivers.errors import PortLost, PortUnavailable, WriteStalled
from drivers.ports.fd import WRITE_SLICE_BYTES
from drivers.ports.open import open_port
from drivers.ports.threaded import ThreadedPort
from drivers.ports.usb import UsbLine
from tests.rig.conftest import Counter, Plug, address, lp_nodes
from tests.rig.gadget import PRODUCT, REQUEST_BYTES, REQUESTS, VENDOR, until
from tests.rig.usbmon import Usbmon

TEXT = b"".join(b"line %05d of a very long receipt\n" % n for n in range(3_500))
ROOM = REQUESTS * REQUEST_BYTES  # what the gadget takes with nobody reading
STALL_S = 10.0  # a busy machine around the guest is no stall
FOR_EVER_S = 600.0


def under_way(counter: Counter) -> int:
    """Return how many bytes a way may have handed over that are still in the kernel: usblp takes a write ahead."""
    return WRITE_SLICE_BYTES if counter.way == "lp" else 0


async def test_a_printer_that_stops_reading_stalls_the_write_and_nothing_is_lost_or_repeated(counter: Counter) -> None:
    port = await open_port(counter.url)
    assert isinstance(port, ThreadedPort)
    counter.gadget.hang()
    with Usbmon() as seen:
        with pytest.raises(WriteStalled) as stalled:
            await port.write(TEXT, timeout_s=STALL_S)
        written = stalled.value.written
        assert written == ROOM + under_way(counter)
        await until(lambda: seen.sent() == ROOM, "the bus to have seen all of it")
        assert await port.port_status() is not None  # endpoint 0 answers even now
        counter.gadget.read_on()
        await port.write(TEXT[written:], timeout_s=FOR_EVER_S)
        await until(lambda: seen.sent() == len(TEXT), "the bus to have seen all of it")
    await counter.gadget.has(TEXT)
    await port.close()


async def test_a_plug_pulled_in_mid_write_leaves_the_right_count_and_a_new_address_later(counter: Counter) -> None:
    port = await open_port(counter.url)
    counter.gadget.hang()
    before = address("TM-0001")
    with Usbmon() as seen:
        writing = asyncio.create_task(port.write(TEXT, timeout_s=FOR_EVER_S))
        await until(lambda: seen.sent() == ROOM, "the cable to be full")
        await counter.gadget.unplug()
        with pytest.raises(PortLost) as lost:
            await writing
        assert seen.sent() == ROOM
    assert lost.value.written == ROOM + under_way(counter)
    assert lost.value.hint
    with pytest.raises(PortLost):
        await port.read()
    with pytest.raises(PortUnavailable) as absent:
        await open_port(counter.url)
    assert absent.value.hint
    await port.close()
    await counter.gadget.plug()
    await until(lp_nodes, "usblp to take the printer")
    assert address("TM-0001") not in {before, None}
    counter.gadget.taken.clear()
    again = await open_port(counter.url)
    await again.write(b"here again\n", timeout_s=STALL_S)
    await counter.gadget.has(b"here again\n")
    await again.close()


@pytest.mark.parametrize("full", [False, True], ids=["before a write", "in mid-write"])
async def test_a_halted_endpoint_goes_on_at_the_same_byte(plug: Plug, *, full: bool) -> None:
    gadget = await plug("receipt", "TM-0001")
    port = await open_port(f"usb://{VENDOR}:{PRODUCT}/TM-0001")
    assert isinstance(port, ThreadedPort)
    line = port._line
    assert isinstance(line, UsbLine)
    with Usbmon() as seen:
        if full:
            gadget.hang()
        writing = asyncio.create_task(port.write(TEXT, timeout_s=FOR_EVER_S)) if full else None
        await until(lambda: seen.sent() == ROOM * full, "the cable to be full")
        # SET_FEATURE(ENDPOINT_HALT): the device halts its endpoint as one does that cannot go on (USB 2.0, 9.4.9)
        await asyncio.to_thread(line._device.ctrl_transfer, 0x02, 3, 0, line._interface.out)
        gadget.read_on()
        await (writing or port.write(TEXT, timeout_s=FOR_EVER_S))
        await gadget.has(TEXT)
        assert seen.sent() == len(TEXT)
        assert seen.halted()
    await port.close()


async def test_usblp_has_its_printer_back_when_the_port_is_closed(plug: Plug) -> None:
    await plug("receipt", "TM-0001")
    port = await open_port(f"usb://{VENDOR}:{PRODUCT}")
    assert not lp_nodes()
    with pytest.raises(PortUnavailable, match="is not there"):
        await open_port("file:///dev/usb/lp0")
    await port.close()
    await until(lp_nodes, "usblp to take the printer")
    by_file = await open_port(f"file://{lp_nodes()[0]}")
    await by_file.close()


async def test_a_port_is_one_programs_alone(counter: Counter) -> None:
    port = await open_port(counter.url)
    with pytest.raises(PortUnavailable, match="held by another program") as held:
        await open_port(counter.url)
    assert "Close the other program" in held.value.hint
    await port.write(b"still mine\n", timeout_s=STALL_S)
    await counter.gadget.has(b"still mine\n")
    await port.close()


async def test_a_printer_that_somebody_has_open_through_usblp_is_not_taken_from_him(plug: Plug) -> None:
    gadget = await plug("receipt", "TM-0001")
    somebodys = await open_port(f"file://{lp_nodes()[0]}")
    with pytest.raises(PortUnavailable, match="held by another program"):
        await open_port(f"usb://{VENDOR}:{PRODUCT}")
    await somebodys.write(b"still mine\n", timeout_s=STALL_S)
    await gadget.has(b"still mine\n")
    await somebodys.close()
    port = await open_port(f"usb://{VENDOR}:{PRODUCT}")
    await port.close()


async def test_two_printers_are_told_apart_by_their_serial_numbers(plug: Plug) -> None:
    gadgets = {number: await plug(name, number) for name, number in (("left", "A1"), ("right", "B2"))}
    with pytest.raises(PortUnavailable, match="2 printers") as two:
        await open_port(f"usb://{VENDOR}:{PRODUCT}")
    for number, gadget in gadgets.items():
        url = f"usb://{VENDOR}:{PRODUCT}/{number}"
        assert url in two.value.hint
        port = await open_port(url)
        await port.write(number.encode() + b"\n", timeout_s=STALL_S)
        await gadget.has(number.encode() + b"\n")
        await port.close()
    with pytest.raises(PortUnavailable, match="no such serial number; those plugged in: A1, B2"):
        await open_port(f"usb://{VENDOR}:{PRODUCT}/C3")


async def test_two_printers_without_serial_numbers_are_refused_until_there_is_one(plug: Plug) -> None:
    left = await plug("left", None)
    first = lp_nodes()
    right = await plug("right", None)
    with pytest.raises(PortUnavailable, match="no serial numbers that tell them apart") as alike:
        await open_port(f"usb://{VENDOR}:{PRODUCT}")
    assert "file:///dev/usb/lp0 and lp1" in alike.value.hint
    for gadget, nodes in ((left, first), (right, [node for node in lp_nodes() if node not in first])):
        by_file = await open_port(f"file://{nodes[0]}")
        await by_file.write(gadget.name.encode() + b"\n", timeout_s=STALL_S)
        await gadget.has(gadget.name.encode() + b"\n")
        await by_file.close()
    await left.unplug()
    await until(lambda: len(lp_nodes()) == 1, "the kernel to miss the printer")
    port = await open_port(f"usb://{VENDOR}:{PRODUCT}")
    await port.write(b"only one\n", timeout_s=STALL_S)
    await right.has(b"right\nonly one\n")
    await port.close()
    await until(lambda: len(lp_nodes()) == 1, "usblp to take the printer")
