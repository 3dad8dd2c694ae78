"""Giving back what was sold, in full or in parts, so that the parts never come to more than the sale.

Every amount of a line is worked out for all that has come back so far, this refund included, less what
earlier refunds have already given. Rounding never accumulates that way, and the last part is the exact
remainder. Tax follows the net amount, so that a part's tax is never more than the part. What was paid for empties
stays paid: those lines do not come back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from agent import entry
from agent.basket import REASON_CHARS_MAX
from agent.card_back import card_tenders
from agent.checkout import REFERENCE_CHARS_MAX
from agent.problem import conflict, invalid, not_found
from agent.sale import TenderType, Unit, decimal_text
from outbox.money import format_amount, to_increment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent.pricing import Rules

    Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Want:
    """What is to come back: `lines` as `(line id, quantity)`; `None` for either is all that remains.

    `tender_amount`, in minor units, is only checked: it must be what is due back.
    """

    tender_type: str
    lines: tuple[tuple[str, str | None], ...] | None = None
    tender_amount: int | None = None
    reference: str | None = None
    reason: str | None = None


def plan_refund(sale: Body, earlier: Sequence[Body], want: Want, rules: Rules) -> dict[str, Any]:
    """Return the fields of a refund's record. Raises `Problem`.

    `sale` and `earlier` are records' bodies; refunds of other sales among `earlier` are passed over.
    """
    if sale["kind"] != "sale":
        raise conflict("not-a-sale", "Only a sale can be refunded: give a sale's receipt number.")
    earlier = [refund for refund in earlier if refund["original"]["id"] == sale["id"]]
    left = remaining(sale, earlier)
    taken = left if want.lines is None else _wanted(sale, left, want.lines)
    if not any(taken.values()):
        raise conflict("nothing-to-refund", "Nothing of this sale is left to refund: look at its earlier refunds.")
    parts = [
        _part(line, taken[line["id"]], [done for refund in earlier for done in refund["lines"]])
        for line in sale["lines"]
        if taken.get(line["id"])
    ]
    lines = [part.line(str(at)) for at, part in enumerate(parts, start=1)]
    taxes = _taxes(sale, lines)
    total = sum(line["net"] for line in lines) + sum(tax["amount"] for tax in taxes if not _included(sale, tax))
    how = entry.tender_type(want.tender_type)
    payable = max(_paid_for_goods(sale) - sum(refund["total"] + refund["rounding"] for refund in earlier), 0)
    is_last = all(taken.get(line) == quantity for line, quantity in left.items() if quantity)
    payout = _payout(payable if is_last else min(total, payable), payable, how, rules.cash_rounding)
    return {
        "kind": "refund",
        "original": {"receipt_number": sale["receipt_number"], "id": sale["id"]},
        "currency": sale["currency"],
        "prices_include_tax": sale["prices_include_tax"],
        "lines": lines,
        "subtotal": sum(line["total"] for line in lines),
        "taxes": taxes,
        "exemption": sale.get("exemption"),
        "total": total,
        "rounding": payout - total,
        "tenders": _tenders(sale, earlier, want, how, payout),
        "paid": payout,
        "reason": entry.text_or_none("reason", want.reason, chars_max=REASON_CHARS_MAX),
    }


def remaining(sale: Body, earlier: Sequence[Body]) -> dict[str, Decimal]:
    """Return what of each of the sale's lines has not come back yet, by line id; empties never do."""
    left = {line["id"]: Decimal(0 if line.get("empties") else line["quantity"]) for line in sale["lines"]}
    for refund in earlier:
        if refund["original"]["id"] == sale["id"]:
            for line in refund["lines"]:
                left[line["line"]] -= Decimal(line["quantity"])
    return left


def _wanted(sale: Body, left: Mapping[str, Decimal], want: Sequence[tuple[str, str | None]]) -> dict[str, Decimal]:
    """Read which lines come back and how much of each."""
    if not want:
        raise invalid("lines-needed", "Name at least one line, or leave `lines` out to refund all that remains.")
    lines = {line["id"]: line for line in sale["lines"]}
    taken: dict[str, Decimal] = {}
    for line_id, text in want:
        line = lines.get(line_id)
        if line is None:
            raise not_found("line", f"The sale has no such line: choose one of {', '.join(lines)}.")
        if line["id"] in taken:
            raise invalid("line-twice", f"Line {line['id']} is named twice: give its whole quantity once.")
        if line.get("empties"):
            raise conflict(
                "empties-stay", f"The empties of {line['name']} were paid for and stay: leave that line out."
            )
        most = left[line["id"]]
        if not most:
            raise conflict("line-refunded", f"All of {line['name']} has been refunded already: leave that line out.")
        quantity = most if text is None else entry.quantity(text, Unit(line["unit"]))
        if quantity > most:
            raise conflict(
                "refund-too-much",
                f"Of {line['name']}, {decimal_text(most)} can still be refunded: give that at most.",
                most=decimal_text(most),
            )
        taken[line["id"]] = quantity
    return taken


@dataclass(frozen=True, slots=True)
class _Part:
    """What comes back of one line now."""

    of: Body
    quantity: Decimal
    discount: int
    sale_discount: int
    tax_relief: int
    net: int
    taxes: Sequence[Body]

    def line(self, id: str) -> dict[str, Any]:  # noqa: A002 - the field's name
        """Return the refund's line."""
        copied = ("sku", "name", "unit", "price", "tax", "tax_rate", "barcode", "gs1")
        marks = (
            "deposit_of",
            "lot",
            "serial",
            "expiry",
            "add_on",
            "category",
            "issue",
        )  # older records have them in `gs1` alone, or not at all
        return (
            {name: self.of[name] for name in copied}
            | {name: value for name in marks if (value := self.of.get(name)) is not None}
            | ({"tax_relief": self.tax_relief} if self.tax_relief else {})
            | {
                "id": id,
                "line": self.of["id"],
                "quantity": decimal_text(self.quantity),
                "discount": self.discount,
                "sale_discount": self.sale_discount,
                "total": self.net + self.tax_relief + self.sale_discount,
                "net": self.net,
                "taxes": self.taxes,
                "tax_amount": sum(tax["amount"] for tax in self.taxes),
            }
        )


def _part(line: Body, quantity: Decimal, returned: Sequence[Body]) -> _Part:
    """Work out a line's amounts for all that has come back, and take off what already has."""
    before = [done for done in returned if done["line"] == line["id"]]
    sold = _thousandths(line["quantity"])
    back = _thousandths(quantity) + sum(_thousandths(done["quantity"]) for done in before)

    def given(name: str) -> int:
        return sum(done.get(name, 0) for done in before)

    net = _share(line["net"], back, sold)
    given_taxes = Counter[str]()
    for done in before:
        given_taxes.update({tax["code"]: tax["amount"] for tax in _line_taxes(done)})
    return _Part(
        of=line,
        quantity=quantity,
        discount=_share(line["discount"], back, sold) - given("discount"),
        sale_discount=_share(line["sale_discount"], back, sold) - given("sale_discount"),
        tax_relief=_share(line.get("tax_relief", 0), back, sold) - given("tax_relief"),
        net=net - given("net"),
        taxes=[
            {**tax, "amount": _share(tax["amount"], net, line["net"]) - given_taxes[tax["code"]]}
            for tax in _line_taxes(line)
        ],
    )


def _share(amount: int, part: int, whole: int) -> int:
    """Return `part` of `whole` of an amount, rounded once, halves up. Nothing of nothing is nothing."""
    return (2 * amount * part + whole) // (2 * whole) if whole else 0


def _thousandths(quantity: str | Decimal) -> int:
    """Return a quantity in its finest step, grams or thousandths of a piece, as a whole number."""
    return int(Decimal(quantity).scaleb(entry.KG_DECIMALS))


def _line_taxes(line: Body) -> Sequence[Body]:
    """Return each tax of a line; older records have one at most, in the line itself."""
    if "taxes" in line:
        taxes: Sequence[Body] = line["taxes"]
        return taxes
    return [] if line["tax"] is None else [_key(line, "tax", "tax_rate") | {"amount": line["tax_amount"]}]


def _key(fields: Body, code: str = "code", rate: str = "rate") -> dict[str, Any]:
    """Return what tells a tax from the others of its sale: a rate may change while a basket waits."""
    return {"code": fields[code], "rate": fields[rate]}


def _included(sale: Body, tax: Body) -> bool:
    return bool(tax.get("included", sale["prices_include_tax"]))


def _taxes(sale: Body, lines: Sequence[Body]) -> list[dict[str, Any]]:
    """Return the refund's taxes in the sale's order: each the sum of its lines' shares."""
    inside = [_key(tax) for tax in sale["taxes"] if _included(sale, tax)]
    taxes = []
    for tax in sale["taxes"]:
        bases, amounts = [], []
        for line in lines:
            keys = [_key(share) for share in line["taxes"]]
            if _key(tax) not in keys:
                continue
            of_line = [share["amount"] for share in line["taxes"]]
            at = keys.index(_key(tax))
            within = sum(amount for key, amount in zip(keys, of_line, strict=True) if key in inside)
            before = sum(of_line[:at]) if tax.get("compound") else 0
            bases.append(line["net"] - within + before)
            amounts.append(of_line[at])
        if amounts:
            taxes.append({**tax, "base": sum(bases), "amount": sum(amounts)})
    return taxes


def _paid_for_goods(sale: Body) -> int:
    """Return what was paid, and what the empties paid for: what can come back at most."""
    paid: int = sale["total"] + sale["rounding"]
    added = [_key(tax) for tax in sale["taxes"] if not _included(sale, tax)]
    for line in sale["lines"]:
        if line.get("empties"):
            paid -= line["net"] + sum(tax["amount"] for tax in line["taxes"] if _key(tax) in added)
    return paid


def _payout(exact: int, payable: int, how: TenderType, cash_rounding: int) -> int:
    """Return what is handed back: for cash in coins there are, and never more than is left of what was paid."""
    if how is TenderType.CARD:
        return exact
    rounded = to_increment(exact, cash_rounding)
    return rounded if rounded <= payable else payable // cash_rounding * cash_rounding


def _tenders(sale: Body, earlier: Sequence[Body], want: Want, how: TenderType, payout: int) -> list[dict[str, Any]]:
    """Return the tenders the money goes back by; none where nothing is due back."""
    currency = sale["currency"]
    amount = want.tender_amount
    if amount is not None and entry.amount("amount", amount, currency) != payout:
        raise conflict(
            "refund-amount",
            f"{format_amount(payout, currency)} {currency} is due back: give that amount, or leave it out.",
            due=payout,
        )
    reference = entry.text_or_none("reference", want.reference, chars_max=REFERENCE_CHARS_MAX)
    if not payout:
        return []
    if how is TenderType.CARD:
        return [
            {"id": str(n)} | tender for n, tender in enumerate(card_tenders(sale, earlier, payout, reference), start=1)
        ]
    return [{"id": "1", "type": how.value, "amount": payout, "reference": reference, "tip": 0}]
