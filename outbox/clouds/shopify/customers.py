"""Shopify's customers, page by page: name, e-mail and phone, by which a cashier finds them.

Source: the schema 2026-07, `customers`, whose `updated_at` goes by whole days. An app without access to protected
customer data gets them without names and addresses; those cannot be used, and are named as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.answer import read_page
from outbox.clouds.shopify.feed import Cursor
from outbox.clouds.shopify.listed import listed
from outbox.clouds.shopify.plan import ask, inner, number
from outbox.clouds.shopify.queries import CUSTOMERS
from outbox.connector import Refused, Retry, Unauthorized
from outbox.feeds import Page, PulledCustomer

if TYPE_CHECKING:
    from outbox.connector import Answer, Request

PAGE_CUSTOMERS = 100


@dataclass(frozen=True, slots=True)
class ShopifyCustomers:
    """Reads one shop's customers."""

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        at = Cursor.read(cursor)
        return ask(CUSTOMERS, {"first": PAGE_CUSTOMERS, "after": at.after, "query": at.day_query()})

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        data = read_page(answer)
        if not isinstance(data, dict):
            return data
        page = listed(inner(data, "customers"), "customers", cursor, answer)
        if isinstance(page, Retry):
            return page
        found = [_customer(value) for value in page.objects]
        return Page(
            (),
            (),
            page.cursor,
            more=page.more,
            troubles=tuple(one for one in found if isinstance(one, str)),
            customers=tuple(one for one in found if isinstance(one, PulledCustomer)),
        )


def _customer(value: dict[str, Any]) -> PulledCustomer | str:
    """Return the customer, or the trouble with them."""
    remote_id = str(value.get("id") or "")
    email = inner(value, "defaultEmailAddress").get("emailAddress")
    phone = inner(value, "defaultPhoneNumber").get("phoneNumber")
    ours = inner(value, "ours").get("value")
    name = next((text for text in (value.get("displayName"), email, phone) if isinstance(text, str) and text), None)
    if name is None or not remote_id:
        return f"customer {number(remote_id)}: Shopify shows no name; allow the app access to customers' data"
    return PulledCustomer(
        remote_id=remote_id,
        version=str(value.get("updatedAt") or "") or None,
        name=name,
        phone=phone if isinstance(phone, str) else None,
        email=email if isinstance(email, str) else None,
        reference=ours if isinstance(ours, str) else None,
    )
