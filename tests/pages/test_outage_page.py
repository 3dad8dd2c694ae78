"""The lamps of the line, the outage card and offline by hand as a cashier meets them, in a real Chromium."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from agent.demo import shop as demo
from tests.line.lines import EMPTY, REDIRECT, Far, far_end
from tests.pages.conftest import Shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.pages.browser import Browser, Page

pytestmark = pytest.mark.browser

MILK = next(item["code"] for item in demo.shelf() if item["name"] == "Whole milk 1 l")
WAIT_S = 20.0

# News waits ten seconds for the line to stay so: that wait alone is cut short, the page's clock is let be.
HURRY = "const slow = setTimeout; window.setTimeout = (f, ms, ...rest) => slow(f, ms === 10000 ? 100 : ms, ...rest)"


class LinedShop(Shop):
    """The demo's shop, with a neutral page to ask."""

    far: Far

    async def start_agent(self, *, port: int) -> None:
        text = self.config.read_text("utf-8")
        if "[line]" not in text:
            self.config.write_text(f'{text}\n[line]\nprobe_url = "http://127.0.0.1:{self.far.port}/"\n', "utf-8")
        await super().start_agent(port=port)


@asynccontextmanager
async def lined_shop(folder: Path) -> AsyncIterator[LinedShop]:
    async with far_end(EMPTY) as far:
        shop = LinedShop(folder)
        shop.far = far
        async with shop:
            yield shop


async def lamp(page: Page, name: str, level: str, words: str) -> None:
    """Wait until a lamp says so."""
    await page.until(
        f"document.querySelector('[data-lamp={name}][data-level={level}]')?.getAttribute('aria-label')?.includes({words!r})"
    )


async def sold(page: Page, shop: Shop) -> None:
    """Sell something for cash, by scanner and keyboard."""
    await shop.world.scan(MILK)
    await page.until("document.querySelectorAll('.line-name').length == 1")
    await page.press("F10")
    await page.until("!!document.querySelector('[data-key=given]')")
    await page.press("Enter")
    await page.sees("Next customer: just scan.")


async def opened(browser: Browser, shop: Shop) -> Page:
    page = await browser.page()
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=HURRY)
    await page.goto(shop.address())
    await page.sees("Ready for the next customer")
    return page


async def test_a_cashier_goes_through_an_outage(browser: Browser, tmp_path: Path) -> None:
    async with lined_shop(tmp_path) as shop:
        await shop.app.line.look()
        page = await opened(browser, shop)
        await lamp(page, "internet", "good", "works")
        await lamp(page, "cloud", "good", "all sent")

        shop.far.says = REDIRECT
        await shop.world.set_line(plugged=False)
        await shop.app.line.look()
        await lamp(page, "internet", "bad", "sign in first")
        await page.sees("The network wants a sign-in before it lets anything through.")
        await sold(page, shop)
        await lamp(page, "cloud", "busy", "no line")
        await page.press("o", alt=True)
        await page.sees("No line to a cloud. Keep selling: nothing is lost, and what waits goes out by itself.")
        await page.sees("such as the sign-in of a guest network. Open a web page on this PC")
        await page.sees("To the customer: “Cash, or a card on the terminal, please.”")
        await page.click(".cannot summary")
        await page.sees("Items and prices do not come from there.")
        receipts = shop.world.printer.receipts
        async with asyncio.timeout(WAIT_S):
            while len(receipts) < 1:  # the sale's own
                await asyncio.sleep(0.02)
        await page.click("[data-key=outage-print]")
        await page.sees("The outage card is being printed.")
        await page.click(".message button")  # news waits for whoever is reading
        async with asyncio.timeout(WAIT_S):
            while len(receipts) < 2:
                await asyncio.sleep(0.02)
        assert "WENN DIE LEITUNG WEG IST" in shop.world.printer.text(receipts[1])

        shop.far.says = EMPTY
        await shop.world.set_line(plugged=True)
        await shop.app.line.look()
        await page.sees("Everything is in the clouds. It is safe to go home.")
        await lamp(page, "internet", "good", "works")
        await page.press("Escape")
        await page.sees("The line is back. What waited goes out by itself.")
        assert [problem for problem in page.problems if "401" not in problem] == []


async def test_offline_by_hand_is_seen_all_the_time_and_survives_a_restart(browser: Browser, tmp_path: Path) -> None:
    async with lined_shop(tmp_path) as shop:
        await shop.app.line.look()
        page = await opened(browser, shop)
        await page.press("o", alt=True)
        await page.click("[data-key=hold-cloud]")
        await page.sees("Nothing is sent there until somebody puts it back online")
        await page.press("Enter")
        await page.sees("Choose or type a reason.")
        await page.click(".chip")
        await page.click(".panel [data-key=primary]")
        await page.sees("Offline by hand:")
        await lamp(page, "cloud", "held", "offline by hand")
        await sold(page, shop)
        await lamp(page, "cloud", "held", "waiting")
        port = shop.server.port
        await shop.stop_agent()
        await page.sees("The agent on this PC does not answer.")  # until then it is still taken for live
        await shop.start_agent(port=port)
        await page.until("!!document.querySelector('[data-live=true]') && !document.querySelector('.banner-away')")
        await lamp(page, "cloud", "held", "offline by hand")
        assert shop.world.cloud().orders == {}
        await page.press("o", alt=True)
        await page.click("[data-key=release-cloud]")
        await page.sees("Everything is in the clouds. It is safe to go home.")
        await lamp(page, "cloud", "good", "all sent")
        assert shop.world.cloud().orders


async def test_a_cloud_that_was_renamed_is_not_taken_for_one_that_has_everything(
    browser: Browser, tmp_path: Path
) -> None:
    async with lined_shop(tmp_path) as shop:
        await shop.world.set_line(plugged=False)
        page = await opened(browser, shop)
        await sold(page, shop)
        port = shop.server.port
        await shop.stop_agent()
        text = shop.config.read_text("utf-8")
        shop.config.write_text(text.replace('name = "cloud"', 'name = "ledger"'), "utf-8")
        await shop.world.set_line(plugged=True)
        await shop.start_agent(port=port)
        await page.until("!!document.querySelector('[data-live=true]')")
        await lamp(page, "cloud", "bad", "not set up here")
        await page.press("o", alt=True)
        await page.sees("Records wait for a cloud that this PC has no more.")
        await page.sees("Put its [[cloud]] back into stillopen.toml under this name.")
        assert await page.js("[...document.querySelectorAll('[data-key^=hold-]')].map((one) => one.dataset.key)") == [
            "hold-ledger"
        ]


async def test_a_card_on_a_terminal_says_who_bears_the_risk_while_the_line_is_down(
    browser: Browser, tmp_path: Path
) -> None:
    async with lined_shop(tmp_path) as shop:
        page = await opened(browser, shop)
        risk = "document.querySelector('.panel .card-busy')?.hidden"
        await shop.world.scan(MILK)
        await page.until("document.querySelectorAll('.line-name').length == 1")
        await page.press("F9")
        await page.until(f"{risk} === true")
        shop.far.says = REDIRECT
        await shop.app.line.look()
        await page.until(f"{risk} === false")
