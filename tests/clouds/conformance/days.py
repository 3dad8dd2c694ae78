"""A seed's days with one kind of cloud: the store sells, everything goes wrong, and at the end the books agree."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agent.facts import Facts
from outbox import chain, deliveries
from outbox.clock import Clock
from outbox.feeds import Feed
from outbox.pull import WITHOUT_WISHES, Wishes, pull
from outbox.record import Kind
from tests.clouds.conformance.agent_life import NAME, AgentLife, under_the_seed
from tests.clouds.conformance.judge import Judge
from tests.clouds.conformance.kinds import under_test
from tests.clouds.conformance.line import Line
from tests.clouds.conformance.reconciled import disagreements
from tests.clouds.conformance.shop import EPOCH, ITEMS, SHELF, TAXES, TIMEZONE, shop_of
from tests.clouds.conformance.tills import Till
from tests.clouds.conformance.weather import Weather
from tests.simulate.loop import Deadlock, Spinning, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from datetime import datetime
    from typing import Any

    from tests.clouds.conformance.agent_life import Parts
    from tests.clouds.conformance.contract import CloudUnderTest
    from tests.clouds.conformance.shop import Shop

    Make = Callable[[Shop, Callable[[], datetime]], CloudUnderTest]

QUIET_EVERY_DAYS = 5
QUIET_S = 1800.0  # of waking time with a line, after which nothing may be left
LOOK_S = 20.0  # how often a quiet store looks whether it is through
RELEASES_MAX = 5  # of one delivery: after that it is not mended, or something else is wrong with it
OFFERS = 12  # discounts there may be at once: more than a page of them at a server that gives few
DAY_S = 6 * 3600.0  # of waking time; a day takes minutes, and a quiet time at most `QUIET_S`
STEPS_OF_A_SALE = 300  # of the agent's: it dies anywhere within
KILLED, STOPPED = 0.2, 0.5  # the shares of nights; through the others the PC sleeps
MEMORY = Path("/dev/shm")  # noqa: S108 - where there is one, it saves the real disk a year of fsyncs


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a seed ended. The same seed, days and weather give the same one."""

    kind: str
    seed: int
    days: int
    violations: tuple[str, ...]
    counts: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0  # of one core


def run(kind: str, seed: int, days: int, weather: Weather | None = None, *, make: Make | None = None) -> Outcome:
    """Run a store with one cloud for so many days, up to the first evening with a violation."""
    began = time.process_time()
    folder = Path(tempfile.mkdtemp(prefix="stillopen-", dir=MEMORY if MEMORY.is_dir() else None))
    store = _Store(seed, folder, weather or Weather(), make or partial(under_test, kind))
    log = logging.getLogger("stillopen")
    level = log.level
    log.setLevel(logging.CRITICAL)  # days of warnings are written for nobody here
    try:
        with under_the_seed(store.life, store.now):
            store.loop.set_exception_handler(
                lambda _, about: store.violate(f"{about['message']}: {about.get('exception')!r}")
            )
            try:
                store.loop.run_until_complete(store.run(days))
            except Deadlock:
                store.violate("everybody waits for somebody, and nothing is due")
            except Spinning:
                store.violate("somebody goes round and round, and no time goes by")
            except Exception:  # noqa: BLE001 - what nobody foresaw is told with its seed, too
                store.violate(f"nobody foresaw: {traceback.format_exc()}")
            finally:
                store.life.bury()
    finally:
        log.setLevel(level)
        shutil.rmtree(folder, ignore_errors=True)
    counts = store.counts + store.line.counts
    return Outcome(kind, seed, days, tuple(store.violations), counts, time.process_time() - began)


class _Store:
    def __init__(self, seed: int, folder: Path, weather: Weather, make: Make) -> None:
        self.seed = seed
        self.weather = weather
        self.random = Random(seed)
        self.loop = VirtualLoop()
        self.violations: list[str] = []
        self.counts: Counter[str] = Counter()
        self._slept = timedelta()
        self.shop = shop_of(self.random)
        self.cloud = make(self.shop, self.now)
        for item in ITEMS:
            self.cloud.sell(item.sku, item.name, item.price, tax=item.tax, unit=item.unit, stock=item.stock)
        self.line = Line(self.random, weather, self.cloud, self.now)
        self.life = AgentLife(folder, self.cloud.connector, self.line, self.loop, self.random, self.now)
        kinds = self.cloud.connector.capabilities.kinds
        clock = Clock(self.now, since_boot_ms=self._since_boot_ms, boot=lambda: "simulated")
        facts = Facts("store-1", {NAME: kinds}, clock)
        self.tills = [Till(self.shop, self.random, number, facts) for number in range(len(self.shop.tills))]
        self.judge = Judge(self.cloud, self.shop, self.violate)

    # --- time, and what is remembered ---

    def now(self) -> datetime:
        """Return the time as it is."""
        return EPOCH + self._slept + timedelta(seconds=self.loop.time())

    def _since_boot_ms(self) -> int:
        return round((self.now() - EPOCH).total_seconds() * 1000)

    def violate(self, what: str) -> None:
        """Remember that a promise was broken."""
        self.violations.append(f"seed {self.seed}, {self.now():%Y-%m-%d %H:%M:%S}, life {self.life.number}: {what}")

    # --- days ---

    async def run(self, days: int) -> None:
        await self.life.start()
        if self.cloud.connector.capabilities.feeds:
            await self._pull(calm=True)
        else:
            await self.life.ask(lambda parts: parts.catalogue.import_csv(SHELF, currency="EUR", taxes=set(TAXES)))
        for day in range(days):
            last = day == days - 1
            try:
                async with asyncio.timeout(DAY_S):
                    await self._day(last=last, quiet=last or day % QUIET_EVERY_DAYS == QUIET_EVERY_DAYS - 1)
            except TimeoutError:
                self.violate("the day does not come to its end")
            if self.violations:
                return
            await self._night(day)

    async def _day(self, *, last: bool, quiet: bool) -> None:
        self.counts["days"] += 1
        await self._pull()
        each = round(self.weather.customers_a_day * self.random.choice((0.3, 0.7, 1, 1, 1.5)) / len(self.tills))
        length_s = max(each, 2) * self.weather.gap_s
        troubles = [self._at(self.random.uniform(0, length_s), name, act) for name, act in self._drawn()]
        await asyncio.gather(*troubles, *(self._shift(till, each) for till in self.tills))
        if quiet:
            await self._quiet()
        await self._look(lambda parts: self.judge.evening(parts.journal.reader, quiet=quiet, whole=last))

    async def _shift(self, till: Till, customers: int) -> None:
        for _ in range(customers):
            await asyncio.sleep(self.random.expovariate(1 / self.weather.gap_s))
            at = self.now().astimezone(ZoneInfo(TIMEZONE))
            what, write = await self._look(lambda parts, at=at: till.deal(parts.catalogue, at))  # type: ignore[misc]  # a loop's own

            async def written(parts: Parts, write: Any = write) -> tuple[str, str | None]:
                record_id = await parts.journal.write(write)
                parts.courier.wake()
                record = chain.by_id(parts.journal.reader, record_id)
                return record_id, record.receipt_number if record is not None and record.kind is Kind.SALE else None

            record_id, receipt_number = await self.life.ask(written)
            if record_id:
                self.counts[what] += 1
            if receipt_number is not None:
                till.wrote(receipt_number)

    async def _look(self, look: Callable[[Parts], Any]) -> Any:
        async def asked(parts: Parts) -> Any:
            return look(parts)

        return await self.life.ask(asked)

    async def _pull(self, *, calm: bool = False, sweep: bool = False) -> None:
        """Pull what has changed; a pull that breaks off goes on at the next. `sweep`: and what is gone untold."""
        if not self.cloud.connector.capabilities.feeds:
            return
        untold = [rules.feed for rules in self.cloud.connector.capabilities.feeds if not rules.tombstones]
        wishes = Wishes(sweep=[feed for feed in untold if feed is Feed.DISCOUNTS]) if sweep else WITHOUT_WISHES
        was, self.line.calm = self.line.calm, calm or self.line.calm
        for _ in range(20 if calm else 1):
            pulled = await self.life.ask(
                lambda parts: pull(
                    NAME, self.cloud.connector, self.life.pulls, parts.catalogue, self.now, wishes=wishes
                )
            )
            self.counts["pages"] += pulled.pages
            if pulled.ended is None or pulled.ended.__class__.__name__ == "Refused":
                break
            await asyncio.sleep(LOOK_S)
        self.line.calm = was

    # --- what goes wrong ---

    def _drawn(self) -> Iterator[tuple[str, Callable[[], Coroutine[Any, Any, None]]]]:
        weather, random = self.weather, self.random
        plans: list[tuple[str, float, Callable[[], Coroutine[Any, Any, None]]]] = [
            ("kills", weather.kills, self._kill),
            ("restarts", weather.restarts, self.life.stop),
            ("outages", weather.outages, self._outage),
            ("credentials refused", weather.unauthorized, self._unauthorized),
            ("refusals", weather.refusals, self._refusal),
            ("shelf", weather.shelf, self._shelf),
            ("offers", weather.offers, self._offer),
        ]
        plans += [(name, weather.own, partial(self._own, act)) for name, act in sorted(self.cloud.troubles().items())]
        for name, often, act in plans:
            left = often
            while random.random() < left:
                left -= 1
                yield name, act

    async def _at(self, wait_s: float, name: str, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await asyncio.sleep(wait_s)
        self.counts[name] += 1
        await act()

    async def _kill(self) -> None:
        self.loop.alarm_at = self.loop.steps + self.random.randint(1, STEPS_OF_A_SALE)

    async def _outage(self) -> None:
        long = self.random.random() < self.weather.long_outages
        hours = self.random.uniform(20, 100) if long else self.random.choice((0.01, 0.03, 2, 9))
        back = self.now() + timedelta(hours=hours)
        self.line.down_until = max(self.line.down_until or back, back)

    async def _unauthorized(self) -> None:
        self.line.unauthorized_until = self.now() + timedelta(seconds=self.random.uniform(5, 300))

    async def _refusal(self) -> None:
        self.line.refuse_next = True

    async def _own(self, act: Callable[[Random], None]) -> None:
        act(self.random)

    async def _shelf(self) -> None:
        """Change something in the cloud's own office: a price, or an item that no till rings."""
        random, what = self.random, self.random.random()
        if what < 1 / 2:
            item = random.choice([item for item in ITEMS if item.price])
            price = max(1, item.price + random.randint(-50, 50))
            self.judge.shelf[item.sku] = price
            self.cloud.sell(item.sku, item.name, price, tax=item.tax, unit=item.unit, stock=None)
            return
        others = [sku for sku in self.judge.shelf if sku.startswith("X")]
        if others and what < 3 / 4:
            self.cloud.take_off(gone := random.choice(others))
            del self.judge.shelf[gone]
            return
        self.judge.shelf[sku := f"X{self.counts['shelf']}"] = price = random.randint(1, 9_999)
        self.cloud.sell(sku, "Novelty", price, tax="standard", unit="each", stock=None)

    async def _offer(self) -> None:
        """Make, change or delete a discount in the cloud's own office."""
        random, offers = self.random, self.judge.offers
        if offers and random.random() < 1 / 3:
            self.cloud.withdraw(gone := random.choice(sorted(offers)))
            del offers[gone]
            return
        number = random.randint(1, OFFERS)
        percent = f"{random.randint(1, 199) / 2:g}" if random.random() < 1 / 2 else None
        amount = random.randint(1, 999) if percent is None else None
        offers[number] = (f"Offer {number}", percent, amount)
        self.cloud.offer(number, f"Offer {number}", percent=percent, amount=amount)

    # --- quiet, and night ---

    async def _quiet(self) -> None:
        """Give it a line, and time; mend what was refused, and let it go again."""
        self.cloud.calm()
        self.line.mend()
        until, left = self.loop.time() + QUIET_S, ["?"]
        released: Counter[int] = Counter()
        while left := await self._look(lambda parts: self.judge.left(parts.journal.reader)):
            if self.loop.time() >= until or max(released.values(), default=0) > RELEASES_MAX:
                self.violate(f"in {QUIET_S:.0f} s with a line it is not delivered: {left[0]}")
                break
            for number in await self._look(lambda parts: self.judge.to_release(parts.journal.reader)):
                released[number] += 1
                await self.life.ask(partial(self._release, number))
            await asyncio.sleep(LOOK_S)
        for _ in range(2):  # one that had broken off goes on where it was; what changed meanwhile comes with the next
            await self._pull(calm=True, sweep=True)
        await self._look(lambda parts: self.judge.catalogue(parts.catalogue, self.now()))
        for apart in await self.life.ask(self._reconcile):
            self.violate(f"reconciled, {apart}")
        self.line.calm = False
        self.counts["quiet times"] += 1

    async def _reconcile(self, parts: Parts) -> list[str]:
        """Compare the days since the last quiet time; what else they had was compared then."""
        reader = parts.journal.reader
        today = self.now().astimezone(ZoneInfo(TIMEZONE)).date()
        days = [str(today - timedelta(days=back)) for back in range(QUIET_EVERY_DAYS)]
        return await disagreements(self.cloud, reader, self.now, self.shop.tills, days)

    @staticmethod
    async def _release(number: int, parts: Parts) -> None:
        await parts.journal.write(lambda connection: deliveries.release(connection, number))
        parts.courier.wake(fresh=True)

    async def _night(self, day: int) -> None:
        how = self.random.random()
        if how < KILLED and self.life.parts is not None:
            self.life.kill()
        elif how < STOPPED:
            await self.life.stop()
        self._slept += max(timedelta(), EPOCH + timedelta(days=day + 1) - self.now())
