"""What a drawer's test holds: the drawer as the agent has it, and the box at the far end of any kind of wire."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from drivers.device import DeviceState
from drivers.drawer import Drawer, Position
from drivers.drawer.opener import PrinterOpener
from drivers.drawer.port_opener import PortOpener
from drivers.drawer.talk import SerialTalk, talk_for
from drivers.drawer.timing import DrawerTiming
from drivers.ports import open_port
from drivers.printer.printer import Printer
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.simulated.bench import Bench, Served, serve_tcp
from drivers.simulated.device_server import DeviceServer
from drivers.simulated.drawer import SimulatedDrawer, SimulatedHidDrawer, SimulatedSerialDrawer
from drivers.simulated.hid_bus import HidBus
from drivers.simulated.hid_wire import HidFaults
from drivers.simulated.printer import DrawerKind, SimulatedPrinter
from drivers.simulated.star import SimulatedStar
from drivers.simulated.wire import Faults
from tests.drivers.printer.lane import QUICK, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.drawer.switch import DrawerStatus

ON_THE_BENCH = ("escpos", "star_line", "serial")  # in memory, with no thread; a StarPRNT is as a Star Line here
WIRES = ("whole", "byte-at-a-time", "delayed")

# As for real drawers, in proportion; the waits for what must come are long enough for a busy machine.
TIMING = DrawerTiming(recharge_s=0.01, life_s=0.6, stall_s=0.2, edge_s=0.3, glance_s=0.01, poll_s=0.02, reply_s=0.3)


AT_ONCE = replace(QUICK, poll_s=0.0, reply_s=0.0)  # a lesson here begins once the switch is known to have moved


class Rig:
    """A drawer that runs. `told` counts how often its box was told to open; `box` has what a person does with it."""

    def __init__(self, kind: str, wire: str = "whole", **settings: Any) -> None:
        self.kind = kind
        self.seen: list[DrawerStatus] = []
        self._wire = wire
        self._bench = Bench()
        self._hid = HidBus()
        self._served: Served | None = None
        self._printer: Printer | None = None
        self._settings = settings
        self._tasks: list[asyncio.Task[None]] = []
        self.box = Box(kind)

    async def start(self, *, wait: bool = True) -> None:
        """Plug it in and let it run."""
        opener = await self._opener()
        clock = asyncio.get_running_loop().time
        self.drawer = Drawer("drawer", opener, on_change=self.seen.append, **{"clock": clock, **self._settings})
        runs = [self.drawer.run()] if self._printer is None else [self.drawer.run(), self._printer.run()]
        self._tasks = [asyncio.create_task(run) for run in runs]
        if wait:
            await eventually(lambda: self.drawer.view.state is DeviceState.READY)
            await eventually(lambda: self.drawer.status.level is not None)

    async def stop(self) -> None:
        """Take it down; nothing may be left."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._bench.close()
        await self._hid.close()
        if self._served is not None:
            await self._served.close()

    @property
    def told(self) -> int:
        """How often the box was told to open."""
        return self.box.told

    def unplug(self) -> None:
        """Pull its plug."""
        if self.kind == "hid":
            self._hid.unplug("drawer")
        else:
            self._bench.unplug("drawer")

    def plug(self) -> None:
        """Plug it in again."""
        if self.kind == "hid":
            self._hid.plug("drawer")
        else:
            self._bench.plug("drawer")

    def spoil(self, *, loss: float = 0.0, cut_at: int | None = None) -> None:
        """Make the wire lose bytes or reports from now on, or break after so many more bytes to the device."""
        if self.kind == "hid":
            wire = self._hid.wire("drawer")
            at = None if cut_at is None else wire.accepted + cut_at
            wire.faults = replace(wire.faults, loss=loss, vanish_at=at)
            return
        end = self._bench.wire("drawer")
        assert end is not None
        at = None if cut_at is None else end.accepted + cut_at
        end.faults = replace(end.faults, loss=loss, cut_after=at)

    async def teach(self) -> None:
        """Show it both positions; it is closed then."""
        self.box.push()
        await eventually(lambda: self._says(closed=True))
        await self.drawer.teach(Position.CLOSED)
        self.box.turn_key()
        await eventually(lambda: self._says(closed=False))
        await self.drawer.teach(Position.OPEN)
        self.box.push()
        await eventually(lambda: self.drawer.status.position is Position.CLOSED)

    def _says(self, *, closed: bool) -> bool:
        level = self.drawer.status.level
        return level is not None and (level.value == "high") is (closed is not self.box.reversed)

    async def _opener(self) -> PrinterOpener | PortOpener:
        faults = {
            "whole": Faults(),
            "byte-at-a-time": Faults(byte_at_a_time=True),
            "delayed": Faults(delay_s=0.001),
        }[self._wire]
        peer = self.box.peer
        now = asyncio.get_running_loop().time
        if isinstance(peer, SimulatedPrinter):
            self._bench.add("drawer", peer, to_device=faults, to_host=faults)
            self._printer = Printer(
                "receipt",
                partial(self._bench.open, "drawer"),
                PrinterSettings(speaks=DialectName(self.kind)),
                on_state=self._printer_says,
                on_status=self._printer_says,
                port="sim://drawer",
                timing=QUICK,
                now=now,
            )
            return PrinterOpener(self._printer, timing=AT_ONCE)
        if self.kind == "hid":
            hid_faults = HidFaults(answer_bytes_max=1) if self._wire == "byte-at-a-time" else HidFaults()
            if self._wire == "delayed":
                hid_faults = HidFaults(delay_s=0.001)
            self._hid.add("drawer", peer, faults=hid_faults)
            url = "hid://0d3a:0207"
            return PortOpener(
                "drawer", partial(open_port, url, hid=self._hid), partial(_known, url), TIMING, port=url, now=now
            )
        if self.kind == "server":
            self._served = await serve_tcp(DeviceServer(peer))
            url = self._served.url.replace("tcp://", "rfc2217://")
        else:
            self._bench.add("drawer", peer, to_device=faults, to_host=faults)
            url = "sim://drawer"
        return PortOpener("drawer", partial(open_port, url, bench=self._bench), SerialTalk, TIMING, port=url, now=now)

    def _printer_says(self, _news: object) -> None:
        self.drawer.look()


class Box:
    """The box, on whatever it hangs."""

    def __init__(self, kind: str) -> None:
        self.peer: Any
        if kind in {"serial", "server"}:
            self.peer = SimulatedSerialDrawer()
        elif kind == "hid":
            self.peer = SimulatedHidDrawer()
        else:
            self.peer = SimulatedPrinter() if kind == "escpos" else SimulatedStar()
        self.reversed = False

    @property
    def told(self) -> int:
        return self.peer.told if isinstance(self.peer, SimulatedDrawer) else len(self.peer.kicks)

    @property
    def is_open(self) -> bool:
        return bool(self.peer.is_open if isinstance(self.peer, SimulatedDrawer) else self.peer.drawer_open)

    def turn_key(self) -> None:
        if isinstance(self.peer, SimulatedDrawer):
            self.peer.turn_key()
        else:
            self.peer.drawer_open = True
            self.peer.close_cover()  # any change makes it report

    def push(self) -> None:
        if isinstance(self.peer, SimulatedDrawer):
            self.peer.push()
        else:
            self.peer.close_drawer()

    def jam(self) -> None:
        self._be("jammed", DrawerKind.JAMMED)

    def lose_switch(self) -> None:
        self._be("no_switch", DrawerKind.ABSENT)

    def reverse(self) -> None:
        self.reversed = True
        self._be("reversed", DrawerKind.REVERSED)

    def _be(self, fault: str, kind: DrawerKind) -> None:
        if isinstance(self.peer, SimulatedDrawer):
            setattr(self.peer, fault, True)
            self.peer.moved()
        else:
            self.peer.drawer = kind
            self.peer.close_cover()


def _known(url: str) -> Any:
    talk = talk_for(url)
    assert talk is not None
    return talk


@contextlib.asynccontextmanager
async def running(kind: str, wire: str = "whole", **settings: Any) -> AsyncIterator[Rig]:
    """Run a rig for the block."""
    rig = Rig(kind, wire, **settings)
    try:
        await rig.start()
        yield rig
    finally:
        await rig.stop()
