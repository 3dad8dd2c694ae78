"""What happens at a till: random sales, returns and cash movements, rung and written by the agent's own operations.

Every record has its id before it is first asked for, so that whoever was not answered asks again.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from agent import basket, checkout, discounts, exchanging
from agent.empties import add_empties
from agent.exemption import exempt
from agent.facts import Facts, TillSetup
from agent.lookup import product_of
from agent.particulars import give_customer, note_sale
from agent.pricing import price, view
from agent.problem import Problem
from agent.refund import Want, plan_refund, remaining
from agent.returns import sold
from agent.sale import Unit, decimal_text
from agent.unreceipted import plan_without_receipt
from outbox import chain
from outbox.ids import derived_id, new_id
from outbox.money import to_increment
from outbox.record import Kind
from tests.clouds.conformance.shop import CUSTOMERS, ITEMS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from agent.sale import Sale
    from outbox.catalogue import Catalogue
    from tests.clouds.conformance.shop import Shop

    Write = Callable[[sqlite3.Connection], str]  # returns the record's id

LINES_MAX = 5
DEPOSIT = 25  # minor units a bottle
RECENT = 200  # sales that somebody may still bring back


class Till:
    """One till. `deal` says what its next customer does; what was written is remembered by `wrote`."""

    def __init__(self, shop: Shop, random: Random, number: int, facts: Facts) -> None:
        self._shop = shop
        self._random = random
        self._setup = TillSetup(shop.tills[number])
        self._facts = facts
        self._receipts: list[str] = []

    def wrote(self, receipt_number: str) -> None:
        """Remember a sale that may come back."""
        self._receipts.append(receipt_number)
        del self._receipts[:-RECENT]

    def deal(self, catalogue: Catalogue, at: datetime) -> tuple[str, Write]:
        """Return what the next customer does, in a word, and the change that writes it: a fact, written once."""
        what = self._random.random()
        record_id = new_id()
        if self._receipts and what < 0.12:
            return "refund", self._refund(record_id, at)
        if self._receipts and what < 0.17:
            return "exchange", self._exchange(self._rung(catalogue, record_id, at), at)
        if what < 0.20:
            return "no receipt", self._without_receipt(self._rung(catalogue, record_id, at, plain=True), at)
        if what < 0.24:
            return "cash", self._once(record_id, Kind.CASH, self._cash, at)
        return "sale", self._sale(self._rung(catalogue, record_id, at), at)

    # --- ringing ---

    def _rung(self, catalogue: Catalogue, sale_id: str, at: datetime, *, plain: bool = False) -> Sale:
        random, rules = self._random, self._shop.rules
        sale = basket.new_sale(rules, id=sale_id, till=self._setup.id, opened_at=at.isoformat())
        for _ in range(random.randint(1, LINES_MAX)):
            sale = self._line(sale, catalogue, plain=plain)
        if plain:
            return sale
        if random.random() < 0.2:
            sale = give_customer(sale, random.choice(CUSTOMERS))
        if random.random() < 0.05:
            sale = note_sale(sale, "Bitte als Geschenk einpacken", printed=False)
        for _ in range(random.choice((0, 0, 0, 0, 1, 1, 2))):
            sale = self._discount(sale)
        if random.random() < 0.04:
            sale = exempt(sale, rules, reason="Resale", certificate="77")
        return sale

    def _line(self, sale: Sale, catalogue: Catalogue, *, plain: bool) -> Sale:
        random, rules = self._random, self._shop.rules
        what = random.random()
        if what < 0.08:
            amount, tax = random.randint(1, 5_000), random.choice(("standard", "reduced", "both"))
            return basket.add_open_item(sale, rules, name="Sonstiges", price=amount, tax=tax)
        item = catalogue.item(random.choice(ITEMS).sku)
        assert item is not None, "what a till rings is never deleted"
        product = product_of(item)
        if product.unit is Unit.KG:
            return basket.add_product(
                sale, rules, product, quantity=f"{random.randint(0, 2)}.{random.randint(1, 999):03}"
            )
        if not plain and what < 0.14:
            bottle = replace(product, deposit=DEPOSIT, deposit_tax=product.tax)
            if what < 0.10:
                return add_empties(sale, rules, bottle, quantity=str(random.randint(1, 12)))
            product = bottle
        return basket.add_product(sale, rules, product, quantity=str(random.choice((1, 1, 1, 2, 3, 12))))

    def _discount(self, sale: Sale) -> Sale:
        random, rules = self._random, self._shop.rules
        goods = [line for line in price(sale, rules).lines if not line.line.is_deposit and line.left > 0]
        if not goods:
            return sale
        chosen = random.choice((None, random.choice(goods)))
        on = None if chosen is None else chosen.line.id
        if random.random() < 0.5:
            return discounts.add_discount(
                sale, rules, percent=random.choice(("5", "10", "33.3", "100")), line=on, reason="Stammkunde"
            )
        most = sum(line.left for line in goods) if chosen is None else chosen.left
        return discounts.add_discount(sale, rules, amount=random.randint(1, most), line=on)

    def _pay(self, sale: Sale, random: Random) -> Sale:
        rules = self._shop.rules
        while (settled := price(sale, rules).settlement).due:
            how = random.choice(("cash", "card"))
            amount = settled.due if random.random() < 0.8 else random.randint(1, settled.due)
            if how == "cash" and random.random() < 0.8:
                amount = max(settled.cash_due, 1) + random.choice((0, 0, 5, 500))
            if len(sale.tenders) == 2:
                how, amount = "card", settled.due
            tip = random.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, random.randint(1, 500)))
            slip = f"Beleg {random.randint(1, 9_999):04}" if how == "card" else None
            sale = checkout.add_tender(sale, rules, type=how, amount=amount, reference=slip, tip=tip)
        return sale

    # --- writing ---

    def _once(self, record_id: str, kind: Kind, body: Callable[[], dict[str, Any]], at: datetime) -> Write:
        made = body()

        def write(connection: sqlite3.Connection) -> str:
            if chain.by_id(connection, record_id) is None:
                self._facts.write_in_shift(connection, self._setup, kind, record_id, at, made)
            return record_id

        return write

    def _sale(self, sale: Sale, at: datetime) -> Write:
        paid = self._pay(sale, self._random)
        return self._once(sale.id, Kind.SALE, lambda: checkout.complete(paid, self._shop.rules), at)

    def _cash(self) -> dict[str, Any]:
        direction = self._random.choice(("in", "out", "drop"))
        return {
            "currency": self._shop.rules.currency,
            "direction": direction,
            "amount": self._random.randint(1, 20_000),
            "reason": "Wechselgeld",
        }

    def _refund(self, refund_id: str, at: datetime) -> Write:
        number, draw, how = self._random.choice(self._receipts), self._random.random(), self._tender()
        chosen, steps = self._random.random(), self._random.random()

        def write(connection: sqlite3.Connection) -> str:
            if chain.by_id(connection, refund_id) is not None:
                return refund_id
            original, earlier = sold(connection, number)
            left = {line: quantity for line, quantity in remaining(original.body, earlier).items() if quantity > 0}
            want = Want(how, reason="gefällt nicht")
            if left and draw < 0.6:
                line = sorted(left)[int(chosen * len(left))]
                kg = next(one for one in original.body["lines"] if one["id"] == line)["unit"] == "kg"
                most = int(left[line] * (1_000 if kg else 1))
                part = left[line].__class__(1 + int(steps * most))
                want = replace(want, lines=((line, decimal_text(min(part.scaleb(-3) if kg else part, left[line]))),))
            try:
                body = plan_refund(original.body, earlier, want, self._shop.rules)
            except Problem:  # all of it came back before
                return ""
            connection.execute("insert into refund(sale_id, refund_id) values (?, ?)", (original.id, refund_id))
            self._facts.write_in_shift(connection, self._setup, Kind.REFUND, refund_id, at, body)
            return refund_id

        return write

    def _exchange(self, sale: Sale, at: datetime) -> Write:
        number, want = self._random.choice(self._receipts), Want(self._tender(), reason="Umtausch")
        rules, dice = self._shop.rules, self._random.getrandbits(64)

        def write(connection: sqlite3.Connection) -> str:
            if chain.by_id(connection, sale.id) is not None:
                return sale.id
            original, earlier = sold(connection, number)
            try:
                exchange = exchanging.take_back(sale, rules, original.body, earlier, want)
                paid = self._pay(exchange, Random(dice))  # asked again, it is paid in the same way
                credited = price(paid, rules).credited
                body = checkout.complete(paid, rules)
                back = exchanging.refund_fields(paid, credited, original.body, earlier, rules)
            except Problem:  # all of it came back before
                return ""
            refund_id = derived_id(sale.id, exchanging.EXCHANGE)
            connection.execute("insert into refund(sale_id, refund_id) values (?, ?)", (original.id, refund_id))
            written = self._facts.write_in_shift(connection, self._setup, Kind.REFUND, refund_id, at, back)
            made = exchanging.sale_fields(body, written.record.body, credited)
            self._facts.write_in_shift(connection, self._setup, Kind.SALE, sale.id, at, made)
            return sale.id

        return write

    def _without_receipt(self, goods: Sale, at: datetime) -> Write:
        rules, how = self._shop.rules, self._tender()
        worth = view(goods, rules)["total"]
        if worth <= 0 or to_increment(worth, rules.cash_rounding) <= 0:
            return self._sale(goods, at)
        planned = plan_without_receipt(goods, Want(how, reason="ohne Bon"), rules, amount_max=None)
        return self._once(goods.id, Kind.REFUND, lambda: planned, at)

    def _tender(self) -> str:
        return self._random.choice(("cash", "card"))
