"""Plugs pulled and put in again at random moments, in mid-scan and mid-receipt: nothing twice, nothing glued, no leak.

A scanner on a pseudo-terminal comes back under another number each time, behind one lasting name, as a tty behind
/dev/serial/by-id does; another speaks HID-POS on the simulated HID bus, and a printer is on the simulated USB bus.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import random
import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.device import DeviceState
from drivers.errors import DeviceError
from drivers.ports import open_port
from drivers.printer.document import Cut, Document, Text
from drivers.printer.printer import Printer
from drivers.printer.settings import PrinterSettings
from drivers.scanner.gtin import check_digit
from drivers.scanner.scan import Scan
from drivers.scanner.scanner import Scanner
from drivers.simulated.bench import serve_pty
from drivers.simulated.hid_bus import HidBus
from drivers.simulated.hid_scanner import SCANNER_SHAPE, SimulatedHidScanner
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.scanner import SimulatedScanner
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from drivers.traced import TracedPort

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port
    from drivers.scanner.scan import Refusal
    from drivers.simulated.bench import Served

READY_S = 20.0  # for a device that was plugged in; a loaded two-core machine needs a tenth of it
MOMENT_S = 0.01  # within which the plug is pulled: a scan or the beginning of a receipt takes that long
WARM_UP = 10  # rounds until every cache and import is there
OBJECTS_MORE_MAX = 12  # a status that is just being read, or not; a port that leaked has a dozen, each round
REPORT_EVERY = 100
SETTLE_S = 10.0  # for threads that close ports to end


@dataclass(slots=True)
class Seen:
    """What one scanner was told to send, and what was heard of it."""

    sent: list[str] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)  # those with no plug pulled until they were heard
    heard: list[str] = field(default_factory=list)

    def take(self, outcome: Scan | Refusal) -> None:
        """Hear of a scan; a refusal is a code that the plug has cut, and is no scan."""
        if isinstance(outcome, Scan):
            self.heard.append(outcome.text)


class NotBack(Exception):
    """A device, or a code that no plug was pulled on, did not come."""


@dataclass(slots=True)
class Leaks:
    """What is held at a moment when every device is ready."""

    threads: int
    descriptors: int
    tasks: int
    objects: int  # of the drivers' own types; the simulators keep their paper, and every task that served them


@dataclass(slots=True)
class Found:
    """What came of the campaign."""

    rounds: int = 0
    scans: int = 0
    prints: int = 0
    violations: list[str] = field(default_factory=list)


class Counter:
    """Three devices, their cables, and a hand that pulls plugs."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._link = folder / "by-id-scanner"
        self._hid, self._usb = HidBus(), UsbBus()
        self._tty_peer, self._hid_peer = SimulatedScanner(), SimulatedHidScanner()
        self._served: Served | None = None
        self._next = 0
        self._opened = {"serial": 0, "hid": 0, "usb": 0}  # how often; one that has not noticed yet is ready, and wrong
        self._wanted = dict(self._opened)
        self.tty_seen, self.hid_seen = Seen(), Seen()
        self.prints = 0
        self._tty = Scanner("tty", partial(self._open, f"serial://{self._link}"), self.tty_seen.take)
        self._posh = Scanner("hid", partial(self._open, "hid://0c2e:0b81"), self.hid_seen.take)
        self._printer = Printer("receipt", partial(self._open, "usb://04b8:0e15/A1"), PrinterSettings())
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Plug everything in and wait until it is ready."""
        await self._plug_tty()
        self._hid.add("counter", self._hid_peer, SCANNER_SHAPE)
        self._usb.add("receipt", SimulatedPrinter(), UsbPrinter(serial_number="A1"))
        self._tasks = [asyncio.create_task(device.run()) for device in (self._tty, self._posh, self._printer)]
        await self._ready()

    async def stop(self) -> None:
        """End it all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._unplug_tty()
        await self._hid.close()
        await self._usb.close()

    async def round(self, victim: str | None = None) -> None:
        """Do something on every device, pull one plug in the middle, put it in again, and wait for all of them."""
        victim = victim or self._chance.choice(("tty", "hid", "printer", "none"))
        busy = [
            asyncio.create_task(self._scan(self.tty_seen, self._tty_peer.scan, whole=victim != "tty")),
            asyncio.create_task(self._scan(self.hid_seen, self._hid_peer.scan, whole=victim != "hid")),
            asyncio.create_task(self._print()),
        ]
        await asyncio.sleep(self._chance.random() * MOMENT_S)
        await self._pull(victim)
        await asyncio.sleep(self._chance.random() * MOMENT_S)
        await self._put(victim)
        await self._ready()
        await asyncio.gather(*busy)

    async def held(self) -> Leaks:
        """Count what is held after a round in which every device was used, once the threads that close have ended.

        A port that nobody has written to since it was opened has a thread less.
        """
        await self.round("none")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while any(thread.name.startswith(("close", "open", "ask")) for thread in threading.enumerate()):
                    await asyncio.sleep(MOMENT_S)
        threads = threading.active_count()
        gc.collect()
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        return Leaks(threads, descriptors, len(asyncio.all_tasks()), sum(_is_ours(one) for one in gc.get_objects()))

    async def _open(self, url: str) -> Port:
        port = TracedPort(await open_port(url, hid=self._hid, usb=self._usb), lambda _direction, _data: None)
        self._opened[url.partition(":")[0]] += 1
        return port

    async def _scan(self, seen: Seen, send: Callable[[str], object], *, whole: bool) -> None:
        self._next += 1
        digits = f"40{self._next:010d}"
        code = digits + check_digit(digits)
        seen.sent.append(code)
        if whole:
            seen.whole.add(code)
        with contextlib.suppress(DeviceError):  # the plug
            async with asyncio.timeout(READY_S):
                await send(code)  # type: ignore[misc]  # either peer's own `scan`

    async def _print(self) -> None:
        document = Document((Text(f"Receipt {self.prints}"), Cut()))

        async def begun() -> None:
            self.prints += 1

        with contextlib.suppress(DeviceError):
            await self._printer.print(document, before_first_byte=begun)

    async def _pull(self, victim: str) -> None:
        if victim == "tty":
            await self._unplug_tty()
        elif victim == "hid":
            self._hid.unplug("counter")
        elif victim == "printer":
            self._usb.unplug("receipt")

    async def _put(self, victim: str) -> None:
        scheme = {"tty": "serial", "hid": "hid", "printer": "usb"}.get(victim)
        if scheme is not None:
            self._wanted[scheme] = self._opened[scheme] + 1
        if victim == "tty":
            await self._plug_tty()
        elif victim == "hid":
            self._hid.plug("counter")
        elif victim == "printer":
            self._usb.plug("receipt")

    async def _ready(self) -> None:
        """Nudge, as the watch does, until every device is there on its new plug and every whole code was heard."""
        try:
            async with asyncio.timeout(READY_S):
                while not self._all_there():
                    for device in (self._tty, self._posh, self._printer):
                        device.nudge()
                    await asyncio.sleep(MOMENT_S)
        except TimeoutError:
            raise NotBack(f"not back within {READY_S:g} s: {self._missing()}") from None

    def _all_there(self) -> bool:
        views = (self._tty.view, self._posh.view, self._printer.view)
        heard = all(seen.whole <= set(seen.heard) for seen in (self.tty_seen, self.hid_seen))
        opened = all(self._opened[scheme] >= wanted for scheme, wanted in self._wanted.items())
        return heard and opened and all(view.state is DeviceState.READY for view in views)

    def _missing(self) -> str:
        states = [
            f"{view.name} {view.state}: {view.error}" for view in (self._tty.view, self._posh.view, self._printer.view)
        ]
        lost = [sorted(seen.whole - set(seen.heard)) for seen in (self.tty_seen, self.hid_seen)]
        return f"{states}; codes not heard {lost}; {self._tty.counts}, {self._posh.counts}"

    async def _plug_tty(self) -> None:
        self._served = await serve_pty(self._tty_peer)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(self._served.url.removeprefix("serial://").partition("?")[0])

    async def _unplug_tty(self) -> None:
        if self._served is not None:
            self._link.unlink(missing_ok=True)
            served, self._served = self._served, None
            await served.close()


def _is_ours(one: object) -> bool:
    module = str(type(one).__module__)
    return module.startswith("drivers.") and not module.startswith("drivers.simulated")


async def run(
    folder: Path,
    times: int,
    seed: int,
    say: Callable[[str], None] = lambda _line: None,
    *,
    warm_up: int = WARM_UP,
) -> Found:
    """Pull plugs `times` times. Never raises for what it looks for: that is in `violations`."""
    counter, found = Counter(folder, seed), Found()
    logging.disable(logging.WARNING)  # each plug is a warning, and pytest keeps those with all that they hold
    await counter.start()
    before = after = Leaks(0, 0, 0, 0)
    try:
        for _ in range(warm_up):
            await counter.round()
        before = await counter.held()
        for found.rounds in range(1, times + 1):
            await counter.round()
            if found.rounds % REPORT_EVERY == 0:
                say(f"{found.rounds} rounds, {await counter.held()}")
        after = await counter.held()
    except NotBack as error:
        found.violations.append(f"round {found.rounds}: {error}")
    finally:
        await counter.stop()
        logging.disable(logging.NOTSET)
    found.scans = sum(len(seen.heard) for seen in (counter.tty_seen, counter.hid_seen))
    found.prints = counter.prints
    for name, seen in (("tty", counter.tty_seen), ("hid", counter.hid_seen)):
        found.violations += [
            f"{name}: {code} was heard twice" for code in set(seen.heard) if seen.heard.count(code) > 1
        ]
        found.violations += [f"{name}: {code} was never sent" for code in set(seen.heard) - set(seen.sent)]
        found.violations += [f"{name}: {code} was lost with no plug pulled" for code in seen.whole - set(seen.heard)]
    for what, grown, most in (
        ("threads", after.threads - before.threads, 0),
        ("descriptors", after.descriptors - before.descriptors, 0),
        ("tasks", after.tasks - before.tasks, 0),
        ("objects", after.objects - before.objects, OBJECTS_MORE_MAX),
    ):
        if grown > most:
            found.violations.append(f"{grown} more {what} after {times} rounds: {before}, {after}")
    return found
