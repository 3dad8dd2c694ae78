"""A card payment by a Stripe Terminal reader, driven from here over Stripe's API: requests and what answers mean.

Source: https://docs.stripe.com/terminal/payments/collect-card-payment (server-driven) and /api/terminal/readers.
A PaymentIntent is charged at most once however often a reader is handed it, so that these requests carry no keys but
where something new is made: a key would repeat an old refusal for a day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.card_reader import Asked, AtReader, Card, Payment, Phase, Trouble
from outbox.clouds.stripe.answer import read
from outbox.clouds.stripe.money import from_wire, step, to_wire
from outbox.clouds.stripe.plan import SALE_ID
from outbox.clouds.stripe.sale import PROVIDER
from outbox.connector import Refused, Unclear
from outbox.ids import derived_id
from outbox.money import format_amount

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from outbox.clouds.stripe.plan import Place
    from outbox.connector import Answer, Request

_PHASES = {
    "requires_payment_method": Phase.WAITING,
    "requires_confirmation": Phase.WAITING,
    "requires_action": Phase.UNDER_WAY,
    "processing": Phase.UNDER_WAY,
    "requires_capture": Phase.AUTHORISED,
    "succeeded": Phase.CHARGED,
    "canceled": Phase.OFF,
}
_INTENTS = "/v1/payment_intents"
_SHOW_CHARGE = {"expand": ["latest_charge"]}
_BY_CUSTOMER = frozenset({"customer_canceled", "customer_cancelled"})
_CARDS = ["card_present"]
_CHARGED_AT_ONCE = {"CAD": ["card_present", "interac_present"]}  # Canada's debit cards cannot be captured later


class StripeReaders:
    """The readers of one account's tills."""

    provider = PROVIDER

    def __init__(self, place: Place, by_till: Mapping[str, str], currency: str, *, captures_later: bool = True) -> None:
        self.by_till = by_till
        self.captures_later = captures_later
        self._place = place
        self._currency = currency

    def amount_fault(self, amount: int) -> str | None:
        """Return why Stripe cannot charge so much, or None."""
        finest = step(self._currency)
        if amount % finest == 0:
            return None
        most = format_amount(amount // finest * finest, self._currency)
        return f"Stripe charges no amount as fine as this: take {most} by card, and the rest in cash"

    def create(self, asked: Asked) -> Request:
        """Return the request that makes the PaymentIntent."""
        fields = {
            "amount": to_wire(asked.amount, self._currency),
            "currency": self._currency.lower(),
            "payment_method_types": _CARDS if self.captures_later else _CHARGED_AT_ONCE.get(self._currency, _CARDS),
            "capture_method": "manual" if self.captures_later else "automatic",
            "metadata": {
                "stillopen_attempt": asked.id,
                SALE_ID: asked.sale,
                "store": self._place.store,
                "till": asked.till,
            },
        }
        return self._place.request("POST", _INTENTS, fields, key=derived_id(asked.id, "create"))

    def hand(self, asked: Asked, payment: str) -> Request:
        """Return the request that hands a PaymentIntent to the reader, with no question for a tip."""
        fields = {"payment_intent": payment, "process_config": {"skip_tipping": True}}
        return self._place.request("POST", f"{_reader(asked)}/process_payment_intent", fields)

    def watch(self, asked: Asked) -> Request:
        """Return the request that asks for the reader."""
        return self._place.request("GET", _reader(asked))

    def look(self, payment: str) -> Request:
        """Return the request that asks for the PaymentIntent and its charge."""
        return self._place.request("GET", f"{_INTENTS}/{payment}", _SHOW_CHARGE)

    def stop(self, asked: Asked) -> Request:
        """Return the request that ends what the reader is doing."""
        return self._place.request("POST", f"{_reader(asked)}/cancel_action")

    def call_off(self, payment: str) -> Request:
        """Return the request that cancels the PaymentIntent."""
        return self._place.request("POST", f"{_INTENTS}/{payment}/cancel")

    def capture(self, payment: str) -> Request:
        """Return the request that charges what was authorised."""
        return self._place.request("POST", f"{_INTENTS}/{payment}/capture", _SHOW_CHARGE)

    def give_back(self, asked: Asked, payment: str) -> Request:
        """Return the request that refunds all of it."""
        fields = {"payment_intent": payment, "metadata": {"stillopen_attempt": asked.id}}
        return self._place.request("POST", "/v1/refunds", fields, key=derived_id(asked.id, "refund"))

    def payment(self, answer: Answer, now: datetime) -> Payment | Trouble:
        """Read a PaymentIntent."""
        body = read(answer, now)
        if not isinstance(body, dict):
            return body
        phase = _PHASES.get(str(body.get("status")))
        if body.get("object") != "payment_intent" or not isinstance(body.get("id"), str) or phase is None:
            return Unclear("Stripe's answer holds no payment")
        charge = body.get("latest_charge")
        charge = charge if isinstance(charge, dict) else {}
        amount = body.get("amount_received") if phase is Phase.CHARGED else body.get("amount_capturable")
        refused = body.get("last_payment_error")
        return Payment(
            body["id"],
            phase,
            from_wire(int(amount or body.get("amount") or 0), self._currency),
            from_wire(int(charge.get("amount_refunded") or 0), self._currency),
            _card(charge),
            str(refused.get("message") or refused.get("code")) if isinstance(refused, dict) else None,
        )

    def at_reader(self, answer: Answer, now: datetime) -> AtReader | Trouble:
        """Read a reader: whether it is there, and what it is at."""
        body = read(answer, now)
        if not isinstance(body, dict):
            return body
        if body.get("object") != "terminal.reader":
            return Unclear("Stripe's answer holds no reader")
        action = body.get("action")
        action = action if isinstance(action, dict) else {}
        online = {"online": True, "offline": False}.get(str(body.get("status")))
        handed = (action.get("process_payment_intent") or {}).get("payment_intent")
        if isinstance(handed, dict):
            handed = handed.get("id")
        failed = None
        if action.get("status") == "failed":
            failed = str(action.get("failure_message") or action.get("failure_code") or "the reader gave no reason")
        return AtReader(
            online,
            handed if isinstance(handed, str) else None,
            action.get("status") == "in_progress",
            failed,
            by_customer=action.get("failure_code") in _BY_CUSTOMER,
        )

    def given_back(self, answer: Answer, now: datetime) -> int | Trouble:
        """Read a refund."""
        body = read(answer, now)
        if not isinstance(body, dict):
            return body
        if body.get("object") == "refund" and body.get("status") in ("failed", "canceled"):
            why = body.get("failure_reason") or body["status"]
            return Refused("refund_failed", f"Stripe could not give it back ({why})", "Give it back in another way.")
        if body.get("object") != "refund" or body.get("status") not in ("succeeded", "pending", "requires_action"):
            return Unclear(f"Stripe shows the refund as {body.get('status')}")
        return from_wire(int(body.get("amount") or 0), self._currency)


def _reader(asked: Asked) -> str:
    return f"/v1/terminal/readers/{asked.reader}"


def _card(charge: Mapping[str, Any]) -> Card | None:
    """Return what may be kept of the card that was charged."""
    details = charge.get("payment_method_details")
    if not isinstance(details, dict):
        return None
    used = details.get("card_present") or details.get("interac_present")
    if not isinstance(used, dict):
        return None
    receipt = used.get("receipt")
    receipt = receipt if isinstance(receipt, dict) else {}
    return Card(_text(used.get("brand")), _text(used.get("last4")), _text(receipt.get("authorization_code")))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
