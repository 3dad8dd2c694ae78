"""What of a change to an open sale is sensitive: told by comparing the sale before and after, whichever way it came.

So a price that was changed is noticed on a line that was there and on one that is rung with another price at once, by
a page, a scan or a program, and no route has to think of it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from agent.pricing import price
from agent.sale import decimal_text
from agent.staff.actions import Action

if TYPE_CHECKING:
    import sqlite3

    from agent.pricing import Rules
    from agent.sale import Discount, Line, Sale
    from agent.staff.by import By

ALL = 100  # per cent: nobody takes off more
ROUNDED = Decimal("0.5")  # minor units that rounding may put a percentage above what it says


def check(connection: sqlite3.Connection, at: str, before: Sale, after: Sale, rules: Rules, by: By) -> None:
    """Raise `Problem` for what `by` may not do, and add what is sensitive to the trail; from inside the change."""
    trail = _Trail(connection, at, after, by)
    if before.lines is not after.lines:
        _lines(trail, before, after)
        _outgrown(trail, before, after, rules)
    if before.discounts is not after.discounts:
        for discount in after.discounts[len(before.discounts) :]:
            _discount(trail, after, rules, discount)
    if before.tenders is not after.tenders:
        _tenders(trail, before, after)


class _Trail:
    """Allows and audits for one sale."""

    def __init__(self, connection: sqlite3.Connection, at: str, sale: Sale, by: By) -> None:
        self._connection = connection
        self._at = at
        self._sale = sale
        self.by = by

    def add(
        self,
        action: Action,
        *,
        why: str | None = None,
        before: object = None,
        after: object = None,
        hint: str | None = None,
        **extra: str,
    ) -> None:
        self.by.allow(action, hint=hint, **extra)
        self.note(action, why=why, before=before, after=after)

    def note(
        self, action: Action | str, *, why: str | None = None, before: object = None, after: object = None
    ) -> None:
        self.by.audit(
            self._connection,
            action,
            self._at,
            subject=self._sale.id,
            till=self._sale.till,
            why=why,
            before=before,
            after=after,
        )


def _lines(trail: _Trail, before: Sale, after: Sale) -> None:
    left = {line.id: line for line in before.lines}
    for line in after.lines:
        was = left.pop(line.id, None)
        if was is line:
            continue
        if was is None or line.quantity > was.quantity:
            _more(trail, was, line)
        if line.is_deposit:
            continue
        if line.price_reason is not None and (was is None or was.price != line.price):
            old = line.list_price if was is None else was.price
            trail.add(
                Action.PRICE_OVERRIDE, why=line.price_reason, before={**_named(line), "price": old}, after=_named(line)
            )
        if line.expired_reason is not None and (was is None or was.expired_reason is None):
            trail.add(Action.EXPIRED_ITEM, why=line.expired_reason, after=_named(line))
        if was is not None and line.quantity < was.quantity:
            trail.add(Action.LINE_VOID, before=_named(was), after=_named(line))
    for gone in left.values():
        if not gone.is_deposit:  # it goes with what it was for
            trail.add(Action.LINE_VOID, before=_named(gone))


def _more(trail: _Trail, was: Line | None, line: Line) -> None:
    """Ask for what is sensitive in a line that is new, or that there is more of."""
    if line.empties:
        trail.add(Action.EMPTIES, before=None if was is None else _named(was), after=_named(line))
    elif line.sku is None and not line.is_deposit:
        trail.add(Action.OPEN_ITEM, before=None if was is None else _named(was), after=_named(line))


def _discount(trail: _Trail, sale: Sale, rules: Rules, discount: Discount) -> None:
    """Ask for leave where a discount, with those there are, takes more off than the store's limit."""
    limit = trail.by.discount_limit
    if limit >= ALL:
        return
    taken, whole = _taken(sale, rules, discount.line)
    if taken - limit * whole / ALL > _rounded(sale):
        trail.add(
            Action.DISCOUNT_OVER_LIMIT,
            why=discount.reason,
            after={
                "line": discount.line,
                "percent": decimal_text(discount.percent),
                "amount": discount.amount,
                "taken": taken,
                "of": whole,
            },
        )


def _outgrown(trail: _Trail, before: Sale, after: Sale, rules: Rules) -> None:
    """Ask for leave where discounts that stand take a greater share, above the limit, of the lines as they are now.

    Else 10 % off much would be all of the little that is left of it. A share that was there before is no question
    again, so that what only adds to a sale, as a scan does, is never refused.
    """
    limit = trail.by.discount_limit
    if limit >= ALL:
        return
    for scope in dict.fromkeys(discount.line for discount in after.discounts):
        (taken, whole), (had, of) = _taken(after, rules, scope), _taken(before, rules, scope)
        if not of:
            continue
        if whole:
            most = max(limit * whole / ALL, (had + _rounded(before)) * whole / of)
            outgrown = taken - most > _rounded(after)
        else:  # an amount off nothing would wait for the next goods, however small
            outgrown = any(one.amount for one in after.discounts if one.line == scope)
        if outgrown:
            trail.add(
                Action.DISCOUNT_OVER_LIMIT,
                before={"line": scope, "taken": had, "of": of},
                after={"line": scope, "taken": taken, "of": whole},
                hint="take the discount off first: of what is left it would take too much",
                because="fewer_goods",
            )


def _taken(sale: Sale, rules: Rules, scope: str | None) -> tuple[int, int]:
    """Return what all discounts take off one line, or off the sale's goods (None), and what these are without them."""
    lines = [line for line in price(sale, rules).lines if not line.line.is_deposit]
    if scope is not None:
        lines = [line for line in lines if line.line.id == scope]
    return sum(line.discount + line.sale_discount for line in lines), sum(line.gross for line in lines)


def _rounded(sale: Sale) -> Decimal:
    """Return by how much, in minor units, rounding may have put the sale's percentages above what they say."""
    return ROUNDED * sum(one.percent is not None for one in sale.discounts)


def _tenders(trail: _Trail, before: Sale, after: Sale) -> None:
    """Write down what is given back before the sale is complete: whoever sells may, and the drawer has it less."""
    left = {tender.id for tender in after.tenders}
    for tender in before.tenders:
        if tender.id not in left:
            trail.note(
                "tender_removed",
                before={"tender": tender.id, "type": tender.type.value, "amount": tender.amount, "tip": tender.tip},
            )


def _named(line: Line) -> dict[str, Any]:
    return {
        "line": line.id,
        "sku": line.sku,
        "name": line.name,
        "quantity": decimal_text(line.quantity),
        "price": line.price,
    }
