"""A store in one seed: the agent's lives, its state folder, the devices, the clouds, the clock and the front ends."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import logging
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from agent.app import App
from agent.config import load
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.scanner import SimulatedScanner
from outbox.errors import OutboxError
from tests.clouds.lying_square import TOKEN, LyingSquare
from tests.clouds.lying_webhook import SECRET
from tests.simulate.clouds import HOOK, SQUARE, Receiver, Square
from tests.simulate.inline import Disk
from tests.simulate.line import Line
from tests.simulate.loop import LIFE, VirtualLoop
from tests.simulate.paper import Paper
from tests.simulate.shop import EPOCH, ITEMS, PRINTERS, SQUARE_SELLS, config_text
from tests.simulate.system import StoreBench, close_files, tear

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from tests.simulate.weather import Weather

T = TypeVar("T")

RESTART_S = 5.0  # what a service manager waits after a start that failed
ANSWERED_S = 10.0  # what a server waits for its answers to be given when it is stopped
PLANTED_S = 120.0  # a planted disk fault may show itself as an ERROR for as long


class Died(Exception):
    """The agent died before it answered."""


class World:
    """Everything there is. `violations` says what must not have happened; `trace` is a hash of all that did."""

    def __init__(self, seed: int, folder: Path, weather: Weather) -> None:
        self.seed = seed
        self.weather = weather
        self.random = Random(seed)
        self.loop = VirtualLoop()
        self.loop.alarm = self.kill
        self.disk = Disk(folder / "state", self._disk_failing)
        self.violations: list[str] = []
        self.broken: asyncio.Future[None] = self.loop.create_future()  # done with the first of them
        self.counts: Counter[str] = Counter()
        self.app: App | None = None
        self.running = False  # whether it has started, and not ended
        self.closed = False  # whether the PC is off for the night
        self.gone = asyncio.Event()  # the agent has ended, or the PC is switched on
        self.life = 0
        self.clock_off = timedelta()
        self.mornings: list[Callable[[], None]] = []  # what somebody sees to before the store opens again
        self.dies_starting: list[int] = []  # after how many steps of its next starts the agent dies
        self.planted_at = -1e9  # loop time of the last fault that may log an ERROR
        self._slept = timedelta()
        self._now = (-1.0, EPOCH)  # what `now` said last, and when
        self._folder = folder
        self._context = contextvars.copy_context()
        self._outside = contextvars.copy_context()
        self._asked: dict[asyncio.Future[Any], None] = {}
        self._files: list[sqlite3.Connection] = []
        self._torn = False  # whether the next death is the PC's
        self._trace = hashlib.blake2b()
        file = folder / "stillopen.toml"
        file.write_text(config_text(weather.batch), "utf-8")
        self.config = load(file, environ={"HOOK": SECRET, "SQUARE": TOKEN})
        self.square = LyingSquare(now=self.now)
        for sku in SQUARE_SELLS:
            price, _, barcode, _ = ITEMS[sku]
            variation = {"id": f"V-{sku}", "name": "Regular", "sku": sku, "price": price, "upc": barcode}
            self.square.catalogue.put(f"I-{sku}", sku.title(), [variation])
            self.square.books.variations.add(f"V-{sku}")
        self.receiver = Receiver(self.now, self.random)
        self.square_cloud = Square(self.square, self.random)
        self.line = Line(self.random, weather, {HOOK: self.receiver, SQUARE: self.square_cloud}, self.note, self.now)
        self.bench = StoreBench(self.outside)
        self.printers = {name: SimulatedPrinter() for name in PRINTERS}
        self.papers = {name: Paper(printer, name, self.violate) for name, printer in self.printers.items()}
        self.scanner = SimulatedScanner()
        for name, printer in self.printers.items():
            self.bench.add(name, printer)
        self.bench.add("counter", self.scanner)

    # --- time ---

    def now(self) -> datetime:
        """Return the time as it is."""
        at, said = self._now
        if at != self.loop.time():
            at = self.loop.time()
            said = EPOCH + self._slept + timedelta(seconds=at)
            self._now = (at, said)
        return said

    def pc_clock(self) -> datetime:
        """Return the time as the PC has it."""
        return self.now() + self.clock_off

    def since_boot_ms(self) -> int:
        """Return what CLOCK_BOOTTIME says: sleep counts, and nobody can set it."""
        return round((self.now() - EPOCH).total_seconds() * 1000)

    def sleep_until(self, at: datetime) -> None:
        """Let the PC sleep: the world's time goes on, and the loop's, as CLOCK_MONOTONIC does, does not."""
        self._slept += max(timedelta(), at - self.now())
        self._now = (-1.0, EPOCH)

    # --- what is remembered ---

    def note(self, *what: object) -> None:
        """Add to the trace."""
        self._trace.update(f"{self.loop.time():.6f} {self.life} {what!r}\n".encode())

    @property
    def trace(self) -> str:
        """The hash of everything noted so far."""
        return self._trace.hexdigest()[:32]

    def violate(self, what: str) -> None:
        """Remember that a promise was broken."""
        self.violations.append(f"seed {self.seed}, {self.now():%Y-%m-%d %H:%M:%S}, life {self.life}: {what}")
        if not self.broken.done():
            self.broken.set_result(None)

    @property
    def planted(self) -> bool:
        """Whether the disk has failed lately, so that the agent may say so."""
        return self.disk.full or self.loop.time() - self.planted_at <= PLANTED_S

    def _disk_failing(self) -> None:
        self.planted_at = self.loop.time()

    # --- the agent's life ---

    def session(self, *_: Any, **__: Any) -> Line:
        """Be `outbox.session.Session`."""
        return self.line

    def opened(self, file: sqlite3.Connection) -> None:
        """Remember a connection, which the system closes when its process dies."""
        self._files.append(file)

    def outside(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something that does not die with the agent."""
        return self.loop.create_task(work, context=self._outside.copy())

    async def start(self) -> None:
        """Start the agent on what is on the disk, as often as it dies while it starts."""
        while self.app is None:
            self.life += 1
            self.note("start")
            self._context = self._outside.copy()
            self._context.run(LIFE.set, self.life)
            app = self.app = self._context.run(
                App, self.config, self._folder / "state", bench=self.bench, now=self.pc_clock
            )
            if self.dies_starting:
                self.die_in(self.dies_starting.pop(0))
            try:
                await self.ask(lambda app: app.start(), starting=True)
            except Died:
                continue
            except OutboxError as error:
                if not self.planted:
                    self.violate(f"the agent does not start: {error}")
                self.kill()
                await asyncio.sleep(RESTART_S)
                continue
            if self.app is not app:  # it died in the very step in which it had started
                continue
            self.counts["starts"] += 1
            self.running = True
            if app.failed is not None:
                app.failed.add_done_callback(self._failed, context=self._outside.copy())

    async def ask(self, make: Callable[[App], Coroutine[Any, Any, T]], *, starting: bool = False) -> T:
        """Have the agent do something. Raises what it raises, or `Died`."""
        if self.app is None or not (self.running or starting):
            raise Died
        asked: asyncio.Future[T] = self.loop.create_future()
        self._asked[asked] = None
        task = self.loop.create_task(make(self.app), context=self._context.copy())

        def answered(task: asyncio.Task[T]) -> None:
            error = Died() if task.cancelled() else task.exception()
            if asked.done():
                return
            if error is not None:
                asked.set_exception(error)
            else:
                asked.set_result(task.result())

        task.add_done_callback(answered, context=self._outside.copy())
        try:
            return await asked
        finally:
            self._asked.pop(asked, None)

    async def stop(self) -> None:
        """Stop the agent as a service manager does: the server answers what it was asked, and takes nothing new."""
        if not self.running:
            return
        self.running = False
        if self._asked:
            await asyncio.wait([*self._asked], timeout=ANSWERED_S)
        try:
            await self.ask(lambda app: app.stop(), starting=True)
        except Died:
            return
        left = self.loop.left(self.life)
        if left:
            self.violate(f"tasks left after a stop: {left}")
        self.note("stop")
        self.loop.alarm_at = 0
        self.loop.end_life(self.life, self._context)
        self.line.sender_died()
        self._files.clear()
        self.app = None
        self.gone.set()

    def bury(self) -> None:
        """End everything, when the last day is over."""
        self.kill()
        self.loop.end_life(0, self._outside)
        self.loop.close()

    def die_in(self, steps: int, *, torn: bool = False) -> None:
        """Let the agent die after so many of its steps; `torn`: with the whole PC, in mid-write."""
        self.loop.alarm_at = self.loop.steps + steps
        self._torn = torn

    def tear(self) -> None:
        """Pull the plug in mid-write, after the agent has died of it."""
        tear(self._folder / "state", self.random)

    def kill(self) -> None:
        """End the agent as `kill -9` does, and do what the system does then."""
        app = self.app
        if app is None:
            return
        self.note("kill", self.loop.steps)
        self.counts["crashes"] += 1
        self.loop.alarm_at = 0
        self.app, self.running = None, False
        logging.disable(logging.CRITICAL)  # what it says in dying nobody reads
        openings = dict(self.bench.opening)
        self.loop.end_life(self.life, self._context)
        logging.disable(logging.NOTSET)
        self.bench.cut((*PRINTERS, "counter"), openings, self._outside)
        close_files(app, self._files)
        self.line.sender_died()
        for asked in list(self._asked):
            if not asked.done():
                asked.set_exception(Died())
                asked.exception()  # whoever asked may be gone, too
        self._asked.clear()
        if self._torn:
            self._torn = False
            self.tear()
        self.gone.set()

    def _failed(self, failed: asyncio.Future[None]) -> None:
        if failed.cancelled() or self.app is None or self.app.failed is not failed:
            return
        error = failed.exception()
        self.violate(f"the agent stopped by itself: {error!r}")
        self.loop.call_soon(self.kill, context=self._outside.copy())
