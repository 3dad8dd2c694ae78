"""Taking goods back that nobody has the receipt of: at today's prices or at one that was agreed on, up to a limit.

The goods are priced as a sale of them would be, and the refund's record has no `original`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent import entry
from agent.basket import REASON_CHARS_MAX, must_be_open, spelled
from agent.card_payment import must_not_be_at_reader
from agent.checkout import REFERENCE_CHARS_MAX
from agent.pricing import record_fields
from agent.problem import conflict
from agent.sale import TenderType
from outbox.money import to_increment

if TYPE_CHECKING:
    from agent.pricing import Rules
    from agent.refund import Want
    from agent.sale import Sale

_AS_IN_THE_SALE = ("currency", "prices_include_tax", "subtotal", "taxes", "total")


def unpaid(rung: Sale) -> Sale:
    """Return what was rung to be taken back instead of sold. Raises `Problem` where it is being sold."""
    must_be_open(rung)
    must_not_be_at_reader(rung, "take the goods back")
    if not rung.lines:
        raise conflict("sale-empty", "Nothing is rung: ring what comes back first.")
    if rung.tenders or rung.taken_back is not None:
        raise conflict("sale-has-tenders", "Money was taken for what is rung, or goods: give them back first.")
    return rung


def plan_without_receipt(goods: Sale, want: Want, rules: Rules, *, amount_max: int | None) -> dict[str, Any]:
    """Return the fields of the refund's record. `goods` is a sale of what comes back, never sold. Raises `Problem`.

    `amount_max`, in minor units, is the most that is given back so; None: there is no limit.
    """
    priced = record_fields(goods, rules)
    total = priced["total"]
    if total <= 0:
        raise conflict("nothing-to-refund", "What comes back is worth nothing: give the price that was paid for it.")
    if amount_max is not None and total > amount_max:
        raise conflict(
            "refund-over-limit",
            f"Without a receipt at most {spelled(goods, amount_max)} is given back: look for the receipt by its date, "
            "amount or card slip.",
            most=amount_max,
        )
    how = entry.tender_type(want.tender_type)
    payout = to_increment(total, rules.cash_rounding) if how is TenderType.CASH else total
    if want.tender_amount is not None and want.tender_amount != payout:
        raise conflict(
            "refund-amount", f"{spelled(goods, payout)} is due back: give that amount, or leave it out.", due=payout
        )
    reference = entry.text_or_none("reference", want.reference, chars_max=REFERENCE_CHARS_MAX)
    tender = {"id": "1", "type": how.value, "amount": payout, "reference": reference, "tip": 0}
    return {
        "kind": "refund",
        "original": None,
        **{name: priced[name] for name in _AS_IN_THE_SALE},
        "lines": [line | {"line": None} for line in priced["lines"]],
        "rounding": payout - total,
        "tenders": [tender] if payout else [],
        "paid": payout,
        "reason": entry.text("reason", want.reason, chars_max=REASON_CHARS_MAX),
    }
