"""What WooCommerce's answers mean before anyone looks at what is in them: its errors, and what is not WooCommerce.

A shop stands behind a host, a cache, a firewall and plugins, and each of them answers in the shop's name. Only an error
in WordPress' own shape can refuse a record, and not every one does.
Source: the WordPress REST API handbook, "Global parameters" and "Errors"; a running WooCommerce 9.4.3.
"""

from __future__ import annotations

import json
import re
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from outbox.clouds.answers import Trouble, is_success, of_pull
from outbox.clouds.answers import unknown as unknown_of
from outbox.connector import Refused, Retry, Unauthorized, Unclear
from outbox.retry_after import asked_to_wait

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.connector import Answer

unknown = partial(unknown_of, who="the shop")

# Where WordPress' JSON begins: first of all, or on a line of its own behind the notices that PHP prints.
_START = re.compile(r"(?:\A|[>\n])[\ufeff \t\r]*(\[\s*[{\]]|\{\s*[\"}])")
LESS_THAN_COUNTED = "the shop lists less than it counts"
OVER_REFUND = "woocommerce_rest_cannot_create_order_refund"  # says 500, and means it for good
# With these nothing has come as far as the shop. Another one may be a firewall's that has read the shop's own answer.
_BEFORE_IT = frozenset({401, 404, 405, 407, 413, 414, 429, 431})
# In WordPress' shape, and not about the record: the plugin is off or being updated, or another one stands before it.
_NOT_OURS = frozenset(
    {
        "rest_no_route",
        "rest_disabled",
        "rest_cannot_access",
        "rest_forbidden",
        "rest_not_logged_in",
        "rest_login_required",
        "rest_cookie_invalid_nonce",
        "rest_api_authentication_required",
        "internal_server_error",
        "wp_die",
        "db_connect_fail",
    }
)
# What it has not, or not under that order; the last two say 500, as it hands them the 404 in a wrong place.
_NONE_BY_THAT_ID = frozenset(
    {
        "woocommerce_rest_shop_order_invalid_id",
        "woocommerce_rest_shop_order_refund_invalid_id",
        "woocommerce_rest_invalid_order_id",
        "woocommerce_rest_invalid_order_refund_id",
    }
)
_ORDER_GONE = (
    "The order is gone at the shop (deleted, or in the bin): bring it back there and retry the delivery, or book this "
    "by hand and tick it off (`stillopen outbox settle`)."
)
_HINTS = {
    "woocommerce_rest_invalid_product_id": "Pull the catalogue again (a product may be gone), then retry the delivery.",
    "woocommerce_rest_shop_order_invalid_id": _ORDER_GONE,
    "woocommerce_rest_invalid_order_id": _ORDER_GONE,
    "woocommerce_rest_invalid_customer_id": (
        "The customer is gone at the shop: retry the delivery, and the order names them without their account."
    ),
    OVER_REFUND: (
        "Compare the order at the shop with the receipts: more was given back there than the till knows of. Undo it "
        "there and retry the delivery, or book the rest by hand and tick it off (`stillopen outbox settle`)."
    ),
    "order_item_product_invalid_tax_class": "Run `stillopen cloud check` and mend `taxes` of this cloud, then retry.",
    "order_item_fee_invalid_tax_class": "Run `stillopen cloud check` and mend `taxes` of this cloud, then retry.",
}
_ANY_HINT = "Mend what the shop names, there or in this cloud's settings, then retry the delivery."


def read(answer: Answer, now: datetime | None) -> dict[str, Any] | list[Any] | Trouble:
    """Return the object or list that a 2xx answer holds, or what the answer means for the step."""
    value, status = parsed(answer), answer.status
    if isinstance(value, dict) and _is_error(value):
        return _by_error(answer, value, now)
    if is_success(answer):
        return Unclear("the shop's answer broke off or is not WooCommerce's") if value is None else value
    after_s = asked_to_wait(answer, now)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unclear(f"something answered {status} that is not WooCommerce, or the shop is in trouble", after_s)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Retry(_moved(answer))
    said = f"something answered {status} that is not WooCommerce: look at base_url, the host's firewall and the line"
    return Retry(said, after_s) if status in _BEFORE_IT else Unclear(said, after_s)


def read_object(answer: Answer, now: datetime | None) -> dict[str, Any] | Trouble:
    """Return the object that a 2xx answer holds, or what the answer means for the step."""
    value = read(answer, now)
    return Unclear("the shop's answer is a list where one thing was asked for") if isinstance(value, list) else value


def read_list(answer: Answer, now: datetime | None) -> list[dict[str, Any]] | Trouble:
    """Return the objects in the list that a 2xx answer holds, or what the answer means for the step."""
    value = read(answer, now)
    if isinstance(value, dict):
        return Unclear("the shop's answer is one thing where a list was asked for")
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else value


def read_page(answer: Answer) -> list[dict[str, Any]] | Retry | Unauthorized | Refused:
    """Return the objects in a page of a list, or what the answer means for the pull."""
    values = read_list(answer, None)
    return values if isinstance(values, list) else of_pull(values)


def is_none_by_that_id(answer: Answer) -> bool:
    """Return whether the shop says in its own words that it has no order or refund of the id that was asked for."""
    value = None if is_success(answer) else parsed(answer)
    return isinstance(value, dict) and _is_error(value) and value["code"] in _NONE_BY_THAT_ID


def more_behind(answer: Answer, place: int, count: int, page: int) -> bool:
    """Return whether a list goes on behind a page of `count` from `place`; where it does not say, a full `page` may."""
    said = answer.headers.get("x-wp-total", "")
    if said.isascii() and said.isdecimal():
        return place + count < int(said)
    return count >= page


def parsed(answer: Answer) -> dict[str, Any] | list[Any] | None:
    """Return the body's JSON object or list, also behind the notices that PHP prints; None where there is none."""
    body = answer.body.decode(errors="replace")
    start = _START.search(body)
    if start is None:
        return None
    value: dict[str, Any] | list[Any]
    try:
        value, end = json.JSONDecoder().raw_decode(body, start.start(1))
    except (ValueError, RecursionError):
        return None  # half an answer: what is whole within it is not the answer
    behind = body[end:].strip()
    return value if not behind or behind.startswith("<") else None


def _is_error(value: dict[str, Any]) -> bool:
    return isinstance(value.get("code"), str) and isinstance(value.get("message"), str) and "data" in value


def _by_error(answer: Answer, value: dict[str, Any], now: datetime | None) -> Trouble:
    code, status, after_s = value["code"], answer.status, asked_to_wait(answer, now)
    reason = _reason(value)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Retry(f"the shop's host asks to wait ({code})", after_s)
    if code == OVER_REFUND:
        return Refused(code, f"the shop refused it: {reason}", _HINTS[code])
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unclear(f"the shop is in trouble ({code}: {reason})", after_s)
    if status < HTTPStatus.BAD_REQUEST:
        return Unclear(f"the shop answered {status} with an error ({code}: {reason})", after_s)
    if code in _NOT_OURS:
        return Retry(f"WooCommerce did not get it ({code}: {reason}): is the plugin active, and its REST API open?")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Unauthorized(
            f"the shop does not accept the key ({code}: {reason}); make one with read and write permission under "
            "WooCommerce, Settings, Advanced, REST API, and have the host pass the Authorization header on"
        )
    return Refused(code, f"the shop refused it: {reason}", _HINTS.get(code, _ANY_HINT))


def _reason(value: dict[str, Any]) -> str:
    """Return the message, with the parameters it is about."""
    data = value["data"]
    params = data.get("params") if isinstance(data, dict) else None
    named = "; ".join(f"{name}: {said}" for name, said in params.items()) if isinstance(params, dict) else ""
    return f"{value['message']} ({named})" if named else str(value["message"])


def _moved(answer: Answer) -> str:
    try:
        host = urlsplit(answer.headers.get("location", "")).hostname
    except ValueError:
        host = None
    to = f" to {host}" if host else ""
    return f"the shop sends this on{to} ({answer.status}): set base_url to the address it really has, www or not"
