"""Several taxes, deposits, empties, exemptions and tips, as a till rings them, arrive at Square to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from agent import basket, checkout, discounts
from agent.basket import Product
from agent.empties import add_empties
from agent.exemption import exempt
from agent.pricing import Rules, price
from agent.sale import Sale, TaxRate
from outbox.connector import Complete, Refused
from outbox.record import Kind
from tests.clouds.records import fact_of, place

if TYPE_CHECKING:
    from outbox.record import Record
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_square import LyingSquare

GST = TaxRate("gst", "GST", Decimal(5))
PST = TaxRate("pst", "PST", Decimal(7))
QST = TaxRate("qst", "QST", Decimal("9.5"), compound=True)
VAT = TaxRate("vat", "VAT", Decimal(19))
TAXES = {
    "gst": GST,
    "both": TaxRate("both", "GST and PST", Decimal(12), parts=(GST, PST)),
    "old-quebec": TaxRate("old-quebec", "GST and QST", Decimal("14.975"), parts=(GST, QST)),
    "vat": VAT,
}
COLA = Product("cola", "Cola", 199, "both", deposit=10)
BEER = Product("beer", "Beer", 89, "vat", deposit=8, deposit_tax="vat")


def rung(*products: Product, included: bool = True) -> tuple[Sale, Rules]:
    rules = Rules("EUR", prices_include_tax=included, taxes=TAXES)
    sale = basket.new_sale(rules, id="s", till="till-1", opened_at="2026-11-20T12:00:00+01:00")
    for product in products:
        sale = basket.add_product(sale, rules, product, quantity="3")
    return sale, rules


def record(sale: Sale, rules: Rules, tip: int = 0) -> Record:
    due = price(sale, rules).settlement.due
    if due:
        sale = checkout.add_tender(sale, rules, type="card", amount=due, tip=tip)
    return place(checkout.complete(sale, rules), Kind.SALE)


async def delivered(record: Record, driver: Driver, square: LyingSquare, clock: Clock) -> Complete:
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete), ended
    assert ended.drift == 0
    (order,) = square.books.orders.values()
    assert order["total_money"]["amount"] == record.body["total"]
    return ended


async def test_two_taxes_on_a_line_are_two_at_square(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    made = record(*rung(COLA, Product("book", "Book", 1999, "gst"), included=False))
    ended = await delivered(made, driver, square, clock)
    assert ended.notes == ()
    (order,) = square.books.orders.values()
    assert [(tax["percentage"], tax["type"]) for tax in order["taxes"]] == [("5", "ADDITIVE"), ("7", "ADDITIVE")]
    assert [len(line.get("applied_taxes", [])) for line in order["line_items"]] == [2, 0, 1]


async def test_tax_on_tax_goes_in_as_what_it_comes_to(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    made = record(*rung(Product("lamp", "Lamp", 10000, "old-quebec"), included=False))
    await delivered(made, driver, square, clock)
    (order,) = square.books.orders.values()
    assert [tax["percentage"] for tax in order["taxes"]] == ["5", "9.975"]


async def test_two_taxes_in_the_price(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    ended = await delivered(record(*rung(COLA)), driver, square, clock)
    assert ended.notes == ()


async def test_who_is_exempt_pays_the_same_at_square(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    sale, rules = rung(BEER, Product("desk", "Desk", 11900, "vat"))
    sale = discounts.add_discount(sale, rules, percent="10")
    ended = await delivered(record(exempt(sale, rules, reason="Embassy"), rules), driver, square, clock)
    assert ended.notes == ()
    (order,) = square.books.orders.values()
    assert order["total_tax_money"]["amount"] == 0


@pytest.mark.parametrize("included", [True, False])
async def test_empties_come_off_the_order(driver: Driver, square: LyingSquare, clock: Clock, *, included: bool) -> None:
    sale, rules = rung(BEER, COLA, included=included)
    sale = add_empties(sale, rules, BEER, quantity="20")
    await delivered(record(sale, rules), driver, square, clock)


async def test_more_empties_than_goods_are_entered_by_hand(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    sale, rules = rung(BEER)
    sale = add_empties(sale, rules, BEER, quantity="100")
    ended, _ = await driver.deliver(fact_of(record(sale, rules), clock))
    assert isinstance(ended, Refused)
    assert "empties" in ended.reason
    assert square.requests == []


async def test_a_tip_is_told_in_a_note(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    ended = await delivered(record(*rung(BEER), tip=50), driver, square, clock)
    assert ended.notes == ("a tip of 50 was taken besides, which Square is not told of",)
    (payment,) = square.books.payments.values()
    assert payment["amount_money"]["amount"] == 291
