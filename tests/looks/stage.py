"""Where a page is brought into a state: the demo's shop with all that may be sold in it, one visitor, one tab."""

from __future__ import annotations

import json
import uuid
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from agent import api_token
from agent.demo import shop
from agent.demo.cloud import Trouble
from tests.api.shop import browser as client_of_this_pc
from tests.pages.conftest import Shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import httpx

    from tests.pages.browser import Browser, Page

TILL = "/v1/tills/till-1"
WINE, CHARGER, COLA, LONG = "4006381333931", "96385074", "4011100091108", "4012345678901"
COFFEE, MILK = "2740013000076", "2740130000706"
CHEESE = shop.label("41150", 342)  # a pack that the scale labelled
FORMULA = "4006381333955"  # has to be sold with its lot
NOBODYS = "4006381333948"  # a barcode that no item has
LONG_NAME = "Fairtrade Bio-Kräuterteemischung »Morgengruß am Waldrand«, 24 Pyramidenbeutel zu 2,5 g, einzeln verpackt"
MORE = f"""sku,name,price,tax,barcode,category,min_age,track,deposit,deposit_tax
9001,Red wine,5.99,standard,{WINE},Drinks,18,,,
9002,Phone charger,19.90,standard,{CHARGER},Household,,serial,,
9003,Cola 1 l,0.94,standard,{COLA},Drinks,,,0.25,standard
9004,"{LONG_NAME}",4321.09,standard,{LONG},Pantry,,,,
9005,Infant formula 800 g,17.95,standard,{FORMULA},Pantry,,lot,,
"""
STAYS = ".pair-input, .done, .banner, .message, .line-back, .tab[aria-selected=true]:not(:first-child), [data-key=pin]"
FORGET = """(() => {
  dispatchEvent(new Event("pagehide"));  // from here on the page keeps nothing
  for (const key of Object.keys(localStorage)) if (key.startsWith("stillopen.outgoing")) localStorage.removeItem(key);
})()"""
GO_HOME = """(() => {
  for (const key of ["back", "times"]) document.querySelector(`[data-key=${key}]`)?.click();
  const entry = document.querySelector(".entry");
  entry.value = "";
  entry.dispatchEvent(new Event("input", { bubbles: true }));
  entry.focus();
})()"""
AT_REST = (
    "!!document.querySelector('[data-live=true]') && !!document.querySelector('.key, .panel')"
    " && !!document.querySelector('.staff-button span')?.textContent"  # who is here is read last
)


class Beside(Protocol):
    """What stands beside a shop and is not the demo's: clouds that answer as a state needs it."""

    configuration: str

    async def calm(self, stage: Stage) -> None:
        """Put in order what the last state left."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a shop is for a scene: `more` for its configuration, and what is opened `beside` it, given its folder."""

    more: str = ""
    currency: str = shop.CURRENCY
    locale: str = "de_DE"
    skip_pins: bool = True
    beside: Callable[[Path], AbstractAsyncContextManager[Beside]] | None = None


@dataclass(slots=True)
class Stage:
    """A running shop, its client with the local token, and the page that is looked at."""

    shop: Shop
    page: Page
    client: httpx.AsyncClient
    port: int
    beside: Beside | None = None
    away: bool = False

    async def stop_agent(self) -> None:
        """Let the page be without its agent, until the next state."""
        await self.shop.stop_agent()
        self.away = True

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the agent itself; its answer, which is no refusal."""
        key = {"Idempotency-Key": str(uuid.uuid4())} if method != "GET" else {}
        answer = await self.client.request(method, path, json=body, headers=key)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    async def ask_as_page(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """Ask as the page does: with what its visitor may do, and no program."""
        headers = {"Content-Type": "application/json"}
        if not path.startswith(("/v1/staff", "/v1/sign-in")):  # a PIN is never kept under a key
            headers["Idempotency-Key"] = str(uuid.uuid4())
        told = {} if body is None else {"body": json.dumps(body)}
        sent = json.dumps({"method": method, "headers": headers, **told})
        refused = "async (answer) => { if (!answer.ok) throw new Error(await answer.text()); }"
        await self.page.js(f"fetch({path!r}, {sent}).then({refused})")

    async def sale(self) -> dict[str, Any] | None:
        """Return the open sale."""
        sale: dict[str, Any] | None = (await self.ask("GET", TILL))["sale"]
        return sale

    async def of_sale(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask for something about the open sale; `path` is what follows its own."""
        sale = await self.sale()
        assert sale is not None
        return await self.ask(method, f"/v1/sales/{sale['id']}{path}", body)

    async def ring(self, *codes: str) -> None:
        """Scan at the till, and wait until the page has as many lines as the sale."""
        for code in codes:
            await self.ask("POST", f"{TILL}/scan", {"data": code})
        await self.drawn()

    async def drawn(self) -> None:
        """Wait until the page shows the sale as the agent has it."""
        sale = await self.sale() or {"lines": []}
        await self.page.until(f"document.querySelectorAll('[data-line]').length === {len(sale['lines'])}")

    async def sold(self, *codes: str) -> dict[str, Any]:
        """Sell for exact cash; the record."""
        await self.ring(*codes)
        sale = await self.sale()
        assert sale is not None
        await self.of_sale("POST", "/tenders", {"type": "cash", "amount": sale["due"]})
        record: dict[str, Any] = await self.of_sale("POST", "/complete")
        return record

    async def key(self, name: str, *, alt: bool = False) -> None:
        """Press a key, and wait for the panel that it opens."""
        await self.page.press(name, alt=alt)
        await self.page.until("!!document.querySelector('.panel')")

    async def there(self, selector: str) -> None:
        """Wait until an element is on the page."""
        await self.page.until(f"!!document.querySelector({selector!r})")

    async def write(self, key: str, text: str) -> None:
        """Put text into a field at once, as if it had been typed."""
        field = f"document.querySelector('[data-key=\"{key}\"]')"
        await self.page.until(f"!!{field}")
        event = "new Event('input', {bubbles: true})"
        await self.page.js(f"(({field}).focus(), {field}.value = {text!r}, {field}.dispatchEvent({event}), 0)")

    async def fresh(self) -> None:
        """Put everything in order again, give up what is open, and show the till page as it is at rest."""
        await self._in_order()
        if self.beside is not None:
            await self.beside.calm(self)
        till = await self.ask("GET", TILL)
        if till["training"]:
            await self.ask_as_page("DELETE", f"{TILL}/training")
            await self.page.until("!document.querySelector('.training-band strong')")
        if sale := await self.sale():
            for tender in sale["tenders"]:
                await self.of_sale("DELETE", f"/tenders/{tender['id']}")
            await self.of_sale("POST", "/void", {"reason": "looked at"})
        if await self.page.js(f"location.pathname === '/' && !document.querySelector('{STAYS}')"):
            await self.page.js(GO_HOME)
            await self.page.until("!document.querySelector('.panel, [data-line]')")
        else:
            stranger = await self.page.js("!!document.querySelector('.pair-input')")
            await self.load("", paired=stranger)

    async def _in_order(self) -> None:
        if self.away:
            await self.page.js(FORGET)  # what waits for the agent is this state's alone
            await self.page.goto("about:blank")
            await self.shop.start_agent(port=self.port)
            self.away = False
        world = self.shop.world
        world.cloud().trouble = Trouble.NONE
        world.printer.power_off_at = None
        if not world.printer.powered:
            world.printer.power_on()
        world.printer.load_paper()
        world.printer.close_cover()
        if world.printer.drawer_open:
            world.close_drawer()
        for device in ("counter", "scale"):
            world.bench.plug(device)
        for claim in (await self.ask("GET", "/v1/claims"))["claims"]:
            await self.ask("DELETE", f"/v1/devices/{claim['device']}/claim")
        await world.set_line(plugged=True)
        if any(cloud["offline"] for cloud in (await self.ask("GET", "/v1/outage"))["clouds"]):
            await self.ask_as_page("POST", "/v1/line/online", {})
        unclear = (await self.ask("GET", TILL)).get("unclear_print")
        if unclear:
            await self.ask("POST", f"/v1/jobs/{unclear['job']}/outcome", {"whole": True})

    async def load(self, path: str, *, ready: str = AT_REST, paired: bool = False) -> None:
        """Load one of the agent's pages, and wait until `ready` holds in it."""
        await self.page.goto("about:blank")  # so that nothing of the page that is left is taken for the new one
        await self.page.goto(self.shop.address(path, paired=paired))
        await self.page.until(ready)


@asynccontextmanager
async def opened(folder: Path, visitor: Browser, language: str, setting: Setting) -> AsyncIterator[Stage]:
    """Open a shop as `setting` says, and its till page in a language."""
    async with AsyncExitStack() as stack:
        beside = None if setting.beside is None else await stack.enter_async_context(setting.beside(folder))
        store = await stack.enter_async_context(Shop(folder))
        await _configure(store, setting, beside)
        if setting.currency == shop.CURRENCY:
            taxes = {tax.code for tax in store.app.config.taxes}
            assert (await store.app.catalogue.import_csv(MORE, currency=shop.CURRENCY, taxes=taxes)).ok
        bearer = {"Authorization": f"Bearer {api_token.read(folder)}"}
        client = await stack.enter_async_context(
            client_of_this_pc(base_url=store.address(paired=False), headers=bearer)
        )
        page = await visitor.page(language=language)
        if setting.skip_pins:
            skip = "location.host && localStorage.setItem('stillopen.no-pins', '1')"
            await page.call("Page.addScriptToEvaluateOnNewDocument", source=skip)
        await page.goto(store.address())
        await page.until(AT_REST)
        yield Stage(store, page, client, store.server.port, beside)


async def _configure(store: Shop, setting: Setting, beside: Beside | None) -> None:
    before = store.config.read_text("utf-8")
    told = before.replace(f'currency = "{shop.CURRENCY}"', f'currency = "{setting.currency}"')
    told = told.replace('locale = "de_DE"', f'locale = "{setting.locale}"')
    told += "".join(f"\n{more}" for more in (setting.more, beside.configuration if beside else "") if more)
    if told == before:
        return
    port = store.server.port
    await store.stop_agent()
    store.config.write_text(told, "utf-8")
    await store.start_agent(port=port)
