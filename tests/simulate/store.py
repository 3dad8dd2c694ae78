"""A seed's days, one after another: the store opens, sells, closes, and is held to its promises."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import shutil
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agent.problem import Problem
from outbox.errors import OutboxError
from tests.simulate.cashier import Cashier
from tests.simulate.clouds import bodies_unjudged
from tests.simulate.inline import under_the_seed
from tests.simulate.ledger import Ledger
from tests.simulate.loop import Deadlock
from tests.simulate.shop import EPOCH, ITEMS
from tests.simulate.trouble import Trouble
from tests.simulate.weather import Weather
from tests.simulate.world import PLANTED_S, Died, World

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from agent.app import App

T = TypeVar("T")

STOPPED, UNPLUGGED = 0.5, 0.15  # the shares of nights; through the others the PC sleeps
LOOK_S = 5.0  # how often a quiet store looks whether it is through
DAY_S = 3 * 3600.0  # of waking time; a day takes minutes, and a mending afterwards at most `QUIET_S`
QUIET_EVERY_DAYS = 5
QUIET_S = 3600.0  # of waking time with a line, after which nothing may be left
MEMORY = Path("/dev/shm")  # noqa: S108 - where there is one, it saves the real disk a year of fsyncs


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a seed ended. The same seed, days and weather give the same one."""

    seed: int
    days: int
    trace: str
    violations: tuple[str, ...]
    counts: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0


def simulate(seed: int, days: int, weather: Weather | None = None) -> Outcome:
    """Run a store for so many days under a seed, up to its first evening with a violation."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="stillopen-", dir=MEMORY if MEMORY.is_dir() else None))
    world = World(seed, folder, weather or Weather())
    errors = _Errors(world)
    logger = logging.getLogger()
    logger.addHandler(errors)
    gc.disable()  # an exception nobody asked for shows when its task is collected: at night, the same one in every run
    gc.freeze()  # what is loaded by now is not looked through again each night
    try:
        with under_the_seed(world):
            world.loop.set_exception_handler(
                lambda _, about: world.violate(f"{about['message']}: {about.get('exception')!r}")
            )
            try:
                world.loop.run_until_complete(_Store(world).run(days))
            except Deadlock:
                world.violate("everybody waits for somebody, and nothing is due")
            except Exception:  # noqa: BLE001 - what nobody foresaw is told with its seed, too
                world.violate(f"nobody foresaw: {traceback.format_exc()}")
            finally:
                world.bury()
    finally:
        gc.unfreeze()
        gc.enable()
        logger.removeHandler(errors)
        shutil.rmtree(folder, ignore_errors=True)
    return Outcome(seed, days, world.trace, tuple(world.violations), world.counts, time.monotonic() - began)


def simulate_a_year(seed: int, days: int) -> Outcome:
    """Run a seed of the long proof, in a process of its own."""
    logging.getLogger().setLevel(logging.ERROR)  # a year of warnings is written for nobody here
    bodies_unjudged()
    return simulate(seed, days)


class _Errors(logging.Handler):
    """An ERROR in the log is a bug, but for those that were planted."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        if self._world.loop.time() - self._world.planted_at > PLANTED_S:
            why = f" ({record.exc_info[1]!r})" if record.exc_info else ""
            self._world.violate(f"logged: {record.getMessage()}{why}")


class _Store:
    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger(world)
        self.trouble = Trouble(world)
        self.cashiers = [
            Cashier(world, self.ledger, "till-1", "receipt", scans=True),
            Cashier(world, self.ledger, "till-2", "second", scans=False),
        ]

    async def run(self, days: int) -> None:
        keeper = asyncio.create_task(self._keep_running())
        await self._up()
        items = "sku,name,price,tax,barcode,unit\n" + "".join(
            f"{sku},{sku.title()},{price / 100:.2f},{tax},{barcode},{unit}\n"
            for sku, (price, tax, barcode, unit) in ITEMS.items()
        )
        await self.world.ask(lambda app: app.catalogue.import_csv(items, currency="EUR", taxes={"standard", "reduced"}))
        for day in range(days):
            whole = asyncio.create_task(self._day(day, last=day == days - 1))
            ended, _ = await asyncio.wait(
                {whole, self.world.broken}, timeout=DAY_S, return_when=asyncio.FIRST_COMPLETED
            )
            if not ended:
                self.world.violate("the day does not come to its end")
            if whole in ended:
                whole.result()
            if self.world.violations:
                break
        keeper.cancel()

    async def _keep_running(self) -> None:
        """Be the service manager, which starts what has died, and the person who restarts what no longer sells."""
        while True:
            await asyncio.sleep(1)
            if self.world.app is not None and self.world.app.journal.fault is not None:
                self.world.kill()
            if self.world.app is None and not self.world.closed:
                await self.world.start()

    async def _up(self) -> None:
        while not self.world.running:
            await asyncio.sleep(0.1)

    async def _day(self, day: int, *, last: bool) -> None:
        world = self.world
        world.closed = False
        world.counts["days"] += 1
        await self._up()
        each = world.weather.sales_a_day / len(self.cashiers)
        length_s = each * world.weather.gap_s
        troubles = self.trouble.day(length_s)
        await asyncio.gather(*troubles, *(self._shift(cashier, round(each)) for cashier in self.cashiers))
        if last or day % QUIET_EVERY_DAYS == QUIET_EVERY_DAYS - 1:
            await self._quiet()
        await self._look(lambda connection: self._evening(connection, whole=last))
        await self._night(day)

    async def _shift(self, cashier: Cashier, customers: int) -> None:
        try:
            await cashier.open_shift()
            for _ in range(customers):
                await asyncio.sleep(self.world.random.expovariate(1 / self.world.weather.gap_s))
                await cashier.customer()
            await cashier.close_shift()
        except Problem as problem:
            self.world.violate(f"{cashier.till} was refused what makes sense: {problem.code}: {problem.detail}")

    def _evening(self, connection: sqlite3.Connection, *, whole: bool) -> None:
        self.ledger.evening(connection, whole=whole)
        self.ledger.delivered(connection)
        self.world.note("evening", self.world.loop.steps)

    async def _quiet(self) -> None:
        """Mend everything and wait until nothing is left to deliver; then compare."""
        world = self.world
        world.line.down_until, world.line.calm = None, True
        await self._look(self.ledger.parked)
        world.receiver.refuses.clear()
        world.square_cloud.refuses.clear()
        world.receiver.refuse_next = world.square_cloud.refuse_next = False
        until = world.loop.time() + QUIET_S
        while world.loop.time() < until and await self._look(self._left):
            await asyncio.sleep(LOOK_S)
            for delivery in await self._look(self._parked):
                with contextlib.suppress(Died, Problem, OutboxError):  # it is asked again, or delivered
                    await world.ask(lambda app, delivery=delivery: app.retry(str(delivery), key=None))  # type: ignore[misc]  # a loop's own
        await self._look(self.ledger.evening)
        await self._look(self.ledger.quiet)
        world.line.calm = False
        world.counts["quiet times"] += 1

    @staticmethod
    def _left(connection: sqlite3.Connection) -> bool:
        return connection.execute("select 1 from delivery where state <> 'delivered' limit 1").fetchone() is not None

    @staticmethod
    def _parked(connection: sqlite3.Connection) -> list[int]:
        return [row[0] for row in connection.execute("select id from delivery where state = 'parked' order by id")]

    async def _night(self, day: int) -> None:
        """Switch the PC off, pull its plug, or let it sleep."""
        world, how = self.world, self.world.random.random()
        if how < STOPPED:
            world.closed = True
            await world.stop()
        elif how < STOPPED + UNPLUGGED:
            world.closed = True
            world.kill()
        gc.collect()
        world.sleep_until(EPOCH + timedelta(days=day + 1))

    async def _look(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Look at the journal as the agent reads it."""

        async def asked(app: App) -> T:
            return look(app.journal.reader)

        while True:
            await self._up()
            with contextlib.suppress(Died):
                return await self.world.ask(asked)
