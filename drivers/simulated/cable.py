"""A cable that can be bad, between any port and a simulated device: what is wrong with it may change at any time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from drivers.errors import PortLost, WriteStalled
from drivers.simulated.wire import Faults, WireEnd, null_modem

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port
    from drivers.simulated.bench import Peer

PATIENCE_S = 1.0  # how long one attempt to pass bytes on takes; a stalled cable is tried again


class Cable:
    """A `Peer`: a device, and the cable it is reached by. A faulty direction is faulty for every host."""

    def __init__(self, device: Peer, on_plug: Callable[[], None] | None = None) -> None:
        self.on_plug = on_plug  # hears that the cable was pulled or put in
        self.plugged = True
        self._device = device
        self._to_device = Faults()
        self._to_host = Faults()
        self._wires: set[tuple[WireEnd, WireEnd]] = set()

    @property
    def faults(self) -> tuple[Faults, Faults]:
        """What is wrong on the way to the device, and on the way back."""
        return self._to_device, self._to_host

    def set_faults(self, to_device: Faults, to_host: Faults) -> None:
        """Make the cable bad, or good again, for whoever uses it now as well."""
        self._to_device, self._to_host = to_device, to_host
        for host, device in self._wires:
            host.faults, device.faults = to_device, to_host

    def unplug(self) -> None:
        """Pull it: the host is lost, and the next one at once."""
        self.plugged = False
        for host, _ in self._wires:
            host.cut()
        self._tell()

    def plug(self) -> None:
        """Put it in again."""
        self.plugged = True
        self._tell()

    def _tell(self) -> None:
        if self.on_plug is not None:
            self.on_plug()

    async def serve(self, port: Port) -> None:
        """Be the device at the far end of the cable until `port` is lost. Raises what the device died of."""
        if not self.plugged:
            await port.close()
            return
        near, far = null_modem(port.url, to_device=self._to_device, to_host=self._to_host)
        self._wires.add((near, far))
        device = asyncio.create_task(self._device.serve(far), name=f"device {port.url}")
        pumps = {asyncio.create_task(_pump(port, near)), asyncio.create_task(_pump(near, port))}
        try:
            await asyncio.wait({device, *pumps}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            near.cut()
            self._wires.discard((near, far))
            for pump in pumps:
                pump.cancel()
            await asyncio.wait({device, *pumps})
            died_of = device.exception()  # looked at even where nobody waits for it any more
        if died_of is not None and not isinstance(died_of, PortLost):
            raise died_of


async def _pump(source: Port, sink: Port) -> None:
    with contextlib.suppress(PortLost):
        while True:
            data = await source.read()
            while data:
                try:
                    await sink.write(data, timeout_s=PATIENCE_S)
                except WriteStalled as stalled:
                    data = data[stalled.written :]
                else:
                    data = b""
