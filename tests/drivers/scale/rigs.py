"""What a scale's test holds: the scale as the agent has it, and the box with its pan at the far end of a wire."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

from drivers.device import DeviceState
from drivers.ports import open_port
from drivers.scale.protocol import ScaleProtocol
from drivers.scale.reading import Unit
from drivers.scale.scale import Scale
from drivers.scale.timing import ScaleTiming
from drivers.simulated.bench import Bench, Served, serve_pty, serve_tcp
from drivers.simulated.scale import SimulatedScale
from drivers.simulated.wire import Faults
from tests.drivers.printer.lane import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROTOCOLS = tuple(ScaleProtocol)
WIRES = {
    "whole": Faults(),
    "byte-at-a-time": Faults(byte_at_a_time=True),
    "delayed": Faults(delay_s=0.002),
}
# As for real scales, in proportion; the wait for an answer is long enough for a busy machine.
TIMING = ScaleTiming(poll_s=0.005, reply_s=0.25, quiet_s=0.03, stall_s=0.2, watch_s=0.5)
LONG_S = 10.0  # nothing here waits so long unless it fails
SHORT_S = 0.08  # for a weight that does not come


async def briefly(seconds: float) -> None:
    """Wait, but not for as long as a supervisor does between two tries."""
    await asyncio.sleep(min(seconds, 0.02))


class Rig:
    """A scale that runs, and its box."""

    def __init__(self, box: SimulatedScale, protocol: ScaleProtocol, wire: str, unit: Unit) -> None:
        self.box = box
        self.changes = 0
        self._protocol = protocol
        self._wire = wire
        self._unit = unit
        self._bench = Bench()
        self._served: Served | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, timing: ScaleTiming) -> None:
        url = "sim://scale"
        if self._wire in {"pty", "tcp"}:
            self._served = await (serve_pty if self._wire == "pty" else serve_tcp)(self.box)
            url = self._served.url
        else:
            faults = WIRES[self._wire]
            self._bench.add("scale", self.box, to_device=faults, to_host=faults)
        self.scale = Scale(
            "scale",
            partial(open_port, url, bench=self._bench),
            self._protocol,
            port=url,
            unit=self._unit,
            on_change=self._changed,
            timing=timing,
            now=asyncio.get_running_loop().time,
            sleep=briefly,
        )
        self._task = asyncio.create_task(self.scale.run())
        await eventually(lambda: self.scale.view.state is DeviceState.READY)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._bench.close()
        if self._served is not None:
            await self._served.close()

    def unplug(self) -> None:
        self._bench.unplug("scale")

    def plug(self) -> None:
        self._bench.plug("scale")

    def spoil(self, **faults: float) -> None:
        """Make what the scale says come damaged from now on."""
        end = self._bench.wire("scale")
        assert end is not None
        end._back.faults = Faults(**faults)  # type: ignore[arg-type]

    def _changed(self) -> None:
        self.changes += 1


@contextlib.asynccontextmanager
async def running(
    protocol: ScaleProtocol,
    wire: str = "whole",
    *,
    unit: Unit = Unit.KG,
    timing: ScaleTiming = TIMING,
    box: SimulatedScale | None = None,
) -> AsyncIterator[Rig]:
    """Run a rig for the block."""
    rig = Rig(box or SimulatedScale(protocol, unit), protocol, wire, unit)
    try:
        await rig.start(timing)
        yield rig
    finally:
        await rig.stop()
