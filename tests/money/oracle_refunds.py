"""What refunds must come to, judged from the rules in exact fractions: each, and all of a sale's together."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.money.law import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.money.law import Law

    Shown = Mapping[str, Any]


def refund_faults(law: Law, sale: Shown, refunds: Sequence[Shown]) -> Iterator[str]:
    """Name what is wrong in the newest of a sale's refunds, given all so far in their order."""
    lines = {line["id"]: line for line in sale["lines"]}
    newest = refunds[-1]
    for at, line in lines.items():
        back = [one for refund in refunds for one in refund["lines"] if one["line"] == at]
        if not back:
            continue
        if line.get("empties"):
            yield f"the empties of line {at} came back"
            continue
        part = sum((Fraction(one["quantity"]) for one in back), Fraction(0)) / Fraction(line["quantity"])
        if part > 1:
            yield f"more of line {at} came back than was sold"
        net = sum(one["net"] for one in back)
        for name in ("net", "discount", "sale_discount", "tax_relief"):
            if sum(one.get(name, 0) for one in back) != rounded(line.get(name, 0) * part):
                yield f"line {at}: {name} given back does not follow what came back"
        follows = Fraction(net, line["net"]) if line["net"] else Fraction(0)
        for tax in line["taxes"]:
            given = sum(share["amount"] for one in back for share in one["taxes"] if share["code"] == tax["code"])
            if given != rounded(tax["amount"] * follows):
                yield f"line {at}: {tax['code']} given back does not follow what came back"
    added = sum(tax["amount"] for tax in newest["taxes"] if not tax["included"])
    if newest["total"] != sum(line["net"] for line in newest["lines"]) + added:
        yield "the refund's total is not its lines and taxes"
    yield from _refund_taxes(newest)
    yield from _given_back(law, sale, refunds)


def _refund_taxes(refund: Shown) -> Iterator[str]:
    inside = {tax["code"] for tax in refund["taxes"] if tax["included"]}
    for tax in refund["taxes"]:
        amount = base = 0
        for line in refund["lines"]:
            codes = [share["code"] for share in line["taxes"]]
            if tax["code"] in codes:
                shares = [share["amount"] for share in line["taxes"]]
                before = sum(shares[: codes.index(tax["code"])]) if tax.get("compound") else 0
                within = sum(share["amount"] for share in line["taxes"] if share["code"] in inside)
                amount += shares[codes.index(tax["code"])]
                base += line["net"] - within + before
        if (tax["amount"], tax["base"]) != (amount, base):
            yield f"{tax['code']} of the refund is {tax['amount']} on {tax['base']}, not {amount} on {base}"


def _given_back(law: Law, sale: Shown, refunds: Sequence[Shown]) -> Iterator[str]:
    newest = refunds[-1]
    if newest["paid"] != newest["total"] + newest["rounding"] or newest["paid"] < 0:
        yield "what was handed back is not the refund's total"
    if newest["paid"] != sum(tender["amount"] for tender in newest["tenders"]):
        yield "what was handed back is not its tender"
    if any(tender["type"] == "cash" and tender["amount"] % law.coin for tender in newest["tenders"]):
        yield "coins that there are not"
    inside = {tax["code"] for tax in sale["taxes"] if tax["included"]}
    empties = sum(
        line["net"] + sum(tax["amount"] for tax in line["taxes"] if tax["code"] not in inside)
        for line in sale["lines"]
        if line.get("empties")
    )
    most = max(sale["total"] + sale["rounding"] - empties, 0)
    given = sum(refund["paid"] for refund in refunds)
    if given > most:
        yield f"{given} was given back of {most}"
    back = sum((Fraction(line["quantity"]) for refund in refunds for line in refund["lines"]), Fraction(0))
    sold = sum((Fraction(line["quantity"]) for line in sale["lines"] if not line.get("empties")), Fraction(0))
    if back == sold:
        if sum(refund["total"] for refund in refunds) != sale["total"] - empties:
            yield "all came back, and the refunds are not the sale"
        if given != most and any(tender["type"] == "card" for tender in newest["tenders"]):
            yield f"all came back, and {given} of {most} was given"
