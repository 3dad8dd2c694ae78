"""Goods that come back, training, and a receipt nobody knows of, on the till page in a real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox import chain
from tests.pages.test_till_page import COFFEE, LINES, MILK, at_rest, till, total

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop


def records(store: Shop, kind: str) -> list[dict[str, Any]]:
    return [record.body for record in chain.oldest_first(store.app.journal.reader) if record.kind == kind]


async def sell(page: Page, *codes: str) -> None:
    """Sell for exact cash."""
    for code in codes:
        await page.wedge(code)
    await page.until(f"{LINES}.length == {len(codes)}")
    await page.press("F10")
    await page.click("[data-key=offer-0]")
    await page.sees("Receipt printed")


async def test_a_scanned_receipt_opens_its_refund_and_says_what_it_comes_to(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, COFFEE, MILK)
    number = records(store, "sale")[0]["receipt_number"]
    await page.wedge(number)
    await page.sees(f"Refund from {number}")
    await page.click("[data-key=take-1]")
    await page.sees("Comes to 6,49")
    await page.click("[data-key=take-2]")
    await page.sees("Comes to 7,78")
    await page.click(".panel [data-key=primary]")
    await page.sees("Refund TILL-1-000002")
    await page.until("document.querySelector('.change-amount').innerText.startsWith('7,78')")
    assert records(store, "refund")[0]["total"] == 778
    await page.wedge(number)
    await page.until("[...document.querySelectorAll('[role=checkbox]')].every((box) => box.disabled)")


async def test_money_that_goes_back_on_a_card_has_its_slip(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, COFFEE)
    await page.wedge("TILL-1-000001")
    await page.sees("Refund from")
    assert not await page.js("document.querySelector('[data-key=slip]').offsetParent")
    await page.click("[data-key=choice-card]")
    await page.click("[data-key=take-1]")
    await page.sees("Comes to 6,49")
    await page.click("[data-key=slip]")
    await page.type("0042", gap_s=0.05)
    await page.press("Enter")
    await page.sees("Refund TILL-1-000002")
    assert [(one["type"], one["reference"]) for one in records(store, "refund")[0]["tenders"]] == [("card", "0042")]


async def test_goods_are_exchanged_and_the_difference_is_paid(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, MILK)
    await page.wedge("TILL-1-000001")
    await page.click("[data-key=take-1]")
    await page.click("[data-key=exchange]")
    await page.until("!!document.querySelector('.line-back')")
    await page.wedge(COFFEE)
    await total(page, "5,20 €")
    await page.press("F10")
    await page.click("[data-key=offer-0]")
    await page.sees("Receipt printed")
    (refund,) = records(store, "refund")
    sale = records(store, "sale")[1]
    assert sale["exchange"]["id"] == refund["id"]
    assert [tender["type"] for tender in sale["tenders"]] == ["exchange", "cash"]


async def test_cheaper_goods_in_exchange_say_what_to_give_back(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, COFFEE)
    await page.wedge(MILK)
    await page.until(f"{LINES}.length == 1")
    await page.wedge("TILL-1-000001")
    await page.click("[data-key=take-1]")
    await page.click("[data-key=exchange]")
    await total(page, "5,20 €")
    await page.sees("Give back in cash")
    await page.press("F10")  # nothing is due: it is complete
    await page.until("document.querySelector('.change-amount')?.innerText.startsWith('5,20')")
    await page.sees("Give back")
    assert records(store, "refund")[0]["tenders"][1]["amount"] == 520


async def test_what_is_rung_comes_back_without_a_receipt(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.press("b", alt=True)
    await page.sees("First ring what comes back")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("b", alt=True)
    await page.sees("Comes to 6,49")
    await page.wedge(MILK)  # scanned while the panel is open: it comes back, too
    await page.sees("Comes to 7,78")
    await page.press("Enter")
    await page.sees("Choose or type a reason.")
    await page.click(".chip")
    await page.click(".panel [data-key=primary]")
    await page.until("document.querySelector('.change-amount')?.innerText.startsWith('7,78')")
    (refund,) = records(store, "refund")
    assert (refund["original"], refund["reason"], len(refund["lines"])) == (None, "No receipt", 2)


async def test_a_receipt_is_found_and_printed_again_or_for_a_gift(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await sell(page, COFFEE)
    await page.press("p", alt=True)
    await page.sees("copy")
    await page.press("r", alt=True)
    await page.until("document.activeElement.dataset.key == 'number'")
    await page.type("000001")
    await page.press("Enter")
    await page.click("[data-key='TILL-1-000001']")
    await page.click("[data-key=gift]")
    await page.sees("A gift receipt of TILL-1-000001 is printing.")
    await page.press("r", alt=True)
    await page.click("[data-key=amount]")
    await page.type("6,50")
    await page.press("Enter")
    await page.sees("No receipt like that here.")


async def test_one_question_about_an_unclear_receipt_stands_in_no_sales_way(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    store.world.printer.power_off_at = store.world.printer.taken + 250
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("F10")
    await page.click("[data-key=offer-0]")
    await page.sees("Did receipt TILL-1-000001 come out whole?")
    store.world.printer.power_off_at = None
    store.world.printer.power_on()
    await page.wedge(MILK)  # the next customer
    await page.until(f"{LINES}.length == 1")
    await page.sees("Did receipt TILL-1-000001 come out whole?")
    await page.press("y", alt=True)
    await page.until("!document.querySelector('.banner-asks')")
    await page.until(f"{LINES}.length == 1")
    assert store.app.records.get("TILL-1-000001")["print"] == "printed"


async def test_training_is_plain_to_see_and_the_open_sale_comes_back(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("t", alt=True)
    await page.click(".panel [data-key=primary]")
    await page.sees("Nothing here is a real sale.")
    await page.until(f"{LINES}.length == 0")
    await page.wedge(MILK)
    await page.until(f"{LINES}.join() == 'Whole milk 1 l'")
    await page.reload()
    await at_rest(page)
    await page.sees("Nothing here is a real sale.")
    await page.until(f"{LINES}.join() == 'Whole milk 1 l'")
    await page.press("F10")
    await page.click("[data-key=offer-0]")
    await page.sees("TILL-1-TRAIN000001")
    await page.sees("Receipt printed")
    assert not records(store, "sale")
    await page.press("t", alt=True)
    await page.until("!document.querySelector('.training-band strong')")
    await page.until(f"{LINES}.join() == 'Coffee, ground 500 g'")
