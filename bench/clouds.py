"""A backlog of sales drained into each lying server of the tests, at the limits its vendor names.

The real journal, courier, connectors and pace, in virtual time on one core: the line takes 10 to 120 ms there and back,
a fsync what an SSD takes, and nobody waits for either. So the time to drain is what a store would see, the floor is
what the limit itself asks for those very calls, and the CPU is ours and the server's together.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from agent.facts import Facts
from bench.pull import resident_mib
from bench.rounds import Figure, Role
from outbox.clock import Clock
from outbox.pull import pull
from tests.clouds.conformance.agent_life import NAME, AgentLife, under_the_seed
from tests.clouds.conformance.kinds import MODULES, under_test
from tests.clouds.conformance.line import Line
from tests.clouds.conformance.shop import EPOCH, ITEMS, SHELF, TAXES, TIMEZONE, shop_of
from tests.clouds.conformance.tills import Till
from tests.clouds.conformance.weather import Weather
from tests.simulate.loop import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bench.effort import Effort
    from outbox.connector import Answer, Request
    from outbox.throttle import Throttle
    from tests.clouds.conformance.agent_life import Parts

LOOK_S = 1.0  # of virtual time, how often it is looked whether all is drained
CALM = replace(
    Weather(),
    **dict.fromkeys(("lost_before", "lost_after", "half", "page", "server", "server_after", "throttled"), 0.0),  # type: ignore[arg-type]  # all of them are shares
)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Drain into each kind, one after another, each in a thread of its own with a loop of its own."""
    import asyncio

    found = []
    for kind in sorted(MODULES):
        found += await asyncio.to_thread(_drained, kind, effort.cloud_sales, folder)
    return found


def notes() -> list[str]:
    """Say what the figures are not."""
    return [
        "Virtual time: a line of 10 to 120 ms there and back, fsyncs of 0.2 to 20 ms, one core.",
        "CPU and memory are real, and hold the lying server, which keeps every order.",
        "Where a cloud charges less than a call was thought to cost (Shopify), its answers let us go sooner.",
        "Where no floor stands, the vendor names no limit: then a till's own round trips are what takes the time.",
    ]


def _drained(kind: str, sales: int, folder: Path) -> list[Figure]:
    log = logging.getLogger("stillopen")
    level, state = log.level, Path(tempfile.mkdtemp(dir=folder))
    log.setLevel(logging.CRITICAL)
    drain = _Drain(kind, state)
    try:
        with under_the_seed(drain.life, drain.now):
            return drain.loop.run_until_complete(drain.run(sales))
    finally:
        drain.life.bury()
        log.setLevel(level)
        shutil.rmtree(state, ignore_errors=True)


@dataclass
class _Counted(Line):
    """A line that counts what the cloud's limit makes of each call."""

    throttle: Throttle | None = None
    units: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        self.calls["calls"] += 1
        self.units += 1.0 if self.throttle is None else self.throttle.cost(request)
        return await super().exchange(base_url, request, headers)


class _Drain:
    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.loop = VirtualLoop()
        random = Random(kind)
        shop = shop_of(random)
        self.cloud = under_test(kind, shop, self.now)
        for item in ITEMS:
            self.cloud.sell(item.sku, item.name, item.price, tax=item.tax, unit=item.unit, stock=item.stock)
        self.line = _Counted(random, CALM, self.cloud, self.now, throttle=self.cloud.connector.throttle)
        self.life = AgentLife(folder, self.cloud.connector, self.line, self.loop, random, self.now)
        clock = Clock(self.now, since_boot_ms=lambda: round(self.loop.time() * 1000), boot=lambda: "bench")
        facts = Facts("store-1", {NAME: self.cloud.connector.capabilities.kinds}, clock)
        self.tills = [Till(shop, random, number, facts) for number in range(len(shop.tills))]

    def now(self) -> datetime:
        """Return the virtual time."""
        return EPOCH + timedelta(seconds=self.loop.time())

    async def run(self, sales: int) -> list[Figure]:
        """Sell with the line held, then let it go and wait until nothing is left."""
        await self.life.start()
        parts = self.life.parts
        assert parts is not None
        if self.cloud.connector.capabilities.feeds:
            await pull(NAME, self.cloud.connector, self.life.pulls, parts.catalogue, self.now)
        else:
            await parts.catalogue.import_csv(SHELF, currency="EUR", taxes=set(TAXES))
        parts.courier.pause(paused=True)
        await self._sell(parts, sales)
        waiting = self._left(parts)
        assert waiting == sales, f"{waiting} wait of {sales}"
        began, cpu, rss = self.loop.time(), time.process_time(), resident_mib()
        calls, units = self.line.calls["calls"], self.line.units
        parts.courier.pause(paused=False)
        await self._until_drained(parts)
        took_s, cpu_s = self.loop.time() - began, time.process_time() - cpu
        case = f"{self.kind}: {sales:,} sales of {len(self.tills)} tills"
        ours = partial(Figure, case, Role.OURS, "Courier, in virtual time", p99=None, ratio=None)
        found = [
            ours(unit="s", p50=took_s),
            ours(unit="calls a sale", p50=(self.line.calls["calls"] - calls) / sales),
            ours(unit="CPU ms a sale", p50=cpu_s * 1e3 / sales),
            ours(unit="MiB more, with the server's books", p50=resident_mib() - rss),
        ]
        limits = None if self.cloud.connector.throttle is None else self.cloud.connector.throttle.limits
        if limits is not None and self.line.units - units > limits.burst:  # else the limit asks for no wait at all
            floor_s = (self.line.units - units - limits.burst) / limits.per_s
            name = f"{limits.per_s:g} a second and {limits.burst:g} at once, at the costs known beforehand"
            found.append(Figure(case, Role.LIMIT, name, "s", floor_s, None, took_s / floor_s))
        return found

    async def _sell(self, parts: Parts, sales: int) -> None:
        tills = itertools.cycle(self.tills)
        for _ in range(sales):
            while True:
                what, write = next(tills).deal(parts.catalogue, self.now().astimezone(ZoneInfo(TIMEZONE)))
                if what == "sale":
                    break
            await parts.journal.write(write)

    async def _until_drained(self, parts: Parts) -> None:
        while self._left(parts):
            parked: Any = parts.journal.reader.execute("select last_error from delivery where state = 'parked'")
            refused = [why for (why,) in parked.fetchall()]
            if len(refused) == self._left(parts):
                return  # what the cloud cannot hold, as the suite has it
            await asyncio.sleep(LOOK_S)

    @staticmethod
    def _left(parts: Parts) -> int:
        (left,) = parts.journal.reader.execute("select count(*) from delivery where state <> 'delivered'").fetchone()
        return int(left)
