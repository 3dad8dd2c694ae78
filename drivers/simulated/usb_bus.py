"""A simulated USB bus: a pyusb backend with printers on it, for anything that speaks pyusb.

    bus = UsbBus()
    bus.add("receipt", SimulatedPrinter(), UsbPrinter(serial_number="A1"))
    port = await open_port("usb://04b8:0e15/A1", usb=bus)

The methods from `enumerate_devices` on are pyusb's `IBackend`; their names and arguments are pyusb's own.
"""

# pyusb's names, and arguments that a bus of one-interface devices need not look at:
# ruff: noqa: N803, ARG002

from __future__ import annotations

import asyncio
import contextlib
import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.errors import PortLost
from drivers.simulated.usb_shape import UsbPrinter
from drivers.simulated.usb_wire import UsbFaults, UsbWire, usb_error

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator
    from types import SimpleNamespace

    from drivers.simulated.bench import Peer

CLOSE_WAIT_S = 1.0  # a device may be in the middle of something that takes no notice of its cable
ADDRESSES = 127  # device numbers on one bus; a device gets the next one each time it is plugged in


@dataclass(slots=True, eq=False)
class _Place:
    """A device, and its stay on the bus while it is plugged in."""

    name: str
    peer: Peer
    shape: UsbPrinter
    faults: UsbFaults
    wire: UsbWire | None = None
    serving: list[asyncio.Task[None]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Stay:
    """What the host sees: one device from plugging in to unplugging. Old handles to it stay dead."""

    shape: UsbPrinter
    wire: UsbWire
    driver_bound: bool
    configured: bool
    owner: _Handle | None = None
    handles: int = 0  # open ones
    resets: int = 0
    setting: int = 0


@dataclass(slots=True, eq=False)
class _Handle:
    """An open device."""

    stay: _Stay


class UsbBus:
    """Simulated USB devices by name. `add`, `plug`, `unplug` and `close` are for the event loop's thread."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}
        self._stays: dict[str, _Stay] = {}
        self._address = 0

    def add(self, name: str, peer: Peer, shape: UsbPrinter | None = None, faults: UsbFaults | None = None) -> None:
        """Put a device beside the bus and plug it in."""
        self._places[name] = _Place(name, peer, shape or UsbPrinter(), faults or UsbFaults())
        self.plug(name)

    def plug(self, name: str, *, bus: int = 1, faults: UsbFaults | None = None) -> None:
        """Plug a device in, at an address it never had; `faults` replaces what was wrong with it."""
        place = self._places[name]
        assert name not in self._stays, f"{name} is plugged in"
        if faults is not None:
            place.faults = faults
        self._address = self._address % ADDRESSES + 1
        wire = UsbWire(name, asyncio.get_running_loop(), place.faults, (bus, self._address))
        self._stays[name] = _Stay(place.shape, wire, place.shape.kernel_driver, place.shape.configured)
        place.serving.append(asyncio.create_task(_serve(place.peer, wire), name=f"usb {name}"))

    def unplug(self, name: str) -> None:
        """Pull the device's plug."""
        stay = self._stays.pop(name, None)
        if stay is not None:
            stay.wire.cut()

    def wire(self, name: str) -> UsbWire:
        """Return the cable to a device that is plugged in: its `faults` may be set, its endpoints halted."""
        return self._stays[name].wire

    def driver_bound(self, name: str) -> bool:
        """Whether the kernel's own driver has the device's interface."""
        return self._stays[name].driver_bound

    def claimed(self, name: str) -> bool:
        """Whether a program has claimed the device's interface."""
        return self._stays[name].owner is not None

    def handles(self, name: str) -> int:
        """Count the handles to the device that programs have open."""
        return self._stays[name].handles

    def resets(self, name: str) -> int:
        """Count the times the device was reset, or configured anew, since it was plugged in."""
        return self._stays[name].resets

    async def close(self) -> None:
        """Unplug everything and wait for it. Raises what a simulated device died of, if one did."""
        for name in list(self._stays):
            self.unplug(name)
        tasks = {task for place in self._places.values() for task in place.serving}
        if not tasks:
            return
        _, busy = await asyncio.wait(tasks, timeout=CLOSE_WAIT_S)
        for task in busy:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    # --- pyusb's IBackend: what is there ---

    def enumerate_devices(self) -> Iterator[_Stay]:
        """Yield the devices that are plugged in and not gone by themselves."""
        return iter([stay for stay in list(self._stays.values()) if not stay.wire.gone])

    def get_parent(self, dev: _Stay) -> None:
        """There are no hubs."""

    def get_device_descriptor(self, dev: _Stay) -> SimpleNamespace:
        """Return a device descriptor, and where the device is."""
        return dev.shape.device_descriptor(dev.wire.address)

    def get_configuration_descriptor(self, dev: _Stay, config: int) -> SimpleNamespace:
        """Return the one configuration descriptor. Raises `IndexError` past it."""
        return dev.shape.configuration_descriptor(config)

    def get_interface_descriptor(self, dev: _Stay, intf: int, alt: int, config: int) -> SimpleNamespace:
        """Return the one interface descriptor. Raises `IndexError` past it."""
        return dev.shape.interface_descriptor(intf, alt, config)

    def get_endpoint_descriptor(self, dev: _Stay, ep: int, intf: int, alt: int, config: int) -> SimpleNamespace:
        """Return an endpoint descriptor. Raises `IndexError` past the last."""
        return dev.shape.endpoint_descriptor(ep, intf, alt, config)

    # --- pyusb's IBackend: opening and claiming ---

    def open_device(self, dev: _Stay) -> _Handle:
        """Open a device."""
        dev.wire.check()
        if dev.wire.faults.denied:
            raise usb_error("Access denied (insufficient permissions)", errno.EACCES)
        dev.handles += 1
        return _Handle(dev)

    def close_device(self, dev_handle: _Handle) -> None:
        """Close a device; what it had claimed is free."""
        dev_handle.stay.handles -= 1
        if dev_handle.stay.owner is dev_handle:
            dev_handle.stay.owner = None

    def get_configuration(self, dev_handle: _Handle) -> int:
        """Return the active configuration's value; 0: there is none."""
        dev_handle.stay.wire.check()
        return int(dev_handle.stay.configured)

    def set_configuration(self, dev_handle: _Handle, config_value: int) -> None:
        """Configure the device; one that is configured already counts it as a reset."""
        if dev_handle.stay.configured:
            self.reset_device(dev_handle)
        dev_handle.stay.configured = True

    def set_interface_altsetting(self, dev_handle: _Handle, intf: int, altsetting: int) -> None:
        """Choose an interface's alternate setting."""
        _owned(dev_handle).setting = altsetting

    def claim_interface(self, dev_handle: _Handle, intf: int) -> None:
        """Claim an interface for this handle alone."""
        stay = dev_handle.stay
        stay.wire.check()
        if stay.driver_bound or stay.owner not in {None, dev_handle}:
            raise usb_error("Resource busy", errno.EBUSY)
        stay.owner = dev_handle

    def release_interface(self, dev_handle: _Handle, intf: int) -> None:
        """Give an interface back."""
        dev_handle.stay.wire.check()
        dev_handle.stay.owner = None

    def is_kernel_driver_active(self, dev_handle: _Handle, intf: int) -> bool:
        """Whether the kernel's own driver has the interface."""
        dev_handle.stay.wire.check()
        return dev_handle.stay.driver_bound

    def detach_kernel_driver(self, dev_handle: _Handle, intf: int) -> None:
        """Take the interface from the kernel's own driver."""
        dev_handle.stay.driver_bound = False

    def attach_kernel_driver(self, dev_handle: _Handle, intf: int) -> None:
        """Let the kernel's own driver have the interface again."""
        dev_handle.stay.wire.check()
        if dev_handle.stay.owner is not None:
            raise usb_error("Resource busy", errno.EBUSY)
        dev_handle.stay.driver_bound = True

    def reset_device(self, dev_handle: _Handle) -> None:
        """Reset the device."""
        dev_handle.stay.wire.check()
        dev_handle.stay.resets += 1

    def clear_halt(self, dev_handle: _Handle, ep: int) -> None:
        """Let a halted endpoint go on."""
        dev_handle.stay.wire.clear_halt(ep)

    # --- pyusb's IBackend: transfers; timeouts in ms ---

    def bulk_write(self, dev_handle: _Handle, ep: int, intf: int, data: array[int], timeout: int) -> int:
        """Send; return how many bytes were taken."""
        return _owned(dev_handle).wire.send(ep, data.tobytes(), timeout / 1000)

    def bulk_read(self, dev_handle: _Handle, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        """Receive into `buff`; return how many bytes came."""
        stay = _owned(dev_handle)
        assert stay.setting == int(stay.shape.alternate), "a read in a setting that is one way"
        data = stay.wire.receive(ep, len(buff), timeout / 1000)
        for at, byte in enumerate(data):
            buff[at] = byte
        return len(data)

    # pyusb looks all six up before it chooses by the endpoint's type, and the endpoints here are bulk.
    intr_write = iso_write = bulk_write
    intr_read = iso_read = bulk_read

    def ctrl_transfer(
        self,
        dev_handle: _Handle,
        bmRequestType: int,
        bRequest: int,
        wValue: int,
        wIndex: int,
        data: array[int],
        timeout: int,
    ) -> int:
        """Answer a request of the specification or the printer class into `data`; stall at any other."""
        dev_handle.stay.wire.check()
        answer = dev_handle.stay.shape.answer(bmRequestType, bRequest, wValue)
        if answer is None:
            raise usb_error("Pipe error", errno.EPIPE)
        answer = answer[: len(data)]
        for at, byte in enumerate(answer):
            data[at] = byte
        return len(answer)


async def _serve(peer: Peer, wire: UsbWire) -> None:
    try:
        with contextlib.suppress(PortLost):
            await peer.serve(wire)
    finally:
        await wire.close()


def _owned(handle: _Handle) -> _Stay:
    handle.stay.wire.check()
    assert handle.stay.owner is handle, "a transfer on an interface that was not claimed"
    return handle.stay
