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
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from agent.problem import Problem
from outbox.errors import OutboxError
from tests.simulate.accounts import Accounts
from tests.simulate.cashier import Cashier
from tests.simulate.clouds import LONG_AGO
from tests.simulate.hardware import Hardware
from tests.simulate.inline import under_the_seed
from tests.simulate.ledger import Ledger
from tests.simulate.loop import Deadlock, Spinning
from tests.simulate.shop import EPOCH, ITEMS
from tests.simulate.trouble import Trouble
from tests.simulate.weather import Weather
from tests.simulate.world import Died, World

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from agent.app import App

T = TypeVar("T")

STOPPED, UNPLUGGED = 0.5, 0.15  # the shares of nights; through the others the PC sleeps
STARTED_AGAIN_S = (0.1, 3.0)  # what a service manager waits before it starts again what has ended
LOOK_MAX_S = 20.0  # how often, at last, a quiet store looks whether it is through
WEEK, SUNDAY = 7, 6
BUSY = (0.2, 0.5, 0.9, 1.0, 1.0, 1.2, 2.2)  # days of a shop: of what is usual, how many customers come
CUSTOMERS_MISSED = 2  # what a closed day is taken for where troubles are spread over it
SWEPT_EVERY_DAYS = 5
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
    took_s: float = 0.0  # of one core

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {**asdict(replace(self, counts=Counter())), "counts": dict(self.counts)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Outcome:
        """Read it again."""
        return cls(**kept | {"violations": tuple(kept["violations"]), "counts": Counter(kept["counts"])})


def simulate(seed: int, days: int, weather: Weather | None = None) -> Outcome:
    """Run a store for so many days under a seed, up to its first evening with a violation."""
    began = time.process_time()
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
            except Spinning:
                world.violate("somebody goes round and round, and no time goes by")
            except Exception:  # noqa: BLE001 - what nobody foresaw is told with its seed, too
                world.violate(f"nobody foresaw: {traceback.format_exc()}")
            finally:
                world.bury()
    finally:
        gc.unfreeze()
        gc.enable()
        logger.removeHandler(errors)
        shutil.rmtree(folder, ignore_errors=True)
    world.counts["answers lost"] = world.line.lost
    world.counts["unclear commits"] = world.disk.unclear
    took_s = time.process_time() - began
    return Outcome(seed, days, world.trace, tuple(world.violations), world.counts, took_s)


class _Errors(logging.Handler):
    """An ERROR in the log is a bug, but for those that were planted."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        if not self._world.planted:
            why = f" ({record.exc_info[1]!r})" if record.exc_info else ""
            self._world.violate(f"logged: {record.getMessage()}{why}")


class _Store:
    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger(world)
        self.accounts = Accounts(world, self.ledger)
        self.hardware = Hardware(world)
        self.trouble = Trouble(world)
        self.swept = 0  # the day on which garbage was last collected
        self.cashiers = [
            Cashier(world, self.ledger, "till-1", "receipt", scans=True),
            Cashier(world, self.ledger, "till-2", "second", scans=False),
        ]

    async def run(self, days: int) -> None:
        keeper = asyncio.create_task(self._keep_running())
        self.world.gone.set()
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
        """Be the service manager, which starts what has ended."""
        world = self.world
        while True:
            await world.gone.wait()
            world.gone.clear()
            await asyncio.sleep(world.random.uniform(*STARTED_AGAIN_S))
            if world.app is None and not world.closed:
                await world.start()

    async def _up(self) -> None:
        while not self.world.running:
            await asyncio.sleep(0.1)

    async def _day(self, day: int, *, last: bool) -> None:
        world, weather = self.world, self.world.weather
        self._morning()
        world.counts["days"] += 1
        await self._up()
        customers = 0.0 if day % WEEK == SUNDAY else weather.customers_a_day * world.random.choice(BUSY)
        each = round(customers / len(self.cashiers))
        troubles = self.trouble.day(max(each, CUSTOMERS_MISSED) * weather.gap_s)
        await asyncio.gather(*troubles, *(self._shift(cashier, each) for cashier in self.cashiers if each))
        if last or day % QUIET_EVERY_DAYS == QUIET_EVERY_DAYS - 1:
            await self._quiet(whole=last)
        await self._look(lambda connection: self._evening(connection, whole=last))
        await self._night(day)

    def _morning(self) -> None:
        """See to what was left for today, and switch the PC on."""
        due, self.world.mornings = self.world.mornings, []
        for see_to in due:
            see_to()
        if self.world.closed:
            self.world.closed = False
            self.world.gone.set()

    async def _shift(self, cashier: Cashier, customers: int) -> None:
        try:
            await cashier.open_shift()
            for _ in range(customers):
                await asyncio.sleep(self.world.random.expovariate(1 / self.world.weather.gap_s))
                await cashier.customer()
            await cashier.close_shift()
        except Problem as problem:
            self.world.violate(f"{cashier.till} was refused what makes sense: {problem.code}: {problem.detail}")

    def _evening(self, connection: sqlite3.Connection, *, whole: bool = False) -> None:
        self.ledger.evening(connection, whole=whole)
        self.hardware.evening(connection, whole=whole)
        self.accounts.evening(connection)
        self.world.note("evening", self.world.loop.steps)

    async def _quiet(self, *, whole: bool) -> None:
        """Give it a line, and time: all is delivered but what a cloud will not take. Then mend that, too; compare."""
        world, moods = self.world, [order.moods for order in self.accounts.orders]
        while world.mornings:
            self._morning()
        world.line.down_until, world.line.calm = None, True
        for cloud in moods:
            cloud.storm_until = LONG_AGO
            cloud.refuse_next = cloud.fail_next = False
        if any(cloud.stubborn or world.now() < cloud.expired_until for cloud in moods):
            world.counts["partly quiet"] += 1
            await self._until_nothing(self.accounts.held_up, "is held up by what it has nothing to do with")
        await self._look(self.accounts.parked)
        for cloud in moods:
            cloud.mend()
        await self._until_nothing(self._left, "is not delivered", released=True)
        await self._look(self._evening)
        await self._look(lambda connection: self.accounts.quiet(connection, whole=whole))
        world.line.calm = False
        world.counts["quiet times"] += 1

    async def _until_nothing(
        self, look: Callable[[sqlite3.Connection], list[T]], what: str, *, released: bool = False
    ) -> None:
        """Wait until a look finds nothing; what is parked is released meanwhile, or left as it is."""
        world = self.world
        until, wait_s = world.loop.time() + QUIET_S, 1.0
        while left := await self._look(look):
            if world.loop.time() >= until:
                world.violate(f"in {QUIET_S:.0f} s with a line: {left[0]} {what}")
                return
            for delivery in await self._look(self._parked) if released else ():
                with contextlib.suppress(Died, Problem, OutboxError):  # it is asked again, or delivered
                    await world.ask(lambda app, delivery=delivery: app.retry(str(delivery), key=None))  # type: ignore[misc]  # a loop's own
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LOOK_MAX_S)

    @staticmethod
    def _left(connection: sqlite3.Connection) -> list[int]:
        return [row[0] for row in connection.execute("select id from delivery where state <> 'delivered' limit 5")]

    @staticmethod
    def _parked(connection: sqlite3.Connection) -> list[int]:
        return [row[0] for row in connection.execute("select id from delivery where state = 'parked' order by id")]

    async def _night(self, day: int) -> None:
        """Switch the PC off, pull its plug, or let it sleep."""
        world, how = self.world, self.world.random.random()
        if how < STOPPED + UNPLUGGED:
            world.closed = True
            if how < STOPPED:
                await world.stop()
            else:
                world.kill()
                world.tear()
            if day - self.swept >= SWEPT_EVERY_DAYS:
                self.swept = day
                gc.collect()
                gc.freeze()  # with no agent running: what is left stays, and is not looked through again
        world.sleep_until(EPOCH + timedelta(days=day + 1))

    async def _look(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Look at the journal as the agent reads it."""

        async def asked(app: App) -> T:
            return look(app.journal.reader)

        while True:
            await self._up()
            with contextlib.suppress(Died):
                return await self.world.ask(asked)
