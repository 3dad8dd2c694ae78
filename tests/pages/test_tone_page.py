"""A scan that is not rung is heard: one short tone at the till's page, and none that comes late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.test_till_page import COFFEE, LINES, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

UNKNOWN = ("2799999999997", "2799999999980")
TONE = "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/tone.js'))"
# How slow this machine is, is not the matter: the page's clock goes on when it is told to.
SPY = """
window.told = 0;
window.tones = [];
performance.now = () => window.told;
const start = AudioScheduledSourceNode.prototype.start;
AudioScheduledSourceNode.prototype.start = function (...when) {
  window.tones.push(this.frequency.value);
  return start.apply(this, when);
};
"""


async def test_a_scan_that_is_refused_is_heard(browser: Browser, store: Shop) -> None:
    page = await browser.page()
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=SPY)
    await page.goto(store.address())
    await page.sees("Ready for the next customer")
    await page.until("!!document.querySelector('[data-live=true]')")
    await store.world.scan(UNKNOWN[0])
    await page.sees("No item has the barcode")
    assert await page.js("window.tones.length") == 0  # nobody has touched the page: the browser gives no sound
    await page.js("window.told = 1000, 0")
    await page.press("Escape")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await store.world.scan(UNKNOWN[1])
    await page.until("window.tones.length > 0")
    assert await page.js("window.tones") == [220]  # that one alone: none for what was rung, or was a while ago
    await page.wedge("4111111111111111")  # a card's number goes nowhere
    await page.until("window.tones.length == 2")
    assert page.problems == []


async def test_the_customers_screen_makes_no_sound(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    assert await page.js(TONE)
    other = await browser.page(store.address("customer", paired=False))
    await other.until("!!document.querySelector('#customer > *')")
    assert not await other.js(TONE)
