"""Refunds: goods that come back, by a receipt of this agent's, or without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action

if TYPE_CHECKING:
    from agent.api.bodies import NewRefund
    from agent.api.route import Call
    from agent.counter import Counter
    from outbox.answers import Reply


async def refund(call: Call) -> Reply:
    """Take back a completed sale, or a part of it, or goods nobody has the receipt of."""
    if call.body.receipt_number is None:
        call.allow(Action.REFUND_WITHOUT_RECEIPT)
    return await _of_refund(call).closing.refund(call.body, key=call.key, by=call.by)


async def preview_refund(call: Call) -> Reply:
    """Say what a refund would come to, also to who needs leave to make it."""
    return _of_refund(call).returns.preview(call.body)


def _of_refund(call: Call) -> Counter:
    body: NewRefund = call.body
    return call.app.counters.for_refund(body.till, body.receipt_number, body.sale)


OF_A_RECEIPT = (
    "no-such-receipt", "no-such-line", "line-refunded", "refund-too-much", "nothing-to-refund", "empties-stay"
)  # fmt: skip
_OF_A_REFUND = (
    *OF_A_RECEIPT,
    "no-such-till",
    "no-such-sale",
    "sale-empty",
    "sale-has-tenders",
    "no-such-item",
    "no-such-barcode",
    "weight-needed",
    "refund-over-limit",
    "refund-amount",
    "training-receipt",
    "card-data",
)

ROUTES = (
    Route(
        "POST",
        "/v1/refunds/preview",
        preview_refund,
        "What a refund would come to; nothing is written",
        "RefundPreview",
        body="NewRefund",
        problems=_OF_A_REFUND,
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/refunds",
        refund,
        "Take back a sale rung here, all that is left of it or in part; or goods without a receipt",
        "Record",
        status=201,
        body="NewRefund",
        problems=_OF_A_REFUND,
        action=Action.REFUND,
    ),
)
