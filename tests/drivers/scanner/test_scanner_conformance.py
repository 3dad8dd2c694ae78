"""What every scanner does, whatever it speaks and over whatever wire: bytes, HID-POS reports, a wedge's keys."""

from __future__ import annotations

import asyncio
import random
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.errors import PortLost
from drivers.ports import open_port
from drivers.ports.evdev import EVIOCGKEY, KEY_BYTES
from drivers.scanner.scan import Refusal, Scan
from drivers.scanner.scanner import Scanner
from drivers.scanner.wedge_layouts import LAYOUTS, LayoutName
from drivers.simulated.bench import Bench, Served, serve_pty, serve_tcp
from drivers.simulated.hid_bus import HidBus
from drivers.simulated.hid_scanner import SCANNER_SHAPE, SimulatedHidScanner
from drivers.simulated.hid_wire import HidFaults
from drivers.simulated.scanner import SimulatedScanner
from drivers.simulated.wedge import SimulatedWedge
from drivers.simulated.wire import Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from drivers.port import Port

WAIT_S = 10.0
REPLUGS = 25  # of each kind; the campaign has more
BYTES, HID, WEDGE = "bytes", "hid", "wedge"
PULLED = (f"{BYTES} wire", f"{HID} bus", f"{WEDGE} wire")  # wires with a plug
KINDS = (*PULLED, f"{BYTES} byte-at-a-time", f"{WEDGE} byte-at-a-time", f"{HID} slow", f"{BYTES} tcp")
TTYS = (f"{BYTES} tty", f"{WEDGE} tty")  # POSIX has them
FRENCH = LAYOUTS[LayoutName.FR]
BEER = "4006381333931"
GS1 = "]C10109506000134352" + "10ABC\x1d21987"


PEERS: dict[str, Callable[[], SimulatedScanner | SimulatedHidScanner | SimulatedWedge]] = {
    BYTES: SimulatedScanner,
    HID: SimulatedHidScanner,
    WEDGE: partial(SimulatedWedge, FRENCH),
}


def kernel(_fd: int, request: int, _arg: int | bytes, /) -> int | bytes:
    """Grab any device file; no key is down."""
    return bytes(KEY_BYTES) if request == EVIOCGKEY else 0


class Rig:
    """A scanner that runs, and its peer at the far end of one kind of wire."""

    def __init__(self, kind: str) -> None:
        speech, self._wire = kind.split(" ")
        self.outcomes: list[Scan | Refusal] = []
        self.peer = PEERS[speech]()
        self._speech = speech
        self._bench, self._bus = Bench(), HidBus()
        self._served: Served | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Plug it in and let it run."""
        opened = await self._opened()
        keyboard = FRENCH if self._speech == WEDGE else None
        self.scanner = Scanner("counter", opened, self._hear, keyboard=keyboard, duplicate_window_ms=0)
        self._task = asyncio.create_task(self.scanner.run())
        await self.until(lambda: self.scanner.view.state is DeviceState.READY)

    async def stop(self) -> None:
        """Take it down; nothing may be left."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})
        await self._bench.close()
        await self._bus.close()
        if self._served is not None:
            await self._served.close()

    def unplug(self) -> None:
        """Pull its plug."""
        (self._bus if self._speech == HID else self._bench).unplug("counter")

    async def plug(self) -> None:
        """Plug it in again, and let the agent notice."""
        (self._bus if self._speech == HID else self._bench).plug("counter")
        self.scanner.nudge()
        await self.until(lambda: self.scanner.view.state is DeviceState.READY)

    @property
    def texts(self) -> list[str]:
        """What was scanned, refusals as `!reason`."""
        return [one.text if isinstance(one, Scan) else f"!{one.reason}" for one in self.outcomes]

    async def has(self, count: int) -> list[str]:
        """Wait for so many outcomes."""
        async with asyncio.timeout(WAIT_S):
            while len(self.outcomes) < count:
                self._news.clear()
                await self._news.wait()
        return self.texts

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a state."""
        async with asyncio.timeout(WAIT_S):
            while not holds():
                await asyncio.sleep(0.002)

    def _hear(self, outcome: Scan | Refusal) -> None:
        self.outcomes.append(outcome)
        self._news.set()

    async def _opened(self) -> Callable[[], Awaitable[Port]]:
        if self._speech == HID:
            faults = HidFaults(delay_s=0.002) if self._wire == "slow" else None
            self._bus.add("counter", self.peer, SCANNER_SHAPE, faults)
            return partial(open_port, "hid://0c2e:0b81?page=8c", hid=self._bus)
        if self._wire in {"tcp", "tty"}:
            self._served = await (serve_tcp if self._wire == "tcp" else serve_pty)(self.peer)
            url = self._served.url
            if self._speech == WEDGE:
                url = url.replace("serial:", "evdev:").partition("?")[0]
            return partial(open_port, url, evdev=kernel)
        self._bench.add("counter", self.peer, to_host=Faults(byte_at_a_time=self._wire == "byte-at-a-time"))
        return partial(open_port, "sim://counter", bench=self._bench)


@pytest.fixture
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    rig = Rig(request.param)
    await rig.start()
    yield rig
    await rig.stop()


ttys = [pytest.param(kind, marks=pytest.mark.skipif(sys.platform == "win32", reason="POSIX has ttys")) for kind in TTYS]
every_kind = pytest.mark.parametrize("rig", [*KINDS, *ttys], indirect=True)


@every_kind
async def test_codes_arrive_whole_in_order_and_as_what_they_are(rig: Rig) -> None:
    long = "LOT " + "0123456789" * 12
    await scan(rig, [BEER, GS1, long, BEER])
    assert await rig.has(4) == [BEER, GS1.removeprefix("]C1"), long, BEER]
    first, second, *_ = rig.outcomes
    assert isinstance(first, Scan)
    assert first.gtin == f"0{BEER}"
    assert isinstance(second, Scan)
    assert (second.gs1["10"], second.gs1["21"]) == ("ABC", "987")
    assert rig.scanner.counts.refused == 0


@every_kind
async def test_nothing_is_sent_to_a_scanner_nobody_named_the_family_of(rig: Rig) -> None:
    await rig.peer.scan(BEER)
    await rig.has(1)
    assert not getattr(rig.peer, "heard", b"")


@pytest.mark.parametrize("rig", PULLED, indirect=True)
async def test_a_plug_pulled_at_any_moment_costs_at_most_the_code_under_way(rig: Rig) -> None:
    chance = random.Random(5)
    sent = [f"CODE {number} " + "7" * chance.randrange(100) for number in range(4 * REPLUGS)]
    for at in range(0, len(sent), 4):
        scanning = asyncio.create_task(scan(rig, sent[at : at + 4]))
        for _ in range(chance.randrange(40)):
            await asyncio.sleep(0)
        rig.unplug()
        await rig.until(lambda: rig.scanner.view.state is DeviceState.LOST)
        assert rig.scanner.view.hint
        scanning.cancel()
        await asyncio.wait({scanning})
        await rig.plug()
        await scan(rig, [f"AGAIN {at}"])
        await rig.until(lambda at=at: rig.texts[-1:] == [f"AGAIN {at}"])  # type: ignore[misc]  # bound here
    heard = [outcome.text for outcome in rig.outcomes if isinstance(outcome, Scan)]
    assert len(heard) == len(set(heard)), "a scan came twice"
    codes = [code for code in heard if not code.startswith("AGAIN")]
    assert codes == [code for code in sent if code in set(codes)], "a code came that was not sent, or out of order"


async def scan(rig: Rig, codes: list[str]) -> None:
    """Scan codes that name their own symbology, until the plug is pulled."""
    try:
        for code in codes:
            await (rig.peer.scan(code, b"") if isinstance(rig.peer, SimulatedHidScanner) else rig.peer.scan(code))
    except PortLost:
        return
