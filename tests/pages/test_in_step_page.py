"""The till page keeps in step with the agent and with whoever works at it: late answers, missed events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.api.shop import APPLE, open_shop
from tests.pages.test_returns_page import sell
from tests.pages.test_till_page import COFFEE, LINES, MILK, TEA, at_rest, till

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

UNKNOWN = "2799999999997"

# Every request that begins so, as "GET /v1/...", is counted in `window.sent`; its answer waits for `window.release()`.
HOLD = """(() => {
    const real = window.fetch.bind(window);
    const late = new Promise((resolve) => { window.release = resolve });
    window.sent = 0;
    window.fetch = async (path, options) => {
        const answer = await real(path, options);
        if (!`${options.method} ${path}`.startsWith(%s)) return answer;
        window.sent += 1;
        await late;
        return answer;
    };
})()"""

# What the page reads of its till is from now on what it read last.
FREEZE = """(async () => {
    const real = window.fetch.bind(window);
    const frozen = await (await real("/v1/tills/till-1")).text();
    window.lies = 0;
    window.fetch = async (path, options) => {
        if (`${options.method} ${path}` !== "GET /v1/tills/till-1") return real(path, options);
        window.lies += 1;
        return new Response(frozen, { headers: { "content-type": "application/json" } });
    };
})()"""

# The first socket comes to nothing, as one to an agent that is not up yet, at `window.release()`.
NO_SOCKET = """(() => {
    const Real = window.WebSocket;
    window.WebSocket = function (url) {
        window.WebSocket = Real;
        const none = new EventTarget();
        window.release = () => none.dispatchEvent(new Event("close"));
        return none;
    };
})()"""


async def hold(page: Page, begins: str) -> None:
    await page.js(HOLD % json.dumps(begins))


async def released(page: Page) -> None:
    """Let the answers through, and wait until the page has read another one after them."""
    await page.js("window.release(); fetch('/v1/status', { method: 'GET' }).then((answer) => answer.json())")


async def test_the_drawers_word_does_not_take_the_place_of_what_was_paid_in(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.press("h", alt=True)
    await page.click("[data-key=shift-cash]")
    await page.click("[data-key=choice-in]")
    await page.click("[data-key=amount]")
    await page.type("50")
    await page.click("[data-key=reason]")
    await page.type("Change")
    await page.press("Enter")
    await page.sees("50,00 € paid in.")
    drawer = store.app.config.tills[0].drawer
    said = "document.querySelector('.message')?.innerText"

    def drawer_is(state: str) -> None:
        store.app.events.publish("drawer", drawer=drawer, record_id=None, state=state, reason=None)

    drawer_is("opened")  # once more: the drawer itself may have been heard before the answer, and the note went over it
    await page.until(f"/paid in[^]*Drawer opened/.test({said})")
    drawer_is("closed")
    await page.until(f"/paid in[^]*Drawer closed/.test({said})")
    drawer_is("left_open")
    await page.until(f"/still open/.test({said}) && !/paid in/.test({said})")
    drawer_is("closed")
    await page.until(f"/Drawer closed/.test({said}) && !/still open/.test({said})")
    await store.world.scan(UNKNOWN)
    await page.sees("No item has the barcode")
    drawer_is("closed")
    drawer_is("not_opened")
    await page.sees("Drawer did not open")


async def test_how_many_typed_while_an_item_is_looked_up_is_for_the_next_one(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.type("2x")
    await page.sees("2 \u00d7 the next item")
    await page.type("nosuch")
    await page.press("Enter")
    await page.sees("2 \u00d7 the next item")  # nothing was rung: it still waits
    await page.press("Escape")
    await page.type("whole mi")
    await page.until("document.querySelector('.tile-first')?.innerText.includes('Whole milk')")
    await hold(page, "GET /v1/items?q=")
    await page.press("Enter")
    await page.until("window.sent == 1")
    await page.type("3x")
    await page.sees("3 \u00d7 the next item")
    await page.js("window.release()")
    await page.until(f"{LINES}.join() == 'Whole milk 1 l'")
    await page.wedge(TEA)
    await page.until(f"{LINES}.length == 2")
    rung = store.app.tills.view("till-1")["sale"]["lines"]
    assert [line["quantity"] for line in rung] == ["2", "3"]


async def test_money_is_taken_though_the_page_does_not_know_of_the_open_shift(browser: Browser, store: Shop) -> None:
    port = store.server.port
    await store.stop_agent()
    with store.config.open("a", encoding="utf-8") as file:
        file.write("\n[shift]\ncount_float = true\n")
    await store.start_agent(port=port)
    page = await browser.page(store.address())
    await page.sees("Count the change money before the first sale.")
    await page.press("Escape")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.js(FREEZE)
    await page.js(
        "import('/static/parts/api.js').then(({ write, newKey }) =>"
        " write('POST', '/v1/shifts', { till: 'till-1', float: 5000 }, newKey()).then(() => true))"
    )
    await page.until("window.lies > 0")
    await page.press("F10")
    await page.until("!!document.querySelector('[data-key=offer-0]')")


async def test_the_outage_card_is_read_again_once_the_agent_is_back(browser: Browser, store: Shop) -> None:
    page = await browser.page()
    await page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="const Real = WebSocket; window.WebSocket = function (url) { return window.socket = new Real(url) }",
    )
    await page.goto(store.address())
    await at_rest(page)
    await page.press("o", alt=True)
    await page.until("!!document.querySelector('[data-key=outage-look]')")
    await hold(page, "GET /v1/outage")
    await page.js("window.socket.close()")
    await page.until("window.sent > 0")
    await page.js("window.release()")
    assert page.problems == [one for one in page.problems if "401" in one]


async def test_who_is_here_is_read_again_though_it_changed_before_it_was_known(browser: Browser, store: Shop) -> None:
    page = await browser.page()
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=HOLD % json.dumps("GET /v1/sign-in"))
    await page.goto(store.address())
    await page.until("window.sent == 1 && !!document.querySelector('[data-live=true]')")
    store.app.events.publish("staff", page="this one", staff=None)
    await page.until("window.sent == 2")
    await page.js("window.release()")
    await at_rest(page)


async def test_the_last_receipts_come_too_late_to_hide_what_was_searched_for(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, COFFEE)
    await sell(page, TEA)
    await hold(page, "GET /v1/records?till=")
    await page.press("r", alt=True)
    await page.until("window.sent == 2")
    await page.click("[data-key=amount]")
    await page.type("6,49")
    await page.press("Enter")
    await page.until("document.querySelectorAll('.panel .row-button').length == 1")
    await released(page)
    assert await page.js("document.querySelectorAll('.panel .row-button').length") == 1
    await page.click("[data-key=TILL-1-000001]")
    await page.sees("Receipt TILL-1-000001")


async def test_all_lines_are_taken_back_with_one_question(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, COFFEE, MILK, TEA)
    await page.wedge("TILL-1-000001")
    await page.sees("Refund from TILL-1-000001")
    await hold(page, "POST /v1/refunds/preview")
    await page.click("[data-key=all]")
    await page.until("window.sent > 0")
    await page.js("window.release()")
    await page.sees("Comes to")
    assert await page.js("window.sent") == 1


async def test_in_training_nothing_is_offered_for_the_catalogue(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    shown = "document.querySelector('[data-key=keep]')?.checkVisibility()"
    await store.world.scan(UNKNOWN)
    await page.until(shown)
    await page.press("Escape")
    await page.press("t", alt=True)
    await page.click(".panel [data-key=primary]")
    await page.sees("Nothing here is a real sale.")
    await page.wedge(UNKNOWN)
    await page.sees("Sell it once")
    assert not await page.js(shown)
    await page.sees("In training the catalogue stays as it is.")


async def test_the_customer_sees_the_end_of_a_sale_that_ended_before_the_screen_heard_the_agent(
    browser: Browser, tmp_path: Path
) -> None:
    async with open_shop(tmp_path) as shop:
        sale = await shop.rung(APPLE)
        page = await browser.page()
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=NO_SOCKET)
        await page.goto(f"{shop.own}/customer#pair={shop.app.door.code.make('test')}")
        await page.until("document.getElementById('customer').dataset.shows == 'sale' && !!window.release")
        path = f"/v1/sales/{sale['id']}"
        shop.body(await shop.client.post(f"{path}/tenders", json={"type": "cash", "amount": 100}))
        shop.body(await shop.client.post(f"{path}/complete"))
        await page.js("window.release()")
        await page.until("document.getElementById('customer').dataset.shows == 'done'")
        await page.sees("€0.50")
