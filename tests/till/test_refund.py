from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agent import basket, checkout, discounts
from agent.basket import Product
from agent.pricing import Rules, view
from agent.problem import Problem
from agent.refund import Want, plan_refund, remaining
from agent.sale import Sale, TaxRate, Unit

STANDARD = TaxRate("standard", "VAT 19%", Decimal(19))
REDUCED = TaxRate("reduced", "VAT 7%", Decimal(7))
RULES = Rules("EUR", prices_include_tax=True, taxes={"s": STANDARD, "standard": STANDARD, "reduced": REDUCED})
ROUNDED = replace(RULES, cash_rounding=5)
ALL_CASH = Want("cash")
ALL_CARD = Want("card")


def sold(sale: Sale, rules: Rules = RULES, *, how: str = "cash") -> dict[str, Any]:
    due = view(sale, rules)["cash_due" if how == "cash" else "due"]
    paid = checkout.add_tender(sale, rules, type=how, amount=due) if due else sale
    return checkout.complete(paid, rules) | {"id": "sale-1", "receipt_number": "T1-000007"}


def rung(*products: Product, quantity: str = "1", rules: Rules = RULES) -> Sale:
    sale = basket.new_sale(rules, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    for product in products:
        sale = basket.add_product(sale, rules, product, quantity=quantity)
    return sale


def refused(status: int, code: str) -> Any:
    return pytest.raises(Problem, check=lambda problem: (problem.status, problem.code) == (status, code))


MUG = Product("mug", "Mug", 599, "standard")


def test_a_full_refund_gives_back_all_of_it() -> None:
    sale = discounts.add_discount(rung(MUG, Product("k", "Apples", 399, "reduced", Unit.KG)), RULES, percent="10")
    body = sold(sale)
    refund = plan_refund(body, [], Want("card", reference="slip 7", reason="too late"), RULES)
    for name in ("subtotal", "taxes", "total", "currency", "prices_include_tax"):
        assert refund[name] == body[name]
    assert refund["kind"] == "refund"
    assert refund["original"] == {"receipt_number": "T1-000007", "id": "sale-1"}
    assert refund["reason"] == "too late"
    assert refund["tenders"] == [{"id": "1", "type": "card", "amount": 898, "reference": "slip 7", "tip": 0}]
    same = (
        "sku",
        "name",
        "quantity",
        "unit",
        "price",
        "total",
        "net",
        "tax",
        "tax_amount",
        "discount",
        "sale_discount",
    )
    for back, line in zip(refund["lines"], body["lines"], strict=True):
        assert {name: back[name] for name in same} == {name: line[name] for name in same}
        assert back["line"] == line["id"]


def test_parts_never_gain_or_lose_a_cent_and_the_last_is_the_remainder() -> None:
    sale = discounts.add_discount(rung(replace(MUG, price=100), quantity="3"), RULES, amount=100)
    body = sold(sale)  # three pieces, net 2.00, tax 2.00 x 19/119 = 0.3193 -> 0.32
    refunds: list[dict[str, Any]] = []
    for _ in range(3):
        refunds.append(plan_refund(body, refunds, Want("cash", (("1", "1"),)), RULES))
    # of 2.00: a third is 0.67, two thirds 1.33, all of it 2.00
    assert [refund["total"] for refund in refunds] == [67, 66, 67]
    # of 0.32, by what has come back of the net: 0.1072 -> 0.11, 0.2128 -> 0.21, 0.32
    assert [refund["taxes"][0]["amount"] for refund in refunds] == [11, 10, 11]
    assert [refund["taxes"][0]["base"] for refund in refunds] == [56, 56, 56]
    assert [refund["lines"][0]["sale_discount"] for refund in refunds] == [33, 34, 33]
    assert [refund["lines"][0]["total"] for refund in refunds] == [100, 100, 100]
    with refused(409, "nothing-to-refund"):
        plan_refund(body, refunds, ALL_CASH, RULES)


def test_all_that_remains_is_what_has_not_come_back() -> None:
    body = sold(rung(MUG, replace(MUG, sku="cup", name="Cup", price=250), quantity="2"))
    first = plan_refund(body, [], Want("cash", (("1", "1"),)), RULES)
    assert remaining(body, [first]) == {"1": Decimal(1), "2": Decimal(2)}
    rest = plan_refund(body, [first], ALL_CASH, RULES)
    assert [(line["line"], line["quantity"], line["total"]) for line in rest["lines"]] == [
        ("1", "1", 599),
        ("2", "2", 500),
    ]
    assert first["total"] + rest["total"] == body["total"]


def test_a_line_with_no_quantity_is_all_that_is_left_of_it() -> None:
    body = sold(rung(MUG, quantity="3"))
    first = plan_refund(body, [], Want("cash", (("1", "1"),)), RULES)
    second = plan_refund(body, [first], Want("cash", (("1", None),)), RULES)
    assert second["lines"][0]["quantity"] == "2"
    with refused(409, "line-refunded"):
        plan_refund(body, [first, second], Want("cash", (("1", None),)), RULES)


def test_a_weight_comes_back_in_part() -> None:
    body = sold(rung(Product("k", "Apples", 399, "reduced", Unit.KG), quantity="1.234"))  # 4.92366 -> 4.92
    first = plan_refund(body, [], Want("cash", (("1", "0.617"),)), RULES)
    rest = plan_refund(body, [first], ALL_CASH, RULES)
    assert (first["total"], rest["total"]) == (246, 246)
    assert rest["lines"][0]["quantity"] == "0.617"


def test_tax_on_top_comes_back_with_its_line() -> None:
    tax = TaxRate("ca", "Sales tax", Decimal("8.25"))
    rules = Rules("USD", prices_include_tax=False, taxes={"ca": tax})
    body = sold(
        rung(Product("a", "A", 999, "ca"), Product("b", "B", 101, "ca"), Product("c", "C", 50), rules=rules), rules
    )
    assert body["taxes"][0]["amount"] == 91  # 11.00 x 8.25% = 0.9075; A's share 0.82645 and B's 0.0836 -> 0.83, 0.08
    first = plan_refund(body, [], Want("cash", (("2", "1"), ("3", "1"))), rules)
    assert (first["subtotal"], first["taxes"][0]["base"], first["taxes"][0]["amount"]) == (151, 101, 8)
    assert first["total"] == 159
    rest = plan_refund(body, [first], ALL_CASH, rules)
    assert rest["total"] == body["total"] - 159 == 1082


def test_a_free_item_comes_back_for_nothing() -> None:
    body = sold(rung(replace(MUG, price=0)))
    refund = plan_refund(body, [], ALL_CASH, RULES)
    assert (refund["total"], refund["tenders"], refund["paid"]) == (0, [], 0)
    with refused(409, "nothing-to-refund"):
        plan_refund(body, [refund], ALL_CASH, RULES)


# --- coins ---


def test_what_was_rounded_comes_back_as_it_was_paid() -> None:
    body = sold(rung(replace(MUG, price=1002)), ROUNDED)
    assert body["rounding"] == -2
    for want in (ALL_CASH, ALL_CARD):
        refund = plan_refund(body, [], want, ROUNDED)
        assert (refund["total"], refund["rounding"], refund["paid"]) == (1002, -2, 1000)


def test_cash_back_in_parts_never_comes_to_more_than_was_paid() -> None:
    body = sold(rung(replace(MUG, price=334), quantity="3"), ROUNDED)  # 10.02, paid 10.00
    refunds: list[dict[str, Any]] = []
    for _ in range(3):
        refunds.append(plan_refund(body, refunds, Want("cash", (("1", "1"),)), ROUNDED))
    assert [refund["total"] for refund in refunds] == [334, 334, 334]
    assert [refund["paid"] for refund in refunds] == [335, 335, 330]
    assert sum(refund["rounding"] for refund in refunds) == -2


def test_cash_back_for_a_card_is_rounded_down_where_up_would_be_too_much() -> None:
    body = sold(rung(replace(MUG, price=1003)), ROUNDED, how="card")
    refund = plan_refund(body, [], ALL_CASH, ROUNDED)
    assert (refund["paid"], refund["rounding"]) == (1000, -3)
    assert plan_refund(body, [], ALL_CARD, ROUNDED)["paid"] == 1003


def test_a_part_worth_more_than_what_is_left_of_what_was_paid_gives_that() -> None:
    body = sold(rung(replace(MUG, price=1001), replace(MUG, price=1)), ROUNDED)  # 10.02, paid 10.00
    first = plan_refund(body, [], Want("card", (("1", "1"),)), ROUNDED)
    assert (first["total"], first["paid"]) == (1001, 1000)
    last = plan_refund(body, [first], ALL_CARD, ROUNDED)
    assert (last["total"], last["paid"], last["rounding"], last["tenders"]) == (1, 0, -1, [])


# --- what is refused ---


def test_an_amount_must_be_what_is_due_back() -> None:
    body = sold(rung(MUG))
    assert plan_refund(body, [], Want("cash", tender_amount=599), RULES)["paid"] == 599
    with refused(409, "refund-amount") as refusal:
        plan_refund(body, [], Want("cash", tender_amount=600), RULES)
    assert "5.99 EUR is due back" in refusal.value.detail


@pytest.mark.parametrize(
    ("want", "status", "code"),
    [
        (Want("cash", (("1", "3"),)), 409, "refund-too-much"),
        (Want("cash", (("9", "1"),)), 404, "no-such-line"),
        (Want("cash", (("1", "1"), ("1", "1"))), 422, "line-twice"),
        (Want("cash", ()), 422, "lines-needed"),
        (Want("cash", (("1", "0"),)), 422, "quantity"),
        (Want("cash", (("1", "0.5"),)), 422, "quantity-not-whole"),
        (Want("cheque"), 422, "tender-type"),
        (Want("card", reference="4111111111111111"), 422, "card-data"),
        (Want("card", reason="4111111111111111"), 422, "card-data"),
        (Want("card", tender_amount=-5), 422, "amount"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(want: Want, status: int, code: str) -> None:
    with refused(status, code):
        plan_refund(sold(rung(MUG, quantity="2")), [], want, RULES)


def test_a_refund_is_not_refunded() -> None:
    body = sold(rung(MUG))
    with refused(409, "not-a-sale"):
        plan_refund(plan_refund(body, [], ALL_CASH, RULES), [], ALL_CASH, RULES)


def test_refunds_of_other_sales_do_not_count() -> None:
    body = sold(rung(MUG))
    other = plan_refund(body | {"id": "sale-2"}, [], ALL_CASH, RULES)
    assert remaining(body, [other]) == {"1": Decimal(1)}
    assert plan_refund(body, [other], ALL_CASH, RULES)["total"] == 599
