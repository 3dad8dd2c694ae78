"""Deposits in a basket: with their item, and back as empties."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from agent import basket, checkout, discounts
from agent.basket import Product
from agent.empties import add_empties
from agent.pricing import Rules, view
from agent.problem import Problem
from agent.sale import Sale, TaxRate, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

VAT = TaxRate("vat", "VAT", Decimal(19))
RULES = Rules("EUR", prices_include_tax=True, cash_rounding=5, taxes={"vat": VAT}, default_tax="vat")
COLA = Product("cola", "Cola", 94, deposit=25)
SLIP = Product("slip", "Bottle machine", 0, deposit_tax="vat")


def empty() -> Sale:
    return basket.new_sale(RULES, id="s1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")


def lines(sale: Sale) -> list[tuple[Any, ...]]:
    shown = view(sale, RULES)["lines"]
    return [(line["id"], line["quantity"], line["total"], line["tax"], line["deposit_of"]) for line in shown]


def test_a_second_scan_adds_one_to_the_item_and_to_its_deposit() -> None:
    sale = basket.add_product(basket.add_product(empty(), RULES, COLA, merge=True), RULES, COLA, merge=True)
    assert lines(sale) == [("1", "2", 188, "vat", None), ("2", "2", 50, None, "1")]


def test_a_deposit_is_untaxed_where_its_tax_is_not_named_whatever_the_store_has() -> None:
    assert lines(basket.add_product(empty(), RULES, COLA))[1][3] is None


def test_the_longest_sale_has_no_room_for_an_item_without_its_deposit() -> None:
    sale = empty()
    for _ in range(basket.LINES_MAX - 1):
        sale = basket.add_open_item(sale, RULES, name="Thing", price=1)
    with pytest.raises(Problem, match="500 lines"):
        basket.add_product(sale, RULES, COLA)
    assert len(basket.add_open_item(sale, RULES, name="Thing", price=1).lines) == basket.LINES_MAX


def test_a_bottle_machines_slip_gives_what_is_printed_on_it() -> None:
    sale = add_empties(empty(), RULES, SLIP, label_price=375, barcode="2900000003755")
    assert lines(sale) == [("1", "1", -375, "vat", None)]
    assert sale.lines[0].unit is Unit.EACH
    assert sale.lines[0].barcode == "2900000003755"


def test_what_is_paid_out_is_rounded_to_coins() -> None:
    body = checkout.complete(add_empties(empty(), RULES, Product("b", "Beer", 0, deposit=8)), RULES)
    assert (body["total"], body["change"], body["rounding"]) == (-8, 10, -2)
    body = checkout.complete(add_empties(empty(), RULES, Product("b", "Beer", 0, deposit=2)), RULES)
    assert (body["total"], body["change"], body["rounding"]) == (-2, 0, 2)


def test_empties_that_come_after_the_money_make_the_change_larger() -> None:
    sale = basket.add_product(empty(), RULES, COLA)
    sale = checkout.add_tender(sale, RULES, type="cash", amount=200)
    sale = add_empties(sale, RULES, COLA, quantity="20")
    body = checkout.complete(sale, RULES)
    assert (body["total"], body["paid"], body["change"], body["rounding"]) == (-381, 200, 580, 1)


def test_empties_never_leave_more_on_cards_than_the_total() -> None:
    sale = basket.add_product(empty(), RULES, COLA)
    sale = checkout.add_tender(sale, RULES, type="card", amount=119)
    with pytest.raises(Problem, match="is on cards") as refused:
        add_empties(sale, RULES, COLA)
    assert refused.value.code == "cards-over-total"


def test_a_discount_on_the_sale_is_at_most_the_goods() -> None:
    sale = basket.add_product(empty(), RULES, COLA)
    with pytest.raises(Problem, match=r"At most 0\.94"):
        discounts.add_discount(sale, RULES, amount=95)
    assert view(discounts.add_discount(sale, RULES, amount=94), RULES)["total"] == 25


def test_the_price_of_a_deposit_is_the_catalogues() -> None:
    sale = basket.add_product(empty(), RULES, COLA)
    attempts: list[Callable[[], Sale]] = [
        lambda: basket.override_price(sale, RULES, "2", 1, "why"),
        lambda: basket.change_quantity(sale, RULES, "2", "3"),
        lambda: basket.remove_line(sale, RULES, "2"),
    ]
    for refused in attempts:
        with pytest.raises(Problem, match=r"choose a line of goods|change or remove that one"):
            refused()
