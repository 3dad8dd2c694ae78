"""WooCommerce's coupons, read page by page, as discounts by their codes: a percentage, or an amount off the cart.

What hangs on more than a date is left out, with the reason. Whether one goes together with others is not read: whoever
gives it at a till sees the others. Source: the routes of a running WooCommerce 9.4.3, `coupons`.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.woocommerce.answer import LESS_THAN_COUNTED, more_behind, read_page
from outbox.clouds.woocommerce.cursor import PAGE, Cursor, modified
from outbox.clouds.woocommerce.plan import read
from outbox.connector import Retry
from outbox.discount import moment_of, name_of, percent_of, written_amount
from outbox.feeds import Page, PulledDiscount
from outbox.retry_after import http_date

if TYPE_CHECKING:
    from outbox.connector import Answer, Refused, Request, Unauthorized

# What a till does not watch, and how it is said; "", "0.00", 0, [] and null are none.
_HANGS_ON = {
    "product_ids": "it is for certain products",
    "excluded_product_ids": "it is for certain products",
    "product_categories": "it is for certain products",
    "excluded_product_categories": "it is for certain products",
    "exclude_sale_items": "it is not for goods on sale, which a till does not know apart",
    "minimum_amount": "it asks for a least or a largest amount",
    "maximum_amount": "it asks for a least or a largest amount",
    "email_restrictions": "it is for certain customers",
    "usage_limit": "it may be used so often only",
    "usage_limit_per_user": "it may be used so often only",
    "limit_usage_to_x_items": "it is for a number of pieces",
}
_NONE = frozenset({"", "0", "0.0", "0.00", "0.000"})


@dataclass(frozen=True, slots=True)
class Coupons:
    """Reads one shop's coupons."""

    currency: str

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        return read("/coupons?" + Cursor.read(cursor).fresh().query())

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        values = read_page(answer)
        if not isinstance(values, list):
            return values
        at = Cursor.read(cursor).fresh()
        more = more_behind(answer, at.offset, len(values), PAGE)
        if more and not values:
            return Retry(LESS_THAN_COUNTED)
        onward = at.after(values, http_date(answer.headers.get("date", "")), more=more)
        kept = [value for value in values if isinstance(value.get("id"), int)]
        given = tuple(self._discount(value) for value in kept if _is_published(value))
        gone = tuple(str(value["id"]) for value in kept if not _is_published(value))
        return Page((), gone, onward.text(), more=not onward.last, discounts=given)

    def _discount(self, value: dict[str, Any]) -> PulledDiscount:
        remote_id, version, name = str(value["id"]), modified(value), str(value["id"])
        try:
            name = name_of(html.unescape(str(value.get("code") or "")))
            until = moment_of(value.get("date_expires_gmt"))
            percent, amount = self._off(value)
        except ValueError as error:
            return PulledDiscount(remote_id, version, name, trouble=str(error))
        return PulledDiscount(remote_id, version, name, percent, amount, until=until)

    def _off(self, value: dict[str, Any]) -> tuple[str | None, int | None]:
        """Return the percentage or the amount. Raises `ValueError` with why a till cannot hold it."""
        kind = value.get("discount_type")
        if kind == "fixed_product":
            raise ValueError("it takes its amount off each piece; a till takes one off a line or the sale")
        if kind not in ("percent", "fixed_cart"):
            raise ValueError("it is of a kind that a plugin brings")
        for field, why in _HANGS_ON.items():
            said = value.get(field)
            if said and str(said) not in _NONE:
                raise ValueError(why)
        if kind == "percent":
            return percent_of(value.get("amount")), None
        return None, written_amount(value.get("amount"), self.currency)


def _is_published(value: dict[str, Any]) -> bool:
    return bool(value.get("status", "publish") == "publish")
