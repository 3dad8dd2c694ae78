"""The first customers: goods in every way they can be rung, prices that are changed, and sales put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.day import goods
from tests.day.desk import act
from tests.day.eyes import minor
from tests.day.features import Feature
from tests.day.goods import BUTTER, COFFEE, MILK, RICE, TEA

if TYPE_CHECKING:
    from tests.day.desk import Desk

QUANTITY = "parseInt(document.querySelector('.line-chosen .line-quantity')?.textContent)"


@act("coffee, watched by the customer", Feature.SCAN, Feature.QUICK_CASH, Feature.TAX_INCLUDED, Feature.CUSTOMER_SCREEN)
async def coffee(desk: Desk) -> None:
    await desk.customer.sees("Welcome")
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.customer.sees("Coffee, ground 500 g", "Total")
    assert minor(await desk.customer.text(".amount strong")) == await desk.eyes.total()
    await desk.cash(offer=1)
    await desk.customer.sees("Change", "Thank you")
    shown = minor(await desk.customer.text(".amount strong"))
    assert shown == minor(await desk.eyes.text(".change-amount"))
    desk.did(Feature.CUSTOMER_SCREEN)


@act("milk, by its name", Feature.SEARCH, Feature.CHANGE)
async def milk_by_name(desk: Desk) -> None:
    await desk.search("whole mi", "Whole milk")
    await desk.eyes.rung("Whole milk 1 l")
    desk.did(Feature.SEARCH)
    await desk.cash("5,00")


@act("tea, its code typed in", Feature.KEYED_CODE)
async def tea_by_its_digits(desk: Desk) -> None:
    await desk.hands.command("find")
    await desk.eyes.focus("entry")
    await desk.hands.keyboard.type(TEA)
    await desk.hands.keyboard.press("Enter")
    await desk.eyes.rung("Black tea, 50 bags")
    desk.did(Feature.KEYED_CODE)
    await desk.cash()


@act("coffee, by the number the shop knows it by", Feature.SHORT_NUMBER)
async def by_short_number(desk: Desk) -> None:
    await desk.hands.command("code")
    await desk.eyes.focus("code")
    await desk.typed("code", "77")
    await desk.eyes.sees("No item has the number 77.")
    await desk.hands.fill("code", "1001")
    await desk.hands.keyboard.press("Enter")
    await desk.eyes.rung("Coffee, ground 500 g")
    desk.did(Feature.SHORT_NUMBER)
    await desk.cash(offer=1)


@act("keys arranged by who may, with nothing lost by who may not", Feature.ARRANGED_KEYS, Feature.OVERRIDE,
     Feature.LEAVE_REFUSED)  # fmt: skip
async def arranges_keys(desk: Desk) -> None:
    eyes, hands = desk.eyes, desk.hands
    await hands.command("arrange")
    await hands.push("add-page")
    await hands.fill("page-title", "Mine")
    await hands.push("place-0")
    for name, key in (("milk", "put-1010"), ("sweets", "put-category-Sweets")):
        await hands.fill("key-find", name)
        # Found for all that was typed, not for a part of it: the rows would move under the hand.
        await eyes.until(f"document.querySelector('.panel .list .row-button')?.dataset.key === '{key}'")
        await hands.push(key)
        await eyes.until("document.querySelector('[data-key=key-find]').value === ''")
    await hands.choose("Keep it so")
    await eyes.sees("Leave is needed")
    await hands.push("no-leave")
    await eyes.until("document.querySelector('[data-key=place-1]')?.textContent.startsWith('Sweets')")  # all is there
    desk.did(Feature.LEAVE_REFUSED)
    await hands.choose("Keep it so")
    await desk.leave("Mia")
    await eyes.sees("The keys are kept.")
    desk.did(Feature.ARRANGED_KEYS)
    await desk.scan(MILK, "Whole milk 1 l")
    await desk.cash()


@act("milk and sweets, by keys", Feature.QUICK_KEY, Feature.CATEGORY_KEY)
async def by_keys(desk: Desk) -> None:
    pages = await desk.eyes.page.js("document.querySelectorAll('.quick .tab').length")
    await desk.hands.push(f"page-{pages - 1}")
    await desk.eyes.until("document.querySelector('.tab[aria-selected=true]')?.textContent === 'Mine'")
    await desk.hands.push("key-0")
    await desk.eyes.rung("Whole milk 1 l")
    desk.did(Feature.QUICK_KEY)
    await desk.hands.push("key-1")
    await desk.eyes.until("document.querySelector('.category-name')?.textContent === 'Sweets'")
    await desk.hands.push("item-1032")
    await desk.eyes.rung("Whole milk 1 l", "Gummy bears 200 g")
    desk.did(Feature.CATEGORY_KEY)
    await desk.hands.push("category-back")
    await desk.cash("10,00")


@act("several of one", Feature.TIMES, Feature.QUANTITY, Feature.PLUS_MINUS)
async def several(desk: Desk) -> None:
    eyes, hands = desk.eyes, desk.hands
    await hands.command("find")
    await eyes.focus("entry")
    await hands.keyboard.type("3x")
    await eyes.sees("3 \N{MULTIPLICATION SIGN} the next item")
    await desk.scan(RICE)
    await eyes.until(f"{QUANTITY} === 3")
    desk.did(Feature.TIMES)
    await hands.keyboard.press("+")
    await eyes.until(f"{QUANTITY} === 4")
    await hands.keyboard.press("-")
    await eyes.until(f"{QUANTITY} === 3")
    desk.did(Feature.PLUS_MINUS)
    await hands.command("quantity")
    await hands.fill("quantity", "5")
    await hands.keyboard.press("Enter")
    await eyes.until(f"{QUANTITY} === 5")
    desk.did(Feature.QUANTITY)
    await desk.cash("20,00")


@act("fruit, weighed, and cheese that was weighed before", Feature.SCALE, Feature.TYPED_WEIGHT, Feature.WEIGHT_LABEL)
async def by_weight(desk: Desk) -> None:
    eyes, hands = desk.eyes, desk.hands
    desk.store.scale.put("0.870")
    await desk.search("banan", "Bananas")
    await hands.push("weigh")
    await eyes.rung("Bananas")
    await eyes.sees("0,87 kg")
    desk.store.scale.lift()
    desk.did(Feature.SCALE)
    await desk.search("apples, el", "Apples")
    await desk.typed("quantity", "1,24")
    await eyes.rung("Bananas", "Apples, Elstar")
    await eyes.sees("1,24 kg")
    desk.did(Feature.TYPED_WEIGHT)
    await desk.scan(goods.CHEESE_342_G, "Bananas", "Apples, Elstar", "Farmhouse cheese")
    await eyes.sees("0,342 kg")
    desk.did(Feature.WEIGHT_LABEL)
    await desk.cash("50,00")


@act("a damaged pack", Feature.PRICE_OVERRIDE)
async def another_price(desk: Desk) -> None:
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.hands.command("price")
    await desk.hands.fill("price", "5,00")
    await desk.hands.choose("Damaged")
    await desk.hands.choose("OK")
    await desk.eyes.sees("instead of 6,49 € (Damaged)")
    desk.did(Feature.PRICE_OVERRIDE)
    await desk.cash()


@act("a little off a line, and off the sale", Feature.LINE_DISCOUNT, Feature.SALE_DISCOUNT)
async def discounts(desk: Desk) -> None:
    await desk.scan(BUTTER, "Butter 250 g")
    await desk.scan(COFFEE, "Butter 250 g", "Coffee, ground 500 g")
    await desk.hands.command("discount")
    await desk.hands.fill("discount", "10")
    await desk.hands.choose("OK")
    await desk.eyes.sees("0,65 € off")
    desk.did(Feature.LINE_DISCOUNT)
    await desk.hands.command("discount")
    await desk.hands.push("choice-sale")
    await desk.hands.push("choice-amount")
    await desk.hands.fill("discount", "1,00")
    await desk.hands.choose("Loyal customer")
    await desk.hands.choose("OK")
    await desk.eyes.sees("Discount: Loyal customer")
    desk.did(Feature.SALE_DISCOUNT)
    await desk.cash("10,00")


@act("half the price, with a supervisor's leave", Feature.OVERRIDE)
async def much_off(desk: Desk) -> None:
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.hands.command("discount")
    await desk.hands.choose("50 %")
    await desk.leave("Sol")
    await desk.eyes.total(324)
    await desk.cash()


@act("a present, with notes", Feature.LINE_NOTE, Feature.SALE_NOTE, Feature.GIFT_RECEIPT)
async def a_present(desk: Desk) -> None:
    eyes, hands = desk.eyes, desk.hands
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await hands.command("note")
    await desk.typed("note", "no box")
    await eyes.sees("no box")
    desk.did(Feature.LINE_NOTE)
    await hands.command("note")
    await hands.push("choice-sale")
    await hands.choose("Gift")
    await hands.push("note-printed")
    await hands.choose("OK")
    await eyes.sees("Gift (on the receipt)")
    desk.did(Feature.SALE_NOTE)
    await desk.cash()
    await hands.command("receipts")
    await hands.push(desk.number)
    await hands.push("gift")
    await eyes.sees(f"A gift receipt of {desk.number} is printing.")
    await eyes.sees("Receipt printed")
    await hands.push("back")
    desk.did(Feature.GIFT_RECEIPT)


@act("something the catalogue does not have", Feature.OPEN_ITEM)
async def open_item(desk: Desk) -> None:
    await desk.hands.command("open_item")
    await desk.hands.fill("name", "Flower pot")
    await desk.hands.fill("price", "3,00")
    await desk.hands.push("choice-reduced")
    await desk.hands.choose("Add it")
    await desk.eyes.rung("Flower pot")
    desk.did(Feature.OPEN_ITEM)
    await desk.cash()


@act("a barcode nobody knows, sold once", Feature.UNKNOWN_ONCE)
async def unknown_once(desk: Desk) -> None:
    await desk.hands.scan(goods.UNKNOWN)
    await desk.eyes.sees("Not in the catalogue")
    await desk.typed("name", "Plum jam")
    await desk.typed("price", "3,50")
    await desk.eyes.rung("Plum jam")
    desk.did(Feature.UNKNOWN_ONCE)
    await desk.cash()


@act("another, known from then on", Feature.UNKNOWN_KEPT, Feature.OVERRIDE)
async def unknown_kept(desk: Desk) -> None:
    await desk.hands.scan(goods.NEW)
    await desk.eyes.sees("Not in the catalogue")
    await desk.typed("name", "Quince jelly")
    await desk.hands.fill("price", "4,20")
    await desk.hands.push("keep")
    await desk.leave("Sol")
    await desk.eyes.rung("Quince jelly")
    await desk.scan(goods.NEW)
    await desk.eyes.until(f"{QUANTITY} === 2")
    desk.did(Feature.UNKNOWN_KEPT)
    await desk.cash()


SALES = (
    coffee, milk_by_name, tea_by_its_digits, by_short_number, arranges_keys, by_keys, several, by_weight, another_price,
    discounts, much_off, a_present, open_item, unknown_once, unknown_kept,
)  # fmt: skip
