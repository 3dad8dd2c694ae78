from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from agent import basket, discounts
from agent.basket import Product
from agent.entry import QUANTITY_MAX
from agent.marks import Marks
from agent.pricing import Rules, view
from agent.problem import Problem
from agent.sale import Sale, TaxRate, Unit
from outbox.money import AMOUNT_MAX

STANDARD = TaxRate("standard", "VAT 19%", Decimal(19))
REDUCED = TaxRate("reduced", "VAT 7%", Decimal(7))
RULES = Rules("EUR", prices_include_tax=True, taxes={"standard": STANDARD, "reduced": REDUCED}, default_tax="standard")

MUG = Product("mug", "Mug", 599)
APPLES = Product("apples", "Apples", 399, "reduced", Unit.KG)
CHEESE = Product("cheese", "Cheese", 1999, "reduced", Unit.KG)


def empty() -> Sale:
    return basket.new_sale(RULES, id="s1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")


def lines(sale: Sale) -> list[dict[str, Any]]:
    return list(view(sale, RULES)["lines"])


def refused(status: int, code: str) -> Any:
    return pytest.raises(Problem, check=lambda problem: (problem.status, problem.code) == (status, code))


def test_a_line_copies_what_the_catalogue_says() -> None:
    sale = basket.add_product(
        empty(),
        RULES,
        MUG,
        quantity="3",
        barcode="4006381333931",
        marks=Marks({"10": "LOT1", "21": "S1"}, date(2028, 6, 15)),
    )
    (line,) = lines(sale)
    assert line == {
        "id": "1",
        "sku": "mug",
        "name": "Mug",
        "quantity": "3",
        "unit": "each",
        "price": 599,
        "list_price": None,
        "price_reason": None,
        "discount": 0,
        "sale_discount": 0,
        "total": 1797,  # 3 x 5.99
        "net": 1797,
        "tax": "standard",
        "tax_rate": "19",
        "tax_amount": 287,  # 17.97 x 19/119 = 2.869...
        "tax_relief": 0,
        "taxes": [{"code": "standard", "rate": "19", "amount": 287}],
        "deposit_of": None,
        "empties": False,
        "barcode": "4006381333931",
        "gs1": {"10": "LOT1", "21": "S1"},
        "lot": "LOT1",
        "serial": "S1",
        "expiry": "2028-06-15",
        "expired_reason": None,
        "add_on": None,
        "category": None,
        "issue": None,
    }


def test_a_weight_times_a_price_is_rounded_once() -> None:
    sale = basket.add_product(empty(), RULES, APPLES, quantity="1.250")
    (line,) = lines(sale)
    assert (line["quantity"], line["unit"], line["total"]) == ("1.25", "kg", 499)  # 1.25 x 3.99 = 4.9875


def test_what_is_sold_by_weight_is_not_sold_without_one() -> None:
    with refused(422, "weight-needed"):
        basket.add_product(empty(), RULES, APPLES)


def test_a_labels_price_counts_and_the_list_price_stays_beside_it() -> None:
    sale = basket.add_product(empty(), RULES, CHEESE, label_price=534, quantity="0.267")
    (line,) = lines(sale)
    assert (line["quantity"], line["unit"], line["price"], line["total"]) == ("1", "each", 534, 534)
    assert line["list_price"] == 1999


def test_a_free_item_is_a_line() -> None:
    assert lines(basket.add_product(empty(), RULES, replace(MUG, price=0)))[0]["total"] == 0


def test_an_open_item_has_no_sku() -> None:
    sale = basket.add_open_item(empty(), RULES, name=" Gift wrap ", price=150, tax="reduced", quantity="2")
    (line,) = lines(sale)
    assert (line["sku"], line["name"], line["total"], line["tax"]) == (None, "Gift wrap", 300, "reduced")


def test_no_tax_named_is_the_stores_own_or_none() -> None:
    assert lines(basket.add_product(empty(), RULES, MUG))[0]["tax"] == "standard"
    untaxed = replace(RULES, default_tax=None)
    assert view(basket.add_product(empty(), untaxed, MUG), untaxed)["lines"][0]["tax"] is None


def test_a_tax_nobody_knows_is_refused_with_the_ones_there_are() -> None:
    with refused(422, "no-such-tax") as refusal:
        basket.add_product(empty(), RULES, replace(MUG, tax="luxury"))
    assert "reduced, standard" in refusal.value.detail


# --- scanning the same again ---


def test_a_second_scan_adds_one_to_the_line() -> None:
    sale = basket.add_product(empty(), RULES, MUG, barcode="1", merge=True)
    sale = basket.add_product(sale, RULES, APPLES, quantity="1", merge=True)
    sale = basket.add_product(sale, RULES, MUG, barcode="2", merge=True)
    assert [(line["id"], line["quantity"], line["barcode"]) for line in lines(sale)] == [
        ("1", "2", "1"),
        ("2", "1", None),
    ]


def test_a_scan_starts_a_new_line_where_it_is_not_one_more_of_the_same() -> None:
    once = basket.add_product(empty(), RULES, MUG, merge=True)
    other = {
        "another price": basket.add_product(once, RULES, replace(MUG, price=600), merge=True),
        "another name": basket.add_product(once, RULES, replace(MUG, name="Cup"), merge=True),
        "another lot": basket.add_product(once, RULES, MUG, marks=Marks({"10": "B"}), merge=True),
        "another issue": basket.add_product(once, RULES, MUG, marks=Marks(add_on="05"), merge=True),
        "a label's price": basket.add_product(once, RULES, MUG, label_price=500, merge=True),
        "not asked to": basket.add_product(once, RULES, MUG),
        "a discount": basket.add_product(
            discounts.add_discount(once, RULES, percent="10", line="1"), RULES, MUG, merge=True
        ),
        "an override": basket.add_product(
            basket.override_price(once, RULES, "1", 500, "dented"), RULES, MUG, merge=True
        ),
        "a full line": basket.add_product(
            basket.change_quantity(once, RULES, "1", str(QUANTITY_MAX)), RULES, MUG, merge=True
        ),
    }
    assert {why: len(sale.lines) for why, sale in other.items()} == dict.fromkeys(other, 2)


def test_two_weighings_are_two_lines() -> None:
    sale = basket.add_product(empty(), RULES, APPLES, quantity="1", merge=True)
    assert len(basket.add_product(sale, RULES, APPLES, quantity="1", merge=True).lines) == 2


# --- changing a line ---


def test_a_quantity_is_changed() -> None:
    sale = basket.add_product(empty(), RULES, MUG)
    assert lines(basket.change_quantity(sale, RULES, "1", "12"))[0]["total"] == 7188  # 12 x 5.99


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("0", "quantity"),
        ("-1", "quantity"),
        ("", "quantity"),
        ("1e2", "quantity"),
        ("1,5", "quantity"),
        ("NaN", "quantity"),
        ("٢", "quantity"),
        (2, "quantity"),
        (1.5, "quantity"),
        (None, "quantity"),
        ("10001", "quantity-too-large"),
        ("4006381333931", "quantity"),  # a barcode scanned into the field
        ("1.5", "quantity-not-whole"),
    ],
)
def test_a_quantity_no_shop_means_is_refused(quantity: Any, code: str) -> None:
    sale = basket.add_product(empty(), RULES, MUG)
    with refused(422, code):
        basket.change_quantity(sale, RULES, "1", quantity)


def test_a_weight_is_given_to_the_gram() -> None:
    sale = basket.add_product(empty(), RULES, APPLES, quantity="0.001")
    assert lines(basket.change_quantity(sale, RULES, "1", "1.2340"))[0]["quantity"] == "1.234"
    with refused(422, "quantity-too-fine"):
        basket.change_quantity(sale, RULES, "1", "1.2345")


def test_a_price_is_overridden_with_a_reason_and_back() -> None:
    sale = basket.add_product(empty(), RULES, MUG, quantity="2")
    sale = basket.override_price(sale, RULES, "1", 500, "dented")
    sale = basket.override_price(sale, RULES, "1", 450, "more dented")
    (line,) = lines(sale)
    assert (line["price"], line["list_price"], line["price_reason"], line["total"]) == (450, 599, "more dented", 900)
    (line,) = lines(basket.override_price(sale, RULES, "1", 599, "a mistake"))
    assert (line["price"], line["list_price"], line["price_reason"]) == (599, None, None)


def test_an_override_without_a_reason_is_refused() -> None:
    sale = basket.add_product(empty(), RULES, MUG)
    with refused(422, "text-needed"):
        basket.override_price(sale, RULES, "1", 500, "  ")


@pytest.mark.parametrize("price", [-1, AMOUNT_MAX + 1, 1.5, "100", True, None])
def test_a_price_is_a_whole_number_of_minor_units(price: Any) -> None:
    with refused(422, "amount"):
        basket.add_open_item(empty(), RULES, name="Gift", price=price)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "text-needed"),
        (None, "text-needed"),
        (5, "text-needed"),
        ("x" * 201, "text-too-long"),
        ("half \ud83d a face", "text-unreadable"),
        ("4111 1111 1111 1111", "card-data"),
    ],
)
def test_a_name_that_cannot_be_kept_is_refused(name: Any, code: str) -> None:
    with refused(422, code):
        basket.add_open_item(empty(), RULES, name=name, price=100)


def test_no_line_and_no_total_is_larger_than_a_till_takes() -> None:
    dear = Product("dear", "Dear", AMOUNT_MAX)
    sale = basket.add_product(empty(), RULES, dear)
    with refused(409, "amount-too-large"):
        basket.change_quantity(sale, RULES, "1", "2")
    with refused(409, "amount-too-large"):
        basket.add_product(sale, RULES, MUG)


def test_a_removed_lines_id_is_not_given_again() -> None:
    sale = basket.add_product(empty(), RULES, MUG)
    sale = basket.add_product(sale, RULES, APPLES, quantity="1")
    sale = basket.remove_line(sale, RULES, "2")
    sale = basket.add_product(sale, RULES, APPLES, quantity="1")
    assert [line["id"] for line in lines(sale)] == ["1", "3"]


def test_a_line_that_is_not_there_is_named_with_those_that_are() -> None:
    with refused(404, "no-such-line") as refusal:
        basket.remove_line(empty(), RULES, "1")
    assert "it has none" in refusal.value.detail
    sale = basket.add_product(empty(), RULES, MUG)
    with refused(404, "no-such-line") as refusal:
        basket.change_quantity(sale, RULES, "7", "1")
    assert "choose one of 1" in refusal.value.detail


def test_a_sale_has_a_longest_length() -> None:
    sale = empty()
    for _ in range(basket.LINES_MAX):
        sale = replace(
            sale, lines=(*sale.lines, replace(LINE, id=str(sale.lines_made + 1))), lines_made=sale.lines_made + 1
        )
    with refused(409, "too-many-lines"):
        basket.add_product(sale, RULES, MUG)


LINE = basket.add_product(empty(), RULES, MUG).lines[0]


# --- discounts ---


def test_discounts_apply_in_order_on_what_remains_lines_first() -> None:
    sale = basket.add_product(empty(), RULES, replace(MUG, price=1000))
    sale = basket.add_product(sale, RULES, replace(MUG, price=500, name="Cup"))
    sale = discounts.add_discount(sale, RULES, percent="10", reason="staff")  # of 13.00, see below: 1.30
    sale = discounts.add_discount(sale, RULES, amount=100, line="1", reason="dented")  # 10.00 -> 9.00
    sale = discounts.add_discount(sale, RULES, percent="11.1", line="1")  # of 9.00: 0.999 -> 1.00, leaves 8.00
    sale = discounts.add_discount(sale, RULES, amount=200)  # of 13.00 - 1.30 = 11.70
    shown = view(sale, RULES)
    assert [discount["amount"] for discount in shown["discounts"]] == [130, 100, 100, 200]
    assert shown["subtotal"] == 1300  # 8.00 + 5.00
    assert shown["total"] == 970  # 13.00 - 1.30 - 2.00
    # 1.30 over 8.00 and 5.00 is 0.80 and 0.50; 2.00 over the 7.20 and 4.50 left is 1.2308 and 0.7692
    assert [line["sale_discount"] for line in shown["lines"]] == [80 + 123, 50 + 77]
    assert [line["net"] for line in shown["lines"]] == [597, 373]


def test_more_off_than_there_is_is_refused_with_the_most_there_is() -> None:
    sale = basket.add_product(empty(), RULES, MUG)
    with refused(409, "discount-too-large") as refusal:
        discounts.add_discount(sale, RULES, amount=600)
    assert "5.99 EUR" in refusal.value.detail
    sale = discounts.add_discount(sale, RULES, amount=599, line="1")
    assert view(sale, RULES)["total"] == 0
    with refused(409, "discount-too-large"):
        discounts.add_discount(sale, RULES, amount=1, line="1")


def test_a_discount_shrinks_with_what_it_is_taken_off() -> None:
    sale = basket.add_product(empty(), RULES, MUG, quantity="2")
    sale = discounts.add_discount(sale, RULES, amount=1000)
    sale = basket.change_quantity(sale, RULES, "1", "1")
    shown = view(sale, RULES)
    assert (shown["discounts"][0]["amount"], shown["total"]) == (599, 0)
    assert view(basket.change_quantity(sale, RULES, "1", "2"), RULES)["total"] == 198


def test_a_removed_line_takes_its_discounts_with_it() -> None:
    sale = basket.add_product(empty(), RULES, MUG)
    sale = basket.add_product(sale, RULES, APPLES, quantity="1")
    sale = discounts.add_discount(sale, RULES, amount=100, line="1")
    sale = discounts.add_discount(sale, RULES, percent="50")
    sale = basket.remove_line(sale, RULES, "1")
    assert [(discount.id, discount.line) for discount in sale.discounts] == [("2", None)]
    assert view(sale, RULES)["total"] == 199  # half of 3.99 is 1.995, so 2.00 off


def test_a_discount_may_come_before_the_first_line_and_be_taken_back() -> None:
    sale = discounts.add_discount(empty(), RULES, percent="100")
    sale = basket.add_product(sale, RULES, MUG)
    assert view(sale, RULES)["total"] == 0
    sale = discounts.remove_discount(sale, RULES, "1")
    assert view(sale, RULES)["total"] == 599
    with refused(404, "no-such-discount"):
        discounts.remove_discount(sale, RULES, "1")


@pytest.mark.parametrize(
    ("discount", "status", "code"),
    [
        ({}, 422, "discount"),
        ({"percent": "10", "amount": 5}, 422, "discount"),
        ({"percent": "0"}, 422, "percent"),
        ({"percent": "100.01"}, 422, "percent"),
        ({"percent": "ten"}, 422, "percent"),
        ({"percent": "1.23456"}, 422, "percent"),
        ({"percent": 10}, 422, "percent"),
        ({"amount": 0}, 422, "amount"),
        ({"amount": "5"}, 422, "amount"),
        ({"amount": 5, "line": "9"}, 404, "no-such-line"),
        ({"percent": "5", "line": "9"}, 404, "no-such-line"),
        ({"percent": "5", "reason": "4111111111111111"}, 422, "card-data"),
    ],
)
def test_a_discount_that_makes_no_sense_is_refused(discount: dict[str, Any], status: int, code: str) -> None:
    sale = basket.add_product(empty(), RULES, MUG)
    with refused(status, code):
        discounts.add_discount(sale, RULES, **discount)


def test_a_sale_takes_so_many_discounts() -> None:
    sale = basket.add_product(empty(), RULES, MUG)
    for _ in range(discounts.DISCOUNTS_MAX):
        sale = discounts.add_discount(sale, RULES, percent="1")
    with refused(409, "too-many-discounts"):
        discounts.add_discount(sale, RULES, percent="1")
