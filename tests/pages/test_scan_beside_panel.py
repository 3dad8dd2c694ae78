"""A scanner that types while a panel with no text field is open: the scan rings, and the panel stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.test_returns_page import sell
from tests.pages.test_till_page import COFFEE, LINES, MILK, TEA, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser


async def test_a_scan_leaves_a_panel_and_its_focus_as_they_were(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, COFFEE, MILK)
    await page.wedge("TILL-1-000001")
    await page.click("[data-key=take-1]")
    await page.sees("Comes to 6,49")
    await page.until("document.activeElement?.dataset.key === 'take-1'")
    await page.wedge(TEA)
    await page.until(f"{LINES}.join() == 'Black tea, 50 bags'")
    await page.sees("Comes to 6,49")
    await page.until("document.activeElement?.dataset.key === 'take-1'")
    await page.type("milk")  # a person's search leaves it
    await page.until("!document.querySelector('.panel') && !!document.querySelector('.tile-first')")
