"""The agent killed at random while somebody sells in the browser: no line that was rung is lost, nor any sale.

What is pressed is written down beside the page; after each kill the basket has to come to be just that, once. A seed
gives the same presses and the same moments; how far the agent is by then is the machine's doing.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.day import goods
from tests.day.desk import Desk
from tests.day.hands import KeysAlone
from tests.day.opening import pair

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from random import Random

    from tests.day.day import Browsing
    from tests.day.eyes import Eyes
    from tests.day.store import Store

NAMES = {
    goods.COFFEE: "Coffee, ground 500 g", goods.TEA: "Black tea, 50 bags", goods.MILK: "Whole milk 1 l",
    goods.BUTTER: "Butter 250 g", goods.RICE: "Basmati rice 1 kg", goods.SOAP: "Washing-up liquid 0.5 l",
}  # fmt: skip
KILL_S_MAX = 0.25  # after an act was begun: an answer takes milliseconds, a payment some more
START_KILL_S_MAX = 1.0  # after a start: it opens the journal within that
_BASKET = (
    "Object.fromEntries([...document.querySelectorAll('.basket [data-line]')].map((row) => ["
    "row.querySelector('.line-name').firstChild.textContent,"
    " parseInt(row.querySelector('.line-quantity').textContent)]))"
)
_WAITING = "Object.keys(localStorage).some((key) => key.startsWith('stillopen.outgoing'))"
_CALM = f"document.querySelector('[data-live=true]') && !{_WAITING}"


@dataclass
class Campaign:
    """One run. `basket` is what was rung by now, `sales` what was paid, by receipt number."""

    store: Store
    eyes: Eyes
    chance: Random
    say: Callable[[str], None]
    basket: Counter[str] = field(default_factory=Counter)
    sales: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    number: str = ""
    paid: bool = False  # and not yet seen to be a fact

    def __post_init__(self) -> None:
        self.hands = KeysAlone(self.eyes)

    async def run(self, kills: int) -> None:
        """Go on until the agent was killed so often; then hold the books against what was pressed."""
        while self.store.kills < kills:
            act = self.chance.choice((*[self.scans] * 4, self.more, self.less, self.takes_out, *[self.pays] * 2))
            if act == self.pays and not any(self.basket.values()):
                act = self.scans
            name = act.__name__
            try:
                await self._killed_during(act)
                await self._calm()
            except AssertionError as error:
                raise AssertionError(f"kill {self.store.kills}, while somebody {name}: {error}") from error
            self.done[name] += 1
            if self.store.kills % 10 == 0:
                self.say(f"{self.store.kills} kills, {len(self.sales)} sales")
        await self._books()

    # --- what somebody does ---

    async def scans(self) -> None:
        """Scan one or several things, one right after the other."""
        for _ in range(self.chance.choice((1, 1, 2, 4))):
            code = self.chance.choice(list(NAMES))
            self.basket[NAMES[code]] += 1
            await self.hands.keyboard.scan(code)

    async def more(self) -> None:
        """One more of the chosen line, or two."""
        name = await self._chosen()
        for _ in range(self.chance.choice((1, 2))):
            await self.hands.keyboard.press("+")
            if name:
                self.basket[name] += 1

    async def less(self) -> None:
        """One less of the chosen line."""
        name = await self._chosen()
        await self.hands.keyboard.press("-")
        if name:
            self.basket[name] -= 1

    async def takes_out(self) -> None:
        """Take the chosen line out."""
        name = await self._chosen()
        await self.hands.keyboard.press("Delete")
        if name:
            del self.basket[name]

    async def pays(self) -> None:
        """Take the amount that is offered first."""
        await self.hands.command("cash")
        await self.eyes.focus("given")
        await self.hands.keyboard.press("Enter")
        self.paid = True

    async def _seen_paid(self) -> None:
        """See that what was paid is a fact."""
        self.paid = False
        number, total, _ = await self.eyes.done(after=self.number)
        self.number = number
        self.sales[number] = {"total": total, "lines": +self.basket}
        self.basket.clear()
        self.store.shut_drawer()

    async def _chosen(self) -> str | None:
        await self.hands.command("find")
        await self.eyes.focus("entry")
        name: str | None = await self.eyes.page.js(
            "document.querySelector('.line-chosen .line-name')?.firstChild.textContent ?? null"
        )
        return name

    # --- what befalls them ---

    async def _killed_during(self, act: Callable[[], Awaitable[None]]) -> None:
        after_s = self.chance.uniform(0, KILL_S_MAX)
        again_s = self.chance.uniform(0, START_KILL_S_MAX) if self.chance.random() < 0.2 else None
        reloads = self.chance.random() < 0.2

        async def strike() -> None:
            await asyncio.sleep(after_s)  # the moment is the seed's: nothing is waited for here
            await self.store.kill()
            await self.store.start()
            if again_s is not None:
                await asyncio.sleep(again_s)
                await self.store.kill()
                await self.store.start()
            await self.store.healthy()
            if reloads and act != self.pays:
                await struck  # whoever reloads has let go of the keys
                await self.eyes.page.reload()

        struck = asyncio.ensure_future(act())
        await asyncio.gather(struck, strike())
        if self.paid:
            await self._seen_paid()

    async def _calm(self) -> None:
        """Wait until the page has what was pressed, all of it and nothing else, and nothing waits."""
        wanted = json.dumps(dict(sorted((+self.basket).items())))
        same = f"JSON.stringify(Object.fromEntries(Object.entries({_BASKET}).sort())) === JSON.stringify({wanted})"
        await self.eyes.until(f"{_CALM} && {same}")
        if not self.basket:
            await self.eyes.until("!document.querySelector('.panel')")

    async def _books(self) -> None:
        await self.store.delivered()
        await self.store.stop()
        records = await self.store.records()
        sold = {record["receipt_number"]: record for record in records if record["kind"] == "sale"}
        assert set(sold) == set(self.sales), set(sold) ^ set(self.sales)
        for number, sale in self.sales.items():
            lines = Counter({line["name"]: int(line["quantity"]) for line in sold[number]["lines"]})
            assert (sold[number]["total"], lines) == (sale["total"], sale["lines"]), number
        self.store.same_in_cloud(records)
        papers = Counter(number for number in sold for text in self.store.paper(number) if "KOPIE" not in text)
        assert max(papers.values(), default=0) <= 1, papers
        assert [said for said in self.eyes.page.problems if not said.startswith("network: ")] == []


async def campaign(
    store: Store, browsing: Browsing, chance: Random, kills: int, say: Callable[[str], None]
) -> Campaign:
    """Pair a browser, and sell in it while the agent is killed so often. Raises `AssertionError`."""
    await store.healthy()
    eyes, customer = await browsing.start()
    await pair(Desk(store, eyes, KeysAlone(eyes), customer))
    run = Campaign(store, eyes, chance, say)
    await run.run(kills)
    return run
