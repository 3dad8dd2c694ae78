"""What a sale comes to: discounts, taxes, what is due, change and cash rounding, worked out from scratch.

Line discounts come first, in the order they were given, each on what the one before left; then those on
the whole sale, likewise, each split over the lines by what is left of them. Tax is worked out once per
rate on the whole receipt and shared back over the lines, so that the parts sum to the receipt's tax.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.marks import LOT, SERIAL, issue
from agent.sale import Discount, Line, Sale, TaxRate, TenderType, decimal_text
from outbox.money import allocate, percent_of, tax_within, times, to_increment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LATEST_MAX = 256  # sales, some 3 KB each: four times the tills of the largest store


@dataclass(frozen=True, slots=True)
class Rules:
    """How the store prices. `cash_rounding` is the smallest coin in minor units; 1 rounds nothing."""

    currency: str
    prices_include_tax: bool
    cash_rounding: int = 1
    taxes: Mapping[str, TaxRate] = field(default_factory=dict)
    default_tax: str | None = None  # for what is sold with no tax named; None: untaxed


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line and its amounts. `gross` is quantity times price, rounded once."""

    line: Line
    gross: int
    discount: int
    sale_discount: int
    tax_amount: int

    @property
    def total(self) -> int:
        """What the line comes to after its own discounts."""
        return self.gross - self.discount

    @property
    def net(self) -> int:
        """What is left of `total` after the line's share of the sale's discounts."""
        return self.total - self.sale_discount


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One rate's part of the receipt: `base` without the tax, `amount` of tax."""

    rate: TaxRate
    base: int
    amount: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was paid against a total. When `due` is 0, `paid - change == total + rounding`.

    `due` is exact; `cash_due` is what it comes to in coins there are.
    """

    paid: int
    due: int
    cash_due: int
    change: int
    rounding: int


@dataclass(frozen=True, slots=True)
class Priced:
    """A sale's amounts. `discounts` holds each discount's amount, by its id."""

    lines: tuple[PricedLine, ...]
    discounts: Mapping[str, int]
    subtotal: int
    taxes: tuple[TaxTotal, ...]
    total: int
    settlement: Settlement


_latest: dict[str, tuple[Sale, Rules, Priced]] = {}  # by the sale's id; of that very object, since a sale never changes


def price(sale: Sale, rules: Rules) -> Priced:
    """Return every amount of the sale. One that is checked, shown and completed is worked out once."""
    latest = _latest.get(sale.id)
    if latest is not None and latest[0] is sale and latest[1] is rules:
        return latest[2]
    priced = _work_out(sale, rules)
    if len(_latest) >= LATEST_MAX:
        _latest.clear()
    _latest[sale.id] = (sale, rules, priced)
    return priced


def _work_out(sale: Sale, rules: Rules) -> Priced:
    gross = [times(line.price, line.quantity) for line in sale.lines]
    totals, own_amounts = _line_discounts(sale, gross)
    nets, sale_amounts = _sale_discounts(sale, totals)
    taxes, tax_amounts = _taxes(sale, nets)
    total = sum(nets)
    if not sale.prices_include_tax:
        total += sum(tax.amount for tax in taxes)
    return Priced(
        lines=tuple(
            PricedLine(line, gross[at], gross[at] - totals[at], totals[at] - nets[at], tax_amounts[at])
            for at, line in enumerate(sale.lines)
        ),
        discounts=own_amounts | sale_amounts,
        subtotal=sum(totals),
        taxes=taxes,
        total=total,
        settlement=settle(total, _paid(sale, TenderType.CARD), _paid(sale, TenderType.CASH), rules.cash_rounding),
    )


def settle(total: int, card: int, cash: int, cash_rounding: int) -> Settlement:
    """Hold what was paid against the total. Only what cash has to cover is rounded to coins, and only at the end.

    Cash between the exact and the rounded-up amount settles too: whoever has the small coins may pay exactly.
    """
    exact = total - card
    rounded = to_increment(exact, cash_rounding)
    if cash and cash >= min(exact, rounded):
        payable = min(rounded, cash)
        return Settlement(card + cash, 0, 0, cash - payable, payable - exact)
    return Settlement(card + cash, exact - cash, rounded - cash, 0, 0)


def view(sale: Sale, rules: Rules) -> dict[str, Any]:
    """Return the sale as the local API shows it."""
    priced = price(sale, rules)
    settlement = priced.settlement
    return {
        "id": sale.id,
        "till": sale.till,
        "state": sale.state.value,
        "currency": sale.currency,
        "prices_include_tax": sale.prices_include_tax,
        "lines": [_line_view(line) for line in priced.lines],
        "discounts": [_discount_view(discount, priced.discounts[discount.id]) for discount in sale.discounts],
        "subtotal": priced.subtotal,
        "taxes": [
            {
                "code": tax.rate.code,
                "name": tax.rate.name,
                "rate": decimal_text(tax.rate.rate),
                "base": tax.base,
                "amount": tax.amount,
            }
            for tax in priced.taxes
        ],
        "total": priced.total,
        "rounding": settlement.rounding,
        "tenders": [
            {
                "id": tender.id,
                "type": tender.type.value,
                "amount": tender.amount,
                "reference": tender.reference,
            }
            for tender in sale.tenders
        ],
        "paid": settlement.paid,
        "due": settlement.due,
        "cash_due": settlement.cash_due,
        "change": settlement.change,
        "label": sale.label,
        "opened_at": sale.opened_at,
        **sale.about.to_json(),
    }


def _line_discounts(sale: Sale, gross: Sequence[int]) -> tuple[list[int], dict[str, int]]:
    """Take the lines' own discounts off: what is left of each line, and each discount's amount."""
    left = {line.id: amount for line, amount in zip(sale.lines, gross, strict=True)}
    amounts = {}
    for discount in sale.discounts:
        if discount.line is not None:
            amounts[discount.id] = _amount_off(discount, left[discount.line])
            left[discount.line] -= amounts[discount.id]
    return list(left.values()), amounts


def _sale_discounts(sale: Sale, totals: Sequence[int]) -> tuple[list[int], dict[str, int]]:
    """Take the whole sale's discounts off: what is left of each line, and each discount's amount."""
    left = list(totals)
    amounts = {}
    for discount in sale.discounts:
        if discount.line is None:
            amounts[discount.id] = _amount_off(discount, sum(left))
            parts = allocate(amounts[discount.id], left)
            left = [amount - part for amount, part in zip(left, parts, strict=True)]
    return left, amounts


def _amount_off(discount: Discount, left: int) -> int:
    """Return what the discount takes off `left`: never more than there is."""
    if discount.percent is not None:
        return percent_of(left, discount.percent)
    return min(discount.amount or 0, left)


def _taxes(sale: Sale, nets: Sequence[int]) -> tuple[tuple[TaxTotal, ...], list[int]]:
    """Return each rate's base and amount, and each line's share of its rate's amount."""
    groups: dict[TaxRate, list[int]] = {}
    for at, line in enumerate(sale.lines):
        if line.tax is not None:
            groups.setdefault(line.tax, []).append(at)
    taxes = []
    shares = [0] * len(nets)
    for tax, places in groups.items():
        parts = [nets[at] for at in places]
        if sale.prices_include_tax:
            amount = tax_within(sum(parts), tax.rate)
            taxes.append(TaxTotal(tax, sum(parts) - amount, amount))
        else:
            amount = percent_of(sum(parts), tax.rate)
            taxes.append(TaxTotal(tax, sum(parts), amount))
        for at, share in zip(places, allocate(amount, parts), strict=True):
            shares[at] = share
    return tuple(taxes), shares


def _paid(sale: Sale, how: TenderType) -> int:
    return sum(tender.amount for tender in sale.tenders if tender.type is how)


def _line_view(priced: PricedLine) -> dict[str, Any]:
    line = priced.line
    return {
        "id": line.id,
        "sku": line.sku,
        "name": line.name,
        "quantity": decimal_text(line.quantity),
        "unit": line.unit.value,
        "price": line.price,
        "list_price": line.list_price,
        "price_reason": line.price_reason,
        "discount": priced.discount,
        "sale_discount": priced.sale_discount,
        "total": priced.total,
        "net": priced.net,
        "tax": None if line.tax is None else line.tax.code,
        "tax_rate": None if line.tax is None else decimal_text(line.tax.rate),
        "tax_amount": priced.tax_amount,
        "barcode": line.barcode,
        "gs1": dict(line.gs1),
        "lot": line.gs1.get(LOT),
        "serial": line.gs1.get(SERIAL),
        "expiry": None if line.expiry is None else line.expiry.isoformat(),
        "expired_reason": line.expired_reason,
        "add_on": line.add_on,
        "issue": issue(line.barcode, line.add_on),
        **line.about.to_json(),
    }


def _discount_view(discount: Discount, amount: int) -> dict[str, Any]:
    return {
        "id": discount.id,
        "percent": decimal_text(discount.percent),
        "amount": amount,
        "line": discount.line,
        "reason": discount.reason,
    }
