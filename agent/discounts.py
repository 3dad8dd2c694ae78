"""Discounts: a percentage or an amount off a line, or off the whole sale.

As in `basket`, each operation takes a sale and returns a new one, or raises a `Problem`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent import entry
from agent.basket import REASON_CHARS_MAX, checked, line_of, must_be_open, named_ids, spelled
from agent.deposits import must_be_goods
from agent.pricing import price
from agent.problem import conflict, invalid, not_found
from agent.sale import Discount

if TYPE_CHECKING:
    from agent.pricing import Rules
    from agent.sale import Sale

DISCOUNTS_MAX = 100  # every fifth line of the longest receipt


def add_discount(
    sale: Sale,
    rules: Rules,
    *,
    percent: str | None = None,
    amount: int | None = None,
    line: str | None = None,
    reason: str | None = None,
) -> Sale:
    """Take a percentage or an amount off a line, or off the whole sale but its deposits."""
    must_be_open(sale)
    if line is not None:
        must_be_goods(line_of(sale, line), "discount")
    if (percent is None) == (amount is None):
        raise invalid("discount", "Give either a percent or an amount, and not both.")
    if len(sale.discounts) >= DISCOUNTS_MAX:
        raise conflict("too-many-discounts", f"A sale takes {DISCOUNTS_MAX} discounts: remove one first.")
    if amount is not None:
        _must_leave(sale, rules, entry.amount("amount", amount, sale.currency, least=1), line)
    discount = Discount(
        id=str(sale.discounts_made + 1),
        percent=None if percent is None else entry.percent(percent),
        amount=amount,
        line=None if line is None else line_of(sale, line).id,
        reason=entry.text_or_none("reason", reason, chars_max=REASON_CHARS_MAX),
    )
    return checked(replace(sale, discounts=(*sale.discounts, discount), discounts_made=sale.discounts_made + 1), rules)


def remove_discount(sale: Sale, rules: Rules, discount_id: str) -> Sale:
    """Take a discount back."""
    must_be_open(sale)
    left = tuple(discount for discount in sale.discounts if discount.id != discount_id)
    if len(left) == len(sale.discounts):
        raise not_found("discount", f"This sale has no such discount; {named_ids(sale.discounts)}")
    return checked(replace(sale, discounts=left), rules)


def _must_leave(sale: Sale, rules: Rules, amount: int, line_id: str | None) -> None:
    """Refuse an amount off that is more than there is."""
    priced = price(sale, rules)
    if line_id is None:
        most = sum(line.left for line in priced.lines if not line.line.is_deposit)
    else:
        most = priced.lines[sale.lines.index(line_of(sale, line_id))].total
    if amount > most:
        raise conflict(
            "discount-too-large", f"At most {spelled(sale, most)} can be taken off: give a smaller amount.", most=most
        )
