"""What Shopify's answers mean before anyone looks at what is in them: its errors, and things that are not Shopify.

GraphQL answers 200 to nearly everything: what counts is in the body. `errors` beside or instead of `data` is about
the request; `userErrors` inside the data is about the record. Only a `userErrors` can refuse a record: a proxy's 404
or a hotel's login page is trouble on the line.
Source: shopify.dev, "GraphQL Admin API rate limits", "Response status codes"; the schema 2026-07.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from outbox.clouds.answers import Trouble, is_success, json_object, not_theirs, of_pull
from outbox.clouds.answers import unknown as unknown_of
from outbox.clouds.shopify.plan import VERSION, inner, nodes
from outbox.connector import Refused, Retry, Unauthorized, Unclear
from outbox.retry_after import asked_to_wait

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.connector import Answer

unknown = partial(unknown_of, who="Shopify")

THROTTLED_S = 1.0  # where a throttled answer does not say what is left
THROTTLED_MAX_S = 60.0  # a bucket of the smallest plan fills in 20 s
A_MINUTE_S = 60.0  # what trial and development stores are asked to wait after five orders; likewise for a 430
BUSY_S = 5.0  # the same request is under way already
REASON_CHARS_MAX = 300  # of Shopify's own words: what it quotes of a request may be all of it
NO_CUSTOMER = "NO_CUSTOMER"  # our word for it: Shopify has none for a field that it does not take
REJECTED = 430  # "Shopify security rejection", which asks for a pause

SCOPES_NEEDED = ("write_orders", "read_products", "write_inventory", "read_locations")  # whatever is asked for
OLD_ORDERS = "read_all_orders"  # without it an app sees the orders of the last 60 days only
_PERMISSION_CODES = frozenset({"ACCESS_DENIED", "FORBIDDEN", "UNAUTHORIZED"})
_SHOP_WORDS = {
    HTTPStatus.PAYMENT_REQUIRED: "the shop is frozen until its bill is paid",
    HTTPStatus.LOCKED: "the shop is locked; ask Shopify's support why",
    HTTPStatus.NOT_FOUND: "there is no such shop: base_url must be its myshopify.com address",
}
_RUN_CODES = frozenset({"", "INTERNAL_SERVER_ERROR", "TIMEOUT"})  # any other: it was read, and not run
# Not said of the record, but of the moment.
_BUSY_CODES = frozenset({"IDEMPOTENCY_CONCURRENT_REQUEST"})
_LATER_CODES = frozenset({"SERVICE_UNAVAILABLE", "ADJUST_QUANTITIES_FAILED"})
_HINTS = {
    "INVENTORY_CLAIM_FAILED": "Correct the item's stock at Shopify, or set stock of this cloud to adjust, then retry.",
    "PROCESSED_AT_INVALID": "The sale's time lies in the future for Shopify: set this PC's clock, enter it by hand.",
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": (
        "Shopify has an earlier request of this record with other content. Look at the order; if it is complete there, "
        "leave this delivery parked, else retry it: it then gets a new key."
    ),
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": "Look at the order at Shopify, then retry the delivery: it gets a new key.",
}
_ANY_HINT = "Mend what Shopify names, there or in this cloud's settings, then retry the delivery."


def read(answer: Answer, now: datetime | None) -> dict[str, Any] | Trouble:
    """Return the `data` of an answer, or what the answer means for the step."""
    body = json_object(answer)
    if body is not None and "errors" in body:
        return _by_error(answer, body, now)
    if answer.status in (HTTPStatus.TOO_MANY_REQUESTS, REJECTED):
        return Retry(f"Shopify asks to wait ({answer.status})", asked_to_wait(answer, now) or A_MINUTE_S)
    if is_success(answer):
        data = inner(body, "data")
        return data or Unclear("Shopify's answer broke off or is not Shopify's")
    return not_theirs(answer, now, "Shopify")


def read_page(answer: Answer) -> dict[str, Any] | Retry | Unauthorized | Refused:
    """Return the `data` of a page, or what the answer means for the pull."""
    data = read(answer, None)
    return data if isinstance(data, dict) else of_pull(data)


def payload(answer: Answer, now: datetime | None, name: str) -> dict[str, Any] | Trouble:
    """Return what a mutation brought, once it is known to have worked; a `userErrors` refuses it."""
    data = read(answer, now)
    if not isinstance(data, dict):
        return data
    found = inner(data, name)
    errors = nodes(found.get("userErrors"))
    if errors:
        return _by_user_error(errors[0])
    return found or Unclear("Shopify's answer does not say what became of it")


def objection(answer: Answer) -> str | None:
    """Return what Shopify has against a request itself, of which it did nothing; None where it is of the moment.

    For what may be left out: whatever else is refused like this waits until this program is updated.
    """
    body = json_object(answer)
    errors = nodes((body or {}).get("errors"))
    if answer.status != HTTPStatus.OK or not errors or any(one is not None for one in inner(body, "data").values()):
        return None
    code = str(inner(errors[0], "extensions").get("code", ""))
    passing = code == "THROTTLED" or (code and code in _RUN_CODES | _BUSY_CODES | _LATER_CODES | _PERMISSION_CODES)
    return None if passing else str(errors[0].get("message") or code)[:REASON_CHARS_MAX]


def version_note(answer: Answer) -> str | None:
    """Return a note where Shopify answered by another version than was asked for: that one is retired."""
    served = answer.headers.get("x-shopify-api-version")
    if served is None or served == VERSION:
        return None
    return f"Shopify answered by version {served} of its API, not {VERSION}: update Stillopen before that fits no more"


def throttle_status(body: dict[str, Any]) -> dict[str, float]:
    """Return the numbers of `throttleStatus`, as far as they are there."""
    status = inner(body, "extensions", "cost", "throttleStatus")
    return {
        name: float(value)
        for name, value in status.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _by_error(answer: Answer, body: dict[str, Any], now: datetime | None) -> Trouble:
    errors = body["errors"]
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = str(inner(first, "extensions").get("code", ""))
    reason = str(first.get("message") or errors)[:REASON_CHARS_MAX]
    if any(value is not None for value in inner(body, "data").values()):
        return Unclear(f"Shopify did a part of it ({code or reason})", asked_to_wait(answer, now))
    if code == "THROTTLED":
        return Retry("Shopify asks to wait (THROTTLED)", _bucket_s(body))
    if answer.status in (HTTPStatus.TOO_MANY_REQUESTS, REJECTED):
        return Retry(f"Shopify asks to wait ({answer.status})", asked_to_wait(answer, now) or A_MINUTE_S)
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or code in _PERMISSION_CODES:
        return Unauthorized(
            f"Shopify does not accept the token ({reason}); `stillopen cloud check` names the scopes that it lacks"
        )
    if answer.status in _SHOP_WORDS:
        return Unauthorized(f"{_SHOP_WORDS[HTTPStatus(answer.status)]} ({reason})")
    if code in _BUSY_CODES | _LATER_CODES | _HINTS.keys():
        return _by_user_error({"code": code, "message": reason})
    if code == "INVALID_VARIABLE":
        return Refused(code, f"Shopify refused it: {reason}", _ANY_HINT)
    if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and code not in _RUN_CODES:
        return Retry(
            f"Shopify does not understand the request ({reason}): {version_note(answer) or 'update Stillopen'}"
        )
    return Unclear(f"Shopify is in trouble ({code or reason})", asked_to_wait(answer, now))


def _bucket_s(body: dict[str, Any]) -> float:
    """Return how long the bucket needs until it holds what the request costs."""
    status = throttle_status(body)
    cost = inner(body, "extensions", "cost").get("requestedQueryCost")
    rate = status.get("restoreRate", 0.0)
    if not isinstance(cost, int | float) or rate <= 0:
        return THROTTLED_S
    missing = cost - status.get("currentlyAvailable", 0.0)
    return min(max(missing / rate, THROTTLED_S), THROTTLED_MAX_S)


def _by_user_error(error: dict[str, Any]) -> Trouble:
    code = str(error.get("code") or "INVALID")
    field = error.get("field")
    where = f" (field {'.'.join(map(str, field))})" if isinstance(field, list) and field else ""
    reason = f"{error.get('message') or code}{where}"
    if "rate limit" in reason.casefold() or "try again in a minute" in reason.casefold():
        return Retry(f"Shopify asks to wait: {reason}", A_MINUTE_S)  # five orders a minute, of a development store
    if code in _BUSY_CODES:
        return Unclear("Shopify has the same request under way", BUSY_S)
    if code in _LATER_CODES:
        return Unclear(f"Shopify is in trouble ({code})")
    if code == "SHOP_DORMANT":
        return Unauthorized("the shop is dormant: choose a plan for it at Shopify")
    if isinstance(field, list) and "customer" in field:
        code = NO_CUSTOMER
    return Refused(code, f"Shopify refused it: {reason}", _HINTS.get(code, _ANY_HINT))
