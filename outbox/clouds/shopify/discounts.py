"""Shopify's discounts, page by page: codes and automatic ones that take a percentage or an amount off a whole order.

What hangs on more than its dates is left out, with the reason. Which of them may go together is not read: whoever gives
one at a till sees the others. Source: the schema 2026-07, `discountNodes`, `DiscountCodeBasic`,
`DiscountAutomaticBasic`; a percentage is a fraction there (0.1 for 10 %).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.answer import read_page
from outbox.clouds.shopify.feed import Cursor
from outbox.clouds.shopify.listed import listed
from outbox.clouds.shopify.plan import ask, inner, number
from outbox.clouds.shopify.queries import DISCOUNTS
from outbox.connector import Retry
from outbox.discount import moment_of, name_of, percent_of, written_amount
from outbox.feeds import Page, PulledDiscount

if TYPE_CHECKING:
    from outbox.connector import Answer, Refused, Request, Unauthorized

PAGE_DISCOUNTS = 50  # each with what it hangs on: an answer stays near 50 KB on a thin line
_BASIC = frozenset({"DiscountCodeBasic", "DiscountAutomaticBasic"})


@dataclass(frozen=True, slots=True)
class ShopifyDiscounts:
    """Reads one shop's discounts."""

    currency: str

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        at = Cursor.read(cursor)
        return ask(DISCOUNTS, {"first": PAGE_DISCOUNTS, "after": at.after, "query": at.query()})

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        data = read_page(answer)
        if not isinstance(data, dict):
            return data
        page = listed(inner(data, "discountNodes"), "discounts", cursor, answer)
        if isinstance(page, Retry):
            return page
        gone, given = [], []
        for node in page.objects:
            if not isinstance(node.get("id"), str):
                continue
            if inner(node, "discount").get("status") == "EXPIRED":
                gone.append(node["id"])
            else:
                given.append(self._discount(node["id"], inner(node, "discount")))
        return Page((), tuple(gone), page.cursor, more=page.more, discounts=tuple(given))

    def _discount(self, remote_id: str, of: dict[str, Any]) -> PulledDiscount:
        version, name = str(of.get("updatedAt") or "") or None, number(remote_id)
        try:
            if of.get("__typename") not in _BASIC:
                raise ValueError("it is no percentage and no amount: goods for goods, free shipping, or an app's own")
            name = name_of(of.get("title"))
            since, until = moment_of(of.get("startsAt")), moment_of(of.get("endsAt"))
            _must_hang_on_nothing(of)
            percent, amount = self._off(inner(of, "customerGets", "value"))
        except ValueError as error:
            return PulledDiscount(remote_id, version, name, trouble=str(error))
        return PulledDiscount(remote_id, version, name, percent, amount, since, until)

    def _off(self, value: dict[str, Any]) -> tuple[str | None, int | None]:
        """Return the percentage or the amount. Raises `ValueError` with why a till cannot hold it."""
        kind = value.get("__typename")
        if kind == "DiscountPercentage":
            try:
                return percent_of(Decimal(str(value.get("percentage"))) * 100), None
            except InvalidOperation:
                raise ValueError("it says no percentage") from None
        if kind != "DiscountAmount":
            raise ValueError("it is for a number of pieces")
        if value.get("appliesOnEachItem"):
            raise ValueError("it takes its amount off each piece; a till takes one off a line or the sale")
        currency = inner(value, "amount").get("currencyCode")
        if currency != self.currency:
            raise ValueError(f"its amount is in {currency}, the store's currency is {self.currency}")
        return None, written_amount(inner(value, "amount").get("amount"), self.currency)


def _must_hang_on_nothing(of: dict[str, Any]) -> None:
    """Raise `ValueError` where it may be given only to some, for some, or so often."""
    gets = inner(of, "customerGets")
    if inner(of, "context").get("__typename") != "DiscountBuyerSelectionAll":
        raise ValueError("it is for certain customers or markets")
    if inner(gets, "items").get("__typename") != "AllDiscountItems":
        raise ValueError("it is for certain products")
    if gets.get("appliesOnOneTimePurchase") is False:
        raise ValueError("it is for subscriptions")
    if of.get("minimumRequirement") is not None:
        raise ValueError("it asks for a least amount or number")
    if of.get("usageLimit") is not None or of.get("appliesOncePerCustomer"):
        raise ValueError("it may be used so often only")
