"""WooCommerce's customers, read page by page. It cannot say who changed, so that each pull goes through all of them."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.woocommerce.answer import more_behind, read_page
from outbox.clouds.woocommerce.cursor import OVERLAP_PLACES, PAGE
from outbox.clouds.woocommerce.plan import inner, read
from outbox.connector import Refused, Retry, Unauthorized
from outbox.feeds import Page, PulledCustomer

if TYPE_CHECKING:
    from outbox.connector import Answer, Request


@dataclass(frozen=True, slots=True)
class Customers:
    """Reads one shop's customers. `prefix` stands before its ids in their numbers, by which a sale finds them."""

    prefix: str

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`, which is a place in the list; "" is its beginning."""
        offset = _place(cursor)
        return read(f"/customers?orderby=id&order=asc&per_page={PAGE}" + (f"&offset={offset}" if offset else ""))

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page. The next one begins a few places early: who is deleted meanwhile moves all behind them."""
        values = read_page(answer)
        if not isinstance(values, list):
            return values
        onward = _place(cursor) + len(values)
        more = more_behind(answer, _place(cursor), len(values), PAGE)
        if more and not values:
            return Retry("the shop lists less than it counts")
        found = tuple(_customer(value, self.prefix) for value in values if isinstance(value.get("id"), int))
        back = min(OVERLAP_PLACES, len(values) - 1)
        return Page((), (), str(onward - back) if more else "", more=more, customers=found)


def _customer(value: dict[str, Any], prefix: str) -> PulledCustomer:
    billing = inner(value, "billing")
    own, billed = (_name(one) for one in (value, billing))
    return PulledCustomer(
        remote_id=str(value["id"]),
        version=_text(value.get("date_modified_gmt")),
        name=own or billed or _text(billing.get("company")) or _text(value.get("username")) or str(value["id"]),
        phone=_text(billing.get("phone")),
        email=_text(value.get("email")),
        number=f"{prefix}{value['id']}",
    )


def _name(value: dict[str, Any]) -> str | None:
    return _text(f"{value.get('first_name') or ''} {value.get('last_name') or ''}")


def _text(value: Any) -> str | None:
    found = html.unescape(value).strip() if isinstance(value, str) else ""
    return found or None


def _place(cursor: str | None) -> int:
    return int(cursor) if cursor and cursor.isascii() and cursor.isdecimal() else 0
