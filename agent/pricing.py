"""What a sale comes to: discounts, taxes (`tax`), what is due and change (`settlement`), worked out from scratch.

Line discounts come first, in the order they were given, each on what the one before left; then those on
the whole sale, likewise, each split over the lines by what is left of them. Deposits are never discounted.
Taxes are worked out on what is left then; from who is exempt, those in the prices come off them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.sale import Discount, Line, Sale, TaxRate, TenderType
from agent.sale_fields import OF_PLAIN_LINE, OF_PLAIN_TAX, discount_fields, line_fields, tax_fields
from agent.settlement import Settlement, settle
from agent.tax import COMMERCIAL, TaxRounding, TaxTotal, taxes
from outbox.money import allocate, percent_of, times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent.tax import LineTaxes

LATEST_MAX = 256  # sales, some 3 KB each: four times the tills of the largest store


@dataclass(frozen=True, slots=True)
class Rules:
    """How the store prices. `cash_rounding` is the smallest coin in minor units; 1 rounds nothing."""

    currency: str
    prices_include_tax: bool
    cash_rounding: int = 1
    taxes: Mapping[str, TaxRate] = field(default_factory=dict)
    default_tax: str | None = None  # for what is sold with no tax named; None: untaxed
    tax_rounding: TaxRounding = COMMERCIAL


class PricedLine(NamedTuple):  # one is made for each line at each scan; a frozen dataclass takes three times as long
    """A line and its amounts. `gross` is quantity times price, rounded once."""

    line: Line
    gross: int
    discount: int
    sale_discount: int
    tax_relief: int  # the taxes in the price that an exempt customer does not pay
    taxes: LineTaxes

    @property
    def total(self) -> int:
        """What the line comes to after its own discounts."""
        return self.gross - self.discount

    @property
    def left(self) -> int:
        """What is left of `total` after the line's share of the sale's discounts."""
        return self.total - self.sale_discount

    @property
    def net(self) -> int:
        """What is left of the line when all was taken off, `tax_relief` too."""
        return self.left - self.tax_relief

    @property
    def tax_amount(self) -> int:
        """What the line's taxes come to, in its price or on top of it."""
        taxes = self.taxes
        return taxes[0][1] if len(taxes) == 1 else sum(amount for _, amount in taxes)


@dataclass(frozen=True, slots=True)
class Priced:
    """A sale's amounts. `discounts` holds each discount's amount, by its id."""

    lines: tuple[PricedLine, ...]
    discounts: Mapping[str, int]
    subtotal: int
    taxes: tuple[TaxTotal, ...]
    total: int
    credited: int  # of what is taken back in exchange, what pays for this
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
    left, sale_amounts = _sale_discounts(sale, totals)
    taxed = taxes(
        [line.tax for line in sale.lines],
        left,
        included=sale.prices_include_tax,
        rounding=rules.tax_rounding,
        exempt=sale.exemption is not None,
    )
    due = sum(left) - sum(taxed.relief) + sum(tax.amount for tax in taxed.totals if not tax.included)
    credited = 0 if sale.taken_back is None else min(sale.taken_back.credit, max(due, 0))
    card = _paid(sale, TenderType.CARD)
    return Priced(
        lines=tuple(
            PricedLine(line, whole, whole - total, total - rest, relief, of_line)
            for line, whole, total, rest, relief, of_line in zip(
                sale.lines, gross, totals, left, taxed.relief, taxed.of_lines, strict=True
            )
        ),
        discounts=own_amounts | sale_amounts,
        subtotal=sum(totals),
        taxes=taxed.totals,
        total=due,
        credited=credited,
        settlement=settle(due, card + credited, _paid(sale, TenderType.CASH), rules.cash_rounding),
    )


def view(sale: Sale, rules: Rules) -> dict[str, Any]:
    """Return the sale as the local API shows it."""
    fields = record_fields(sale, rules)
    fields["lines"] = [OF_PLAIN_LINE | line for line in fields["lines"]]
    fields["taxes"] = [OF_PLAIN_TAX | tax for tax in fields["taxes"]]
    return fields


def record_fields(sale: Sale, rules: Rules) -> dict[str, Any]:
    """Return the same as a record has it: its lines and taxes say nothing of what they have none of."""
    priced = price(sale, rules)
    settlement = priced.settlement
    exempt = sale.exemption is not None
    return {
        "id": sale.id,
        "till": sale.till,
        "state": sale.state.value,
        "currency": sale.currency,
        "prices_include_tax": sale.prices_include_tax,
        "lines": [line_fields(line, exempt=exempt) for line in priced.lines],
        "discounts": [discount_fields(discount, priced.discounts[discount.id]) for discount in sale.discounts],
        "subtotal": priced.subtotal,
        "taxes": [tax_fields(tax) for tax in priced.taxes],
        "exemption": None
        if sale.exemption is None
        else {"reason": sale.exemption.reason, "certificate": sale.exemption.certificate},
        "tax_relief": sum(line.tax_relief for line in priced.lines),
        "total": priced.total,
        "rounding": settlement.rounding,
        "tenders": [
            {
                "id": tender.id,
                "type": tender.type.value,
                "amount": tender.amount,
                "reference": tender.reference,
                "tip": tender.tip,
                **({} if tender.card is None else {"card": tender.card.to_json()}),
            }
            for tender in sale.tenders
        ],
        "tips": sum(tender.tip for tender in sale.tenders),
        "paid": settlement.paid,
        "due": settlement.due,
        "cash_due": settlement.cash_due,
        "change": settlement.change,
        "label": sale.label,
        "opened_at": sale.opened_at,
        **sale.about.to_json(),
        **_taken_back_view(sale, priced, rules),
        **({} if sale.at_reader is None else {"card_payment": sale.at_reader.to_json()}),
        "training": sale.training,
    }


def _taken_back_view(sale: Sale, priced: Priced, rules: Rules) -> dict[str, Any]:
    taken = sale.taken_back
    if taken is None:
        return {}
    paid_out = taken.paid_out(priced.credited, rules.cash_rounding)
    return {"taken_back": taken.to_json() | {"credited": priced.credited, "paid_out": paid_out}}


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
    goods = [at for at, line in enumerate(sale.lines) if not line.is_deposit]
    for discount in sale.discounts:
        if discount.line is None:
            of_goods = [left[at] for at in goods]
            amounts[discount.id] = _amount_off(discount, sum(of_goods))
            for at, part in zip(goods, allocate(amounts[discount.id], of_goods), strict=True):
                left[at] -= part
    return left, amounts


def _amount_off(discount: Discount, left: int) -> int:
    """Return what the discount takes off `left`: never more than there is."""
    if discount.percent is not None:
        return percent_of(left, discount.percent)
    return min(discount.amount or 0, left)


def _paid(sale: Sale, how: TenderType) -> int:
    return sum(tender.amount for tender in sale.tenders if tender.type is how)
