"""What goes wrong in a store, and the people who mend it. Each trouble is drawn a day ahead and ends by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.simulate.shop import PRINTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from tests.simulate.clouds import Moods
    from tests.simulate.world import World

RECEIPT_BYTES = 2000  # about what a receipt is: where in it the paper ends or the plug is pulled
STEPS_OF_A_SALE = 800  # of the agent's: a crash comes anywhere within
STEPS_OF_A_START = 150  # likewise


@dataclass
class Trouble:
    """Plants a day's troubles into the world."""

    world: World

    def day(self, length_s: float) -> list[Coroutine[Any, Any, None]]:
        """Return the troubles of a day of `length_s` of loop time, to be run beside it."""
        return [self._at(length_s, trouble) for trouble in self._drawn()]

    def _drawn(self) -> Iterator[Callable[[], Coroutine[Any, Any, None]]]:
        weather, random = self.world.weather, self.world.random
        for often, trouble in (
            (weather.crashes, self._crash),
            (weather.cuts, self._cut),
            (weather.crash_loops, self._crash_loop),
            (weather.restarts, self._restart),
            (weather.outages, self._outage),
            (weather.paper, self._paper),
            (weather.paper_days, self._paper_day),
            (weather.power, self._power),
            (weather.scanner, self._scanner),
            (weather.disk, self._disk),
            (weather.full, self._full),
            (weather.clock, self._clock),
            (weather.wrong_years, self._wrong_year),
            (weather.token, self._token),
            (weather.token_days, self._token_day),
            (weather.storms, self._storm),
            (weather.refusals, self._refusal),
            (weather.poison, self._poison),
        ):
            left = often
            while random.random() < left:
                left -= 1
                yield trouble

    async def _at(self, length_s: float, trouble: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await asyncio.sleep(self.world.random.uniform(0, length_s))
        self.world.note(trouble.__name__)
        self.world.counts[trouble.__name__.strip("_").replace("_", " ")] += 1
        await trouble()

    # --- the agent ---

    async def _crash(self) -> None:
        self.world.die_in(self.world.random.randint(1, STEPS_OF_A_SALE))

    async def _cut(self) -> None:
        self.world.die_in(self.world.random.randint(1, STEPS_OF_A_SALE), torn=True)

    async def _crash_loop(self) -> None:
        random = self.world.random
        self.world.dies_starting = [random.randint(1, STEPS_OF_A_START) for _ in range(random.randint(1, 4))]
        self.world.die_in(random.randint(1, STEPS_OF_A_SALE))

    async def _restart(self) -> None:
        await self.world.stop()

    # --- the line and the clouds ---

    async def _outage(self) -> None:
        world = self.world
        draw = world.random.random()
        if draw < world.weather.long_outages:
            lasts_h = world.random.uniform(20, 72)
        elif draw < 1 / 2:
            lasts_h = world.random.uniform(1, 8)
        else:
            lasts_h = world.random.uniform(0.005, 0.05)
        back = world.now() + timedelta(hours=lasts_h)
        world.line.down_until = max(world.line.down_until or back, back)

    def _cloud(self) -> Moods:
        return self.world.random.choice((self.world.receiver.moods, self.world.square_cloud.moods))

    async def _token(self) -> None:
        self._cloud().expired_until = self.world.now() + timedelta(seconds=self.world.random.uniform(5, 120))

    async def _token_day(self) -> None:
        self._cloud().expired_until = self.world.now() + timedelta(hours=self.world.random.uniform(10, 40))

    async def _storm(self) -> None:
        cloud = self._cloud()
        cloud.storm = self.world.random.choice((429, 503))
        lasts_s = self.world.random.choice((30, 120, 3600, 30_000)) * self.world.random.uniform(0.5, 1)
        cloud.storm_until = self.world.now() + timedelta(seconds=lasts_s)

    async def _refusal(self) -> None:
        self._cloud().refuse_next = True

    async def _poison(self) -> None:
        self._cloud().fail_next = True

    # --- devices ---

    async def _paper(self) -> None:
        random = self.world.random
        printer = self.world.printers[random.choice(PRINTERS)]
        what = random.random()
        if what < 1 / 2:
            printer.paper_out_at = printer.printed + random.randint(1, RECEIPT_BYTES)
            await asyncio.sleep(random.uniform(5, 90))
            printer.paper_out_at = None
            printer.load_paper()
        elif what < 3 / 4:
            printer.open_cover()
            await asyncio.sleep(random.uniform(1, 30))
            printer.close_cover()
        else:
            printer.held = True  # very slow
            await asyncio.sleep(random.uniform(1, 20))
            printer.release()

    async def _paper_day(self) -> None:
        random = self.world.random
        printer = self.world.printers[random.choice(PRINTERS)]
        printer.paper_out_at = printer.printed + random.randint(1, RECEIPT_BYTES)

        def loaded() -> None:
            printer.paper_out_at = None
            printer.load_paper()

        self.world.mornings.append(loaded)

    async def _power(self) -> None:
        random = self.world.random
        printer = self.world.printers[random.choice(PRINTERS)]
        if random.random() < 1 / 2:
            printer.power_off_at = printer.taken + random.randint(1, RECEIPT_BYTES)
            await asyncio.sleep(random.uniform(5, 60))
            printer.power_off_at = None
        await printer.power_off()
        await asyncio.sleep(random.uniform(1, 60))
        printer.power_on()

    async def _scanner(self) -> None:
        self.world.bench.unplug("counter")
        await asyncio.sleep(self.world.random.uniform(1, 20))
        self.world.bench.plug("counter")

    # --- the disk ---

    async def _disk(self) -> None:
        world = self.world
        moods = world.random.choice((["error"], ["error"], ["full"], ["error", "unclear"], ["error", "error"]))
        world.disk.moods = list(moods)

    async def _full(self) -> None:
        """Fill the disk up until somebody makes room; selling may stop meanwhile, and nothing may be lost."""
        world = self.world
        world.disk.fill()
        try:
            await asyncio.sleep(world.random.uniform(5, 200))
        finally:
            world.disk.empty()
            world.planted_at = world.loop.time()

    # --- the clock ---

    async def _clock(self) -> None:
        world = self.world
        world.clock_off = timedelta(seconds=world.random.choice((-86_400 * 3, -7200, -600, -40, 40, 600, 7200, 86_400)))
        await asyncio.sleep(world.random.uniform(5, 120))
        world.clock_off = timedelta()

    async def _wrong_year(self) -> None:
        world = self.world
        days = world.random.choice((-400, -30, -3, 3, 40, 800, 3650))
        world.clock_off = timedelta(days=days)
        nights = world.random.randint(1, 3)

        def set_right() -> None:
            nonlocal nights
            nights -= 1
            if nights:
                world.mornings.append(set_right)
            else:
                world.clock_off = timedelta()

        world.mornings.append(set_right)
