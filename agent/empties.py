"""Empties that come back: lines whose price is below 0, which pay for the rest of the sale or are paid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import entry
from agent.basket import must_be_open, tax_of, with_new_lines
from agent.problem import conflict
from agent.sale import Line, Unit

if TYPE_CHECKING:
    from agent.basket import Product
    from agent.pricing import Rules
    from agent.sale import Sale


def add_empties(
    sale: Sale,
    rules: Rules,
    product: Product,
    *,
    quantity: str | None = None,
    label_price: int | None = None,
    barcode: str | None = None,
) -> Sale:
    """Give a product's deposit back, `quantity` times; with `label_price` (a bottle machine's slip), that amount."""
    must_be_open(sale)
    deposit = product.deposit if label_price is None else label_price
    if not deposit:
        raise conflict("no-deposit", f"{product.name} has no deposit: give it one in the catalogue.")
    line = Line(
        id=str(sale.lines_made + 1),
        sku=None,  # no stock moves for it
        name=product.name,
        quantity=entry.quantity("1" if quantity is None or label_price is not None else quantity, Unit.EACH),
        unit=Unit.EACH,
        price=-entry.amount("deposit", deposit, sale.currency, least=1),
        tax=None if product.deposit_tax is None else tax_of(rules, product.deposit_tax),
        barcode=barcode,
        empties=True,
    )
    return with_new_lines(sale, rules, line)
