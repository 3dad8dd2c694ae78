"""Everything between a port and a simulated printer, byte by byte, whatever the wire is made of."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING

from drivers.errors import PortLost

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from drivers.port import Port
    from drivers.simulated.printer import SimulatedPrinter

LOOK_S = 0.2  # how often a printer that reads nothing, or is off, looks whether its host is there


class Off(Enum):
    """What a host sees of a printer that loses its power."""

    GONE = "the line is lost at once"  # USB
    DARK = "nothing is heard, and the line is lost when it is on again"  # TCP
    SERIAL = "nothing is heard, and the line stays"


class Cable:
    """A printer on its cable: a device for any wire. What is wrong with it may be set at any time."""

    def __init__(self, machine: SimulatedPrinter, off: Off) -> None:
        self.machine = machine
        self.off = off
        self.plugged = True
        self.break_in: int | None = None  # it breaks when so many more have gone to the printer
        self.single = False  # the printer gets one byte at a time
        self.flows = asyncio.Event()  # otherwise the printer takes nothing, and says nothing of it
        self.flows.set()
        self.port: Port | None = None

    async def serve(self, port: Port) -> None:
        """Be the printer at the end of `port` until the line is lost."""
        self.port = port
        try:
            while self.plugged:
                tap = _Tap(self, port)
                try:
                    await self.machine.serve(tap)
                except PortLost:
                    if self.machine.powered and not tap.closed.is_set():
                        raise
                if (self.machine.powered and not tap.closed.is_set()) or self.off is Off.GONE:
                    return  # a newer host, or no power
                while not self.machine.powered:
                    await _for_a_moment(port.read())  # gone for ever
                if self.off is Off.DARK:
                    return
        finally:
            if self.port is port:
                self.port = None
            await port.close()

    async def pull(self) -> None:
        """Pull the plug out of the PC."""
        self.plugged = False
        if self.port is not None:
            await self.port.close()

    @property
    def sound(self) -> bool:
        """Whether nothing keeps the next byte from the printer."""
        return self.break_in is None and self.flows.is_set()

    async def deliver(self, port: Port, rest: bytes) -> tuple[bytes, bytes]:
        """Return what the printer gets now, and what it gets later. Raises `PortLost`."""
        if self.break_in is not None and self.break_in <= 0:
            self.break_in = None
            await self.pull()
            raise PortLost("the cable is out")
        while not self.flows.is_set():
            await _for_a_moment(self.flows.wait())
            await port.write(b"", timeout_s=LOOK_S)  # raises where the host has gone
        got = rest or await port.read()
        count = 1 if self.single else len(got)
        if self.break_in is not None:
            count = min(count, self.break_in)
            self.break_in -= count
        return got[:count], got[count:]


class _Tap:
    """The printer's end of the cable: a `Port` that its power supply closes."""

    def __init__(self, cable: Cable, port: Port) -> None:
        self.url = port.url
        self.closed = asyncio.Event()
        self._cable = cable
        self._port = port
        self._rest = b""

    async def read(self) -> bytes:
        if self._rest and not self.closed.is_set() and self._cable.sound:
            got, self._rest = self._rest[:1], self._rest[1:]
            return got
        while True:
            reading = asyncio.ensure_future(self._cable.deliver(self._port, self._rest))
            reading.add_done_callback(_heard)
            closing = asyncio.ensure_future(self.closed.wait())
            try:
                await asyncio.wait({reading, closing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                closing.cancel()
                if not reading.done():
                    reading.cancel()
                await asyncio.wait({reading, closing})
            if self.closed.is_set() or reading.cancelled():
                raise PortLost("the printer was switched off")
            got, self._rest = reading.result()
            if got:
                return got

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        await self._port.write(data, timeout_s=timeout_s)

    async def close(self) -> None:
        self.closed.set()


def _heard(reading: asyncio.Future[tuple[bytes, bytes]]) -> None:
    """Take note of how a read ended that perhaps nobody waits for any more."""
    if not reading.cancelled():
        reading.exception()


async def _for_a_moment(work: Coroutine[object, object, object]) -> None:
    try:
        async with asyncio.timeout(LOOK_S):
            await work
    except TimeoutError:
        pass
