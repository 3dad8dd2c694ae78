"""Noon, and the line is gone: what the lamps say, sales put aside and given up, people, cards, and what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.day import goods
from tests.day.desk import act
from tests.day.features import Feature
from tests.day.goods import BREAD, BUTTER, COFFEE, MILK, RICE, SOAP, TEA
from tests.day.store import PHONE, SALMON, WINE

if TYPE_CHECKING:
    from tests.day.desk import Desk

PARKED = {"Red hat": BREAD, "Blue hat": BUTTER, "Green coat": RICE, "Old lady": SOAP}


@act("the first two without a line", Feature.LAMPS, Feature.OUTAGE_CARD, Feature.REFUSED_TENDERS, Feature.CARD_RISK)
async def without_a_line(desk: Desk) -> None:
    eyes, hands = desk.eyes, desk.hands
    await desk.store.outage()
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.cash()
    await eyes.until("document.querySelector('[data-lamp=cloud]')?.dataset.level === 'busy'")
    await hands.command("outage")
    await eyes.sees(
        "No line to a cloud. Keep selling", "Cannot be taken", "Gift cards: no cloud of this store takes it"
    )
    desk.did(Feature.REFUSED_TENDERS)
    await eyes.until("document.querySelector('[data-lamp=internet]')?.dataset.level === 'bad'")
    desk.did(Feature.LAMPS)
    before = len(desk.store.paper("WHEN THE LINE IS DOWN")) + len(desk.store.paper("LEITUNG WEG"))
    await hands.push("outage-print")
    await eyes.sees("The outage card is being printed.")
    await desk.store.until(
        lambda: len(desk.store.paper("WHEN THE LINE IS DOWN")) + len(desk.store.paper("LEITUNG WEG")) > before
    )
    desk.did(Feature.OUTAGE_CARD)
    await hands.keyboard.press("Escape")
    await desk.scan(MILK, "Whole milk 1 l")
    await hands.command("card")
    await eyes.sees("The line is down. With an approval on the terminal the bank pays")
    desk.did(Feature.CARD_RISK)
    await hands.keyboard.press("Escape")
    await desk.cash()


@act("one thing too many", Feature.LINE_VOID)
async def line_taken_out(desk: Desk) -> None:
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.scan(MILK, "Coffee, ground 500 g", "Whole milk 1 l")
    await desk.hands.point(0)
    await desk.hands.command("find")
    await desk.hands.keyboard.press("Delete")
    await desk.eyes.rung("Whole milk 1 l")
    desk.did(Feature.LINE_VOID)
    await desk.cash()


@act("a customer who left, and the next", Feature.SALE_VOID)
async def sale_given_up(desk: Desk) -> None:
    await desk.scan(RICE, "Basmati rice 1 kg")
    total = await desk.eyes.total()
    await desk.hands.command("void")
    await desk.hands.choose("Customer left")
    await desk.hands.choose("Void the sale")
    await desk.eyes.rung()
    desk.tally.count("voids", total)
    desk.did(Feature.SALE_VOID)
    await desk.scan(TEA, "Black tea, 50 bags")
    await desk.cash()


@act("four who have forgotten something, and the first who comes back", Feature.PARK, Feature.RECALL)
async def put_aside(desk: Desk) -> None:
    for name, code in PARKED.items():
        await desk.scan(code)
        await desk.eyes.until("document.querySelectorAll('.basket [data-line]').length === 1")
        await desk.hands.command("park")
        await desk.typed("label", name)
        await desk.eyes.rung()
    await desk.eyes.sees("Parked (4)")
    desk.did(Feature.PARK)
    await desk.hands.command("park")
    await desk.hands.fill("find-parked", "red")
    await desk.eyes.until("document.querySelectorAll('.panel .row-button').length === 1")
    await desk.hands.keyboard.press("Enter")
    await desk.eyes.rung("Rye bread 750 g")
    await desk.eyes.sees("Parked as Red hat")
    desk.did(Feature.RECALL)
    await desk.cash()


async def come_back(desk: Desk, name: str) -> None:
    """Bring back a parked sale by the name on its row."""
    await desk.hands.command("park")
    row = f"[...document.querySelectorAll('.panel .row-button')].find((one) => one.textContent.includes('{name}'))"
    await desk.hands.push(await desk.eyes.until(f"{row}?.dataset.key"))
    await desk.eyes.sees(f"Parked as {name}")
    desk.did(Feature.RECALL)


@act("the blue hat", Feature.RECALL, Feature.SPLIT_TENDER, Feature.CARD_SLIP, Feature.CHANGE)
async def two_tenders(desk: Desk) -> None:
    await come_back(desk, "Blue hat")
    await desk.scan(COFFEE, "Butter 250 g", "Coffee, ground 500 g")
    rung = await desk.look()
    await desk.hands.command("card")
    await desk.hands.fill("amount", "5,00")
    await desk.eyes.sees("is left to pay.")
    await desk.hands.keyboard.press("Enter")
    await desk.typed("slip", "slip 0042")
    await desk.eyes.sees("slip 0042")
    desk.tally.count("card", 500)
    await desk.eyes.total(rung.total - 500)
    await desk.cash("10,00", rung=rung)
    desk.did(Feature.SPLIT_TENDER, Feature.CARD_SLIP)


@act("the green coat, and the old lady, by card", Feature.RECALL, Feature.CARD_SLIP)
async def by_card(desk: Desk) -> None:
    await come_back(desk, "Green coat")
    await desk.card("slip 0043")
    await come_back(desk, "Old lady")
    await desk.card("slip 0044")


@act("somebody new", Feature.CUSTOMER_NEW)
async def new_customer(desk: Desk) -> None:
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.hands.command("customer")
    await desk.hands.choose("New customer")
    await desk.hands.fill("customer-name", "Ada Byron")
    await desk.hands.fill("customer-number", "K-7712")
    await desk.hands.keyboard.press("Enter")
    await desk.eyes.sees("Ada Byron · K-7712")
    desk.did(Feature.CUSTOMER_NEW)
    await desk.cash()


@act("somebody with a card of the shop's", Feature.CUSTOMER_CARD)
async def known_customer(desk: Desk) -> None:
    await desk.scan(MILK, "Whole milk 1 l")
    await desk.hands.command("customer")
    await desk.eyes.focus("find-customer")
    await desk.hands.scan("K-7712")
    await desk.eyes.sees("Ada Byron · K-7712")
    desk.did(Feature.CUSTOMER_CARD)
    await desk.cash()


@act("somebody who wants the receipt twice", Feature.REPRINT)
async def a_copy(desk: Desk) -> None:
    await desk.scan(TEA, "Black tea, 50 bags")
    await desk.cash(offer=1)
    await desk.hands.command("copy")
    await desk.eyes.sees(f"A copy of {desk.number} is on its way to the printer.")
    await desk.store.until(lambda: len(desk.store.paper(desk.number)) > 1)
    first, *copies = desk.store.paper(desk.number)
    assert "KOPIE" not in first
    assert len(copies) == 1
    assert "KOPIE" in copies[0]
    desk.did(Feature.REPRINT)


@act("somebody who wants change for a note, and soap", Feature.NO_SALE)
async def no_sale(desk: Desk) -> None:
    await desk.hands.command("no_sale")
    await desk.hands.choose("Change for a customer")
    await desk.hands.choose("Open the drawer")
    await desk.store.until(lambda: desk.store.printer.drawer_open)
    await desk.eyes.sees("Drawer opened")
    desk.store.shut_drawer()
    desk.tally.counts["no sales"] += 1
    desk.did(Feature.NO_SALE)
    await desk.scan(SOAP, "Washing-up liquid 0.5 l")
    await desk.cash()


@act("wine, for one who is too young and for one who is not", Feature.AGE, Feature.AGE_REFUSED)
async def wine(desk: Desk) -> None:
    await desk.hands.scan(WINE)
    await desk.eyes.sees("From the age of 18")
    await desk.hands.push("age-no")
    await desk.eyes.rung()
    desk.did(Feature.AGE_REFUSED)
    await desk.hands.scan(WINE)
    await desk.eyes.sees("From the age of 18")
    await desk.hands.push("age-seen")
    await desk.eyes.sees("18+ asked")
    desk.did(Feature.AGE)
    await desk.cash()


@act("a charger and a fish, each with its number", Feature.SERIAL, Feature.LOT)
async def numbers_asked(desk: Desk) -> None:
    await desk.hands.scan(PHONE)
    await desk.eyes.sees("Scan it from the pack")
    await desk.hands.scan("SN-12345")
    await desk.eyes.sees("Serial SN-12345")
    desk.did(Feature.SERIAL)
    await desk.hands.scan(SALMON)
    await desk.eyes.sees("Lot number")
    await desk.typed("mark", "L-77")
    await desk.eyes.sees("Lot L-77")
    desk.did(Feature.LOT)
    await desk.cash(offer=1)


@act("fish whose code says it all, and one past its day", Feature.CODE_MARKS, Feature.EXPIRED)
async def numbers_in_the_code(desk: Desk) -> None:
    await desk.hands.scan(goods.salmon(lot="L78", last_day="391231"))
    await desk.eyes.sees("Lot L78")
    desk.did(Feature.CODE_MARKS)
    await desk.hands.scan(goods.salmon(lot="L01", last_day="240131"))
    await desk.eyes.sees("Past its day")
    await desk.hands.choose("Customer knows and wants it")
    await desk.hands.choose("Sell it all the same")
    await desk.eyes.sees("Lot L01")
    desk.did(Feature.EXPIRED)
    await desk.cash()


SALES = (
    without_a_line, line_taken_out, sale_given_up, put_aside, two_tenders, by_card, new_customer, known_customer,
    a_copy, no_sale, wine, numbers_asked, numbers_in_the_code,
)  # fmt: skip
