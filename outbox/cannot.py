"""What a cloud does not take, in words for a person, from what its kind says of itself: read before it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox.capabilities import SaleTime, StockWrites
from outbox.feeds import Feed
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from outbox.capabilities import Capabilities

HOUR_S, DAY_S = 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """One thing that a cloud does not take. `code` is for translations."""

    code: str
    text: str


_KINDS = {
    Kind.SALE: Limit("sales", "Sales are not sent to it."),
    Kind.REFUND: Limit("refunds", "Refunds are not sent to it: enter them there by hand."),
    Kind.CASH: Limit("cash", "Cash put into the drawer or taken out is not sent to it: the Z reports have it."),
    Kind.SHIFT_CLOSE: Limit("shifts", "Shifts and Z reports are not sent to it."),
}
_FEEDS = {
    Feed.ITEMS: Limit("items", "Items and prices do not come from it."),
    Feed.STOCK: Limit("stock_levels", "Stock levels do not come from it."),
    Feed.CUSTOMERS: Limit("customer_list", "Customers do not come from it."),
    Feed.DISCOUNTS: Limit("discount_list", "Discounts do not come from it."),
}

_CONDITIONS = Limit(
    "discount_conditions",
    "Of its discounts, those that hang on more than a date (certain items or customers, a least amount, a number of "
    "uses, a PIN) are not offered at the till.",
)


def limits(capabilities: Capabilities) -> tuple[Limit, ...]:
    """Return what a cloud with these does not take, most weighty first."""
    return tuple(_limits(capabilities))


def _limits(of: Capabilities) -> Iterator[Limit]:
    yield from (limit for kind, limit in _KINDS.items() if kind not in of.kinds)
    if Kind.SALE in of.kinds and not _stores(of):
        yield from _of_sales(of)
    if Kind.REFUND in of.kinds and not _stores(of):
        yield from _of_refunds(of)
    if Kind.SALE in of.kinds and not _stores(of):
        yield from _of_stock(of)
    if of.card_reader and not of.offline_card:
        yield Limit("card_reader", "Its card reader needs the line: in an outage take cash, or a card elsewhere.")
    given = {rules.feed for rules in of.feeds}
    yield from (limit for feed, limit in _FEEDS.items() if feed not in given)
    if Feed.DISCOUNTS in given:
        yield _CONDITIONS


def _stores(of: Capabilities) -> bool:
    """Whether it takes every record as it is, and has no opinion of what is in it."""
    return of.kinds == frozenset(Kind)


def _of_sales(of: Capabilities) -> Iterator[Limit]:
    if of.sale_time is SaleTime.NONE:
        yield Limit("time_of_sale", "A sale bears the time it arrives there; after an outage that is later.")
    elif of.sale_time is SaleTime.DAY:
        yield Limit("time_of_day", "A sale bears its day there, and no time of day.")
    if of.sale_time is not SaleTime.NONE and of.back_dating_s is not None:
        yield Limit("old_sales", f"A sale older than {_span(of.back_dating_s)} bears the time it arrives there.")
    if not of.split_tender:
        yield Limit("split_tender", "It keeps one way of paying a sale; the others are named in a note.")
    if not of.customers:
        yield Limit("customers", "The customer of a sale is not sent to it.")
    elif not of.new_customers:
        yield Limit("new_customers", "A customer of the store's own list is named on a sale there, and not added.")


def _of_refunds(of: Capabilities) -> Iterator[Limit]:
    if not of.itemised_refund:
        yield Limit("refund_lines", "A refund is an amount there, and does not name what came back.")
    if not of.unlinked_refund:
        yield Limit("unlinked_refund", "A refund without its sale waits for a person, who enters it there.")


def _of_stock(of: Capabilities) -> Iterator[Limit]:
    if of.stock is StockWrites.NONE:
        yield Limit("stock", "Stock is not moved there.")
    elif of.stock is StockWrites.ABSOLUTE:
        yield Limit("stock_absolute", "Stock is set there, not moved: whoever else sets it meanwhile is overwritten.")
    if of.stock is not StockWrites.NONE and of.stock_back_dating_s is not None:
        yield Limit(
            "old_stock", f"Stock of sales older than {_span(of.stock_back_dating_s)} is not moved: a note says what."
        )


def _span(seconds: float) -> str:
    if seconds >= 2 * DAY_S:
        return f"{seconds / DAY_S:.0f} days"
    return f"{seconds / HOUR_S:.0f} hours"
