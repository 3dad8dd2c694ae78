"""The till says when its drawer is left open, also while a finished sale is on show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.test_till_page import LINES, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser


async def test_a_drawer_left_open_is_said_and_a_closed_one_too(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.type("whole mi")
    await page.until("document.querySelector('.tile-first')?.innerText.includes('Whole milk')")
    await page.press("Enter")
    await page.until(f"{LINES}.length == 1")
    await page.press("F10")
    await page.type("20")
    await page.sees("Change: 18,71 €")
    await page.press("Enter")
    await page.sees("Drawer opened")
    drawer = store.app.config.tills[0].drawer
    store.app.events.publish("drawer", drawer=drawer, record_id=None, state="left_open", reason=None)
    await page.sees("The drawer is still open. Close it.")
    await page.sees("Drawer opened")  # what is on show of the sale stays
    store.app.events.publish("drawer", drawer=drawer, record_id=None, state="closed", reason=None)
    await page.sees("Drawer closed")
