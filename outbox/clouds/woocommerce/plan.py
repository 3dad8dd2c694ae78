"""What the WooCommerce requests have in common: where they go, how they are frozen, and our own marks in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.connector import Idempotency, Request, Step
from outbox.money import AMOUNT_MAX, decimals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

ROUTES = "/wp-json/wc/v3"  # what comes after the shop's own address
HEADERS = (("content-type", "application/json"),)
FRESH = (("cache-control", "no-cache"),)  # hosts cache what is read; a look must see what is there
ID_META = "_stillopen_id"
RECEIPT_META = "_stillopen_receipt"
CHAIN_META = "_stillopen_chain"  # the chain's hash at the record: what the journal held when this was sent
LINE_META = "_stillopen_line"  # on each line of an order: the till's own id for it
NOTE_META = "_stillopen_note"
PART_META = "_stillopen_part"  # on each fee that is no line of the till's: what it is
RECORD_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # as a pattern: a UUID
TITLES = {"cash": "Cash", "card": "Card", "exchange": "Exchange", "gift_card": "Gift card", "points": "Points"}


@dataclass(frozen=True, slots=True)
class Place:
    """How the shop wants it booked."""

    currency: str
    stock: str  # "order": WooCommerce takes it off with each order; "none"
    restock: bool  # what comes back goes into stock again
    taxes: Mapping[str, str]  # the store's tax codes: WooCommerce's tax classes, its standard one as "standard"
    tenders: Mapping[str, str] = field(default_factory=dict)  # tender type: id of a payment method there
    customer_prefix: str = "WC-"  # before the id of the shop's customers, in their numbers here


def write(name: str, method: str, path: str, body: Mapping[str, Any]) -> Step:
    """Return a request that has an effect. WooCommerce knows no key: after an unclear end it is looked for."""
    return Step(name, "", Idempotency.PROBE_FIRST, Request(method, path, frozen(body), HEADERS))


def put(name: str, path: str, body: Mapping[str, Any]) -> Step:
    """Return a request that may be sent again as it is: it sets what it says and adds nothing."""
    return Step(name, "", Idempotency.UPSERT, Request("PUT", path, frozen(body), HEADERS))


def look(name: str, path: str) -> Step:
    """Return a request that only reads."""
    return Step(name, "", Idempotency.NONE, read(path))


def read(path: str) -> Request:
    """Return a request for what is there now, and not for what a host kept of it."""
    return Request("GET", path, b"", FRESH)


def frozen(body: Mapping[str, Any]) -> bytes:
    """Return the bytes of a body. A `Decimal` becomes a JSON number, digit for digit."""
    return _json(body).encode()


def meta(**values: str | None) -> list[dict[str, str]]:
    """Return meta data under keys of our own, which WooCommerce's pages hide; without what is None."""
    return [{"key": f"_stillopen_{name}", "value": value} for name, value in values.items() if value is not None]


def meta_value(holder: Mapping[str, Any], key: str) -> str | None:
    """Return the value under a key in what WooCommerce answers, or None."""
    found = holder.get("meta_data")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.get("key") == key and isinstance(one.get("value"), str):
            return str(one["value"])
    return None


def text(amount: int, currency: str) -> str:
    """Return minor units as WooCommerce writes money: a decimal string."""
    return f"{number(amount, currency):f}"


def number(amount: int, currency: str) -> Decimal:
    """Return minor units as a decimal with the currency's own places."""
    return Decimal(amount).scaleb(-decimals(currency))


def fraction_text(amount: Fraction, currency: str, places: int) -> str:
    """Return minor units, and a fraction of one, as a decimal string with `places` more than the currency has."""
    finest = round(amount * 10**places)
    return f"{Decimal(finest).scaleb(-decimals(currency) - places):f}"


def minor(value: Any, currency: str) -> int | None:
    """Return an amount in an answer (a string, or a number) as minor units, rounded; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip()).scaleb(decimals(currency))
    except ArithmeticError:
        return None
    return round(amount) if amount.is_finite() and abs(amount) <= AMOUNT_MAX else None


def listed(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in a list of an answer."""
    inner = value.get(name)
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def inner(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object within an answer, or an empty one."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _json(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
