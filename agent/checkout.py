"""How a sale is paid for and how it ends, or waits: tenders, complete, void, park, resume.

As in `basket`, each takes a sale and returns a new one, or raises a `Problem`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agent import entry
from agent.basket import REASON_CHARS_MAX, checked, must_be_open, named_ids, spelled
from agent.card_payment import must_not_be_at_reader
from agent.particulars import must_be_answered
from agent.pricing import Rules, price, record_fields
from agent.problem import conflict, not_found
from agent.sale import Sale, State, Tender, TenderType

if TYPE_CHECKING:
    from agent.about import Parked

TENDERS_MAX = 20  # a table that splits its bill; more is a stuck key
REFERENCE_CHARS_MAX = 60  # card slips carry up to 23 characters
LABEL_CHARS_MAX = 60  # it must fit a button


def add_tender(
    sale: Sale,
    rules: Rules,
    *,
    type: str,  # noqa: A002 - the field's name
    amount: int,
    reference: str | None = None,
    tip: int = 0,
) -> Sale:
    """Take money: `cash`, which may be more than is due, or `card`, which may not; a `tip` on top of either."""
    must_be_open(sale)
    must_not_be_at_reader(sale, "take another tender")
    tender = Tender(
        id=str(sale.tenders_made + 1),
        type=entry.tender_type(type),
        amount=entry.amount("amount", amount, sale.currency, least=1),
        reference=entry.text_or_none("reference", reference, chars_max=REFERENCE_CHARS_MAX),
        tip=entry.amount("tip", tip, sale.currency),
    )
    due = price(sale, rules).settlement.due
    if not sale.lines:
        raise conflict("sale-empty", "There is nothing to pay for: add an item first.")
    must_be_answered(sale)
    if due == 0:
        raise conflict("nothing-due", "Nothing is left to pay: complete the sale.")
    if tender.type is TenderType.CARD and amount > due:
        raise conflict(
            "card-over-due", f"Only {spelled(sale, due)} is due: a card is charged that much at most.", due=due
        )
    if len(sale.tenders) >= TENDERS_MAX:
        raise conflict("too-many-tenders", f"A sale takes {TENDERS_MAX} tenders: remove one first.")
    return checked(replace(sale, tenders=(*sale.tenders, tender), tenders_made=sale.tenders_made + 1), rules)


def remove_tender(sale: Sale, rules: Rules, tender_id: str) -> Sale:
    """Give a tender back. Refused for a card that a cloud charged: that money goes back there."""
    must_be_open(sale)
    charged = next((tender.card for tender in sale.tenders if tender.id == tender_id and tender.card), None)
    if charged is not None:
        raise conflict(
            "card-charged",
            "This card was charged through the reader: cancel its card payment, which gives the money back, "
            f"with DELETE /v1/sales/{sale.id}/card-payments/{charged.attempt}.",
            payment=charged.attempt,
        )
    left = tuple(tender for tender in sale.tenders if tender.id != tender_id)
    if len(left) == len(sale.tenders):
        raise not_found("tender", f"This sale has no such tender; {named_ids(sale.tenders)}")
    return checked(replace(sale, tenders=left), rules)


def complete(sale: Sale, rules: Rules) -> dict[str, Any]:
    """Return the fields of the sale's record, once it has lines and is paid."""
    must_be_open(sale)
    must_not_be_at_reader(sale, "complete the sale")
    if not sale.lines:
        raise conflict("sale-empty", "There is nothing to complete: add an item, or void the sale.")
    must_be_answered(sale)
    due = price(sale, rules).settlement.due
    if due:
        raise conflict("sale-not-paid", f"{spelled(sale, due)} is still due: take a tender for it first.", due=due)
    return _record_fields(sale, rules) | {"kind": "sale", "state": State.COMPLETED.value}


def void(sale: Sale) -> Sale:
    """Give up an open or a parked sale. Refused while money was taken for it."""
    if sale.state is not State.PARKED:
        must_be_open(sale)
    must_not_be_at_reader(sale, "void the sale")
    _must_be_unpaid(sale, "void it")
    return replace(sale, state=State.VOIDED, taken_back=None)  # nothing came back


def void_fields(sale: Sale, rules: Rules, *, reason: str | None = None) -> dict[str, Any]:
    """Return the fields of the record of a sale that `void` gave up."""
    return _record_fields(sale, rules) | {
        "kind": "void",
        "reason": entry.text_or_none("reason", reason, chars_max=REASON_CHARS_MAX),
    }


def park(sale: Sale, label: str | None = None, *, parked: Parked | None = None) -> Sale:
    """Put an open sale aside, under a name; `parked` says by whom and when. Refused while money was taken for it."""
    must_be_open(sale)
    must_not_be_at_reader(sale, "park the sale")
    if not sale.lines:
        raise conflict("sale-empty", "There is nothing to park: add an item, or void the sale.")
    _must_be_unpaid(sale, "park it")
    return replace(
        sale,
        state=State.PARKED,
        label=entry.text_or_none("label", label, chars_max=LABEL_CHARS_MAX),
        about=replace(sale.about, parked=parked),
    )


def resume(sale: Sale) -> Sale:
    """Take a parked sale up again; it keeps its label."""
    if sale.state is not State.PARKED:
        raise conflict("sale-not-parked", f"This sale is {sale.state}, not parked: there is nothing to resume.")
    return replace(sale, state=State.OPEN, about=replace(sale.about, parked=None))


def _must_be_unpaid(sale: Sale, then: str) -> None:
    if sale.tenders:
        raise conflict(
            "sale-has-tenders", f"Money was taken for this sale: give it back and remove its tenders, then {then}."
        )


def _record_fields(sale: Sale, rules: Rules) -> dict[str, Any]:
    """Return the fields without what only an open sale has, and without the journal's own `id` and `till`."""
    fields = record_fields(sale, rules)
    for name in ("id", "till", "cash_due", "label", "training"):
        del fields[name]
    fields.pop("taken_back", None)  # the exchange's own fields say it
    return fields
