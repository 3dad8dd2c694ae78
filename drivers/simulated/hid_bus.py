"""A simulated USB bus for HID: hidapi's module, with simulated devices behind it.

    bus = HidBus()
    bus.add("drawer", SimulatedHidDrawer(), HidShape(serial_number="A1"))
    port = await open_port("hid://0d3a:0207/A1", hid=bus)

`enumerate`, `device`, and the methods of what `device` returns are hidapi's; names and arguments are its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from drivers.errors import PortLost
from drivers.simulated.hid_wire import HidFaults, HidWire

if TYPE_CHECKING:
    from drivers.port import Port
    from drivers.simulated.bench import Peer

CLOSE_WAIT_S = 1.0  # a device may be in the middle of something that takes no notice of its cable


@runtime_checkable
class FeaturePeer(Protocol):
    """A simulated device that has feature reports, by number, each with its number first."""

    features: dict[int, bytes]

    async def serve(self, port: Port) -> None:
        """Be the device at the end of `port` until it is lost."""
        ...


@dataclass(frozen=True, slots=True)
class HidShape:
    """How a device shows itself. `parts`: the usage page and usage of each, a path of its own each.

    `descriptor` is what it says of its reports (default: 120 bytes either way).
    """

    vendor: int = 0x0D3A
    product: int = 0x0207
    serial_number: str = ""
    parts: tuple[tuple[int, int], ...] = ((0xFFA0, 0x01),)
    descriptor: bytes = bytes.fromhex("06 a0 ff 09 01 a1 01 15 00 26 ff 00 75 08 95 78 09 01 81 02 09 02 91 02 c0")


@dataclass(slots=True, eq=False)
class _Place:
    """A device, and its stay on the bus while it is plugged in."""

    peer: Peer
    shape: HidShape
    faults: HidFaults
    wire: HidWire | None = None
    plugged_in: int = 0  # how often: each time it has new paths
    serving: list[asyncio.Task[None]] = field(default_factory=list)


class HidBus:
    """Simulated HID devices by name. `add`, `plug`, `unplug` and `close` are for the event loop's thread."""

    def __init__(self) -> None:
        self.open_devices = 0
        self._places: dict[str, _Place] = {}

    def add(self, name: str, peer: Peer, shape: HidShape | None = None, faults: HidFaults | None = None) -> None:
        """Put a device beside the bus and plug it in."""
        self._places[name] = _Place(peer, shape or HidShape(), faults or HidFaults())
        self.plug(name)

    def plug(self, name: str, *, faults: HidFaults | None = None) -> None:
        """Plug a device in, under paths it never had; `faults` replaces what was wrong with it."""
        place = self._places[name]
        assert place.wire is None, f"{name} is plugged in"
        place.faults = faults or place.faults
        place.plugged_in += 1
        place.wire = HidWire(name, asyncio.get_running_loop(), place.faults)
        place.serving.append(asyncio.create_task(_serve(place.peer, place.wire), name=f"hid {name}"))

    def unplug(self, name: str) -> None:
        """Pull the device's plug."""
        place = self._places[name]
        if place.wire is not None:
            place.wire.cut()
            place.wire = None

    def wire(self, name: str) -> HidWire:
        """Return the cable to a device that is plugged in: its `faults` may be set."""
        wire = self._places[name].wire
        assert wire is not None, f"{name} is not plugged in"
        return wire

    async def close(self) -> None:
        """Unplug everything and wait for it. Raises what a simulated device died of, if one did."""
        for name in self._places:
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

    # --- hidapi's module ---

    def enumerate(self, vendor_id: int = 0, product_id: int = 0) -> list[dict[str, Any]]:
        """List what is plugged in, an entry for each part."""
        return [
            {
                "path": _path(name, place, part),
                "vendor_id": place.shape.vendor,
                "product_id": place.shape.product,
                "serial_number": place.shape.serial_number,
                "usage_page": page,
                "usage": usage,
                "interface_number": part,
            }
            for name, place in list(self._places.items())
            if place.wire is not None
            and not place.wire.gone
            and vendor_id in (0, place.shape.vendor)
            and product_id in (0, place.shape.product)
            for part, (page, usage) in enumerate(place.shape.parts)
        ]

    def device(self) -> _Handle:
        """Return a handle; nothing is open yet."""
        return _Handle(self)

    def _at(self, path: bytes) -> _Place:
        for name, place in self._places.items():
            for part in range(len(place.shape.parts)):
                if place.wire is not None and _path(name, place, part) == path:
                    return place
        raise OSError("open failed")


class _Handle:
    """hidapi's `device`."""

    def __init__(self, bus: HidBus) -> None:
        self._bus = bus
        self._place: _Place | None = None
        self._wire: HidWire | None = None
        self._error = ""

    def open_path(self, path: bytes) -> None:
        """Open. Raises `OSError`."""
        place = self._bus._at(path)  # noqa: SLF001 - one thing in two classes, as hidapi has it
        if place.faults.denied:
            raise OSError("open failed")
        self._place, self._wire = place, place.wire
        self._bus.open_devices += 1

    def read(self, max_length: int, timeout_ms: int = 0) -> list[int]:
        """Return one input report; empty: none came in time. Raises `OSError` where the device is gone."""
        try:
            return list(self._opened.receive(timeout_ms / 1000))[:max_length]
        except OSError as error:
            self._error = str(error)
            raise OSError("read error") from error

    def write(self, buff: bytes) -> int:
        """Send one output report; -1: `error` says why not."""
        try:
            return self._opened.send(bytes(buff))
        except OSError as error:
            self._error = str(error)
            return -1

    def get_report_descriptor(self) -> list[int]:
        """Return the report descriptor. Raises `OSError` where the device is gone."""
        self._opened.check()
        assert self._place is not None
        return list(self._place.shape.descriptor)

    def get_feature_report(self, report_num: int, max_length: int) -> list[int]:
        """Return a feature report. Raises `OSError`."""
        try:
            self._opened.check()
            return list(self._features[report_num])[:max_length]
        except OSError as error:
            self._error = str(error)
            raise OSError("read error") from error
        except KeyError:
            self._error = "Broken pipe"
            raise OSError("read error") from None

    def send_feature_report(self, buff: bytes) -> int:
        """Set a feature report; -1: `error` says why not."""
        try:
            self._opened.check()
        except OSError as error:
            self._error = str(error)
            return -1
        if buff[0] not in self._features:
            self._error = "Broken pipe"
            return -1
        self._features[buff[0]] = bytes(buff)
        return len(buff)

    def error(self) -> str:
        """Say what went wrong last."""
        return self._error

    def close(self) -> None:
        """Close."""
        self._bus.open_devices -= 1
        self._wire = None

    @property
    def _opened(self) -> HidWire:
        if self._wire is None:
            raise ValueError("not open")
        return self._wire

    @property
    def _features(self) -> dict[int, bytes]:
        assert self._place is not None
        peer = self._place.peer
        return peer.features if isinstance(peer, FeaturePeer) else {}


def _path(name: str, place: _Place, part: int) -> bytes:
    return f"sim/{name}/{place.plugged_in}/{part}".encode()


async def _serve(peer: Peer, wire: HidWire) -> None:
    try:
        with contextlib.suppress(PortLost):
            await peer.serve(wire)
    finally:
        await wire.close()
