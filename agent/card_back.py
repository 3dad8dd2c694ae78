"""Money that goes back on a card: by the cloud that charged it, as far as it did, and else on a terminal of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.sale import TenderType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Body = Mapping[str, Any]


def card_tenders(sale: Body, earlier: Sequence[Body], amount: int, reference: str | None) -> Iterator[dict[str, Any]]:
    """Yield a refund's tenders for so much on cards: those that a cloud charged first, then by a slip, if any is left.

    `earlier` are the refunds that the sale has had: no card gets back more than it was charged.
    """
    for tender in sale["tenders"]:
        if (card := tender.get("card")) is None:
            continue
        share = min(amount, tender["amount"] - _given_back(earlier, card["payment"]))
        if share > 0:
            amount -= share
            yield _tender(share, tender["reference"]) | {"card": card}
    if amount > 0:
        yield _tender(amount, reference)


def _given_back(earlier: Sequence[Body], payment: str) -> int:
    every = (tender for refund in earlier for tender in refund["tenders"])
    return sum(tender["amount"] for tender in every if (tender.get("card") or {}).get("payment") == payment)


def _tender(amount: int, reference: str | None) -> dict[str, Any]:
    return {"type": TenderType.CARD.value, "amount": amount, "reference": reference, "tip": 0}
