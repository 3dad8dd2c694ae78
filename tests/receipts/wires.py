"""The wires a printer may hang on: each opens a port for the driver, and has the cable plugged in again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from drivers.errors import PortUnavailable
from drivers.ports.open import open_port
from drivers.simulated.bench import Bench, serve_pty, serve_tcp
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.star import SimulatedStar
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from tests.receipts.cable import Off

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from drivers.port import Port
    from drivers.simulated.bench import Served
    from tests.receipts.cable import Cable


class Wire(Protocol):
    """A cable on a wire. `begin` comes first and `end` last."""

    cable: Cable

    async def begin(self) -> None: ...

    async def open(self) -> Port:
        """Open a port for the driver. Raises `PortUnavailable`."""
        ...

    async def again(self) -> None:
        """Plug in what was pulled out, or is on again after its power went."""
        ...

    async def end(self) -> None: ...


class SimWire:
    """Memory: the one wire that can be in virtual time."""

    def __init__(self, cable: Cable, _chance: random.Random) -> None:
        self.cable = cable
        self._bench = Bench()

    async def begin(self) -> None:
        self._bench.add("printer", self.cable)

    async def open(self) -> Port:
        _plugged(self.cable)
        return await self._bench.open("printer")

    async def again(self) -> None:
        self.cable.plugged = True

    async def end(self) -> None:
        self.cable.flows.set()
        await self._bench.close()


class TcpWire:
    """A socket."""

    def __init__(self, cable: Cable, _chance: random.Random) -> None:
        self.cable = cable

    async def begin(self) -> None:
        self._served = await serve_tcp(self.cable)

    async def open(self) -> Port:
        _plugged(self.cable)
        return await open_port(self._served.url)

    async def again(self) -> None:
        self.cable.plugged = True

    async def end(self) -> None:
        await self._served.close()


class PtyWire:
    """A pseudo-terminal; plugged in anew it has another name, as a USB adapter has."""

    def __init__(self, cable: Cable, _chance: random.Random) -> None:
        self.cable = cable
        self._served: Served | None = None

    async def begin(self) -> None:
        await self._serve()

    async def _serve(self) -> None:
        before, self._served = self._served, await serve_pty(self.cable, baud=115200)
        if before is not None:
            await before.close()

    async def open(self) -> Port:
        """Open the terminal as it is named now."""
        _plugged(self.cable)
        assert self._served is not None
        return await open_port(self._served.url)

    async def again(self) -> None:
        if not self.cable.plugged or self.cable.port is None:
            self.cable.plugged = True
            await self._serve()

    async def end(self) -> None:
        assert self._served is not None
        await self._served.close()


class UsbWire:
    """A simulated bus, with one of the shapes that printers have; plugged in anew it has another address."""

    def __init__(self, cable: Cable, chance: random.Random) -> None:
        self.cable = cable
        cable.off = Off.GONE
        out, back = chance.choice(((0x01, 0x82), (0x02, 0x81), (0x03, 0x82)))
        serial_number = chance.choice((None, "A1"))
        status = chance.choice((lambda: 0x18, None))  # a constant, whatever happens; or it knows no such request
        epson = UsbPrinter().device_id if chance.random() < 1 / 2 else None
        self._shape = UsbPrinter(
            out=out,
            back=back,
            serial_number=serial_number,
            device_id=None if isinstance(cable.machine, SimulatedStar) else epson,
            kernel_driver=chance.random() < 1 / 2,
            port_status=status,
        )
        self._url = "usb://04b8:0e15" + (f"/{serial_number}" if serial_number else "")
        self._chance = chance
        self.bus = UsbBus()

    async def begin(self) -> None:
        self.bus.add("printer", self.cable, self._shape)

    async def open(self) -> Port:
        return await open_port(self._url, usb=self.bus)

    async def again(self) -> None:
        if not self.cable.plugged or self.cable.port is None:
            self.cable.plugged = True
            self.bus.unplug("printer")
            self.bus.plug("printer", bus=self._chance.randint(1, 3))

    def add_twin(self) -> None:
        """Plug in a second printer that looks just like this one."""
        self.bus.add("twin", SimulatedPrinter(), self._shape)

    def remove_twin(self) -> None:
        self.bus.unplug("twin")

    async def end(self) -> None:
        await self.bus.close()


def _plugged(cable: Cable) -> None:
    if not cable.plugged:
        raise PortUnavailable("the cable is out", hint="Plug it in again.")


WIRES: Mapping[str, Callable[[Cable, random.Random], Wire]] = {
    "sim": SimWire,
    "tcp": TcpWire,
    "usb": UsbWire,
    **({} if sys.platform == "win32" else {"pty": PtyWire}),
}
