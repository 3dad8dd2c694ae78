"""What a cashier asked for while the agent was away outlives the page it was asked on. A real Chromium."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.pages.test_till_page import CODES, COFFEE, LINES, MILK, TEA, sales, till
from tests.pages.test_typed_numbers_page import NUTS, own_numbers

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('stillopen.outgoing'))"
SENT = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/scan')).length"
AWAY = "The agent on this PC does not answer."
RICE = CODES["Basmati rice 1 kg"]


async def close(page: Page) -> None:
    """Close the tab, as its cross does."""
    await page.call("Page.close")


async def test_what_waits_outlives_its_tab_and_is_done_once_and_in_order(browser: Browser, store: Shop) -> None:
    await own_numbers(store)
    page = await till(browser, store)
    other = await till(browser, store)  # a second page of the same till: what it keeps is its own while it lives
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    port = store.server.port
    await store.stop_agent()
    for one in (page, other):
        await one.sees(AWAY)
    await page.wedge(TEA)
    await page.wedge(MILK)
    await page.type(NUTS, gap_s=0.05)
    await page.press("Enter")
    await page.sees(f"scan {NUTS}")
    await other.wedge(RICE)
    await other.sees(f"scan {RICE}")
    assert await other.js(f"{KEPT}.length") == 2
    await close(page)

    await store.start_agent(port=port)
    await other.until(f"{LINES}.length == 2 && {KEPT}.length == 1")  # it sent its own, and took nobody's
    pages = [await browser.page(store.address(paired=False)) for _ in range(2)]
    for one in (*pages, other):
        await one.until(f"{LINES}.length == 5 && {KEPT}.length == 0")
    assert await other.js(f"{LINES}.join()") == (
        "Coffee, ground 500 g,Basmati rice 1 kg,Black tea, 50 bags,Whole milk 1 l,Nuts"
    )
    assert sum([await one.js(SENT) for one in pages]) == 3  # by one of them, whichever was first


async def test_what_waits_is_taken_over_by_its_till_alone_and_while_the_agent_knows_its_key(
    browser: Browser, store: Shop
) -> None:
    page = await till(browser, store)
    scan = {"label": "Scan", "method": "POST", "path": "/v1/tills/till-1/scan", "body": {"data": COFFEE}, "sent": True}
    now = await page.js("Date.now()")
    old = now - 8 * 24 * 3_600_000
    for place, entry in (
        ("till-1:1", scan | {"key": "of-a-week-ago", "at": old, "label": "Scan of then"}),
        ("till-1:2", scan | {"key": "of-just-now", "at": now}),
        ("till-1.b:1", scan | {"key": "of-another-till", "at": now}),
    ):
        await page.js(f"localStorage.setItem('stillopen.outgoing:{place}', {json.dumps(json.dumps([entry]))})")
    await page.reload()
    await page.sees("not sent any more: Scan of then.")
    await page.until(f"{LINES}.join() == 'Coffee, ground 500 g' && {KEPT}.join() == 'stillopen.outgoing:till-1.b:1'")
    await page.until("document.querySelector('.line-quantity').innerText.startsWith('1')")
    assert sales(store) == []
