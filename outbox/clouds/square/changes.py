"""Feeds of Square that are asked for by when something changed: counts of stock, and customers.

Neither answer says up to when it is: the Date of a pull's first answer does, by Square's own clock, and the next pull
begins some minutes before it. Source: Square's API description 2025-08-20, `BatchRetrieveInventoryCountsRequest`,
`SearchCustomersRequest`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from outbox.clouds.square.answer import read_page
from outbox.clouds.square.plan import HEADERS
from outbox.clouds.square.search import OVERLAP, Cursor, listed
from outbox.connector import Refused, Request, Retry, Unauthorized
from outbox.feeds import Page, PulledCustomer, PulledStock
from outbox.record import canonical

if TYPE_CHECKING:
    from outbox.connector import Answer

COUNTS_MAX = 1000  # the largest page of counts
CUSTOMERS_MAX = 100  # the largest page of customers


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is in stock at one location."""

    location_id: str

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        at = Cursor.read(cursor)
        body: dict[str, Any] = {"location_ids": [self.location_id], "states": ["IN_STOCK"], "limit": COUNTS_MAX}
        if at.begin is not None:
            body["updated_after"] = at.begin
        return _asked("/v2/inventory/counts/batch-retrieve", body, at)

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        body = read_page(answer)
        if not isinstance(body, dict):
            return body
        counted = [_count(one) for one in listed(body, "counts")]
        return _page(cursor, answer, body, stock=tuple(one for one in counted if one is not None))


@dataclass(frozen=True, slots=True)
class Customers:
    """The seller's customers."""

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        at = Cursor.read(cursor)
        query: dict[str, Any] = {"sort": {"field": "CREATED_AT", "order": "ASC"}}
        if at.begin is not None:
            query["filter"] = {"updated_at": {"start_at": at.begin}}
        return _asked("/v2/customers/search", {"query": query, "limit": CUSTOMERS_MAX}, at)

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        body = read_page(answer)
        if not isinstance(body, dict):
            return body
        people = [_customer(one) for one in listed(body, "customers")]
        return _page(cursor, answer, body, customers=tuple(one for one in people if one is not None))


def _asked(path: str, body: dict[str, Any], at: Cursor) -> Request:
    return Request("POST", path, canonical(body | ({} if at.page is None else {"cursor": at.page})), HEADERS)


def _page(cursor: str | None, answer: Answer, body: dict[str, Any], **what: Any) -> Page:
    at = Cursor.read(cursor)
    latest = at.latest or _said(answer)
    onward = body.get("cursor")
    if isinstance(onward, str) and onward:
        return Page((), (), Cursor(at.begin, onward, latest).text(), more=True, **what)
    return Page((), (), Cursor(begin=latest or at.begin).text(), more=False, **what)


def _said(answer: Answer) -> str | None:
    """Return what Square's clock said, less the overlap."""
    try:
        said = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return None
    if said.tzinfo is None:
        return None
    return (said - OVERLAP).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _count(value: dict[str, Any]) -> PulledStock | None:
    remote_id = value.get("catalog_object_id")
    if not isinstance(remote_id, str) or value.get("state") != "IN_STOCK":
        return None
    try:
        return PulledStock(remote_id, Decimal(str(value.get("quantity"))))
    except InvalidOperation:
        return None


def _customer(value: dict[str, Any]) -> PulledCustomer | None:
    def text(name: str) -> str | None:
        said = value.get(name)
        return said if isinstance(said, str) and said else None

    remote_id = text("id")
    if remote_id is None:
        return None
    names = " ".join(one for one in (text("given_name"), text("family_name")) if one)
    name = names or text("company_name") or text("nickname") or ""
    stamp = text("updated_at")
    version = None if stamp is None else datetime.fromisoformat(stamp).astimezone(UTC).isoformat()
    ours = text("reference_id")
    return PulledCustomer(
        remote_id, version, name, phone=text("phone_number"), email=text("email_address"), reference=ours
    )
