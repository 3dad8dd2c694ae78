from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agent import basket, discounts, pricing
from agent.basket import Product
from agent.pricing import Rules, price, view
from agent.sale import Sale, TaxRate, Unit
from agent.settlement import settle

STANDARD = TaxRate("standard", "VAT 19%", Decimal(19))
REDUCED = TaxRate("reduced", "VAT 7%", Decimal(7))


def rung(rules: Rules, *products: Product) -> Sale:
    sale = basket.new_sale(rules, id="s1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    for product in products:
        sale = basket.add_product(sale, rules, product, quantity="1")
    return sale


def test_tax_within_is_worked_out_once_per_rate_on_the_whole_receipt() -> None:
    rules = Rules("EUR", prices_include_tax=True, taxes={"s": STANDARD, "r": REDUCED})
    sale = rung(rules, *[Product(f"p{at}", "P", 99, "s") for at in range(3)], Product("r", "R", 250, "r"))
    priced = price(sale, rules)
    # 2.97 x 19/119 = 0.4742 -> 0.47; line by line it would be 3 x 0.16 = 0.48
    # 2.50 x 7/107 = 0.1636 -> 0.16
    assert [(tax.base, tax.amount) for tax in priced.taxes] == [(250, 47), (234, 16)]
    assert [line.tax_amount for line in priced.lines] == [16, 16, 15, 16]
    assert priced.total == 547


def test_tax_on_top_is_added_after_the_discounts() -> None:
    sales_tax = TaxRate("ca", "Sales tax", Decimal("8.25"))
    rules = Rules("USD", prices_include_tax=False, taxes={"ca": sales_tax})
    sale = rung(rules, Product("a", "A", 1000, "ca"), Product("b", "B", 500))
    sale = discounts.add_discount(sale, rules, percent="10")
    shown = view(sale, rules)
    assert shown["subtotal"] == 1500
    assert shown["discounts"][0]["amount"] == 150  # 1.00 off A, 0.50 off B, which is untaxed
    (tax,) = shown["taxes"]
    assert (tax["rate"], tax["base"], tax["amount"], tax["included"]) == ("8.25", 900, 74, False)  # 0.7425
    assert shown["total"] == 1424  # 15.00 - 1.50 + 0.74
    assert [line["tax_amount"] for line in shown["lines"]] == [74, 0]


def test_a_currency_with_no_decimals_and_one_with_three() -> None:
    ten = TaxRate("jct", "JCT 10%", Decimal(10))
    yen = Rules("JPY", prices_include_tax=True, taxes={"jct": ten})
    shown = view(rung(yen, Product("tea", "Tea", 108, "jct")), yen)
    assert (shown["total"], shown["taxes"][0]["amount"]) == (108, 10)  # 108 x 10/110 = 9.818
    five = TaxRate("vat", "VAT 5%", Decimal(5))
    dinar = Rules("KWD", prices_include_tax=False, cash_rounding=5, taxes={"vat": five})
    shown = view(rung(dinar, Product("tea", "Tea", 1250, "vat")), dinar)
    assert (shown["taxes"][0]["amount"], shown["total"]) == (63, 1313)  # 0.0625 -> 0.063
    assert shown["cash_due"] == 1315


def test_a_rate_of_zero_is_a_tax_and_no_tax_is_none() -> None:
    zero = TaxRate("zero", "Zero-rated", Decimal(0))
    rules = Rules("GBP", prices_include_tax=True, taxes={"zero": zero})
    shown = view(rung(rules, Product("book", "Book", 500, "zero"), Product("stamp", "Stamp", 100)), rules)
    (tax,) = shown["taxes"]
    assert (tax["code"], tax["rate"], tax["base"], tax["amount"], tax["exempt"]) == ("zero", "0", 500, 0, False)
    assert [line["taxes"] for line in shown["lines"]] == [[{"code": "zero", "rate": "0", "amount": 0}], []]


def test_a_basket_keeps_its_prices_and_rates_when_the_store_changes_them() -> None:
    old = Rules("EUR", prices_include_tax=True, taxes={"s": STANDARD})
    sale = rung(old, Product("a", "A", 119, "s"))
    new = Rules(
        "CHF",
        prices_include_tax=False,
        taxes={"s": TaxRate("s", "VAT 16%", Decimal(16)), "r": REDUCED},
        default_tax="r",
    )
    assert view(sale, new) == view(sale, old)
    both = view(basket.add_product(sale, new, Product("a", "A", 116, "s")), new)
    assert [(tax["rate"], tax["base"], tax["amount"]) for tax in both["taxes"]] == [("19", 100, 19), ("16", 100, 16)]


def test_an_empty_sale_comes_to_nothing() -> None:
    rules = Rules("EUR", prices_include_tax=True)
    shown = view(rung(rules), rules)
    assert [shown[name] for name in ("subtotal", "total", "paid", "due", "cash_due", "change", "rounding")] == [0] * 7
    assert shown["taxes"] == shown["lines"] == []


def test_weights_and_discounts_together() -> None:
    rules = Rules("EUR", prices_include_tax=True, taxes={"s": STANDARD, "r": REDUCED})
    sale = rung(rules, Product("mug", "Mug", 599, "s"))
    sale = basket.change_quantity(sale, rules, "1", "2")
    sale = basket.add_product(sale, rules, Product("k", "Apples", 1299, "r", Unit.KG), quantity="1.234")
    sale = discounts.add_discount(sale, rules, percent="10")
    sale = discounts.add_discount(sale, rules, amount=100, line="1")
    shown = view(sale, rules)
    # 11.98 - 1.00 = 10.98; 1.234 x 12.99 = 16.02966 -> 16.03; together 27.01
    # 10% of 27.01 is 2.70; over 10.98 and 16.03 that is 1.0976 and 1.6024
    assert [line["net"] for line in shown["lines"]] == [988, 1443]
    # 9.88 x 19/119 = 1.5775; 14.43 x 7/107 = 0.9440
    assert [(tax["base"], tax["amount"]) for tax in shown["taxes"]] == [(830, 158), (1349, 94)]
    assert shown["total"] == 2431


def test_what_is_handed_over_less_the_change_is_the_total_and_its_rounding() -> None:
    for total in range(120):
        for card in (0, total // 3, total):
            for cash in range(150):
                settled = settle(total, card, cash, 5)
                if settled.due == 0:
                    assert settled.paid - settled.change == total + settled.rounding
                    assert settled.change >= 0
                    assert abs(settled.rounding) <= 2
                else:
                    assert settled.due == total - card - cash > 0
                    assert (settled.change, settled.rounding) == (0, 0)


def test_what_was_worked_out_is_remembered_for_that_sale_and_those_rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules("CHF", prices_include_tax=True, taxes={"s": STANDARD}, default_tax="s")
    coins = Rules("CHF", prices_include_tax=True, cash_rounding=5, taxes={"s": STANDARD}, default_tax="s")
    sale = rung(rules, Product("a", "A", 1_02))
    assert price(sale, rules) is price(sale, rules)
    assert (price(sale, rules).settlement.cash_due, price(sale, coins).settlement.cash_due) == (102, 100)
    assert price(sale, rules).settlement.cash_due == 102
    other = rung(rules, Product("b", "B", 5_00))  # under the same id, as after a restart
    assert [price(one, rules).total for one in (sale, other, sale)] == [102, 500, 102]
    monkeypatch.setattr(pricing, "LATEST_MAX", 2)
    latest: dict[str, Any] = {}
    monkeypatch.setattr(pricing, "_latest", latest)
    for number in range(7):
        assert price(replace(sale, id=f"s{number}"), rules).total == 102
        assert len(latest) <= 2
