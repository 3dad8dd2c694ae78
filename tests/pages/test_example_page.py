"""The example page for other front ends, at an origin of its own, in a real browser."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from agent.api.documents import EXAMPLE
from tests.api import shop as shops
from tests.api.test_lending import heard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.pages.browser import Browser, Page

LINES_MAX = 79


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as a web site of its own; gives its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, name="another front end")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_page_is_short_and_brings_nothing_along() -> None:
    page = EXAMPLE.read_text("utf-8")
    assert len(page.splitlines()) <= LINES_MAX
    assert "src=" not in page
    assert "href=" not in page


async def visit(browser: Browser, origin: str, shop: shops.Shop) -> Page:
    page = await browser.page(f"{origin}/{EXAMPLE.name}", width=480, height=640)
    await page.until("Boolean(document.querySelector('#print')?.onsubmit)")
    await page.js(f"document.querySelector('#agent').value = 'http://localhost:{shop.server.port}'")
    return page


async def says(page: Page, text: str) -> None:
    await page.until(f"document.querySelector('#outcome').innerText.includes({json.dumps(text)})")


@pytest.mark.browser
async def test_another_front_end_pairs_prints_and_shows_the_outcome(browser: Browser, tmp_path: Path) -> None:
    with served(EXAMPLE.parent) as origin:
        config = shops.CONFIG.replace(shops.POS, origin)
        async with shops.open_shop(tmp_path, config=config) as shop:
            page = await visit(browser, origin, shop)
            await page.click("#print button")
            await says(page, "Not paired")
            assert await page.js("document.querySelector('#pair').checkVisibility()")
            await page.js("document.querySelector('#code').value = '000000'")
            await page.click("#pair button")
            await says(page, "stillopen pair")
            assert not shop.printer.receipts

            await page.js(f"document.querySelector('#code').value = '{shop.app.door.code.make('example')}'")
            await page.click("#pair button")
            await says(page, "Paired")
            assert not await page.js("document.querySelector('#pair').checkVisibility()")
            await page.click("#print button")
            await says(page, "Printed")
            assert b"Hello from another front end" in shop.printer.receipts[-1].text

            shop.printer.run_out_of_paper()
            await page.click("#print button")
            await page.until("document.querySelector('#outcome').innerText.startsWith('Waiting')")
            await says(page, "Put in a new roll")
            shop.printer.load_paper()
            await says(page, "Printed")
            receipts = len(shop.printer.receipts)

            await page.js("document.querySelector('#printer').value = 'none'")
            await page.click("#print button")
            await says(page, "There is no printer")
            assert len(shop.printer.receipts) == receipts
            assert [problem for problem in page.problems if not problem.startswith("network: ")] == []


@pytest.mark.browser
async def test_another_front_end_has_the_scanner_while_its_page_is_open(browser: Browser, tmp_path: Path) -> None:
    with served(EXAMPLE.parent) as origin:
        config = shops.CONFIG.replace(shops.POS, origin).replace(
            'port = "sim://counter"', 'port = "sim://counter"\nduplicate_window_ms = 0'
        )
        async with shops.open_shop(tmp_path, config=config) as shop:
            page = await visit(browser, origin, shop)
            code = shop.app.door.code.make("example", allow=("scanner:counter",))
            await page.js(f"document.querySelector('#code').value = '{code}'")
            await page.js("document.querySelector('#pair').hidden = false")
            await page.click("#pair button")
            await says(page, "Paired")
            for code in (shops.APPLE, shops.MILK):  # pressed again it is claimed anew
                await page.click("#scan button")
                await says(page, "counter scans here")
                await shop.scanner.scan(code)
                await says(page, f"Scanned {code}")
            await page.click("#print button")
            await says(page, "may use scanner:counter and nothing else")
            await page.js("ears.close()")
            await says(page, "the till's again")
            async with shop.events() as till:
                shop.body(
                    await shop.client.post("/v1/claims", json={"device": "counter", "wait_s": 10, "lease_s": 300})
                )
                shop.body(await shop.client.delete("/v1/devices/counter/claim"))
                await shop.scanner.scan(shops.APPLE)
                assert (await heard(till, "scan"))["item"]["sku"] == "apple"


@pytest.mark.browser
async def test_an_origin_that_is_not_listed_prints_nothing_and_is_told_what_to_do(
    browser: Browser, tmp_path: Path
) -> None:
    with served(EXAMPLE.parent) as origin:
        async with shops.open_shop(tmp_path) as shop:
            page = await visit(browser, origin, shop)
            await page.js(f"localStorage.stillopen = {json.dumps(shop.token)}")  # not even with a token that holds
            await page.click("#print button")
            await says(page, f"No answer. Is the agent running, and {origin} in its [api] origins?")
            assert not shop.app.journal.reader.execute("select count(*) from print_job").fetchone()[0]
