"""Goods for goods: a refund and a sale in one, which pay each other as far as they reach.

What comes back is worked out as for any refund of that receipt. It is credit for the new goods; what is more than
they cost is given back by the refund's own tender. Pure, like `basket` and `refund`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agent import entry
from agent.basket import checked, must_be_open, spelled
from agent.card_back import card_tenders
from agent.problem import conflict
from agent.refund import Want, plan_refund
from agent.sale import Sale, TenderType
from agent.taken_back import TakenBack, TakenLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent.about import Person
    from agent.pricing import Rules

    Body = Mapping[str, Any]

EXCHANGE = "exchange"  # the type of the tenders by which a refund and a sale pay each other


def take_back(
    sale: Sale, rules: Rules, original: Body, earlier: Sequence[Body], want: Want, *, allowed_by: Person | None = None
) -> Sale:
    """Set what is taken back in exchange for the sale's lines, in place of what was. Raises `Problem`.

    `original` is the body of the sale that the goods were bought with, `earlier` those of its refunds.
    """
    must_be_open(sale)
    how = entry.tender_type(want.tender_type)
    refund = _in_full(original, earlier, want, rules)
    taken = TakenBack(
        receipt_number=original["receipt_number"],
        lines=tuple(
            TakenLine(line["line"], line["name"], line["quantity"], line["unit"], line["price"], line["net"])
            for line in refund["lines"]
        ),
        credit=refund["paid"],
        tender=how.value,
        reason=refund["reason"],
        allowed_by=allowed_by,
    )
    return checked(replace(sale, taken_back=taken), rules)


def keep_goods(sale: Sale, rules: Rules) -> Sale:
    """Take nothing back after all."""
    must_be_open(sale)
    if sale.taken_back is None:
        raise conflict("nothing-taken-back", "Nothing is taken back in this sale: go on ringing.")
    return checked(replace(sale, taken_back=None), rules)


def refund_fields(sale: Sale, credited: int, original: Body, earlier: Sequence[Body], rules: Rules) -> dict[str, Any]:
    """Return the fields of the refund that goes with a completed sale, of which it pays `credited`.

    Raises `Problem` where the goods no longer give what they gave when they were taken back.
    """
    taken = sale.taken_back
    assert taken is not None, "asked of an exchange only"
    want = Want(taken.tender, tuple((line.line, line.quantity) for line in taken.lines), reason=taken.reason)
    fields = _in_full(original, earlier, want, rules)
    if fields["paid"] != taken.credit:
        raise conflict(
            "exchange-changed",
            f"Receipt {taken.receipt_number} was refunded in part meanwhile, and what comes back no longer gives "
            f"{spelled(sale, taken.credit)}: take the goods back anew.",
        )
    over = taken.paid_out(credited, rules.cash_rounding)
    over_by = [_tender(taken.tender, over, None)]
    if taken.tender == TenderType.CARD.value:
        over_by = list(card_tenders(original, earlier, over, None))
    tenders = [_tender(EXCHANGE, credited, sale.id), *over_by]
    return fields | {
        "tenders": [tender | {"id": str(at)} for at, tender in enumerate(filter(_is_any, tenders), start=1)],
        "paid": credited + over,
        "rounding": credited + over - fields["total"],
        "exchange": {"id": sale.id},
    }


def sale_fields(fields: Mapping[str, Any], refund: Body, credited: int) -> dict[str, Any]:
    """Return the fields of a completed sale with the refund's record as its first tender."""
    given = [tender for tender in refund["tenders"] if tender["type"] != EXCHANGE]
    tender = _tender(EXCHANGE, credited, refund["id"]) | {"id": EXCHANGE, "reference": refund["receipt_number"]}
    return {
        **fields,
        "tenders": [*([tender] if credited else ()), *fields["tenders"]],
        "exchange": {
            "id": refund["id"],
            "receipt_number": refund["receipt_number"],
            "credit": refund["paid"],
            "paid_out": sum(tender["amount"] for tender in given),
            "tender": given[0]["type"] if given else None,
        },
    }


def _in_full(original: Body, earlier: Sequence[Body], want: Want, rules: Rules) -> dict[str, Any]:
    """Return the refund's fields to the cent: what is handed out is rounded to coins, what is set off is not."""
    return plan_refund(original, earlier, replace(want, tender_type=TenderType.CARD), rules)


def _tender(type_: str, amount: int, record: str | None) -> dict[str, Any]:
    link = {} if record is None else {"record": record}
    return {"type": type_, "amount": amount, "reference": None, "tip": 0} | link


def _is_any(tender: Mapping[str, Any]) -> bool:
    return bool(tender["amount"])
