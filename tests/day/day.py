"""The day from the first set-up to the last record in the cloud."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from tests.day import afternoon, evening, morning, noon, opening
from tests.day.desk import Desk
from tests.day.eyes import Eyes
from tests.day.features import Feature
from tests.day.hands import KeysAlone, Pointer
from tests.day.store import Store
from tests.pages.browser import Browser, Chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.day.desk import Act

SALES = (*morning.SALES, *noon.SALES, *afternoon.SALES)
SALES_MIN = 40  # that were paid; others are parked, given up, or practised
WRONG_PINS = 5
SENSITIVE = {  # what the trail has to have kept, whatever else is in it
    "staff_added", "sign_in", "sign_out", "override", "wrong_pin", "no_sale", "price_override", "sale_void",
    "tax_exempt", "expired_item", "catalogue_add", "training", "reprint",
}  # fmt: skip


class Browsing:
    """A Chromium on a profile that stays, with the till on one screen and the customer's on another."""

    def __init__(self, profile: Path, store: Store) -> None:
        self._profile = profile
        self._store = store
        self._held = AsyncExitStack()

    async def start(self) -> tuple[Eyes, Eyes]:
        """Open both screens; returns who looks at the till's, and at the customer's."""
        chromium = self._held.enter_context(Chromium(self._profile))
        browser = await self._held.enter_async_context(Browser(chromium, kept=True))
        customer = await browser.page()
        till = await browser.page(self._store.url)
        await till.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self._store.folder))
        for page in (till, customer):
            await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        return Eyes(till), Eyes(customer)

    async def end(self) -> None:
        """Close it, as a person does, if it is open."""
        await self._held.aclose()


@asynccontextmanager
async def opened(folder: Path, *, port: int, keys_alone: bool) -> AsyncIterator[Desk]:
    """Yield a till in front of which nobody has stood yet."""
    async with Store(folder, port=port) as store:
        await store.healthy()
        browsing = Browsing(folder / "profile", store)
        try:
            eyes, customer = await browsing.start()
            hands = KeysAlone(eyes) if keys_alone else Pointer(eyes, store)
            desk = Desk(store, eyes, hands, customer)

            async def reopen() -> None:
                await browsing.end()
                desk.eyes, desk.customer = await browsing.start()
                desk.hands = KeysAlone(desk.eyes) if keys_alone else Pointer(desk.eyes, store)
                await desk.customer.page.goto(f"{store.url}/customer")

            desk.reopen = reopen
            yield desk
        finally:
            await browsing.end()


async def begin(desk: Desk) -> None:
    """Pair the browser, set up the staff, count the float; Kim stands at the till."""
    await opening.pair(desk)
    await desk.customer.page.goto(f"{desk.store.url}/customer")
    await opening.staff(desk)
    await opening.count_float(desk)
    await desk.switch("Kim")


async def walk(desk: Desk) -> None:
    """Walk the whole day."""
    await begin(desk)
    for one in (*SALES, *evening.ACTS):
        await serve(desk, one)
    await evening.line_back(desk)
    assert desk.tally.counts["Sales"] >= SALES_MIN
    assert desk.used == set(Feature), set(Feature) - desk.used
    assert [said for said in desk.eyes.page.problems if not said.startswith("network: ")] == []
    await desk.store.stop()
    await settled(desk)


async def serve(desk: Desk, sale: Act) -> None:
    """Serve one customer, and see that all was used that the table names."""
    before, desk.used = desk.used, set()
    await sale.serve(desk)
    assert sale.uses <= desk.used, (sale.name, sale.uses - desk.used)
    desk.used |= before


async def settled(desk: Desk) -> None:
    """Hold the journal, the cloud and the trail against what the page showed."""
    records = await desk.store.records()
    desk.store.same_in_cloud(records)
    signs = {"sale": 1, "refund": -1}
    numbered = {record["receipt_number"]: record for record in records if record["kind"] in signs}
    assert {number: signs[record["kind"]] * record["total"] for number, record in numbered.items()} == desk.tally.totals
    in_cloud = {body["receipt_number"]: body for body in desk.store.cloud.records.values() if body["kind"] in signs}
    assert {number: signs[body["kind"]] * body["total"] for number, body in in_cloud.items()} == desk.tally.totals
    assert not any("TRAIN" in number for number in numbered)
    trail = [json.loads(line)["action"] for line in (await desk.store.command("audit", "export")).splitlines()]
    assert trail.count("wrong_pin") == WRONG_PINS
    assert set(trail) >= SENSITIVE, SENSITIVE - set(trail)
