"""Notes, ages, marks, customers and parking: on the sale, in its row, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import basket, particulars
from agent.about import AboutLine, AboutSale, AgeCheck, How, Note, Parked, Person, SaleCustomer, Track
from agent.basket import Product
from agent.pricing import Rules, view
from agent.problem import Problem
from agent.sale import Sale

RULES = Rules(currency="EUR", prices_include_tax=True)
AT = "2026-11-21T10:00:00+01:00"
KIM = Person("p1", "Kim")
WINE = Product("wine", "Wine", 599, min_age=18)
PHONE = Product("phone", "Phone", 9900, track=Track.SERIAL)

people = st.builds(Person, st.text(), st.text())
notes = st.none() | st.builds(Note, st.text(), st.booleans())
checks = st.none() | st.builds(AgeCheck, st.integers(1, 99), st.sampled_from(How), people, st.text())
about_lines = st.builds(AboutLine, notes, st.none() | st.integers(1, 99), checks, st.none() | st.sampled_from(Track))
customers = st.none() | st.builds(SaleCustomer, st.text(), st.text(), st.none() | st.text())
about_sales = st.builds(AboutSale, notes, customers, st.none() | st.builds(Parked, people, st.text()))


def rung(*products: Product) -> Sale:
    sale = basket.new_sale(RULES, id="s1", till="till-1", opened_at=AT)
    for product in products:
        sale = basket.add_product(sale, RULES, product, merge=True)
    return sale


@settings(max_examples=100, deadline=None)
@given(line=about_lines, whole=about_sales)
def test_what_is_known_comes_back_from_the_disk_and_is_shown(line: AboutLine, whole: AboutSale) -> None:
    sale = rung(Product("mug", "Mug", 500))
    sale = replace(sale, about=whole, lines=(replace(sale.lines[0], about=line),))
    assert Sale.from_json(sale.to_json()) == sale
    shown: dict[str, Any] = view(sale, RULES)
    assert {**shown, **whole.to_json()} == shown
    assert {**shown["lines"][0], **line.to_json()} == shown["lines"][0]


def test_a_sale_of_goods_alone_has_nothing_more_in_its_row() -> None:
    row = rung(Product("mug", "Mug", 500)).to_json()
    assert not {"note", "customer", "parked"} & set(row)
    assert not {"note", "min_age", "age_check", "track"} & set(row["lines"][0])


@pytest.mark.parametrize(
    "wrong", [{"age_check": {"age": 18, "how": "seen", "at": AT}}, {"note": "text"}, {"track": "imei"}]
)
def test_a_row_that_was_damaged_is_no_sale(wrong: dict[str, Any]) -> None:
    row = rung(WINE).to_json()
    row["lines"][0] |= wrong
    with pytest.raises(ValueError, match="no open sale"):
        Sale.from_json(row)


def test_an_age_that_was_asked_holds_for_what_is_rung_later_up_to_it() -> None:
    asked = particulars.check_age(rung(WINE), AgeCheck(18, How.SEEN, KIM, AT))
    more = basket.add_product(asked, RULES, Product("beer", "Beer", 120, min_age=16))
    particulars.must_be_answered(more)
    with pytest.raises(Problem, match="from the age of 21"):
        particulars.must_be_answered(basket.add_product(more, RULES, Product("rum", "Rum", 1500, min_age=21)))


def test_two_of_a_kind_are_one_line_unless_each_has_a_number_of_its_own() -> None:
    assert [line.quantity for line in rung(WINE, WINE).lines] == [2]
    assert [line.quantity for line in rung(PHONE, PHONE).lines] == [1, 1]
    noted = particulars.note_line(rung(WINE), "1", "cold", printed=True)
    assert len(basket.add_product(noted, RULES, WINE, merge=True).lines) == 2
