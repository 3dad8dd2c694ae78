import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from agent import basket, checkout, discounts
from agent.basket import Product
from agent.empties import add_empties
from agent.exemption import exempt
from agent.marks import Marks
from agent.pricing import Rules
from agent.sale import Sale, TaxRate, Unit, decimal_text

RULES = Rules(
    "EUR",
    prices_include_tax=True,
    cash_rounding=5,
    taxes={"vat": TaxRate("vat", "VAT", Decimal("7.7"))},
    default_tax="vat",
)


def full_sale() -> Sale:
    sale = basket.new_sale(RULES, id="s1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    sale = basket.add_product(
        sale,
        RULES,
        Product("a", "Ä", 599),
        barcode="1",
        marks=Marks({"10": "L", "17": "261231"}, date(2026, 12, 31), "asked"),
    )
    sale = basket.add_product(sale, RULES, Product("k", "K", 399, None, Unit.KG), quantity="1.250")
    sale = basket.add_open_item(sale, Rules("EUR", prices_include_tax=True), name="Untaxed", price=100)
    sale = basket.override_price(sale, RULES, "2", 299, "bruised")
    sale = discounts.add_discount(sale, RULES, percent="12.5", line="1", reason="staff")
    sale = discounts.add_discount(sale, RULES, amount=50)
    return checkout.add_tender(sale, RULES, type="card", amount=200, reference="slip 0042")


def test_a_sale_comes_back_from_its_row_as_it_was() -> None:
    for sale in (
        full_sale(),
        checkout.park(checkout.remove_tender(full_sale(), RULES, "1"), "Mrs Smith"),
        basket.new_sale(RULES, id="s2", till="till-2", opened_at="2026-11-20T14:05:33+01:00"),
    ):
        assert Sale.from_json(json.loads(json.dumps(sale.to_json()))) == sale


def test_a_row_of_before_there_were_deposits_tips_and_exemptions_is_read() -> None:
    row: Any = json.loads(json.dumps(full_sale().to_json()))
    del row["exemption"]
    for line in row["lines"]:
        del line["deposit_of"], line["empties"]
    for tender in row["tenders"]:
        del tender["tip"]
    assert Sale.from_json(row) == full_sale()


def test_several_taxes_a_deposit_an_exemption_and_a_tip_come_back() -> None:
    gst, qst = TaxRate("gst", "GST", Decimal(5), included=False), TaxRate("qst", "QST", Decimal("9.5"), compound=True)
    both = TaxRate("both", "Both", Decimal("14.975"), parts=(gst, qst))
    rules = Rules("CAD", prices_include_tax=True, taxes={"both": both})
    sale = basket.new_sale(rules, id="s1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    cola = Product("c", "Cola", 100, "both", deposit=10)
    sale = add_empties(basket.add_product(sale, rules, cola), rules, cola)
    sale = checkout.add_tender(exempt(sale, rules, reason="Resale"), rules, type="cash", amount=50, tip=5)
    assert Sale.from_json(json.loads(json.dumps(sale.to_json()))) == sale


def test_a_deposit_of_a_line_that_is_not_there_is_damage() -> None:
    with pytest.raises(ValueError, match="a deposit is for a line that is not there"):
        Sale.from_json(broken("lines.0.deposit_of", "9"))


def test_the_next_ids_go_on_after_a_restart() -> None:
    sale = basket.remove_line(checkout.remove_tender(full_sale(), RULES, "1"), RULES, "3")
    sale = basket.add_product(Sale.from_json(sale.to_json()), RULES, Product("b", "B", 1000))
    sale = checkout.add_tender(sale, RULES, type="cash", amount=1)
    assert [line.id for line in sale.lines] == ["1", "2", "4"]
    assert [tender.id for tender in sale.tenders] == ["2"]


def broken(path: str, value: Any) -> dict[str, Any]:
    row: Any = json.loads(json.dumps(full_sale().to_json()))
    *parents, name = path.split(".")
    inner = row
    for parent in parents:
        inner = inner[int(parent) if parent.isdigit() else parent]
    inner[name] = value
    return dict(row)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("format", 2, "its format is 2, this program reads 1"),
        ("format", None, "'format' is not a whole number"),
        ("id", None, "'id' is not a text"),
        ("state", "sold", "sold"),
        ("prices_include_tax", 1, "'prices_include_tax' is not true or false"),
        ("lines", {}, "'lines' is not a list"),
        ("lines", [5], "an object was expected, not int"),
        ("lines.0.quantity", "many", "'quantity' is 'many', which is no number"),
        ("lines.0.quantity", "NaN", "which is no number"),
        ("lines.0.price", True, "'price' is not a whole number"),
        ("lines.0.unit", "litre", "litre"),
        ("lines.0.gs1", {"10": 5}, "'10' is not a text"),
        ("lines.0.tax", "vat", "an object was expected, not str"),
        ("discounts.0.line", "9", "a discount is on a line that is not there"),
        ("discounts.0.percent", 10, "'percent' is not a text"),
        ("tenders.0.type", "cheque", "cheque"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_name(path: str, value: Any, says: str) -> None:
    with pytest.raises(ValueError, match="this is no open sale that can be read") as refusal:
        Sale.from_json(broken(path, value))
    assert says in str(refusal.value)


@pytest.mark.parametrize("value", [None, [], "", 5])
def test_what_is_no_row_at_all_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="no open sale"):
        Sale.from_json(value)


def test_a_decimal_is_written_one_way() -> None:
    assert [decimal_text(Decimal(text)) for text in ("2", "2.0", "20", "1.250", "0", "0.00")] == [
        "2",
        "2",
        "20",
        "1.25",
        "0",
        "0",
    ]
    assert decimal_text(None) is None
