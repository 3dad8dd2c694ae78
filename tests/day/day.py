"""The day from the first set-up to the last record in the cloud."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from tests.day import morning, opening
from tests.day.desk import Desk
from tests.day.eyes import Eyes
from tests.day.hands import KeysAlone, Pointer
from tests.day.store import Store
from tests.pages.browser import Browser, Chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.day.desk import Act


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
        for page in (till, customer):
            await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        return Eyes(till), Eyes(customer)

    async def end(self) -> None:
        """Close it, as a person does."""
        await self._held.aclose()


@asynccontextmanager
async def opened(folder: Path, *, port: int, keys_alone: bool) -> AsyncIterator[tuple[Desk, Browsing]]:
    """Yield a till in front of which nobody has stood yet."""
    async with Store(folder, port=port) as store:
        await store.healthy()
        browsing = Browsing(folder / "profile", store)
        try:
            eyes, customer = await browsing.start()
            hands = KeysAlone(eyes) if keys_alone else Pointer(eyes, store)
            yield Desk(store, eyes, hands, customer), browsing
        finally:
            await browsing.end()


async def walk(desk: Desk, browsing: Browsing) -> None:
    """Walk the whole day."""
    await opening.pair(desk)
    await desk.customer.page.goto(f"{desk.store.url}/customer")
    await opening.staff(desk)
    await opening.count_float(desk)
    await desk.switch("Kim")
    for sale in morning.SALES:
        await serve(desk, sale)


async def serve(desk: Desk, sale: Act) -> None:
    """Serve one customer, and see that all was used that the table names."""
    before, desk.used = desk.used, set()
    await sale.serve(desk)
    assert sale.uses <= desk.used, (sale.name, sale.uses - desk.used)
    desk.used |= before
