"""Random baskets and random refunds: the sums hold to the cent, whatever was rung."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent import basket, checkout, discounts
from agent.basket import Product
from agent.pricing import Rules, price, view
from agent.problem import Problem
from agent.refund import Want, plan_refund, remaining
from agent.sale import Sale, TaxRate, TenderType, Unit, decimal_text
from outbox.record import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

RATES = ["0", "2.1", "5.5", "7", "8.25", "19", "25", "100"]
TAXES = {f"t{rate}": TaxRate(f"t{rate}", f"Tax {rate}%", Decimal(rate)) for rate in RATES}

rules = st.builds(
    Rules,
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    prices_include_tax=st.booleans(),
    cash_rounding=st.sampled_from([1, 5, 10, 50]),
    taxes=st.just(TAXES),
    default_tax=st.sampled_from([None, "t19"]),
)
prices = st.one_of(st.integers(0, 50), st.integers(0, 100_000))
quantities = {
    Unit.EACH: st.integers(1, 20).map(str),
    Unit.KG: st.integers(1, 5_000).map(lambda grams: str(Decimal(grams).scaleb(-3))),
}


@st.composite
def sales(draw: st.DrawFn) -> tuple[Sale, Rules]:
    """Ring a basket with lines, discounts of every kind and perhaps some tenders."""
    store = draw(rules)
    sale = basket.new_sale(store, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    for at in range(draw(st.integers(1, 8))):
        unit = draw(st.sampled_from(Unit))
        tax = draw(st.sampled_from([None, *TAXES]))
        product = Product(f"sku{draw(st.integers(0, 3))}", f"Thing {at}", draw(prices), tax, unit)
        sale = basket.add_product(sale, store, product, quantity=draw(quantities[unit]), merge=draw(st.booleans()))
    for _ in range(draw(st.integers(0, 4))):
        line = draw(st.sampled_from([None, *(line.id for line in sale.lines)]))
        priced = price(sale, store)
        most = sum(one.net for one in priced.lines)
        if line is not None:
            most = next(one.total for one in priced.lines if one.line.id == line)
        if draw(st.booleans()) and most:
            sale = discounts.add_discount(sale, store, amount=draw(st.integers(1, most)), line=line)
        else:
            percent = decimal_text(Decimal(draw(st.integers(1, 1000))).scaleb(-1))
            sale = discounts.add_discount(sale, store, percent=percent, line=line)
    if len(sale.lines) > 1 and draw(st.booleans()):
        sale = basket.remove_line(sale, store, draw(st.sampled_from([line.id for line in sale.lines])))
    for _ in range(draw(st.integers(0, 2))):
        due = price(sale, store).settlement.due
        if due:
            how = draw(st.sampled_from(TenderType))
            sale = checkout.add_tender(sale, store, type=how, amount=draw(st.integers(1, due)))
    return sale, store


def paid_up(sale: Sale, store: Rules, how: TenderType, over: int) -> dict[str, Any]:
    """Return the record of the sale once what is due has been paid."""
    settlement = price(sale, store).settlement
    if settlement.due:
        amount = settlement.due if how is TenderType.CARD else max(1, settlement.cash_due + over)
        sale = checkout.add_tender(sale, store, type=how, amount=amount)
    return checkout.complete(sale, store) | {"id": "sale-1", "receipt_number": "T1-000007"}


@given(sales())
@settings(max_examples=200, deadline=None)
def test_the_sums_hold_to_the_cent(rung: tuple[Sale, Rules]) -> None:
    sale, store = rung
    shown = view(sale, store)
    lines = shown["lines"]
    assert shown["subtotal"] == sum(line["total"] for line in lines)
    for line in lines:
        assert line["net"] == line["total"] - line["sale_discount"]
        assert 0 <= line["net"] <= line["total"]
        assert min(line["discount"], line["sale_discount"]) >= 0
        assert 0 <= line["tax_amount"] <= line["net"]
        own = [discount["amount"] for discount in shown["discounts"] if discount["line"] == line["id"]]
        assert line["discount"] == sum(own)
    whole = [discount["amount"] for discount in shown["discounts"] if discount["line"] is None]
    assert sum(line["sale_discount"] for line in lines) == sum(whole)
    for tax in shown["taxes"]:
        of_rate = [line for line in lines if line["tax"] == tax["code"]]
        assert sum(line["tax_amount"] for line in of_rate) == tax["amount"]
        within = tax["amount"] if sale.prices_include_tax else 0
        assert sum(line["net"] for line in of_rate) == tax["base"] + within
        exact = Decimal(tax["base"]) * Decimal(tax["rate"]) / 100
        assert abs(exact - tax["amount"]) <= 1
    on_top = 0 if sale.prices_include_tax else sum(tax["amount"] for tax in shown["taxes"])
    assert shown["total"] == shown["subtotal"] - sum(whole) + on_top
    assert shown["paid"] == sum(tender["amount"] for tender in shown["tenders"])
    canonical(shown)


@given(sales(), st.sampled_from(TenderType), st.integers(0, 5_000))
@settings(max_examples=150, deadline=None)
def test_a_paid_sale_adds_up(rung: tuple[Sale, Rules], how: TenderType, over: int) -> None:
    body = paid_up(*rung, how, over)
    assert body["due"] == 0
    assert body["paid"] - body["change"] == body["total"] + body["rounding"]
    assert body["change"] >= 0
    assert abs(body["rounding"]) * 2 <= rung[1].cash_rounding
    if all(tender["type"] == "card" for tender in body["tenders"]):
        assert (body["rounding"], body["change"]) == (0, 0)


@given(sales())
@settings(max_examples=100, deadline=None)
def test_a_sale_survives_its_row(rung: tuple[Sale, Rules]) -> None:
    sale, store = rung
    again = Sale.from_json(json.loads(json.dumps(sale.to_json())))
    assert again == sale
    assert view(again, store) == view(sale, store)


def parts_of(body: dict[str, Any], left: dict[str, Decimal]) -> st.SearchStrategy[tuple[tuple[str, str | None], ...]]:
    """Choose some of the lines that are left, and a part of each."""
    steps = {line["id"]: Decimal(1) if line["unit"] == "each" else Decimal("0.001") for line in body["lines"]}

    def part(line: str) -> st.SearchStrategy[tuple[str, str | None]]:
        return st.integers(1, int(left[line] / steps[line])).map(lambda n: (line, decimal_text(n * steps[line])))

    open_lines = sorted(line for line, quantity in left.items() if quantity)
    chosen = st.lists(st.sampled_from(open_lines), min_size=1, unique=True)
    return chosen.flatmap(lambda lines: st.tuples(*map(part, lines)))


def refund_in_parts(body: dict[str, Any], store: Rules, data: st.DataObject) -> list[dict[str, Any]]:
    """Refund the sale in parts drawn at random, the last by card, until nothing is left."""
    refunds: list[dict[str, Any]] = []
    for _ in range(data.draw(st.integers(0, 5))):
        left = remaining(body, refunds)
        if any(left.values()):
            how = data.draw(st.sampled_from(TenderType))
            refunds.append(plan_refund(body, refunds, Want(how, data.draw(parts_of(body, left))), store))
    if any(remaining(body, refunds).values()):
        refunds.append(plan_refund(body, refunds, Want("card"), store))
    assert not any(remaining(body, refunds).values())
    return refunds


@given(sales(), st.sampled_from(TenderType), st.data())
@settings(max_examples=150, deadline=None)
def test_refunds_in_any_parts_come_to_the_sale_exactly(
    rung: tuple[Sale, Rules], how: TenderType, data: st.DataObject
) -> None:
    sale, store = rung
    body = paid_up(sale, store, how, 0)
    refunds = refund_in_parts(body, store, data)
    for name in ("total", "subtotal"):
        assert sum(refund[name] for refund in refunds) == body[name]
    for line in body["lines"]:
        back = [one for refund in refunds for one in refund["lines"] if one["line"] == line["id"]]
        for name in ("net", "tax_amount", "discount", "sale_discount", "total"):
            assert sum(one[name] for one in back) == line[name]
    for tax in body["taxes"]:
        back = [one for refund in refunds for one in refund["taxes"] if one["code"] == tax["code"]]
        assert sum(one["amount"] for one in back) == tax["amount"]
        assert sum(one["base"] for one in back) == tax["base"]
    if any(tender["type"] == "card" for tender in refunds[-1]["tenders"]):
        assert sum(refund["paid"] for refund in refunds) == body["total"] + body["rounding"]


@given(sales(), st.data())
@settings(max_examples=100, deadline=None)
def test_every_part_adds_up_by_itself(rung: tuple[Sale, Rules], data: st.DataObject) -> None:
    sale, store = rung
    for refund in refund_in_parts(paid_up(sale, store, TenderType.CASH, 0), store, data):
        canonical(refund)
        on_top = 0 if sale.prices_include_tax else sum(tax["amount"] for tax in refund["taxes"])
        assert refund["total"] == sum(line["net"] for line in refund["lines"]) + on_top
        assert refund["subtotal"] == sum(line["total"] for line in refund["lines"])
        assert refund["paid"] == refund["total"] + refund["rounding"] >= 0
        assert refund["paid"] == sum(tender["amount"] for tender in refund["tenders"])
        assert all(tax["base"] >= 0 and tax["amount"] >= 0 for tax in refund["taxes"])
        for line in refund["lines"]:
            assert 0 <= line["tax_amount"] <= line["net"] <= line["total"]
            assert min(line["discount"], line["sale_discount"]) >= 0


@given(sales(), st.data())
@settings(max_examples=100, deadline=None)
def test_cash_back_in_parts_is_coins_and_never_more_than_was_paid(
    rung: tuple[Sale, Rules], data: st.DataObject
) -> None:
    sale, store = rung
    body = paid_up(sale, store, TenderType.CASH, 0)
    refunds: list[dict[str, Any]] = []
    for line in data.draw(st.permutations([line["id"] for line in body["lines"]])):
        refunds.append(plan_refund(body, refunds, Want("cash", ((line, None),)), store))
    assert all(refund["paid"] % store.cash_rounding == 0 for refund in refunds)
    paid = sum(refund["paid"] for refund in refunds)
    assert paid <= body["total"] + body["rounding"]
    assert body["total"] + body["rounding"] - paid < store.cash_rounding


@given(sales(), st.text(max_size=12), st.one_of(st.none(), st.integers(), st.text(max_size=8)))
@settings(max_examples=150, deadline=None)
def test_what_a_front_end_may_send_is_done_or_refused_in_words(rung: tuple[Sale, Rules], text: str, value: Any) -> None:
    sale, store = rung
    attempts: list[Callable[[], Sale]] = [
        lambda: basket.change_quantity(sale, store, sale.lines[0].id, text),
        lambda: basket.override_price(sale, store, text, value, text),
        lambda: basket.override_price(sale, store, sale.lines[0].id, value, text),
        lambda: basket.add_open_item(sale, store, name=text, price=value, tax=text, quantity=text),
        lambda: discounts.add_discount(sale, store, percent=text, line=value, reason=text),
        lambda: discounts.add_discount(sale, store, amount=value),
        lambda: checkout.add_tender(sale, store, type=text, amount=value),
        lambda: checkout.add_tender(sale, store, type="cash", amount=value, reference=text),
        lambda: checkout.park(sale, text),
    ]
    for attempt in attempts:
        try:
            changed = attempt()
        except Problem as refusal:
            changed = sale
            said = refusal.document()
            assert said["status"] in {404, 409, 422}
            assert said["detail"]
        assert Sale.from_json(changed.to_json()) == changed
        canonical(view(changed, store))
