"""What Stripe's answers mean before anyone looks at what is in them: its errors, and things that are not Stripe.

Source: https://docs.stripe.com/api/errors and /error-low-level. Only an answer that carries Stripe's own `error`
can refuse a record. Its keys keep what was answered first, refusals and 500s included, for at least a day.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from outbox.clouds.answers import Trouble, is_success, json_object, not_theirs
from outbox.clouds.answers import unknown as unknown_of
from outbox.connector import Refused, Retry, Unauthorized, Unclear
from outbox.retry_after import asked_to_wait

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.connector import Answer

unknown = partial(unknown_of, who="Stripe")

_LATER_CODES = frozenset({"rate_limit", "lock_timeout"})  # nothing was done
MISSING = "resource_missing"
_UNDER_WAY = "idempotency_key_in_use"  # the request that came first is not answered yet
_HINTS = {
    "idempotency_error": (
        "Stripe has an earlier request of this record with other content. Look the receipt number up at Stripe; "
        "if it is there, leave this delivery parked, else retry it: it then gets a new key."
    ),
    MISSING: (
        "Stripe knows no such payment under this key: check that the key is of the account, and of the mode (live "
        "or test), that the payment was made in; then retry."
    ),
    "charge_already_refunded": "It was refunded at Stripe already; compare there, and leave this delivery parked.",
    "charge_disputed": "The customer disputes this payment: answer the dispute at Stripe, and give nothing back twice.",
    "insufficient_funds": "Stripe's balance does not cover the refund: add to it at Stripe, then retry the delivery.",
    "balance_insufficient": "Stripe's balance does not cover the refund: add to it at Stripe, then retry the delivery.",
}
_ANY_HINT = "Mend what Stripe names, at Stripe or in this cloud's settings, then retry the delivery."


def read(answer: Answer, now: datetime | None) -> dict[str, Any] | Trouble:
    """Return the object that a 2xx answer holds, or what the answer means for the step."""
    body = json_object(answer)
    error = (body or {}).get("error")
    if isinstance(error, dict) and isinstance(error.get("type"), str):
        return _by_error(answer, error, now)
    if is_success(answer):
        if body is None or not isinstance(body.get("object"), str):
            return Unclear("Stripe's answer broke off or is not Stripe's")
        return body
    return not_theirs(answer, now, "Stripe")


def _by_error(answer: Answer, error: dict[str, Any], now: datetime | None) -> Trouble:
    kind, code = error["type"], str(error.get("code") or error["type"])
    reason = str(error.get("message") or code)
    if error.get("param"):
        reason = f"{reason} (field {error['param']})"
    if answer.headers.get("request-id"):
        reason = f"{reason} [{answer.headers['request-id']}]"  # what Stripe's support asks for
    after_s = asked_to_wait(answer, now)
    if answer.status == HTTPStatus.UNAUTHORIZED or kind == "authentication_error":
        return Unauthorized(f"Stripe does not accept the key ({code}): put a valid one where `key` names it")
    if answer.status == HTTPStatus.FORBIDDEN:
        return Unauthorized(f"the key may not do this at Stripe ({reason}): give the restricted key that permission")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or code in _LATER_CODES:
        return Retry(f"Stripe asks to wait ({code})", after_s)
    if code == _UNDER_WAY:
        return Unclear("Stripe is still at an earlier try of this request", after_s)
    if kind == "api_error" or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unclear(f"Stripe is in trouble ({reason})", after_s)
    if answer.headers.get("stripe-should-retry") == "true":
        return Retry(f"Stripe asks to try again ({reason})", after_s)
    return Refused(code, f"Stripe refused it: {reason}", _HINTS.get(code, _HINTS.get(kind, _ANY_HINT)))
