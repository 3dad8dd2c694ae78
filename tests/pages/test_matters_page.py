"""The open matters and the trail on the till page, and how a panel is read by keys, in a real Chromium."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from outbox import audit
from tests.clouds.serving import read_body, serving
from tests.pages.conftest import Shop
from tests.pages.test_till_page import COFFEE, LINES, till

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from tests.pages.browser import Browser

pytestmark = pytest.mark.browser


class Bookkeeping:
    """A cloud that refuses what it is sent, until somebody has mended it."""

    mended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await read_body(receive)
        await send({"type": "http.response.start", "status": 204 if self.mended else 422, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def refused(folder: Path) -> AsyncIterator[tuple[Shop, Bookkeeping]]:
    """Open the demo's shop with such a cloud beside its own."""
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    books = Bookkeeping()
    async with serving(books) as url, Shop(folder) as store:
        await store.stop_agent()
        await asyncio.to_thread((folder / "books.txt").write_text, secret)
        cloud = f'\n[[cloud]]\nname = "books"\nkind = "webhook"\nurl = "{url}/x"\nsecret = {{ file = "books.txt" }}\n'
        store.config.write_text(store.config.read_text("utf-8") + cloud, "utf-8")
        await store.start_agent(port=0)
        yield store, books


async def test_what_a_cloud_refused_is_ticked_off_or_sent_again(browser: Browser, tmp_path: Path) -> None:
    async with refused(tmp_path) as (store, books):
        page = await till(browser, store)
        await page.wedge(COFFEE)
        await page.until(f"{LINES}.length == 1")
        await page.press("F10")
        await page.until("!!document.querySelector('[data-key=given]')")
        await page.press("Enter")
        await page.until("document.querySelector('[data-lamp=books]')?.dataset.level == 'bad'")
        # Shift, sale and drawer: each that is refused later would move the lists under the hand.
        await page.until("document.querySelector('[data-lamp=books]').innerText.includes('3 need a person')")
        await page.press("o", alt=True)
        await page.click("[data-key=to-matters]")
        await page.sees("Refused: ")
        of_sale = ".card[data-matter=parked]:has([data-key^=receipt-])"
        await page.click(f"{of_sale} [data-key^=settle-]")
        await page.sees("Nothing of it is sent to books any more")
        await page.until("document.activeElement.dataset.key == 'reason'")
        await page.press("Enter")
        await page.sees("Choose or type a reason.")
        await page.type("By hand")
        await page.press("Enter")
        await page.until(f"!!document.querySelector('[data-key^=again-]') && !document.querySelector('{of_sale}')")

        books.mended = True
        while await page.js("!document.querySelector('.panel .card-good')"):
            await page.press("w", alt=True)
            await page.until("!!document.querySelector('.panel [data-key^=again-], .panel .card-good')")
            if await page.js("!!document.querySelector('[data-key^=again-]')"):
                gone = await page.js("document.querySelector('[data-key^=again-]').dataset.key")
                await page.click(f"[data-key={gone}]")
                await page.until(f"!document.querySelector('[data-key={gone}]')")
        await page.sees("Nothing: every record is in its clouds")
        await page.until("document.querySelector('[data-lamp=books]').dataset.level == 'good'")

        await page.press("j", alt=True)
        entry = "document.querySelector('.trail [data-action=delivery_settle]')?.innerText"
        await page.until(f"{entry}?.includes('Reason: By hand')")
        kept = [one["action"] for one in audit.newest(store.app.journal.reader, 50)]
        assert "delivery_retry" in kept
        assert await page.js("[...document.querySelectorAll('.trail li')].map((row) => row.dataset.action)") == kept
        assert [said for said in page.problems if "401" not in said] == []


async def test_a_panel_is_read_to_its_end_by_keys_and_a_choice_is_made_by_arrows(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.size(1024, 600)
    await page.press("m", alt=True)
    body = "document.querySelector('.panel-body')"
    assert await page.js(f"{body}.scrollHeight > {body}.clientHeight + 100")
    for _ in range(5):
        await page.press("PageDown")
    await page.until(f"{body}.scrollTop + {body}.clientHeight > {body}.scrollHeight - 2")
    for _ in range(5):
        await page.press("PageUp")
    await page.until(f"{body}.scrollTop == 0")

    await page.press("h", alt=True)
    await page.click("[data-key=shift-cash]")
    await page.until("!!document.querySelector('[data-key=choice-out]')")
    await page.js("document.querySelector('[data-key=choice-out]').focus()")
    chosen = "document.querySelector('[role=radio][aria-checked=true]').dataset.key"
    await page.press("ArrowRight")
    assert await page.js(chosen) == "choice-drop"
    await page.press("ArrowRight")
    assert await page.js(f"{chosen} + ' ' + document.activeElement.dataset.key") == "choice-in choice-in"
    await page.press("ArrowUp")
    assert await page.js(chosen) == "choice-drop"
