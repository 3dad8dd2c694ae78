"""What a card payment at a reader does to its sale: pure, like `checkout`. Each raises `Problem` where it may not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent import entry
from agent.basket import checked, must_be_open, spelled
from agent.card_payment import AtReader, TakenCard, must_not_be_at_reader, released
from agent.checkout import TENDERS_MAX
from agent.particulars import must_be_answered
from agent.pricing import Rules, price
from agent.problem import conflict
from agent.sale import Sale, Tender, TenderType

if TYPE_CHECKING:
    from agent.cards.attempt import Attempt


def reserve(sale: Sale, rules: Rules, attempt_id: str, amount: int | None) -> tuple[Sale, int]:
    """Return the sale waiting for a card payment, and of how much: what is due, or the part that was asked for."""
    must_be_open(sale)
    must_not_be_at_reader(sale, "begin another")
    due = price(sale, rules).settlement.due
    if not sale.lines:
        raise conflict("sale-empty", "There is nothing to pay for: add an item first.")
    must_be_answered(sale)
    if due <= 0:
        raise conflict("nothing-due", "Nothing is left to pay: complete the sale.")
    wanted = due if amount is None else entry.amount("amount", amount, sale.currency, least=1)
    if wanted > due:
        raise conflict(
            "card-over-due", f"Only {spelled(sale, due)} is due: a card is charged that much at most.", due=due
        )
    if len(sale.tenders) >= TENDERS_MAX:
        raise conflict("too-many-tenders", f"A sale takes {TENDERS_MAX} tenders: remove one first.")
    return checked(replace(sale, at_reader=AtReader(attempt_id, wanted)), rules), wanted


def take(sale: Sale, rules: Rules, attempt: Attempt, provider: str) -> Sale:
    """Return the sale with what the card was charged as a tender of its own."""
    card = attempt.card
    tender = Tender(
        id=str(sale.tenders_made + 1),
        type=TenderType.CARD,
        amount=attempt.charged,
        reference=None if card is None else card.approval,
        card=TakenCard(
            provider,
            attempt.payment or "",
            attempt.id,
            None if card is None else card.brand,
            None if card is None else card.last4,
        ),
    )
    paid = replace(released(sale), tenders=(*sale.tenders, tender), tenders_made=sale.tenders_made + 1)
    return checked(paid, rules)


def give_back(sale: Sale, attempt_id: str) -> Sale:
    """Return the sale waiting until a charged card has its money back."""
    must_be_open(sale)
    must_not_be_at_reader(sale, "give this one back")
    return replace(sale, at_reader=AtReader(attempt_id, 0))


def gave_back(sale: Sale, rules: Rules, attempt_id: str) -> Sale:
    """Return the sale without the tender whose money went back."""
    left = tuple(tender for tender in sale.tenders if tender.card is None or tender.card.attempt != attempt_id)
    return checked(replace(released(sale), tenders=left), rules)


def waits_for(sale: Sale | None, attempt_id: str) -> bool:
    """Say whether a sale waits for this payment."""
    return sale is not None and sale.at_reader is not None and sale.at_reader.id == attempt_id
