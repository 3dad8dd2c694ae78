"""What a cashier sees: from a key to the line, from "take" to "paid", and from nothing to a page that sells.

A real Chromium is driven over its DevTools protocol; times are the page's own (performance.now), from the key's
arrival at the page until the frame with the change was drawn. The limit is a page that sends the same key over a bare
WebSocket and draws what comes back.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from agent import api_token
from bench import backlog, shop
from bench.process import free_port, running
from bench.rounds import Contender, Figure, Role, in_turns
from drivers.scanner.gtin import check_digit
from outbox.catalogue import Catalogue
from outbox.journal import Journal
from tests.pages.browser import Browser, Chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench.effort import Effort
    from bench.rounds import Samples
    from tests.pages.browser import Page

KEYS_OF_PAGE = 100  # as many as fit one; so many pages as there are keys
DRAWN = """
window.enter = 0;
addEventListener("keydown", (event) => { if (event.key === "Enter") window.enter = performance.now(); }, true);
window.drawn = (there) => new Promise((resolve) => {
  const look = () => {
    if (!there()) return;
    seen.disconnect();
    requestAnimationFrame(() => {
      const after = new MessageChannel(); // its message comes once the frame is drawn
      after.port1.onmessage = () => resolve(performance.now());
      after.port2.postMessage(0);
    });
  };
  const seen = new MutationObserver(look);
  seen.observe(document, { childList: true, subtree: true, attributes: true });
  look();
});
"""
READY = """
addEventListener("DOMContentLoaded", () => window.drawn(() => document.querySelector(".key, .ready") &&
  document.querySelector("[data-live=true]")).then((at) => { window.ready = at; }));
"""


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure an empty store and a full one, each beside the bare page."""
    figures = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, Chromium(Path(profile)) as chromium:
        for loaded in (False, True):
            async with (
                Browser(chromium) as visitor,
                _till(folder / ("full" if loaded else "empty"), effort, visitor, loaded=loaded) as till,
                _bare(folder / "bare.bin", visitor) as bare,
            ):
                of = f"{effort.page_items:,} items, {effort.page_records:,} records, {effort.page_keys} quick keys"
                store = of if loaded else "a new store"
                for case, ours, limit in (
                    (f"page, {store}: scan to line", till.scans, bare.scans),
                    (f"page, {store}: take to paid", till.pays, bare.pays),
                    (f"page, {store}: from cold", till.colds, bare.colds),
                ):
                    contenders = [Contender("the till page", Role.OURS, partial(ours, effort))]
                    contenders.append(Contender("a bare page on a WebSocket", Role.LIMIT, partial(limit, effort)))
                    figures += await in_turns(case, contenders, effort.rounds)
    return figures


class _Till:
    """The till page on `stillopen run`, and a client with the local token."""

    def __init__(self, page: Page, client: httpx.AsyncClient) -> None:
        self._page = page
        self._client = client

    async def scans(self, effort: Effort) -> Samples:
        """Scan by a keyboard wedge into one sale, and give it up afterwards."""
        await _in_front(self._page)
        took = [await self._scan(code, count) for count, code in enumerate(shop.barcodes()[: effort.page_scans], 1)]
        await self._void()
        return {"ms": took}

    async def pays(self, effort: Effort) -> Samples:
        """Ring one item, open the cash panel, and take the exact amount by Enter."""
        await _in_front(self._page)
        took = []
        for code in shop.barcodes()[: effort.page_pays]:
            await self._scan(code, 1)
            await self._page.press("F10")
            await self._page.until("document.activeElement.dataset.key === 'given'")
            took.append(await _time(self._page, "document.querySelector('.done')", self._page.press("Enter")))
        return {"ms": took}

    async def colds(self, effort: Effort) -> Samples:
        """Load the page with no cache, until its keys are drawn and it hears events."""
        await _in_front(self._page)
        return {"ms": [await _cold(self._page) for _ in range(effort.page_colds)]}

    async def _scan(self, code: str, count: int) -> float:
        there = f"document.querySelectorAll('.line-face').length === {count}"
        return await _time(self._page, there, self._page.wedge(code))

    async def _void(self) -> None:
        sale = (await self._client.get("/v1/tills/till-1")).json()["sale"]
        answer = await self._client.post(f"/v1/sales/{sale['id']}/void", json={"reason": "bench"})
        assert answer.is_success, answer.text
        await self._page.until("!document.querySelector('.line-face')")


class _Bare:
    """The page of `echo_page`."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def scans(self, effort: Effort) -> Samples:
        """Send a code over the WebSocket and draw what comes back."""
        await _in_front(self._page)
        took = []
        for code in shop.barcodes()[: effort.page_scans]:
            before = await self._page.js("document.querySelectorAll('.line-face').length")
            there = f"document.querySelectorAll('.line-face').length > {before}"
            took.append(await _time(self._page, there, self._page.wedge(code)))
        return {"ms": took}

    async def pays(self, effort: Effort) -> Samples:
        """The same, with an fsync of as many bytes as a record has before it comes back."""
        await _in_front(self._page)
        took = []
        for _ in range(effort.page_pays):
            before = await self._page.js("document.querySelectorAll('.done').length")
            there = f"document.querySelectorAll('.done').length > {before}"
            took.append(await _time(self._page, there, self._page.wedge("pay")))
        return {"ms": took}

    async def colds(self, effort: Effort) -> Samples:
        """Load it with no cache, until it hears."""
        await _in_front(self._page)
        return {"ms": [await _cold(self._page) for _ in range(effort.page_colds)]}


async def _in_front(page: Page) -> None:
    await page.call("Page.bringToFront")  # a tab behind another draws no frames


async def _time(page: Page, there: str, act: object) -> float:
    """Return the milliseconds from the Enter that `act` presses until the frame in which `there` holds is drawn."""
    await page.js(f"void (window.then = window.drawn(() => {there}))")
    await act  # type: ignore[misc]  # a coroutine of the page's
    return float(await page.js("window.then.then((at) => at - window.enter)"))


async def _cold(page: Page) -> float:
    await page.call("Network.clearBrowserCache")
    await page.goto(await page.js("location.href.split('#')[0]") + "?cold")
    return float(await page.until("window.ready"))


async def _opened(visitor: Browser, url: str) -> Page:
    page = await visitor.page()
    await page.call("Network.enable")
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=DRAWN + READY)
    await page.goto(url)
    await page.until("window.ready")
    return page


@asynccontextmanager
async def _till(folder: Path, effort: Effort, visitor: Browser, *, loaded: bool) -> AsyncIterator[_Till]:
    await asyncio.to_thread(folder.mkdir)
    state, port = folder / "state", free_port()
    text = shop.configuration(printer=(folder / "receipts.bin").as_uri(), port=port)
    config = shop.write_configuration(folder, text)
    await _fill(state, effort, loaded=loaded)
    async with running(
        port, ("-m", "agent", "run", "--config", str(config), "--state", str(state), "--log", "warning")
    ):
        token = api_token.read(state)
        url = f"http://localhost:{port}"
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
            code = (await client.post("/v1/pairing-codes", json={})).json()["code"]
            page = await _opened(visitor, f"{url}/#pair={code}")
            if loaded:
                await page.js(_arranging(effort.page_keys))
                await page.until("!window.arranged && window.ready")  # the page that is loaded anew
            yield _Till(page, client)


async def _fill(state: Path, effort: Effort, *, loaded: bool) -> None:
    journal, catalogue = Journal(state), Catalogue(state)
    await journal.open()
    await catalogue.open()
    try:
        if loaded:
            await backlog.fill(journal, effort.page_records, {})
        for text in (shop.catalogue_csv(), *([_more(effort.page_items)] if loaded else ())):
            result = await catalogue.import_csv(text, currency="EUR", taxes={"standard", "reduced"})
            assert result.ok, result.problems[:3]
    finally:
        await catalogue.close()
        await journal.close()


def _more(items: int) -> str:
    """Return the rest of a large shelf, in fifty categories."""
    lines = ["sku,name,price,tax,barcode,category"]
    for number in range(shop.ITEMS, items):
        digits = f"2750{number:08d}"
        name = f"Article {number} of group {number % 997}"
        lines.append(
            f"{10000 + number},{name},{1 + number % 9}.99,standard,{digits}{check_digit(digits)},G{number % 50:02d}"
        )
    return "\n".join(lines) + "\n"


def _arranging(keys: int) -> str:
    """Return what the page does to arrange so many quick keys, and to show them."""
    return f"""(async () => {{
      const pages = [];
      for (let at = 0; at < {keys}; at += 1) {{
        const page = Math.floor(at / {KEYS_OF_PAGE});
        pages[page] ??= {{ title: `Page ${{page + 1}}`, colour: page % 8, keys: [] }};
        pages[page].keys.push({{ at: at % {KEYS_OF_PAGE}, sku: String(1000 + at) }});
      }}
      const answer = await fetch("/v1/tills/till-1/keys", {{ method: "PUT",
        headers: {{ "Content-Type": "application/json", "Idempotency-Key": "bench" }},
        body: JSON.stringify({{ scope: "store", revision: 0, pages }}) }});
      if (!answer.ok) throw new Error(await answer.text());
      window.arranged = true;
      location.reload();
    }})()"""


@asynccontextmanager
async def _bare(file: Path, visitor: Browser) -> AsyncIterator[_Bare]:
    port = free_port()
    async with running(port, ("-m", "bench.echo_page", str(port), str(file))):
        yield _Bare(await _opened(visitor, f"http://localhost:{port}/"))
    await asyncio.to_thread(file.unlink)
