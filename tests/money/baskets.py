"""Random stores, baskets and refunds, rung with the agent's own operations, and what was asked for, beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from agent import basket, checkout, discounts
from agent.basket import Product
from agent.empties import add_empties
from agent.exemption import exempt
from agent.pricing import Rules, price
from agent.refund import Want, plan_refund, remaining
from agent.sale import Sale, TaxRate, Unit, decimal_text
from agent.tax import TaxRounding
from outbox.money import Rounding
from tests.money.law import Asked, AskedLine, Law, Tax

if TYPE_CHECKING:
    from random import Random

RATES = ("0", "0.1", "2.1", "5", "5.5", "7", "8.1", "8.25", "9.5", "9.975", "19", "20", "25", "27", "100")
COINS = (1, 1, 1, 5, 10, 50, 100)
CURRENCIES = ("EUR", "EUR", "JPY", "KWD")
LINES_MAX = 9
REFUNDS_MAX = 5


@dataclass(slots=True)
class Rung:
    """A basket being rung: the agent's rules and sale, and what was asked for."""

    rules: Rules
    law: Law
    sale: Sale
    asked: Asked = field(default_factory=Asked)


def rates_of(random: Random, *, included: bool) -> dict[str, TaxRate]:
    """Return the taxes of a store: some single ones, and some codes that stand for several of them."""
    both_kinds = random.random() < 0.3
    single = {}
    for number in range(random.randint(1, 4)):
        rate = random.choice(RATES)
        own = random.choice((None, True, False)) if both_kinds else None
        code = f"t{number}"
        single[code] = TaxRate(code, f"Tax {rate}%", Decimal(rate), own, compound=random.random() < 0.2)
    taxes = dict(single)
    for number in range(random.randint(0, 2)):
        parts = tuple(random.sample(list(single.values()), random.randint(1, len(single))))
        taxes[f"g{number}"] = TaxRate(f"g{number}", "Several", Decimal(0), parts=parts)
    return taxes


def law_of(rules: Rules) -> Law:
    """Write the agent's rules down in the oracle's words."""

    def tax(rate: TaxRate) -> Tax:
        included = rules.prices_include_tax if rate.included is None else rate.included
        return Tax(rate.code, Fraction(rate.rate), included, rate.compound)

    return Law(
        taxes={code: tuple(map(tax, rate.parts or (rate,))) for code, rate in rules.taxes.items()},
        per_line=rules.tax_rounding.per_line,
        fraction=rules.tax_rounding.fraction.value,
        coin=rules.cash_rounding,
    )


def ring(random: Random) -> Rung:
    """Ring a basket in a store of its own; it is not paid yet."""
    included = random.random() < 0.5
    rules = Rules(
        currency=random.choice(CURRENCIES),
        prices_include_tax=included,
        cash_rounding=random.choice(COINS),
        taxes=rates_of(random, included=included),
        tax_rounding=TaxRounding(random.random() < 0.3, random.choice(list(Rounding))),
    )
    sale = basket.new_sale(rules, id="sale-1", till="till-1", opened_at="2026-11-21T09:00:00+01:00")
    rung = Rung(rules, law_of(rules), sale)
    for number in range(random.randint(1, LINES_MAX)):
        _line(random, rung, number)
    if random.random() < 0.3:
        _change(random, rung)
    for _ in range(random.choice((0, 0, 0, 1, 1, 2, 4))):
        _discount(random, rung)
    if random.random() < 0.15:
        rung.sale = exempt(rung.sale, rules, reason="Resale", certificate="77")
        rung.asked.exempt = True
    return rung


def _price(random: Random) -> int:
    return random.choice((0, random.randint(1, 50), random.randint(50, 2_000), random.randint(2_000, 500_000)))


def _line(random: Random, rung: Rung, number: int) -> None:
    kg = random.random() < 0.2
    deposit = random.randint(1, 300) if not kg and random.random() < 0.3 else None
    taxes = (None, *rung.rules.taxes)
    product = Product(
        sku=f"sku{number}",
        name=f"Thing {number}",
        price=_price(random),
        tax=random.choice(taxes),
        unit=Unit.KG if kg else Unit.EACH,
        deposit=deposit,
        deposit_tax=random.choice(taxes),
    )
    quantity = Decimal(random.randint(1, 5_000)).scaleb(-3) if kg else Decimal(random.choice((1, 1, 1, 2, 3, 12)))
    made = rung.sale.lines_made
    if deposit and random.random() < 0.3:
        rung.sale = add_empties(rung.sale, rung.rules, product, quantity=decimal_text(quantity))
        rung.asked.lines[str(made + 1)] = AskedLine(-deposit, Fraction(quantity), product.deposit_tax, deposit=True)
        return
    rung.sale = basket.add_product(rung.sale, rung.rules, product, quantity=decimal_text(quantity))
    rung.asked.lines[str(made + 1)] = AskedLine(product.price, Fraction(quantity), product.tax)
    if deposit:
        rung.asked.lines[str(made + 2)] = AskedLine(deposit, Fraction(quantity), product.deposit_tax, deposit=True)


def _change(random: Random, rung: Rung) -> None:
    """Change the quantity of some goods, or take them out; a deposit goes with its item."""
    goods = [line for line in rung.sale.lines if not rung.asked.lines[line.id].deposit]
    if not goods:
        return
    chosen = random.choice(goods)
    own = [line.id for line in rung.sale.lines if chosen.id in (line.id, line.deposit_of)]
    if random.random() < 0.5 and len(rung.sale.lines) > len(own):
        rung.sale = basket.remove_line(rung.sale, rung.rules, chosen.id)
        for line in own:
            del rung.asked.lines[line]
        return
    quantity = random.randint(1, 20)
    rung.sale = basket.change_quantity(rung.sale, rung.rules, chosen.id, str(quantity))
    for line in own:
        rung.asked.lines[line].quantity = Fraction(quantity)


def _discount(random: Random, rung: Rung) -> None:
    priced = price(rung.sale, rung.rules)
    goods = [line for line in priced.lines if not rung.asked.lines[line.line.id].deposit]
    if not goods:
        return
    chosen = random.choice((None, random.choice(goods)))
    on = None if chosen is None else chosen.line.id
    most = sum(line.left for line in goods) if chosen is None else chosen.left
    number = str(rung.sale.discounts_made + 1)
    if most and random.random() < 0.5:
        amount = random.randint(1, most)
        rung.sale = discounts.add_discount(rung.sale, rung.rules, amount=amount, line=on)
        rung.asked.discounts[number] = (on, None, amount)
    else:
        percent = Decimal(random.randint(1, 1_000)).scaleb(-1)
        rung.sale = discounts.add_discount(rung.sale, rung.rules, percent=decimal_text(percent), line=on)
        rung.asked.discounts[number] = (on, Fraction(percent), None)


def pay(random: Random, rung: Rung) -> list[Sale]:
    """Take tenders until nothing is due; each state on the way."""
    states = [rung.sale]
    while (due := price(rung.sale, rung.rules).settlement).due:
        how = random.choice(("cash", "card"))
        amount = random.choice((due.due, due.due, random.randint(1, due.due)))
        if how == "cash" and random.random() < 0.7:
            amount = max(due.cash_due, 1) + random.choice((0, 0, 1, 500))
        tip = random.choice((0, 0, 0, random.randint(1, 500)))
        if len(rung.sale.tenders) + 1 >= checkout.TENDERS_MAX:
            how, amount = "card", due.due
        rung.sale = checkout.add_tender(rung.sale, rung.rules, type=how, amount=amount, tip=tip)
        states.append(rung.sale)
    return states


def complete(rung: Rung) -> dict[str, Any]:
    """Return the record of the sale."""
    return checkout.complete(rung.sale, rung.rules) | {"id": "sale-1", "receipt_number": "T1-000007"}


def give_back(random: Random, rung: Rung, record: dict[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the next refund: a part of some of what is left, or all of it."""
    how = random.choice(("cash", "card"))
    left = {line: quantity for line, quantity in remaining(record, earlier).items() if quantity > 0}
    if len(earlier) + 1 >= REFUNDS_MAX or random.random() < 0.3:
        return plan_refund(record, earlier, Want(how), rung.rules)
    chosen = random.sample(sorted(left), random.randint(1, len(left)))
    units = {line["id"]: line["unit"] for line in record["lines"]}
    wanted = []
    for line in chosen:
        steps = int(left[line] * (1_000 if units[line] == "kg" else 1))
        part = Decimal(random.randint(1, steps))
        wanted.append((line, decimal_text(part.scaleb(-3) if units[line] == "kg" else part)))
    return plan_refund(record, earlier, Want(how, tuple(wanted)), rung.rules)
