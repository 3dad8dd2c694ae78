"""Deposits, several taxes, exemptions and tips on paper."""

from decimal import Decimal

from agent import basket, checkout
from agent.basket import Product
from agent.empties import add_empties
from agent.exemption import exempt
from agent.pricing import Rules, price
from agent.receipt import receipt_document
from agent.refund import Want, plan_refund
from agent.sale import Sale, TaxRate
from tests.till.test_receipt import AMERICAN, GERMAN, placed, printed

VAT, GST, PST = TaxRate("s", "MwSt", Decimal(19)), TaxRate("g", "GST", Decimal(5)), TaxRate("p", "PST", Decimal(7))
BOTH = TaxRate("both", "Both", Decimal(12), parts=(GST, PST))
INCLUDED = Rules("EUR", prices_include_tax=True, taxes={"s": VAT})
ON_TOP = Rules("CAD", prices_include_tax=False, taxes={"g": GST, "both": BOTH})
COLA = Product("c", "Cola", 94, "s", deposit=25, deposit_tax="s")


def empty(rules: Rules) -> Sale:
    return basket.new_sale(rules, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")


def test_a_deposit_stands_under_its_item_and_empties_by_themselves() -> None:
    sale = basket.add_product(empty(INCLUDED), INCLUDED, COLA, quantity="2")
    sale = add_empties(sale, INCLUDED, COLA, quantity="12")
    record = placed(checkout.complete(sale, INCLUDED))
    lines = printed(receipt_document(record, GERMAN, copy=False), 32)
    assert lines[5:] == [
        "Cola                        1,88",
        "  2 x 0,94",
        "  Pfand                     0,50",
        "  2 x 0,25",
        "Leergut Cola               -3,00",
        "  12 x -0,25",
        "--------------------------------",
        "Summe    -0,62 €",
        "Rückgeld                    0,62",
        "--------------------------------",
        "MwSt 19% (netto -0,52)     -0,10",
        "          Vielen Dank!",
    ]


def test_each_of_several_taxes_has_its_letter_and_its_line() -> None:
    sale = basket.add_product(empty(ON_TOP), ON_TOP, Product("m", "Mug", 1000, "both"))
    sale = basket.add_product(sale, ON_TOP, Product("b", "Book", 2000, "g"))
    sale = checkout.add_tender(sale, ON_TOP, type="card", amount=price(sale, ON_TOP).total, tip=150)
    lines = printed(receipt_document(placed(checkout.complete(sale, ON_TOP)), AMERICAN, copy=False), 32)
    assert lines[4:] == [
        "Mug                     AB 10.00",
        "Book                     A 20.00",
        "--------------------------------",
        "Subtotal                   30.00",
        "A GST 5% (net 30.00)        1.50",
        "B PST 7% (net 10.00)        0.70",
        "Total  CAD 32.20",
        "Card                       32.20",
        "  on a separate terminal",
        "  Tip                       1.50",
    ]


def test_who_pays_no_tax_reads_why_also_when_it_comes_back() -> None:
    sale = basket.add_product(empty(INCLUDED), INCLUDED, Product("d", "Desk", 11900, "s"))
    sale = exempt(sale, INCLUDED, reason="Embassy", certificate="DE-77")
    sale = checkout.add_tender(sale, INCLUDED, type="card", amount=10000)
    record = placed(checkout.complete(sale, INCLUDED))
    lines = printed(receipt_document(record, GERMAN, copy=False), 32)
    assert lines[5:13] == [
        "Desk                      119,00",
        "--------------------------------",
        "Zwischensumme             119,00",
        "Steuer entfällt           -19,00",
        "Summe   100,00 €",
        "Steuerfrei: Embassy",
        "  DE-77",
        "Karte                     100,00",
    ]
    refund = placed(plan_refund(record, [], Want("card"), INCLUDED), "T1-000008")
    assert "Steuer entfällt           -19,00" in printed(receipt_document(refund, GERMAN, copy=False), 32)
