"""One Payment Record, payment at a reader or refund of Stripe's as an entry of its books.

Source: https://docs.stripe.com/api/payment-record/object, /api/payment_intents/object and /api/refunds/object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.books import Entry, Standing
from outbox.clouds.stripe.money import from_wire
from outbox.clouds.stripe.plan import CHAIN, PART, RECORD, SALE_ID
from outbox.clouds.stripe.sale import amount_in
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDS, INTENTS, REFUNDS = "payment_records", "payment_intents", "refunds"  # as they stand in paths
_OBJECTS = {RECORDS: "payment_record", INTENTS: "payment_intent", REFUNDS: "refund"}
_TAKEN = "succeeded"
_ENDED = {_TAKEN: Standing.BOOKED, "canceled": Standing.CANCELLED, "failed": Standing.CANCELLED}  # any other is open


class Odd(Exception):
    """An answer is Stripe's, and is not of the shape that was asked for. Its text goes on after "Stripe's answer"."""


def entry(what: str, value: Any, store: str | None) -> Entry:
    """Return one of `RECORDS`, `INTENTS` or `REFUNDS`. Raises `Odd`.

    `store`: whose it has to be for its marks to count, as in a list; None: it was asked for by its id.
    """
    if not isinstance(value, dict) or value.get("object") != _OBJECTS[what] or not isinstance(value.get("id"), str):
        raise Odd(f"holds what is no {_OBJECTS[what]}")
    amount, currency, standing = _recorded(value) if what == RECORDS else _stands(value)
    kept = value.get("metadata")
    kept = kept if isinstance(kept, dict) else {}
    if what == INTENTS and RECORD not in kept and (store is None or _is_kept(value)):
        # Its sale's delivery has not named it: it is still to come, or the card was charged once too often.
        kept = kept | {RECORD: kept.get(SALE_ID), PART: value["id"]}
    if store not in (None, kept.get("store")):
        kept = {}  # an online order's, or another store's of this account
    return Entry(
        value["id"],
        Kind.REFUND if what == REFUNDS else Kind.SALE,
        kept.get(RECORD) or None,
        kept.get("receipt_number") or None,
        from_wire(amount, currency),
        currency,
        standing,
        kept.get(PART) or "",
        kept.get(CHAIN) or None,
    )


def given_back(value: Mapping[str, Any]) -> tuple[int, str]:
    """Return what a Payment Record shows as given back, as Stripe writes it, and in which currency. Raises `Odd`."""
    money = value.get("amount_refunded")
    back = amount_in(money)
    if value.get("object") != _OBJECTS[RECORDS] or not isinstance(money, dict) or back is None:
        raise Odd("does not say what was given back")
    return back, _currency(money)


def _recorded(value: Mapping[str, Any]) -> tuple[int, str, Standing]:
    """Return what a Payment Record comes to: what is guaranteed of it, or else what was to be."""
    money = value.get("amount_guaranteed")
    there, wanted = amount_in(money), amount_in(value.get("amount_requested"))
    if not isinstance(money, dict) or there is None or wanted is None:
        raise Odd(f"shows {value['id']} without its amount")
    if there:
        return there, _currency(money), Standing.BOOKED
    gone = amount_in(value.get("amount_canceled")) or amount_in(value.get("amount_failed"))
    return wanted, _currency(money), Standing.CANCELLED if gone else Standing.OPEN


def _stands(value: Mapping[str, Any]) -> tuple[int, str, Standing]:
    """Return what a payment at a reader or a refund comes to: what was received, or else what was to be."""
    status = value.get("status")
    received = status == _TAKEN and value["object"] == _OBJECTS[INTENTS]
    amount = value.get("amount_received") if received else value.get("amount")
    if not isinstance(status, str) or not isinstance(amount, int):
        raise Odd(f"shows {value['id']} without its state or its amount")
    return amount, _currency(value), _ENDED.get(status, Standing.OPEN)


def _currency(money: Mapping[str, Any]) -> str:
    if not isinstance(money.get("currency"), str):
        raise Odd("shows an amount without its currency")
    return str(money["currency"]).upper()


def _is_kept(intent: Mapping[str, Any]) -> bool:
    """Say whether a customer was charged and did not get all of it back; where it is not shown, it is not said."""
    charge = intent.get("latest_charge")
    back = charge.get("amount_refunded") if isinstance(charge, dict) else None
    return intent["status"] == _TAKEN and isinstance(back, int) and back < intent["amount_received"]
