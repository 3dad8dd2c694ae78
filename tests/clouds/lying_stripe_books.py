"""The lying Stripe's books: payments, refunds and Payment Records, with the rules Stripe keeps for them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]
PAGE_MAX = 100
_BOUNDS: dict[str, Callable[[int, int], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
LEAST = 50  # the least that a card is charged, in cents
UNSET = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")


class No(Exception):
    """A refusal as Stripe words it."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, kind: str = "invalid_request_error", param: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = json.dumps(
            {"error": {"type": kind, "code": code, "message": message} | ({"param": param} if param else {})}
        ).encode()


@dataclass
class Books:
    """One account's, in cents."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    intents: dict[str, Object] = field(default_factory=dict)
    charges: dict[str, Object] = field(default_factory=dict)
    refunds: dict[str, Object] = field(default_factory=dict)
    records: dict[str, Object] = field(default_factory=dict)
    reported: dict[str, Object] = field(default_factory=dict)  # refunds, by their reference
    page_size: int = PAGE_MAX
    mirrors: bool = False  # whether a card payment is shown as a Payment Record, too, as Stripe reports it
    refuses_refunds: str = ""  # a code, while Stripe refuses refunds
    fails_refunds: str = ""  # a reason, while refunds are made and come to nothing
    account: Object = field(
        default_factory=lambda: {
            "object": "account",
            "id": "acct_1",
            "country": "DE",
            "default_currency": "eur",
            "charges_enabled": True,
        }
    )

    # --- payments at a reader ---

    def create_intent(self, asked: Object) -> Object:
        amount = int(asked["amount"])
        if amount < LEAST:
            raise No("amount_too_small", "Amount must be at least €0.50 eur", param="amount")
        return self._put(
            self.intents,
            "pi",
            {
                "object": "payment_intent",
                "amount": amount,
                "amount_capturable": 0,
                "amount_received": 0,
                "currency": asked["currency"],
                "status": "requires_payment_method",
                "capture_method": asked.get("capture_method", "automatic"),
                "metadata": asked.get("metadata", {}),
                "description": None,
                "last_payment_error": None,
                "latest_charge": None,
            },
        )

    def intent(self, intent_id: str) -> Object:
        return self._known(self.intents, intent_id, "payment_intent")

    def shown(self, intent: Object, asked: Object) -> Object:
        """Return a payment, with its charge where that is to be seen."""
        if "latest_charge" in (asked.get("expand") or {}).values() and intent["latest_charge"] is not None:
            return intent | {"latest_charge": self.charges[intent["latest_charge"]]}
        return intent

    def update_intent(self, intent_id: str, asked: Object) -> Object:
        intent = self.intent(intent_id)
        intent["metadata"] = intent["metadata"] | asked.get("metadata", {})
        intent["description"] = asked.get("description", intent["description"])
        return intent

    def cancel_intent(self, intent_id: str) -> Object:
        intent = self.intent(intent_id)
        if intent["status"] not in UNSET:
            raise No("payment_intent_unexpected_state", f"You cannot cancel a payment that is {intent['status']}")
        intent["status"] = "canceled"
        return intent

    def capture_intent(self, intent_id: str) -> Object:
        intent = self.intent(intent_id)
        if intent["status"] != "requires_capture":
            raise No("payment_intent_unexpected_state", f"It could not be captured: it is {intent['status']}")
        intent |= {"status": "succeeded", "amount_received": intent["amount_capturable"], "amount_capturable": 0}
        return intent

    def pay(self, intent: Object, last4: str, *, amount: int | None = None) -> None:
        """The customer's bank agrees."""
        charge = self._put(
            self.charges,
            "ch",
            {
                "object": "charge",
                "amount": intent["amount"],
                "amount_refunded": 0,
                "payment_intent": intent["id"],
                "payment_method_details": {
                    "type": "card_present",
                    "card_present": {"brand": "visa", "last4": last4, "receipt": {"authorization_code": "A1B2C3"}},
                },
            },
        )
        later = intent["capture_method"] == "manual"
        intent |= {
            "latest_charge": charge["id"],
            "last_payment_error": None,
            "status": "requires_capture" if later else "succeeded",
            "amount_capturable" if later else "amount_received": intent["amount"] if amount is None else amount,
        }
        if self.mirrors:
            money = {"currency": intent["currency"], "value": intent["amount"]}
            mirror = {"amount_requested": money, "amount_guaranteed": money, "amount_refunded": money | {"value": 0}}
            told = {"object": "payment_record", "metadata": intent["metadata"], "reported_by": "stripe"}
            self._put(self.records, "pr", mirror | told)

    @property
    def charged(self) -> int:
        """What customers were charged and did not get back, in all."""
        taken = sum(intent["amount_received"] for intent in self.intents.values() if intent["status"] == "succeeded")
        return int(taken) - sum(int(charge["amount_refunded"]) for charge in self.charges.values())

    # --- refunds ---

    def create_refund(self, asked: Object) -> Object:
        intent = self.intent(asked["payment_intent"])
        if self.refuses_refunds:
            raise No(self.refuses_refunds, "planted")
        if intent["status"] != "succeeded":
            raise No("payment_intent_unexpected_state", "This payment has no charge to refund")
        charge = self.charges[intent["latest_charge"]]
        left = intent["amount_received"] - charge["amount_refunded"]
        amount = int(asked.get("amount", left))
        if left == 0:
            raise No("charge_already_refunded", f"Charge {charge['id']} has already been refunded.")
        if amount > left:
            raise No("amount_too_large", f"Refund amount is greater than unrefunded amount on charge ({left})")
        made = {
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "status": "succeeded",
            "metadata": asked.get("metadata", {}),
        }
        if self.fails_refunds:
            return self._put(self.refunds, "re", made | {"status": "failed", "failure_reason": self.fails_refunds})
        charge["amount_refunded"] += amount
        return self._put(self.refunds, "re", made)

    # --- Payment Records ---

    def report_payment(self, asked: Object) -> Object:
        amount = {"currency": asked["amount_requested"]["currency"], "value": int(asked["amount_requested"]["value"])}
        if amount["value"] <= 0:
            raise No("parameter_invalid_integer", "it must be positive", param="amount_requested[value]")
        nothing = amount | {"value": 0}
        made = {
            "object": "payment_record",
            "amount": amount,
            "amount_requested": amount,
            "amount_guaranteed": amount,
            "amount_canceled": nothing,
            "amount_failed": nothing,
            "amount_refunded": nothing,
            "reported_by": "self",
            "metadata": asked.get("metadata", {}),
            "description": asked.get("description"),
            "customer_details": asked.get("customer_details"),
            "payment_method_details": asked["payment_method_details"],
            "processor_details": asked["processor_details"],
            "initiated_at": int(asked["initiated_at"]),  # the lying Stripe's own: the real one does not show it
        }
        return self._put(self.records, "pr", made)

    def cancel_record(self, record_id: str) -> None:
        """Somebody reports that the payment came to nothing."""
        record = self.record(record_id)
        nothing = record["amount_guaranteed"] | {"value": 0}
        record |= {"amount_guaranteed": nothing, "amount_canceled": record["amount_requested"]}

    def record(self, record_id: str) -> Object:
        return self._known(self.records, record_id, "payment_record")

    def report_refund(self, record_id: str, asked: Object) -> Object:
        record = self.record(record_id)
        reference = asked["processor_details"]["custom"]["refund_reference"]
        if reference in self.reported:
            param = "processor_details[custom][refund_reference]"
            raise No("parameter_invalid", "A refund with this reference exists already", param=param)
        left = record["amount_guaranteed"]["value"] - record["amount_refunded"]["value"]
        amount = int(asked["amount"]["value"]) if "amount" in asked else left
        if not 0 < amount <= left:
            raise No("amount_too_large", f"only {left} is left of it", param="amount[value]")
        self.reported[reference] = {"amount": amount, "metadata": asked.get("metadata", {})}
        record["amount_refunded"] = record["amount_refunded"] | {"value": record["amount_refunded"]["value"] + amount}
        return record

    # --- the rest ---

    def listed(self, kept: dict[str, Object], asked: Object) -> Object:
        """Return a page, the newest first."""
        named = {"created_after": "gt", "created_before": "lt"}
        bounds = asked.get("created", {}) | {named[key]: value for key, value in asked.items() if key in named}
        found = [
            value
            for value in reversed(kept.values())
            if all(_BOUNDS[how](value["created"], int(bound)) for how, bound in bounds.items())
            and asked.get("payment_intent") in (None, value.get("payment_intent"))
        ]
        ids = [value["id"] for value in found]
        if "starting_after" in asked and asked["starting_after"] not in ids:
            raise No("resource_missing", f"No such object: '{asked['starting_after']}'", param="starting_after")
        if not 1 <= int(asked.get("limit", 10)) <= PAGE_MAX:
            raise No("parameter_invalid_integer", "This value must be from 1 to 100", param="limit")
        start = ids.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0
        end = start + min(int(asked.get("limit", 10)), self.page_size)
        return {"object": "list", "data": found[start:end], "has_more": end < len(found)}

    def refund(self, refund_id: str) -> Object:
        return self._known(self.refunds, refund_id, "refund")

    def listed_intents(self, asked: Object) -> Object:
        """Return a page of payments, with their charges where those are to be seen."""
        page = self.listed(self.intents, asked)
        if "data.latest_charge" in (asked.get("expand") or {}).values():
            page["data"] = [self.shown(intent, {"expand": {"0": "latest_charge"}}) for intent in page["data"]]
        return page

    def _put(self, kept: dict[str, Object], prefix: str, value: Object) -> Object:
        made = {"id": f"{prefix}_{len(kept) + 1:06}", "created": int(self.now().timestamp())} | value
        kept[str(made["id"])] = made
        return made

    def _known(self, kept: dict[str, Object], object_id: str, what: str) -> Object:
        if object_id not in kept:
            raise No("resource_missing", f"No such {what}: '{object_id}'", status=404, param="id")
        return kept[object_id]
