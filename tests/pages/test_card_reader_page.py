"""A card at the till's reader, on the till page in a real Chromium, with a lying Stripe behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agent.line import watch
from outbox.record import Kind
from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.serving import serving
from tests.pages.test_in_step_page import FREEZE
from tests.pages.test_returns_page import records
from tests.pages.test_till_page import COFFEE, LINES, till, total

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

READER = "tmr_1"
WAIT_S = 15.0
STATE = "document.querySelector('.reader-state')?.dataset.state"
OVER = "!document.querySelector('.banner-asks, .reader')"  # the page knows of no payment any more that money waits for


@pytest.fixture
async def stripe(store: Shop) -> AsyncIterator[LyingStripe]:
    """A Stripe with a reader at the demo's till; the agent was started anew with it."""
    lying = LyingStripe()
    lying.readers.put(READER)
    async with serving(lying) as url:
        await store.stop_agent()
        (store.folder / "stripe-key").write_text(KEY)
        with store.config.open("a") as file:
            file.write(
                f'\n[[cloud]]\nname = "stripe"\nkind = "stripe"\nbase_url = "{url}"\n'
                f'key = {{ file = "stripe-key" }}\nreaders = {{ {store.app.config.tills[0].id} = "{READER}" }}\n'
            )
        await store.start_agent(port=0)
        yield lying
        assert lying.spec_faults == []


@pytest.fixture
async def page(browser: Browser, store: Shop, stripe: LyingStripe) -> Page:
    """A till page with one coffee rung, whose Stripe is known to answer."""
    async with asyncio.timeout(WAIT_S):
        while store.app.line.view()["clouds"]["stripe"]["state"] != "up":
            store.app.line.wake()
            await asyncio.sleep(0.05)
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    return page


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that has not looked at its line yet."""
    monkeypatch.setattr(watch, "FIRST_S", 3600.0)


@pytest.mark.usefixtures("unasked", "stripe")
async def test_a_reader_is_asked_though_nobody_knows_yet_of_its_line(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    assert store.app.line.view()["clouds"]["stripe"]["state"] == "unknown"
    await page.press("F9")
    await page.sees("Ask the reader for 6,49 €")


async def test_a_card_is_asked_for_declined_and_asked_for_again(page: Page, store: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "declined", "pays")
    await page.press("F9")
    await page.sees("Ask the reader for 6,49 €")
    await page.press("Enter")
    await page.sees("Declined: 6,49 € was not charged")
    await page.sees("Your card was declined.")
    await page.click(".panel [data-key=primary]")
    await page.sees("Receipt printed")
    (sale,) = records(store, Kind.SALE)
    assert sale["tenders"][0]["card"]["last4"] == "4242"
    assert stripe.books.charged == 649


async def test_while_the_customer_is_at_the_reader_scans_count_and_it_can_be_cancelled(
    page: Page, store: Shop, stripe: LyingStripe
) -> None:
    stripe.readers.put(READER, "walks about")
    await page.press("F9")
    await page.sees("Ask the reader for 6,49 €")
    await page.press("Enter")
    await page.until(f"{STATE} == 'at_reader'")
    await page.wedge(COFFEE)
    await total(page, "12,98 €")
    await page.press("Escape")
    await page.sees("Card at the reader: 6,49 €")
    await page.press("F10")  # cash waits for its end
    await page.until(f"{STATE} == 'at_reader'")
    await page.click("[data-key=reader-cancel]")
    await page.sees("Cancelled: 6,49 € was not charged")
    await page.until(OVER)
    await page.press("F10")
    await page.press("Enter")
    await page.sees("Receipt printed")
    assert stripe.books.charged == 0


async def test_with_no_line_it_goes_on_without_and_a_person_is_told_what_became_of_it(
    page: Page, store: Shop, stripe: LyingStripe
) -> None:
    stripe.readers.put(READER, "walks about")
    await page.press("F9")
    await page.sees("Ask the reader for 6,49 €")
    await page.press("Enter")
    await page.until(f"{STATE} == 'at_reader'")
    stripe.faults.add("drop", times=1_000_000)
    await page.sees("Nobody can say yet what became of it")
    await page.click("[data-key=reader-leave]")
    await page.sees("A card payment of 6,49 € was left")
    intent = next(iter(stripe.books.intents.values()))
    stripe.books.pay(intent, "4242")
    stripe.books.capture_intent(intent["id"])
    stripe.faults.waiting.clear()
    await page.sees("had been charged: the money went back to the card")
    await page.click("[data-key^=told-]")
    await page.until("!document.body.innerText.includes('had been charged')")
    assert stripe.books.charged == 0


async def test_an_end_that_no_panel_follows_is_said_and_completes_its_sale(
    page: Page, store: Shop, stripe: LyingStripe
) -> None:
    reader = stripe.readers.put(READER, *["walks about"] * 3)
    await ask(page)
    await page.press("Escape")
    await page.sees("Card at the reader: 6,49 €")
    reader.now_with = "declined"
    await page.sees("Declined: 6,49 € was not charged. Your card was declined.")

    await ask(page)
    await page.reload()
    await page.sees("Card at the reader: 6,49 €")
    await page.press("F1")
    reader.now_with = "pays"
    await page.sees("Visa •••• 4242")  # that a shift has opened by itself is said where the charge was
    await page.until(f"{LINES}.length == 0")
    assert await page.text(".panel h2") == "Keys"  # what is read stays
    assert len(records(store, Kind.SALE)) == 1

    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await ask(page)
    port = store.server.port
    await store.stop_agent()
    await page.sees("The agent on this PC does not answer.")
    reader.now_with = "pays"
    await store.start_agent(port=port)  # its end may come before the page hears events again
    await page.sees("Sale TILL-1-000002")
    assert stripe.books.charged == 2 * 649


async def ask(page: Page) -> None:
    await page.press("F9")
    await page.sees("Ask the reader for 6,49 €")
    await page.press("Enter")
    await page.until(f"{STATE} == 'at_reader'")


async def test_a_part_that_goes_back_is_followed_to_its_own_end(page: Page, store: Shop, stripe: LyingStripe) -> None:
    await page.press("F9")
    await page.sees("Ask the reader for 6,49 €")
    await page.js("document.activeElement.value = '3,00'")
    await page.press("Enter")
    await page.until("!!document.querySelector('[data-key=tender-1]')")
    stripe.faults.add("drop", times=1_000_000)
    await page.click("[data-key=tender-1]")
    await page.sees("Card at the reader: 3,00 €")
    await page.press("F10")  # cash waits for its end, which nobody can tell now
    await page.until("!!document.querySelector('[data-key=reader-leave]')")
    stripe.faults.waiting.clear()
    await page.until("!document.querySelector('[data-key=tender-1]')")
    await page.until(OVER)
    assert stripe.books.charged == 0
    await page.press("F10")
    await page.press("Enter")
    await page.sees("Receipt printed")


async def test_a_payment_that_ended_opens_no_empty_panel_while_the_till_still_names_it(
    page: Page, stripe: LyingStripe
) -> None:
    stripe.readers.put(READER, "walks about")
    await page.press("F9")
    await page.sees("Ask the reader for 6,49 €")
    await page.press("Enter")
    await page.until(f"{STATE} == 'at_reader'")
    await page.js(FREEZE)
    await page.click("[data-key=reader-cancel]")
    await page.until("!!document.querySelector('[data-ended]')")
    await page.until("window.lies > 0")
    for key in ("F9", "F10"):
        await page.press("Escape")
        await page.press(key)
        await page.until("!!document.querySelector('.panel-body input')")
