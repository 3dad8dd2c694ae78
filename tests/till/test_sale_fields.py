"""A record leaves out what a line has none of; one that says it, as records once did, is read the same."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agent import basket, checkout
from agent.basket import Product
from agent.exemption import exempt
from agent.pricing import Rules, price, record_fields, view
from agent.refund import Want, plan_refund
from agent.sale import Sale, TaxRate
from agent.sale_fields import OF_PLAIN_LINE, OF_PLAIN_TAX

RULES = Rules("EUR", prices_include_tax=True, taxes={"s": TaxRate("s", "VAT 19%", Decimal(19))}, default_tax="s")
AT = "2026-11-20T14:05:33+01:00"


def rung() -> Sale:
    sale = basket.new_sale(RULES, id="sale-1", till="till-1", opened_at=AT)
    sale = basket.add_product(sale, RULES, Product("mug", "Mug", 599, "s"), quantity="3")
    return basket.add_product(sale, RULES, Product("tea", "Tea", 250, "s"), quantity="2")


def record_of(sale: Sale) -> dict[str, Any]:
    paid = checkout.add_tender(sale, RULES, type="card", amount=price(sale, RULES).settlement.due)
    return checkout.complete(paid, RULES) | {"id": sale.id, "receipt_number": "T1-000007"}


def said(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as one that says everything."""
    return record | {
        "lines": [OF_PLAIN_LINE | line for line in record["lines"]],
        "taxes": [OF_PLAIN_TAX | tax for tax in record["taxes"]],
    }


def test_a_record_says_nothing_of_what_a_line_has_none_of() -> None:
    record = record_of(rung())
    for line in record["lines"]:
        assert not OF_PLAIN_LINE.keys() & line.keys()
    for tax in record["taxes"]:
        assert not OF_PLAIN_TAX.keys() & tax.keys()
    fixed = {"id", "sku", "name", "quantity", "price", "discount", "total", "tax"}
    assert all(fixed <= line.keys() for line in record["lines"])
    assert all({"code", "rate", "base", "amount"} <= tax.keys() for tax in record["taxes"])


def test_who_rings_sees_all_of_it() -> None:
    sale = rung()
    assert view(sale, RULES) == said(record_fields(sale, RULES))
    assert all(OF_PLAIN_LINE.keys() <= line.keys() for line in view(sale, RULES)["lines"])


def test_what_there_is_is_said() -> None:
    sale = exempt(rung(), RULES, reason="Embassy")
    (first, _), (tax,) = record_of(sale)["lines"], record_of(sale)["taxes"]
    assert (first["tax_relief"], tax["exempt"]) == (287, True)
    marked = replace(sale, lines=tuple(replace(line, category="Food", gs1={"10": "L1"}) for line in sale.lines))
    line = record_fields(marked, RULES)["lines"][0]
    assert (line["category"], line["lot"], "serial" in line) == ("Food", "L1", False)


@pytest.mark.parametrize("sale", [rung(), exempt(rung(), RULES, reason="Embassy")], ids=["taxed", "exempt"])
def test_a_record_that_says_everything_comes_back_as_one_that_does_not(sale: Sale) -> None:
    record = record_of(sale)
    some = Want("card", lines=(("1", "1"),))
    first = plan_refund(record, [], some, RULES)
    assert plan_refund(said(record), [], some, RULES) == said(first) | {"lines": first["lines"]}
    rest = plan_refund(said(record), [said(first)], Want("card"), RULES)
    assert rest["total"] + first["total"] == record["total"]
    assert rest["lines"] == plan_refund(record, [first], Want("card"), RULES)["lines"]
