"""A sale's tenders as Square payments, and what Square made of them.

Only what was taken elsewhere is written down: `CASH` and `EXTERNAL`, never card data.
Source: Square's API description 2025-08-20, `CreatePaymentRequest`; developer.squareup.com, Take Cash
Payments and Take External Payments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.clouds.square.order import money, reference
from outbox.clouds.tendered import CASH
from outbox.connector import Done, Refused, Unclear

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outbox.clouds.tendered import Payment
    from outbox.record import Record

SOURCE_CHARS_MAX = 255  # ExternalPaymentDetails.source and .source_id
_DEAD = frozenset({"CANCELED", "FAILED"})
_EXTERNAL_TYPES = {"card": "CARD", "bank_transfer": "BANK_TRANSFER", "check": "CHECK", "gift_card": "OTHER_GIFT_CARD"}


def external(type_: str, source_id: str | None, names: Mapping[str, str]) -> dict[str, Any]:
    """Return Square's details of money that is not cash. `names`: the settings' own external types."""
    kind = names.get(type_) or _EXTERNAL_TYPES.get(type_, "OTHER")
    details = {"type": kind, "source": type_[:SOURCE_CHARS_MAX]}
    return details | ({"source_id": source_id[:SOURCE_CHARS_MAX]} if source_id else {})


def payment(
    record: Record, part: Payment, order_id: str, location_id: str, names: Mapping[str, str], *, alone: bool
) -> dict[str, Any]:
    """Return the request that writes one payment down. `alone`: it is all there is, so it closes the order."""
    currency = record.body["currency"]
    made: dict[str, Any] = {
        "source_id": "CASH" if part.type == CASH else "EXTERNAL",
        "amount_money": money(part.amount, currency),
        "order_id": order_id,
        "location_id": location_id,
        "reference_id": reference(record, f"/{part.number}"),
        "autocomplete": alone,
    }
    if part.type == CASH:
        made["cash_details"] = {"buyer_supplied_money": money(part.given, currency)}
    else:
        made["external_details"] = external(part.type, part.reference, names)
    return made


def seen(value: Any, part: Payment, order_id: str) -> Done | Refused | Unclear:
    """Say whether a payment in an answer is the one that was asked for, and stands."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return Unclear("Square's answer holds no payment")
    status = value.get("status")
    if status in _DEAD:
        return Refused(
            f"PAYMENT_{status}",
            f"Square gave payment {part.number} up ({status})",
            "Look at the order at Square, mend what it says, then retry the delivery: it pays anew.",
        )
    amount = value.get("amount_money")
    amount = amount.get("amount") if isinstance(amount, dict) else None
    if status not in ("APPROVED", "COMPLETED") or amount != part.amount or value.get("order_id") != order_id:
        return Unclear(f"Square shows payment {part.number} as {status} of {amount}, not {part.amount}")
    return Done({f"payment-{part.number}": value["id"], f"type-{part.number}": part.type})


def ids(refs: Mapping[str, str], parts: Sequence[Payment]) -> list[str]:
    """Return the payments' ids at Square."""
    return [refs[f"payment-{part.number}"] for part in parts]
