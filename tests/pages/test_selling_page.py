"""Keys, customers, ages, notes, parked sales and unknown barcodes at the till page, in a real Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from outbox import chain
from tests.pages.test_till_page import COFFEE, LINES, MILK, sales, till, total

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

WINE, PHONE, UNKNOWN = "4006381333931", "96385074", "4006381333948"
ASKING = f"""sku,name,price,tax,barcode,category,min_age,track
9001,Red wine,5.99,standard,{WINE},Drinks,18,
9002,Phone charger,19.90,standard,{PHONE},Household,,serial
"""


async def ask_for_age(store: Shop) -> None:
    result = await store.app.catalogue.import_csv(
        ASKING, currency="EUR", taxes={tax.code for tax in store.app.config.taxes}
    )
    assert result.ok, result.to_json()


async def lines(page: Page, *names: str) -> None:
    await page.until(f"{LINES}.join() == {','.join(names)!r}")


async def test_a_key_rings_and_keys_are_arranged_for_every_till(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.click("[data-key=page-1]")
    await page.sees("Orange juice 1 l")
    await page.click(".key[data-sku]")
    await page.until(f"{LINES}.length == 1")
    await page.press("g", alt=True)
    await page.click("[data-key=add-page]")
    await page.until("document.activeElement.dataset.key == 'page-title'")
    await page.type("Mine")
    await page.click("[data-key=place-2]")
    await page.click("[data-key=key-find]")
    await page.type("whole milk")
    await page.until("document.querySelector('.list .row-button')?.innerText.includes('Whole milk')")  # not of a part
    await page.click(".list .row-button")
    await page.until("document.activeElement.dataset.key == 'key-find'")
    await page.type("sweets")
    await page.until("document.querySelector('.list .row-button')?.dataset.key === 'put-category-Sweets'")
    await page.click("[data-key='put-category-Sweets']")
    await page.click("[data-key=place-3]")
    await page.click("[data-key=move]")
    await page.click("[data-key=place-0]")
    await page.click(".panel [data-key=primary]")
    await page.sees("The keys are kept.")
    shown = store.app.quick_keys.view("till-1")
    assert (shown["scope"], shown["pages"][-1]["title"]) == ("store", "Mine")
    assert sorted((key["at"], key["category"] or key["name"]) for key in shown["pages"][-1]["keys"]) == [
        (0, "Sweets"),
        (2, "Whole milk 1 l"),
    ]
    await page.click(f"[data-key=page-{len(shown['pages']) - 1}]")
    await page.click("[data-key=key-2]")
    await page.until(f"{LINES}.at(-1) == 'Whole milk 1 l'")
    await page.click("[data-key=key-0]")
    await page.until("document.querySelector('.category-name')?.textContent == 'Sweets'")
    await page.press("Enter")  # the first of them has the focus
    await page.until(f"{LINES}.length == 3")
    await page.reload()
    await page.until("[...document.querySelectorAll('.tab')].at(-1)?.textContent == 'Mine'")


async def test_an_age_is_asked_once_and_a_serial_number_before_money_is_taken(browser: Browser, store: Shop) -> None:
    await ask_for_age(store)
    page = await till(browser, store)
    await page.wedge(WINE)
    await page.sees("Born on")
    await page.click("[data-key=age-no]")
    await page.until(f"{LINES}.length == 0")
    await store.world.scan(WINE)
    await page.sees("18+ not asked yet")
    await page.press("Escape")
    await page.press("F10")  # what was put off comes back before money is taken
    await page.until("document.activeElement.dataset.key == 'born'")
    for born, said in (("2020-01-31", "Not 18 yet"), ("1990-01-31", "18+ asked")):
        await page.js(f"document.activeElement.value = '{born}'")
        await page.press("Enter")
        await page.sees(said)
    await page.wedge(PHONE)
    await page.sees("Scan it from the pack")
    await page.wedge("SN-12345")
    await page.sees("Serial SN-12345")
    await page.press("F10")
    await page.press("Enter")
    await page.sees("No change")
    (sale,) = sales(store)
    wine, phone = list_of(sale["lines"])
    assert (wine["age_check"]["how"], wine["age_check"]["age"]) == ("document", 18)
    assert phone["serial"] == "SN-12345"
    everything = [record.body for record in chain.oldest_first(store.app.journal.reader)]
    trail = [body for (body,) in store.app.journal.reader.execute("select body from audit")]
    assert "1990-01-31" not in f"{everything}{trail}"


async def test_a_customer_and_notes_stand_on_the_record(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await lines(page, "Coffee, ground 500 g")
    await page.press("c", alt=True)
    await page.click(".panel [data-key=primary]")
    await page.until("document.activeElement.dataset.key == 'customer-name'")  # by mouse, too, a panel has the focus
    await page.type("Ada Byron")
    await page.click("[data-key=customer-number]")
    await page.type("K-77")
    await page.press("Enter")
    await page.sees("Ada Byron · K-77")
    await page.click("[data-key=customer-off]")
    await page.until("!document.querySelector('.customer')")
    await page.press("c", alt=True)
    await page.wedge("K-77")  # the customer's card
    await page.sees("Ada Byron · K-77")
    await page.press("a", alt=True)
    await page.type("no box")
    await page.press("Enter")
    await page.sees("no box")
    await page.press("a", alt=True)
    await page.click("[data-key=choice-sale]")
    await page.click(".chip")
    await page.click("[data-key=note-printed]")
    await page.click(".panel [data-key=primary]")
    await page.sees("Gift (on the receipt)")
    await page.press("F10")
    await page.press("Enter")
    await page.sees("No change")
    (sale,) = sales(store)
    customer: Any = sale["customer"]
    assert (customer["name"], customer["number"]) == ("Ada Byron", "K-77")
    assert sale["note"] == {"text": "Gift", "printed": True}
    assert list_of(sale["lines"])[0]["note"] == {"text": "no box", "printed": False}


async def test_an_unknown_barcode_is_sold_once_or_known_from_then_on(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await store.world.scan(UNKNOWN)
    await page.sees("Not in the catalogue")
    await page.wedge(MILK)  # whoever goes on scanning is not held up
    await lines(page, "Whole milk 1 l")
    await page.until("!document.querySelector('.panel')")
    await page.wedge(UNKNOWN)
    await page.until("document.activeElement.dataset.key == 'name'")
    await page.type("Plum jam")
    await page.press("Enter")
    await page.type("3,50")
    await page.press("Enter")
    await lines(page, "Whole milk 1 l", "Plum jam")
    await page.wedge(UNKNOWN)
    await page.until("document.activeElement.dataset.key == 'name'")
    await page.type("Plum jam")
    await page.press("Enter")
    await page.type("3,60")
    await page.click("[data-key=keep]")
    await lines(page, "Whole milk 1 l", "Plum jam", "Plum jam")
    await page.wedge(UNKNOWN)
    await total(page, "11,99 €")
    item = store.app.catalogue.by_barcode([UNKNOWN.zfill(14)])
    assert item is not None
    assert store.app.catalogue.made_here(item.sku)


async def test_numbers_by_the_pad_parked_sales_by_name_and_targets_for_fingers(browser: Browser, store: Shop) -> None:
    page = await till(browser, store, width=1024, height=600)
    await page.click("[data-key=pad]")
    for key in "3":
        await page.click(f".pad-key:nth-child({'789456123,0'.index(key) + 1})")
    await page.click("[data-key=code-times]")
    await page.sees("3 \u00d7 the next item")
    await page.until("document.activeElement.dataset.key == 'code'")
    await page.type("1001")
    await page.press("Enter")
    await total(page, "19,47 €")
    await page.type("77")
    await page.press("Enter")
    await page.sees("No item has the number 77.")
    for name in ("Red hat", "Blue hat", "Green coat", "Old lady"):
        await page.press("F8")
        await page.until("document.activeElement.dataset.key == 'label'")
        await page.type(name, gap_s=0.05)
        await page.press("Enter")
        await page.until(f"{LINES}.length == 0")
        await page.wedge(MILK)
        await page.until(f"{LINES}.length == 1")
    for key, alt in (("F8", False), *((key, True) for key in "cakgsm")):
        await page.press("Escape")
        await page.press(key, alt=alt)
        await page.until("!!document.querySelector('.panel')")
        assert await too_small(page) == [], key
    await page.click("[data-key=more-code]")  # every command is in the list, and can be reached there
    await page.until("document.activeElement.dataset.key == 'code'")
    await page.press("v", alt=True)
    await page.click(".chip")
    await page.click(".panel [data-key=primary]")
    await page.until(f"{LINES}.length == 0")
    await page.press("F8")
    await page.click("[data-key=find-parked]")
    await page.type("red")
    await page.until("document.querySelectorAll('.list .row-button').length == 1")
    told = await page.text(".list .row-button")
    assert re.search(r"Red hat \S.* · \d\d:\d\d · 1 line\b", told), told  # by whom, when, what
    await page.press("Enter")
    await total(page, "19,47 €")
    await page.sees("Parked as Red hat")


async def too_small(page: Page) -> list[str]:
    found: list[str] = await page.js(
        "[...document.querySelectorAll('button, input')].filter((b) => b.offsetParent)"
        ".map((b) => [b.textContent || b.dataset.key, b.getBoundingClientRect()])"
        ".filter(([, r]) => r.width < 44 || r.height < 44).map(([name, r]) => `${name}: ${r.width} x ${r.height}`)"
    )
    return found


def list_of(value: object) -> list[dict[str, Any]]:
    assert isinstance(value, list)
    return value
