"""A till page that was loaded anew with a customer at the counter, in a real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.test_till_page import COFFEE, LINES, MILK, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

# The number that a page of the till's state recalls once so many minutes have passed.
RECALLED = """import('/static/till/state.js').then(async ({ TillState }) => {
  const state = new TillState();
  await state.start();
  await state.recall(Date.now() + %d * 60_000);
  return state.last?.receipt_number ?? null;
})"""


async def pays_twenty(page: Page) -> None:
    await page.press("F10")
    await page.until("document.activeElement.dataset.key == 'given'")
    await page.type("20")
    await page.press("Enter")
    await page.until("!!document.querySelector('.change-amount')")


async def test_change_and_print_are_there_again_after_a_reload(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await store.world.scan(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await pays_twenty(page)
    await page.sees("Receipt printed")
    await page.js("window.stays = true")
    await page.reload()
    await page.until("!window.stays && !!document.querySelector('[data-live=true]')")
    assert await page.text(".done h2") == "Sale TILL-1-000001"
    assert await page.text(".change-amount") == "13,51 €"
    assert "Receipt printed" in await page.text(".done [data-print=printed]")

    await page.press("r", alt=True)
    await page.click("[data-key='TILL-1-000001']")
    assert (await page.text("[data-part=paid]")).split("\n") == ["Cash", "20,00 €", "Change", "13,51 €"]

    assert await page.js(RECALLED % 9) == "TILL-1-000001"
    assert await page.js(RECALLED % 11) is None  # whoever it was for has gone
    await store.world.scan(MILK)
    await page.until(f"{LINES}.length == 1")
    assert await page.js(RECALLED % 0) is None  # somebody is being served
    assert page.problems == []
