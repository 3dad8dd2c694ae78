"""What Square's answers mean before anyone looks at what is in them: its errors, and things that are not Square.

Source: Square's API description 2025-08-20, `Error`, `ErrorCategory`, `ErrorCode`. Only an answer that
carries Square's own `errors` can refuse a record: a proxy's 404 or a hotel's login page is trouble on
the line, whatever status it shows.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from outbox.clouds.answers import Trouble, is_success, json_object, not_theirs, of_pull
from outbox.clouds.answers import unknown as unknown_of
from outbox.connector import Refused, Retry, Unauthorized, Unclear
from outbox.retry_after import asked_to_wait

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.connector import Answer

unknown = partial(unknown_of, who="Square")

_PERMISSION_CODES = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "INSUFFICIENT_PERMISSIONS", "APPLICATION_DISABLED"})
_LATER_CODES = frozenset({"RATE_LIMITED", "REFUND_ALREADY_PENDING"})
# Square may have done it before it said so.
_UNCLEAR_CODES = frozenset(
    {
        "INTERNAL_SERVER_ERROR",
        "REQUEST_TIMEOUT",
        "CONFLICT",
        "BAD_GATEWAY",
        "SERVICE_UNAVAILABLE",
        "TEMPORARY_ERROR",
        "GATEWAY_TIMEOUT",
    }
)
_HINTS = {
    "IDEMPOTENCY_KEY_REUSED": (
        "Square has an earlier request of this record with other content. Look the receipt number up at Square; "
        "if it is complete there, leave this delivery parked, else retry it: it then gets a new key."
    ),
    "INVALID_LOCATION": "Set location_id of this cloud to one of the seller's location ids, then retry the delivery.",
    "LOCATION_MISMATCH": "Set location_id of this cloud to the location the sale was made for, then retry.",
    "NOT_FOUND": "Pull the catalogue again (an item may be gone at Square), check location_id, then retry.",
    "CURRENCY_MISMATCH": "The store's currency must be the Square location's own; set both alike, then retry.",
    "VERSION_MISMATCH": "The order was changed at Square meanwhile: undo that there, then retry the delivery.",
    "PAYMENT_AMOUNT_MISMATCH": "Compare the order at Square with the receipt, mend the taxes there, then retry.",
    "REFUND_AMOUNT_INVALID": "More was refunded at Square already than the till knows; compare, then retry.",
    "PAYMENT_NOT_REFUNDABLE": "Square does not refund this payment (too old, or not completed): book it by hand.",
}
_ANY_HINT = "Mend what Square names, at Square or in this cloud's settings, then retry the delivery."


def read(answer: Answer, now: datetime | None) -> dict[str, Any] | Trouble:
    """Return the object that a 2xx answer holds, or what the answer means for the step."""
    body = json_object(answer)
    errors = _errors(body)
    if errors:
        return _by_error(answer, errors[0], now)
    if is_success(answer):
        return Unclear("Square's answer broke off or is not Square's") if body is None else body
    return not_theirs(answer, now, "Square")


def read_page(answer: Answer, now: datetime | None = None) -> dict[str, Any] | Retry | Unauthorized | Refused:
    """Return the object of a page, or what the answer means for what only reads."""
    body = read(answer, now)
    return body if isinstance(body, dict) else of_pull(body)


def _errors(body: dict[str, Any] | None) -> list[dict[str, Any]]:
    errors = (body or {}).get("errors")
    if not isinstance(errors, list):
        return []
    return [error for error in errors if isinstance(error, dict) and isinstance(error.get("category"), str)]


def _by_error(answer: Answer, error: dict[str, Any], now: datetime | None) -> Trouble:
    category, code = error["category"], str(error.get("code", "UNKNOWN"))
    reason = str(error.get("detail") or code)
    if error.get("field"):
        reason = f"{reason} (field {error['field']})"
    after_s = asked_to_wait(answer, now)
    if category == "AUTHENTICATION_ERROR" or code in _PERMISSION_CODES or answer.status == HTTPStatus.UNAUTHORIZED:
        need = "its permissions must cover orders, payments, refunds, items and inventory"
        return Unauthorized(f"Square does not accept the token ({code}: {reason}); renew it, {need}")
    if category == "RATE_LIMIT_ERROR" or answer.status == HTTPStatus.TOO_MANY_REQUESTS or code in _LATER_CODES:
        return Retry(f"Square asks to wait ({code})", after_s)
    if category == "API_ERROR" or code in _UNCLEAR_CODES or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unclear(f"Square is in trouble ({code}: {reason})", after_s)
    return Refused(code, f"Square refused it: {reason}", _HINTS.get(code, _ANY_HINT))
