from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agent import basket, checkout, discounts
from agent.basket import Product
from agent.pricing import Rules, view
from agent.problem import Problem
from agent.sale import Sale, State, TaxRate
from outbox.money import AMOUNT_MAX

VAT = TaxRate("vat", "VAT 19%", Decimal(19))
RULES = Rules("EUR", prices_include_tax=True, taxes={"vat": VAT}, default_tax="vat")
ROUNDED = replace(RULES, cash_rounding=5)


def sale_of(*prices: int) -> Sale:
    sale = basket.new_sale(RULES, id="s1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    for price in prices:
        sale = basket.add_product(sale, RULES, Product(f"p{price}", "Thing", price))
    return sale


def cash(sale: Sale, amount: int, rules: Rules = RULES) -> Sale:
    return checkout.add_tender(sale, rules, type="cash", amount=amount)


def card(sale: Sale, amount: int, rules: Rules = RULES) -> Sale:
    return checkout.add_tender(sale, rules, type="card", amount=amount, reference="slip 0042")


def settled(sale: Sale, rules: Rules = RULES) -> dict[str, int]:
    shown = view(sale, rules)
    return {name: shown[name] for name in ("total", "paid", "due", "change", "rounding")}


def refused(status: int, code: str) -> Any:
    return pytest.raises(Problem, check=lambda problem: (problem.status, problem.code) == (status, code))


def test_cash_over_the_total_gives_change() -> None:
    assert settled(cash(sale_of(1234), 2000)) == {"total": 1234, "paid": 2000, "due": 0, "change": 766, "rounding": 0}


def test_a_split_tender_leaves_the_rest_due() -> None:
    sale = card(sale_of(1234), 1000)
    assert settled(sale) == {"total": 1234, "paid": 1000, "due": 234, "change": 0, "rounding": 0}
    sale = cash(sale, 200)
    assert settled(sale)["due"] == 34
    assert settled(card(sale, 34)) == {"total": 1234, "paid": 1234, "due": 0, "change": 0, "rounding": 0}


@pytest.mark.parametrize(
    ("total", "tendered", "due", "change", "rounding"),
    [
        (1002, 1000, 0, 0, -2),  # 10.02 is 10.00 in coins
        (1002, 1002, 0, 2, -2),  # whoever keys the exact amount takes 10.00
        (1003, 1005, 0, 0, 2),
        (1003, 2000, 0, 995, 2),  # 20.00 - 10.05
        (1003, 1000, 3, 0, 0),  # due is shown exact
        (1003, 1003, 0, 0, 0),  # paid exactly, with the small coins
        (1003, 1004, 0, 0, 1),
        (1005, 1005, 0, 0, 0),
        (2, 5, 0, 5, -2),
    ],
)
def test_cash_is_rounded_to_the_coins_there_are(
    total: int, tendered: int, due: int, change: int, rounding: int
) -> None:
    shown = settled(cash(sale_of(total), tendered, ROUNDED), ROUNDED)
    assert shown == {"total": total, "paid": tendered, "due": due, "change": change, "rounding": rounding}


def test_a_card_is_charged_exactly_and_only_the_cash_is_rounded() -> None:
    assert settled(card(sale_of(1003), 1003, ROUNDED), ROUNDED)["rounding"] == 0
    sale = card(sale_of(1003), 501, ROUNDED)  # leaves 5.02, which is 5.00 in coins
    assert view(sale, ROUNDED)["due"] == 502
    assert view(sale, ROUNDED)["cash_due"] == 500
    assert settled(cash(sale, 500, ROUNDED), ROUNDED) == {
        "total": 1003,
        "paid": 1001,
        "due": 0,
        "change": 0,
        "rounding": -2,
    }


def test_a_card_takes_no_more_than_is_due() -> None:
    with refused(409, "card-over-due") as refusal:
        card(sale_of(1234), 1235)
    assert "12.34 EUR" in refusal.value.detail


def test_nothing_is_taken_for_nothing() -> None:
    with refused(409, "sale-empty"):
        cash(sale_of(), 100)
    with refused(409, "nothing-due"):
        cash(cash(sale_of(100), 100), 100)
    with refused(409, "nothing-due"):
        cash(sale_of(0), 100)


@pytest.mark.parametrize(
    ("tender", "code"),
    [
        ({"type": "cheque", "amount": 100}, "tender-type"),
        ({"type": ["cash"], "amount": 100}, "tender-type"),
        ({"type": "cash", "amount": 0}, "amount"),
        ({"type": "cash", "amount": -5}, "amount"),
        ({"type": "cash", "amount": AMOUNT_MAX + 1}, "amount"),
        ({"type": "cash", "amount": True}, "amount"),
        ({"type": "card", "amount": 100, "reference": "4111111111111111"}, "card-data"),
        ({"type": "card", "amount": 100, "reference": "x" * 61}, "text-too-long"),
    ],
)
def test_a_tender_that_makes_no_sense_is_refused(tender: dict[str, Any], code: str) -> None:
    with refused(422, code):
        checkout.add_tender(sale_of(1000), RULES, **tender)


def test_a_reference_is_kept_and_an_empty_one_is_none() -> None:
    sale = card(sale_of(1000), 100)
    sale = checkout.add_tender(sale, RULES, type="card", amount=100, reference=" ")
    assert [(tender["id"], tender["reference"]) for tender in view(sale, RULES)["tenders"]] == [
        ("1", "slip 0042"),
        ("2", None),
    ]


def test_a_sale_takes_so_many_tenders() -> None:
    sale = sale_of(1000)
    for _ in range(checkout.TENDERS_MAX):
        sale = cash(sale, 1)
    with refused(409, "too-many-tenders"):
        cash(sale, 1)


def test_a_tender_is_given_back() -> None:
    sale = checkout.remove_tender(card(sale_of(1000), 400), RULES, "1")
    assert settled(sale)["due"] == 1000
    assert card(sale, 100).tenders[0].id == "2"
    with refused(404, "no-such-tender"):
        checkout.remove_tender(sale, RULES, "1")


def test_after_a_tender_lines_still_change_and_all_is_worked_out_again() -> None:
    sale = cash(sale_of(1000), 1000)
    more = basket.add_product(sale, RULES, Product("x", "X", 250))
    assert settled(more) == {"total": 1250, "paid": 1000, "due": 250, "change": 0, "rounding": 0}
    less = discounts.add_discount(sale, RULES, amount=300)
    assert settled(less) == {"total": 700, "paid": 1000, "due": 0, "change": 300, "rounding": 0}


@pytest.mark.parametrize(
    "change",
    [
        lambda sale: basket.remove_line(sale, RULES, "2"),
        lambda sale: discounts.add_discount(sale, RULES, percent="50"),
        lambda sale: basket.override_price(sale, RULES, "1", 1, "why not"),
    ],
)
def test_a_change_that_would_leave_too_much_on_cards_is_refused(change: Any) -> None:
    sale = cash(card(sale_of(1000, 500), 1400), 100)
    with refused(409, "cards-over-total") as refusal:
        change(sale)
    assert "remove tender 1 first" in refusal.value.detail
    assert settled(change(checkout.remove_tender(sale, RULES, "1")))["due"] > 0


# --- how a sale ends, or waits ---


def test_a_paid_sale_becomes_the_fields_of_its_record() -> None:
    body = checkout.complete(cash(sale_of(1190), 2000), RULES)
    assert body["kind"] == "sale"
    assert body["state"] == "completed"
    assert (body["total"], body["due"], body["change"]) == (1190, 0, 810)
    told = {"included": True}
    assert body["taxes"] == [{"code": "vat", "name": "VAT 19%", "rate": "19", "base": 1000, "amount": 190, **told}]
    assert not {"id", "till", "label", "cash_due"} & body.keys(), "the journal's own, or an open sale's only"


def test_what_is_not_paid_or_not_there_is_not_completed() -> None:
    with refused(409, "sale-empty"):
        checkout.complete(sale_of(), RULES)
    with refused(409, "sale-not-paid") as refusal:
        checkout.complete(cash(sale_of(1000), 999), RULES)
    assert "0.01 EUR" in refusal.value.detail


def test_a_sale_that_costs_nothing_needs_no_tender() -> None:
    assert checkout.complete(sale_of(0), RULES)["total"] == 0


def test_park_and_resume() -> None:
    parked = checkout.park(sale_of(1000), " Mrs Smith ")
    assert (parked.state, parked.label) == (State.PARKED, "Mrs Smith")
    with refused(409, "sale-not-open") as refusal:
        basket.add_product(parked, RULES, Product("x", "X", 1))
    assert "resume" in refusal.value.detail
    assert checkout.resume(parked).state is State.OPEN
    with refused(409, "sale-not-parked"):
        checkout.resume(sale_of(1000))


def test_only_what_holds_no_money_is_parked_or_voided() -> None:
    with refused(409, "sale-empty"):
        checkout.park(sale_of())
    for away in (checkout.park, checkout.void):
        with refused(409, "sale-has-tenders"):
            away(cash(sale_of(1000), 5))
    with refused(422, "card-data"):
        checkout.park(sale_of(1000), "4111111111111111")


def test_an_open_and_a_parked_sale_can_be_voided_and_then_nothing_more() -> None:
    for sale in (sale_of(1000), sale_of(), checkout.park(sale_of(1000))):
        gone = checkout.void(sale)
        assert gone.state is State.VOIDED
        with refused(409, "sale-not-open"):
            checkout.void(gone)
        with refused(409, "sale-not-open"):
            checkout.complete(gone, RULES)
    fields = checkout.void_fields(checkout.void(sale_of(1000)), RULES, reason="walked away")
    assert (fields["kind"], fields["state"], fields["reason"]) == ("void", "voided", "walked away")
