"""The till page as a cashier meets it, in a real Chromium on the real agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.demo import shop
from outbox import chain

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

CODES = {item["name"]: item["code"] for item in shop.shelf() if item["note"] is None}
COFFEE, MILK, TEA = CODES["Coffee, ground 500 g"], CODES["Whole milk 1 l"], CODES["Black tea, 50 bags"]
LINES = "[...document.querySelectorAll('.line-name')].map((line) => line.firstChild.textContent)"


async def till(browser: Browser, store: Shop, *, width: int = 1280, height: int = 800) -> Page:
    page = await browser.page(store.address(), width=width, height=height)
    await page.sees("Ready for the next customer")
    await at_rest(page)
    return page


async def at_rest(page: Page) -> None:
    """Wait until the page has read all it reads at its start: what comes later moves what a hand is aiming at."""
    await page.until("document.querySelectorAll('.tile').length > 3 && !!document.querySelector('[data-live=true]')")
    await page.until("document.querySelector('.staff-button span').textContent")  # who is here, or that nobody need be


async def total(page: Page, shown: str) -> None:
    await page.until(rf"document.querySelector('.total-amount')?.innerText.replace('\u00a0', ' ') == {shown!r}")


def sales(store: Shop) -> list[dict[str, object]]:
    return [record.body for record in chain.oldest_first(store.app.journal.reader) if record.kind == "sale"]


async def test_a_whole_sale_by_keyboard_alone(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.type("whole mi")
    await page.until("document.querySelector('.tile-first')?.innerText.includes('Whole milk')")
    await page.press("Enter")
    await page.until(f"{LINES}.join() == 'Whole milk 1 l'")  # the price alone stood on the shelf before
    await page.sees("1,29 €")
    await page.type("3x")
    await page.sees("3 \u00d7 the next item")
    await page.type("cinnamon")
    await page.press("Enter")
    await page.until(f"{LINES}.length == 2")
    await page.press("ArrowUp")
    await page.press("+")
    await page.until("document.querySelector('[data-line=\"1\"]').innerText.includes('2 \u00d7')")
    await page.press("F10")
    await page.type("20")
    await page.sees("Change: 12,02 €")
    await page.press("Enter")
    assert (await page.text(".change-amount")) == "12,02 €"
    await page.sees("Receipt printed")
    await page.sees("Drawer opened")
    assert page.problems == _not_paired_yet(page)
    (sale,) = sales(store)
    assert (sale["total"], sale["change"]) == (798, 1202)


async def test_a_late_answer_to_an_older_question_takes_nothing_off_the_screen(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.js("""(() => {
        const real = window.fetch.bind(window);
        const late = new Promise((resolve) => { window.release = resolve });
        window.fetch = async (path, options) => {
            const answer = await real(path, options);
            if (options.method !== "GET" || path !== "/v1/tills/till-1" || window.released) return answer;
            window.held = true;
            await late;
            return answer;
        };
    })()""")
    await page.wedge("4999999999993")  # no such item; the page then asks how the till stands
    await page.until("window.held")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.js("""(() => {
        window.counted = [1];
        new MutationObserver(() => window.counted.push(document.querySelectorAll(".line-name").length))
            .observe(document.querySelector(".lines"), { childList: true });
        window.released = true;
        window.release();
    })()""")
    await page.wedge(TEA)
    await page.until(f"{LINES}.length == 2")
    assert await page.js("Math.min(...window.counted)") == 1


async def test_a_wedge_scanner_is_heard_whatever_has_the_focus(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("F10")
    await page.until("document.activeElement.dataset.key == 'given'")
    await page.wedge(TEA)  # into the field for the cash given: a scan must never become an amount
    await page.until(f"{LINES}.length == 2")
    await page.until("document.querySelector('[data-key=given]').value == '9,28'")
    await page.press("n", alt=True)
    await page.until("document.activeElement.dataset.key == 'reason'")
    await page.wedge(MILK)
    await page.until(f"{LINES}.length == 3")
    assert await page.js("document.querySelector('[data-key=reason]').value") == ""


async def test_the_drawer_opens_with_no_sale_for_a_reason(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.press("n", alt=True)
    await page.press("Enter")
    await page.sees("Choose or type a reason.")
    await page.click(".chip")
    await page.click(".panel [data-key=primary]")
    await page.sees("Drawer opened")
    assert store.world.printer.kicks == [2]


async def test_a_reload_in_mid_sale_keeps_the_basket(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.wedge(MILK)
    await page.until(f"{LINES}.length == 2")
    await page.reload()
    await page.until(f"{LINES}.join() == 'Coffee, ground 500 g,Whole milk 1 l'")


async def test_what_is_pressed_while_the_agent_is_away_goes_in_once_when_it_is_back(
    browser: Browser, store: Shop
) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    port = store.server.port
    await store.stop_agent()
    await page.sees("The agent on this PC does not answer.")
    await page.wedge(MILK)
    await page.wedge(TEA)
    await page.sees("2 things wait for it.")
    await page.sees(f"scan {MILK}")
    await page.sees(f"scan {TEA}")
    await page.until("[...document.querySelectorAll('.lamp')].every((lamp) => lamp.dataset.level == 'off')")
    await store.start_agent(port=port)
    await page.until(f"{LINES}.join() == 'Coffee, ground 500 g,Whole milk 1 l,Black tea, 50 bags'")
    await page.until("!document.querySelector('.banner-away')")
    await page.press("F10")
    await page.press("Enter")
    await page.sees("No change")
    (sale,) = sales(store)
    assert sale["total"] == 649 + 129 + 279


async def test_split_tender_with_a_card_and_the_rest_in_cash(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("F9")
    await page.type("5")
    await page.sees("Then 1,49 € is left to pay.")
    await page.press("Enter")
    await page.type("slip 42")
    await page.press("Enter")
    await page.sees("slip 42")
    await page.click("[data-key=cash]")
    await page.until("[...document.querySelectorAll('.offer')].some((one) => one.innerText.startsWith('2,00'))")
    await page.js("[...document.querySelectorAll('.offer')].find((one) => one.innerText.startsWith('2,00')).click()")
    assert (await page.text(".change-amount")) == "0,51 €"


async def test_price_discount_open_item_and_removal(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("F4")
    await page.type("5,00")
    await page.press("Enter")
    await page.type("Damaged")
    await page.press("Enter")
    await page.sees("instead of 6,49 € (Damaged)")
    await page.press("F7")
    await page.type("Gift")
    await page.press("Enter")
    await page.type("3")
    await page.press("Enter")
    await page.until(f"{LINES}.length == 2")
    await page.press("F6")
    await page.click("[data-key=choice-sale]")
    await page.click("[data-key=discount]")
    await page.type("10")
    await page.press("Enter")
    await total(page, "7,20 €")
    await page.press("Delete")
    await page.until(f"{LINES}.length == 1")
    await total(page, "4,50 €")


async def test_what_is_sold_by_weight_asks_for_the_weight(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(CODES["Bananas"])
    await page.sees("Weight in kg")
    await page.type("0,75")
    await page.press("Enter")
    await page.sees("0,75 kg")
    await total(page, "1,49 €")


async def test_a_sale_is_parked_while_another_is_rung(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("F8")
    await page.type("green coat")
    await page.press("Enter")
    await page.sees("Parked (1)")
    await page.wedge(MILK)
    await page.until(f"{LINES}.join() == 'Whole milk 1 l'")
    await page.press("v", alt=True)
    await page.click(".chip")
    await page.click(".panel [data-key=primary]")
    await page.until(f"{LINES}.length == 0")
    await page.press("F8")
    await page.click(".row-button")
    await page.until(f"{LINES}.join() == 'Coffee, ground 500 g'")


async def test_a_refund_of_some_of_a_sale_and_never_more_than_was_sold(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.wedge(MILK)
    await page.until(f"{LINES}.length == 2")
    await page.press("F10")
    await page.press("Enter")
    await page.sees("Receipt printed")
    await page.press("r", alt=True)
    await page.click(".list .row-button")
    await page.click("[data-key=refund]")
    await page.click("[data-key='take-2']")
    await page.click(".panel [data-key=primary]")
    await page.sees("Give back")
    assert (await page.text(".change-amount")) == "1,29 €"
    await page.press("r", alt=True)
    await page.click(".list .row-button:nth-child(2)")
    await page.click("[data-key=refund]")
    await page.until("document.querySelector(\"[data-key='take-2']\")?.disabled")  # it came back already
    await page.click("[data-key='all']")
    await page.click(".panel [data-key=primary]")
    await page.until("document.querySelector('.change-amount')?.textContent.startsWith('6,49')")
    refunds = [record for record in chain.oldest_first(store.app.journal.reader) if record.kind == "refund"]
    assert [refund.body["total"] for refund in refunds] == [129, 649]


async def test_a_receipt_that_waits_says_so_and_a_copy_can_be_had(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await store.world.set_printer(paper=False, cover_open=None, power=None)
    await page.sees("no paper")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("F10")
    await page.press("Enter")
    await page.sees("Receipt waits for the printer")
    await page.sees("out of paper")
    await store.world.set_printer(paper=True, cover_open=None, power=None)
    await page.sees("Receipt printed")
    await page.click("[data-key=copy]")
    await page.sees("is on its way to the printer")


async def test_the_real_scanner_takes_part_in_two_times(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.type("4x")
    await page.sees("4 \u00d7 the next item")
    await store.world.scan(COFFEE)
    await page.until("document.querySelector('[data-line=\"1\"]')?.innerText.includes('4 \u00d7')")
    await page.until("!document.querySelector('.times-chip')")


async def test_an_unpaired_browser_is_asked_for_the_code(browser: Browser, store: Shop) -> None:
    page = await browser.page(store.address(paired=False))
    await page.sees("stillopen pair")
    code = store.app.door.code.make("test")
    await page.type("12")
    await page.press("Enter")
    await page.sees("The code has six digits.")
    await page.type("000000" if code != "000000" else "111111")
    await page.press("Enter")
    await page.sees("more wrong tries")
    await page.type(code)
    await page.press("Enter")
    await page.sees("Ready for the next customer")


async def test_a_code_in_the_address_is_used_and_taken_out_of_it(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    assert await page.js("location.href") == store.address(paired=False)


async def test_it_speaks_german_to_a_german_browser(browser: Browser, store: Shop) -> None:
    page = await browser.page(store.address(), language="de")
    await page.sees("Bereit für den nächsten Kunden")
    await page.press("F1")
    await page.sees("Freier Artikel")


@pytest.mark.parametrize("panel", ["", "F1", "F3", "F4", "F6", "F7", "F8", "F9", "F10"])
async def test_every_target_is_large_enough_on_the_smallest_screen(browser: Browser, store: Shop, panel: str) -> None:
    page = await till(browser, store, width=1024, height=600)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    if panel:
        await page.press(panel)
        await page.until("!!document.querySelector('.panel')")
    small = await page.js(
        "[...document.querySelectorAll('button, input')].filter((b) => b.offsetParent)"
        ".map((b) => [b.textContent || b.dataset.key, b.getBoundingClientRect()])"
        ".filter(([, r]) => r.width < 44 || r.height < 44).map(([name, r]) => `${name}: ${r.width} x ${r.height}`)"
    )
    assert small == []
    wide = await page.js("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert wide == [1024, 600]


def _not_paired_yet(page: Page) -> list[str]:
    """Return the one line Chromium logs when the page asks before it is paired."""
    return [said for said in page.problems if "401" in said]
