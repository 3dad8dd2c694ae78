"""What takes its time to be answered is asked for once, and what somebody opened meanwhile stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from outbox.record import Kind
from tests.pages.test_returns_page import records, sell
from tests.pages.test_till_page import COFFEE, MILK, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

WAITS = "[...document.querySelectorAll('.panel [aria-disabled=true] .waits')].length"


async def hold(page: Page, path: str) -> None:
    """Let what is written to `path` reach the agent, and its answer the page only after `release`."""
    await page.js(f"""(() => {{
        const real = window.real ??= window.fetch.bind(window);
        const late = new Promise((resolve) => {{ window.release = resolve }});
        window.sent = 0;
        window.fetch = async (path, options) => {{
            const answer = await real(path, options);
            if (options.method === "GET" || path !== {json.dumps(path)}) return answer;
            window.sent += 1;
            await late;
            return answer;
        }};
    }})()""")


async def release(page: Page) -> None:
    await page.js("window.release()")


async def test_money_goes_back_and_moves_once_however_often_it_is_pressed(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, COFFEE, MILK)
    await page.wedge(records(store, Kind.SALE)[0]["receipt_number"])
    await page.click("[data-key=take-1]")
    await page.click("[data-key=reason]")
    await hold(page, "/v1/refunds")
    await page.press("Enter")
    await page.press("Enter")
    await page.until(f"window.sent == 1 && {WAITS} == 2")
    await page.click("[data-key=primary]")
    await page.click("[data-key=exchange]")
    await page.sees("no answer yet")
    await release(page)
    await page.sees("Refund TILL-1-000002")
    assert [one["total"] for one in records(store, Kind.REFUND)] == [649]

    await page.press("h", alt=True)
    await page.click("[data-key=shift-cash]")
    await page.click("[data-key=choice-in]")
    await page.click("[data-key=amount]")
    await page.until("document.activeElement.dataset.key == 'amount'")
    await page.type("5")
    await page.press("Enter")
    await page.type("Post")
    await hold(page, "/v1/shifts/current/cash")
    await page.press("Enter")
    await page.press("Enter")
    await page.until(f"window.sent == 1 && {WAITS} == 1")
    await page.press("F1")
    await page.sees("Keys")
    await page.until("/drawer/i.test(document.querySelector('.message')?.innerText)")  # it would take the place
    await release(page)
    await page.sees("5,00 € paid in.")
    assert await page.text(".panel h2") == "Keys"  # what was opened meanwhile stays
    assert len(records(store, Kind.CASH)) == 1
    assert await page.js("window.sent") == 1

    await page.press("h", alt=True)
    await page.click("[data-key=shift-close]")
    await page.click("[data-key=choice-none]")
    await hold(page, "/v1/shifts/current/close")
    await page.click("[data-key=primary]")
    await page.until("window.sent == 1")
    await page.press("F1")
    await release(page)
    await page.sees("The shift is closed: Z 1.")
    assert await page.text(".panel h2") == "Keys"
