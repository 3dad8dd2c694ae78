"""A short part of the campaign, the same by hypothesis, and mistakes that the oracle has to notice."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agent.basket
import agent.pricing
import agent.refund
import agent.tax
from agent.deposits import deposit_of
from agent.pricing import Rules
from agent.sale import Line, Sale, TaxRate, TenderType
from agent.settlement import Settlement, settle
from outbox.money import Rounding, ratio
from tests.money.campaign import one, run

BASKETS = 200  # in which every planted mistake shows; the long run has 100,000


def test_sums_hold_in_some_hundred_baskets_that_have_everything() -> None:
    found = run(BASKETS, seed=0)
    assert found.faults == []
    assert min(found.counts.values()) > 0, found.counts


@given(st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_sums_hold_in_whatever_basket_hypothesis_rings(random: Random) -> None:
    assert list(one(random, Counter())) == []


# --- mistakes: each in the product, at one named place ---


def halves_to_even(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agent.tax, "ratio", lambda top, bottom, _: ratio(top, bottom, Rounding.HALF_EVEN))


def a_lost_cent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agent.tax, "apportion", lambda _, exact, bottom: [each // bottom for each in exact])


def each_line_rounded(patch: pytest.MonkeyPatch) -> None:
    real = agent.tax._round
    patch.setattr(agent.tax, "_round", lambda at, nets, law: real(at, nets, replace(law, per_line=True)))


def tax_on_the_price_with_tax(patch: pytest.MonkeyPatch) -> None:
    real = agent.tax._shares

    def shares(tax: TaxRate, *, included: bool) -> Any:
        return tuple(
            replace(share, denominator=100, numerator=int(share.rate.rate)) for share in real(tax, included=included)
        )

    patch.setattr(agent.tax, "_shares", shares)


def no_tax_on_tax(patch: pytest.MonkeyPatch) -> None:
    real = agent.tax._factors
    patch.setattr(agent.tax, "_factors", lambda parts: real([replace(part, compound=False) for part in parts]))


def the_items_tax_on_its_deposit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agent.basket, "deposit_of", lambda line, price, _: deposit_of(line, price, line.tax))


def deposits_discounted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Line, "is_deposit", property(lambda line: line.empties))


def a_deposit_left_behind(patch: pytest.MonkeyPatch) -> None:
    def with_line(sale: Sale, rules: Rules, changed: Line) -> Sale:
        lines = tuple(changed if line.id == changed.id else line for line in sale.lines)
        return agent.basket.checked(replace(sale, lines=lines), rules)

    patch.setattr(agent.basket, "_with_line", with_line)


def discounts_rounded_to_even(patch: pytest.MonkeyPatch) -> None:
    def percent_of(amount: int, percent: Decimal) -> int:
        return int((amount * percent / 100).to_integral_value(ROUND_HALF_EVEN))

    patch.setattr(agent.pricing, "percent_of", percent_of)


def tips_that_pay(patch: pytest.MonkeyPatch) -> None:
    def paid(sale: Sale, how: TenderType) -> int:
        return sum(tender.amount + tender.tip for tender in sale.tenders if tender.type is how)

    patch.setattr(agent.pricing, "_paid", paid)


def cards_rounded_to_coins(patch: pytest.MonkeyPatch) -> None:
    def wrong(total: int, card: int, cash: int, coin: int) -> Settlement:
        settled = settle(total, card, cash, coin)
        return settled if settled.due or not card else replace(settled, rounding=-total % coin)

    patch.setattr(agent.pricing, "settle", wrong)


def an_exempt_customer_who_pays_what_is_in_the_price(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agent.tax._Group, "relieve", lambda group, of_lines, _: group.spread(of_lines))


def refunds_rounded_down(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agent.refund, "_share", lambda amount, part, whole: amount * part // whole if whole else 0)


def refunds_without_the_tax_on_top(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agent.refund, "_included", lambda _sale, _tax: True)


def empties_taken_back(patch: pytest.MonkeyPatch) -> None:
    def remaining(sale: Any, earlier: Any) -> dict[str, Decimal]:
        left = {line["id"]: Decimal(line["quantity"]) for line in sale["lines"]}
        for refund in earlier:
            for line in refund["lines"]:
                left[line["line"]] -= Decimal(line["quantity"])
        return left

    patch.setattr(agent.refund, "remaining", remaining)


@pytest.fixture
def _nothing_remembered() -> Iterator[None]:
    agent.tax._shares.cache_clear()
    yield
    agent.tax._shares.cache_clear()


@pytest.mark.usefixtures("_nothing_remembered")
@pytest.mark.parametrize(
    "mistake",
    [
        halves_to_even,
        a_lost_cent,
        each_line_rounded,
        tax_on_the_price_with_tax,
        no_tax_on_tax,
        the_items_tax_on_its_deposit,
        deposits_discounted,
        a_deposit_left_behind,
        discounts_rounded_to_even,
        tips_that_pay,
        cards_rounded_to_coins,
        an_exempt_customer_who_pays_what_is_in_the_price,
        refunds_rounded_down,
        refunds_without_the_tax_on_top,
        empties_taken_back,
    ],
)
def test_a_mistake_is_noticed(mistake: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    mistake(monkeypatch)
    assert run(BASKETS, seed=0, faults_max=1).faults
