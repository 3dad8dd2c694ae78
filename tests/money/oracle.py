"""What a sale must come to, judged from the rules in exact fractions. Shares no code with what it judges.

It takes what was asked for and what the agent shows of it, and names what does not hold. Where a rule leaves a
choice (who of several lines gets the odd cent) it holds the choice to its bounds: within one unit of the exact
share, and the shares sum to the whole.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.money.law import exact_taxes, rounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.money.law import Asked, Law, Tax

    Shown = Mapping[str, Any]
    Exact = Mapping[Tax, Mapping[str, Fraction]]  # by tax and line


def sale_faults(asked: Asked, law: Law, shown: Shown) -> Iterator[str]:
    """Name what is wrong in a sale as it is shown."""
    lines = {line["id"]: line for line in shown["lines"]}
    if lines.keys() != asked.lines.keys():
        yield f"lines {sorted(lines)} where {sorted(asked.lines)} were asked for"
        return
    yield from _discounts(asked, shown, lines)
    left = {at: line["total"] - line["sale_discount"] for at, line in lines.items()}
    yield from _taxes(asked, law, shown, lines, left)
    added = sum(tax["amount"] for tax in shown["taxes"] if not tax["included"])
    total = sum(line["net"] for line in lines.values()) + added
    if shown["subtotal"] != sum(line["total"] for line in lines.values()):
        yield "the subtotal is not the sum of the lines"
    if shown["total"] != total:
        yield f"the total is {shown['total']}, the lines and the taxes on top come to {total}"
    yield from _settled(law, shown)


def _discounts(asked: Asked, shown: Shown, lines: Mapping[str, Shown]) -> Iterator[str]:
    amounts = {discount["id"]: discount["amount"] for discount in shown["discounts"]}
    if amounts.keys() != asked.discounts.keys():
        yield f"discounts {sorted(amounts)} where {sorted(asked.discounts)} were asked for"
        return
    gross = {at: rounded(line.price * line.quantity) for at, line in asked.lines.items()}
    left = dict(gross)
    for number, (on, percent, amount) in asked.discounts.items():
        if on is not None:
            yield from _discount(number, amounts[number], _off(percent, amount, left[on]))
            left[on] -= amounts[number]
    for at, line in lines.items():
        if (line["discount"], line["total"]) != (gross[at] - left[at], left[at]):
            yield f"line {at}: {line['discount']} off to {line['total']}, not {gross[at] - left[at]} to {left[at]}"
    yield from _sale_discounts(asked, amounts, left, lines)


def _sale_discounts(
    asked: Asked, amounts: Mapping[str, int], left: Mapping[str, int], lines: Mapping[str, Shown]
) -> Iterator[str]:
    goods = sum(amount for at, amount in left.items() if not asked.lines[at].deposit)
    whole = [(number, percent, amount) for number, (on, percent, amount) in asked.discounts.items() if on is None]
    off = 0
    for number, percent, amount in whole:
        yield from _discount(number, amounts[number], _off(percent, amount, goods - off))
        off += amounts[number]
    if off != sum(line["sale_discount"] for line in lines.values()):
        yield "the lines' shares are not the sale's discounts"
    for at, line in lines.items():
        deposit = asked.lines[at].deposit
        if deposit and (line["discount"] or line["sale_discount"]):
            yield f"line {at}: a discount on a deposit"
        fair = Fraction(left[at] * off, goods) if goods and not deposit else Fraction(0)
        if not 0 <= line["sale_discount"] <= max(left[at], 0) or abs(line["sale_discount"] - fair) > len(whole):
            yield f"line {at}: {line['sale_discount']} of the sale's discounts, {float(fair)} would be fair"


def _off(percent: Fraction | None, amount: int | None, of: int) -> int:
    return min(amount or 0, of) if percent is None else rounded(of * percent / 100)


def _discount(number: str, found: int, wanted: int) -> Iterator[str]:
    if found != wanted:
        yield f"discount {number} is {found}, not {wanted}"


def _taxes(asked: Asked, law: Law, shown: Shown, lines: Mapping[str, Shown], left: Mapping[str, int]) -> Iterator[str]:
    exact: dict[Tax, dict[str, Fraction]] = {}
    for at, line in asked.lines.items():
        of_line = () if line.tax is None else law.taxes[line.tax]
        for tax, amount in zip(of_line, exact_taxes(left[at], of_line), strict=True):
            exact.setdefault(tax, {})[at] = amount
    if {tax["code"] for tax in shown["taxes"]} != {tax.code for tax in exact}:
        yield f"taxes {shown['taxes']} where {sorted(tax.code for tax in exact)} are due"
    elif asked.exempt:
        yield from _forgiven(exact, law, shown, lines, left)
    else:
        yield from _charged(exact, asked, law, shown, lines)
        for at, one in lines.items():
            if one["net"] != left[at] or one["tax_relief"]:
                yield f"line {at} is {one['net']} with {one['tax_relief']} relief, {left[at]} was left of it"
            if one["tax_amount"] != sum(share["amount"] for share in one["taxes"]):
                yield f"line {at}: its tax is not its taxes"


def _charged(exact: Exact, asked: Asked, law: Law, shown: Shown, lines: Mapping[str, Shown]) -> Iterator[str]:
    totals = {tax["code"]: tax for tax in shown["taxes"]}
    for tax, amounts in exact.items():
        got = {at: _of(lines[at], tax) for at in amounts}
        total = totals[tax.code]
        due = rounded(sum(amounts.values(), Fraction(0)), law.fraction)
        if law.per_line:
            if got != {at: rounded(amount, law.fraction) for at, amount in amounts.items()}:
                yield f"{tax.code} by line: {got}"
        elif total["amount"] != due:
            yield f"{tax.code} is {total['amount']}, not {due}"
        yield from _shares(tax, amounts, got, total["amount"])
        base = sum(_base(lines[at], tax, law.taxes[asked.lines[at].tax or ""]) for at in amounts)
        if total["base"] != base:
            yield f"{tax.code} is said to be on {total['base']}, and is on {base}"


def _shares(tax: Tax, exact: Mapping[str, Fraction], got: Mapping[str, int], whole: int) -> Iterator[str]:
    if sum(got.values()) != whole:
        yield f"{tax.code}: the lines' shares {got} are not {whole}"
    if any(abs(got[at] - amount) >= 1 for at, amount in exact.items()):
        yield f"{tax.code}: a share is a unit off: {got}"


def _of(line: Shown, tax: Tax) -> int:
    return sum(share["amount"] for share in line["taxes"] if share["code"] == tax.code)


def _base(line: Shown, tax: Tax, taxes: Sequence[Tax]) -> int:
    """Return what the tax is on: the price without taxes, and for a compound one those before it."""
    base: int = line["net"] - sum(_of(line, other) for other in taxes if other.included)
    return base + (sum(_of(line, other) for other in taxes[: taxes.index(tax)]) if tax.compound else 0)


def _forgiven(
    exact: Exact,
    law: Law,
    shown: Shown,
    lines: Mapping[str, Shown],
    left: Mapping[str, int],
) -> Iterator[str]:
    """Name what is wrong where no tax is paid: all are 0, and those in the prices came off."""
    if any(tax["amount"] or tax["rate"] != "0" or not tax["exempt"] for tax in shown["taxes"]):
        yield "an exempt customer is taxed"
    inside = {tax: amounts for tax, amounts in exact.items() if tax.included}
    off = 0
    for amounts in inside.values():
        parts = [rounded(amount, law.fraction) for amount in amounts.values()]
        off += sum(parts) if law.per_line else rounded(sum(amounts.values(), Fraction(0)), law.fraction)
    if sum(line["tax_relief"] for line in lines.values()) != off:
        yield f"the taxes in the prices come to {off}, and not as much came off"
    for at, line in lines.items():
        mine = [amounts[at] for amounts in inside.values() if at in amounts]
        if abs(line["tax_relief"] - sum(mine, Fraction(0))) >= max(len(mine), 1):
            yield f"line {at}: {line['tax_relief']} came off, {float(sum(mine, Fraction(0)))} was in the price"
        if line["net"] != left[at] - line["tax_relief"] or line["tax_amount"]:
            yield f"line {at} does not add up"
    for tax, amounts in exact.items():
        base = sum(lines[at]["net"] for at in amounts)
        if [one["base"] for one in shown["taxes"] if one["code"] == tax.code] != [base]:
            yield f"{tax.code} would be on {base}"


def _settled(law: Law, shown: Shown) -> Iterator[str]:
    paid = {
        how: sum(tender["amount"] for tender in shown["tenders"] if tender["type"] == how) for how in ("card", "cash")
    }
    if shown["paid"] != sum(paid.values()) or shown["tips"] != sum(tender["tip"] for tender in shown["tenders"]):
        yield "what was paid is not the tenders, or the tips are not the tips"
    owed = shown["total"] - paid["card"]
    coins = rounded(Fraction(owed, law.coin)) * law.coin
    if shown["due"] > 0:
        if (shown["due"], shown["cash_due"]) != (owed - paid["cash"], coins - paid["cash"]):
            yield f"due is {shown['due']} ({shown['cash_due']} in coins) of {owed} ({coins})"
        if (shown["change"], shown["rounding"]) != (0, 0):
            yield "change for what is not paid"
        return
    if shown["due"] < 0 or shown["change"] < 0:
        yield "less than nothing is due, or changed"
    if shown["paid"] - shown["change"] != shown["total"] + shown["rounding"]:
        yield "what stayed in the till is not the total"
    wanted = 0 if owed >= 0 and not paid["cash"] else min(coins, paid["cash"]) - owed
    if shown["rounding"] != wanted:
        yield f"rounded by {shown['rounding']}, not {wanted}"
