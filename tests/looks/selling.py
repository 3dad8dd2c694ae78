"""The till page while something is rung: the basket, what finds an item, and every panel about a line or a sale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.looks.stage import CHARGER, CHEESE, COFFEE, COLA, FORMULA, LONG, MILK, NOBODYS, TILL, WINE

if TYPE_CHECKING:
    from tests.looks.stage import Stage

WRONG = "4999999999994"  # its check digit
EXPIRED = f"]d201{COFFEE.zfill(14)}17150526"
SHELF = ("2740026000148", "2740039000210", "2740052000280", "2740065000352", "2740078000424", "2740091000494")


async def empty(_: Stage) -> None:
    """Nobody is served."""


async def basket(stage: Stage) -> None:
    await stage.ring(COFFEE, MILK, MILK)


async def basket_with_everything(stage: Stage) -> None:
    """Weight, deposit, long names, prices and discounts with reasons, notes, a customer, a tax to pay on the sale."""
    customer = await stage.ask("POST", "/v1/customers", {"name": "Wilhelmine Freifrau von Hohenstein-Löwenberg"})
    await stage.ring(*SHELF, CHEESE, COLA, LONG)
    await stage.of_sale("PATCH", "/lines/1", {"price": 99, "price_reason": "Price on the shelf"})
    await stage.of_sale("PATCH", "/lines/1", {"note": {"text": "Broken corner, customer knows", "printed": True}})
    await stage.of_sale("POST", "/discounts", {"percent": "10", "reason": "Staff discount"})
    await stage.of_sale("POST", "/discounts", {"amount": 50, "line": "2", "reason": "Damaged"})
    await stage.of_sale("POST", "/customer", {"customer": customer["id"]})
    await stage.of_sale("PATCH", "", {"note": {"text": "Comes back at five for the rest"}})
    await stage.there(".customer")
    await stage.page.until("document.querySelector('.sums').innerText.includes('five')")


async def empties_in_basket(stage: Stage) -> None:
    await stage.ask("POST", "/v1/sales", {"till": "till-1"})
    await stage.of_sale("POST", "/lines", {"sku": "9003", "quantity": "12", "empties": True})
    await stage.drawn()


async def search_found(stage: Stage) -> None:
    await stage.write("entry", "bread")
    await stage.there(".tile-first")


async def search_none(stage: Stage) -> None:
    await stage.write("entry", "no such thing")
    await stage.there(".tiles .none")


async def times_two(stage: Stage) -> None:
    await stage.write("entry", "12 x")
    await stage.there(".times-chip")


async def refused(stage: Stage) -> None:
    """A message with the next step above the keys."""
    await stage.ring(COFFEE)
    await stage.page.press("Escape")
    await stage.page.wedge(WRONG)
    await stage.there(".message-refused")


async def category_opened(stage: Stage) -> None:
    """A page of keys of another category."""
    await stage.page.click("[data-key=page-2]")
    await stage.there("[data-key=page-2][aria-selected=true]")


async def number_pad(stage: Stage) -> None:
    await stage.key("k", alt=True)
    await stage.write("code", "10")


async def quantity(stage: Stage) -> None:
    await stage.ring(COFFEE)
    await stage.key("F3")


async def quantity_wrong(stage: Stage) -> None:
    await quantity(stage)
    await stage.write("quantity", "x")
    await stage.page.press("Enter")
    await stage.there(".field-error:not([hidden])")


async def price(stage: Stage) -> None:
    await stage.ring(LONG)
    await stage.key("F4")


async def price_of_made_item(stage: Stage) -> None:
    """What a till has put into the catalogue can be taken out again."""
    await stage.ask_as_page("POST", "/v1/items", {"barcode": NOBODYS, "name": "Fritzbrause", "price": 250})
    await stage.ring(NOBODYS)
    await stage.key("F4")
    await stage.page.click("[data-key=unmake]")


async def discount(stage: Stage) -> None:
    """With one that was given already."""
    await stage.ring(COFFEE, LONG)
    await stage.of_sale("POST", "/discounts", {"percent": "10", "line": "2"})
    await stage.key("F6")
    await stage.there(".given")


async def open_item(stage: Stage) -> None:
    await stage.key("F7")


async def open_item_wrong(stage: Stage) -> None:
    await open_item(stage)
    await stage.page.click(".panel [data-key=primary]")
    await stage.there(".field-error:not([hidden])")


async def weight(stage: Stage) -> None:
    """What is sold by weight, with a scale at the till."""
    await stage.write("entry", "bananas")
    await stage.there(".tile-first")
    await stage.page.press("Enter")
    await stage.there("[data-key=weigh]")


async def unknown_barcode(stage: Stage) -> None:
    await stage.page.wedge(NOBODYS)
    await stage.there("[data-key=keep]")


async def expired(stage: Stage) -> None:
    await stage.page.wedge(EXPIRED)
    await stage.there(".panel .chips")


async def age(stage: Stage) -> None:
    await stage.ring(WINE)
    await stage.there("[data-key=age-seen]")


async def too_young(stage: Stage) -> None:
    await age(stage)
    await stage.write("born", "2020-01-31")
    await stage.page.click("[data-key=age-compare]")
    await stage.there(".field-error:not([hidden])")


async def serial_number(stage: Stage) -> None:
    await stage.ring(CHARGER)
    await stage.there("[data-key=mark]")


async def lot_number(stage: Stage) -> None:
    """Asked again when it is to be paid."""
    await stage.ring(FORMULA)
    await stage.there("[data-key=mark]")
    await stage.page.press("Enter")
    await stage.there(".field-error:not([hidden])")


async def note(stage: Stage) -> None:
    await stage.ring(LONG)
    await stage.key("a", alt=True)


async def customers(stage: Stage) -> None:
    """Some that were found, one of them on the sale."""
    for name, more in (("Ada Example", {"number": "K-1001"}), ("Bo Langstrumpf-Oberhuber", {"phone": "030 1234567"})):
        known = await stage.ask("GET", f"/v1/customers?q={name}")
        if not known["customers"]:
            await stage.ask("POST", "/v1/customers", {"name": name, **more})
    (ada,) = (await stage.ask("GET", "/v1/customers?q=Ada"))["customers"]
    await stage.ring(COFFEE)
    await stage.of_sale("POST", "/customer", {"customer": ada["id"]})
    await stage.key("c", alt=True)
    await stage.there("[data-key=detach]")
    await stage.there(".list .pair")


async def customers_none(stage: Stage) -> None:
    await stage.key("c", alt=True)
    await stage.write("find-customer", "zzz")
    await stage.there(".list .quiet")


async def customer_new(stage: Stage) -> None:
    await stage.key("c", alt=True)
    await stage.page.click(".panel [data-key=primary]")
    await stage.there("[data-key=customer-phone]")


async def customer_changed(stage: Stage) -> None:
    await customers(stage)
    await stage.page.click(".list [data-key^=edit-]")
    await stage.page.click("[data-key=forget]")


async def empties(stage: Stage) -> None:
    """With a bottle in the basket that can be turned into empties."""
    await stage.ring(COLA)
    await stage.key("l", alt=True)
    await stage.there("[data-key=empties-9003]")


async def exempt(stage: Stage) -> None:
    await stage.ring(COFFEE)
    sale = await stage.sale()
    assert sale is not None
    await stage.ask_as_page("POST", f"/v1/sales/{sale['id']}/exemption", {"reason": "Embassy"})
    await stage.page.until("document.querySelector('.sums').innerText.includes('Embassy')")
    await stage.key("x", alt=True)
    await stage.there("[data-key=tax-again]")


async def park(stage: Stage) -> None:
    await parked(stage)
    await stage.page.press("Escape")
    await stage.ring(COFFEE)
    await stage.key("F8")


async def parked(stage: Stage) -> None:
    """Enough of them that there is a field to find one."""
    there = await stage.ask("GET", f"{TILL}/parked")
    for name in ("Frau Schmidt, holt um fünf ab", "Tisch 4", "", "Ada")[len(there["sales"]) :]:
        await stage.ring(COFFEE, MILK)
        await stage.of_sale("POST", "/park", {"label": name} if name else {})
    await stage.drawn()
    await stage.key("F8")
    await stage.there("[data-key^=parked-]")


async def void(stage: Stage) -> None:
    await stage.ring(COFFEE)
    await stage.key("v", alt=True)


async def void_with_tenders(stage: Stage) -> None:
    await stage.ring(COFFEE)
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": 100})
    await stage.there(".take-back")
    await stage.key("v", alt=True)


async def arranging(stage: Stage) -> None:
    await stage.key("g", alt=True)
    await stage.there("[data-key=add-page]")


async def arranging_found(stage: Stage) -> None:
    await arranging(stage)
    await stage.write("key-find", "bread")
    await stage.there(".panel .list .row-button")


async def every_command(stage: Stage) -> None:
    await stage.key("m", alt=True)


async def every_key(stage: Stage) -> None:
    await stage.key("F1")


SELLING = (
    empty,
    basket,
    basket_with_everything,
    empties_in_basket,
    search_found,
    search_none,
    times_two,
    refused,
    category_opened,
    number_pad,
    quantity,
    quantity_wrong,
    price,
    discount,
    open_item,
    open_item_wrong,
    weight,
    unknown_barcode,
    price_of_made_item,
    expired,
    age,
    too_young,
    serial_number,
    lot_number,
    note,
    customers,
    customers_none,
    customer_new,
    customer_changed,
    empties,
    exempt,
    parked,
    park,
    void,
    void_with_tenders,
    arranging,
    arranging_found,
    every_command,
    every_key,
)
