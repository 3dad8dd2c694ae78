"""What is pulled from a cloud: feeds of items, stock, customers and discounts, a page at a time.

A connector asks for a page and reads it; `outbox/pull.py` does the rest for every cloud alike: it commits a page before
its cursor, goes on where the last committed page ended, and, where a cloud reports no deletions, goes through the whole
feed now and then to see what is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


class Feed(StrEnum):
    """One kind of thing that is pulled, with a cursor of its own."""

    ITEMS = "items"  # with variants, prices, barcodes and the store's tax codes
    STOCK = "stock"  # how much of each item there is
    CUSTOMERS = "customers"
    DISCOUNTS = "discounts"


@dataclass(frozen=True, slots=True)
class FeedRules:
    """How a cloud gives a feed."""

    feed: Feed
    tombstones: bool  # it reports what was deleted; where it does not, a sweep finds out once a night
    changes: bool = True  # it can say what changed since the last pull; where it cannot, each pull is a sweep


@dataclass(frozen=True, slots=True)
class PulledItem:
    """An item as the cloud has it now. `price` in minor units; `tax` is one of the store's tax codes or None.

    A `version` is a number, or a time in UTC as RFC 3339: an older one never overwrites a newer one.
    """

    remote_id: str
    version: str | None
    sku: str
    name: str
    price: int
    tax: str | None = None
    barcodes: tuple[str, ...] = ()
    category: str | None = None
    unit: str = "each"  # or "kg"
    parent_id: str | None = None  # of a variant: the cloud's id of the product it belongs to


@dataclass(frozen=True, slots=True)
class PulledStock:
    """How much of an item there is. `remote_id` is the item's; `quantity` None where the cloud keeps none of it."""

    remote_id: str
    quantity: Decimal | None


@dataclass(frozen=True, slots=True)
class PulledCustomer:
    """A customer as the cloud has them now; only what helps a cashier to find them."""

    remote_id: str
    version: str | None
    name: str
    phone: str | None = None
    email: str | None = None
    number: str | None = None  # of their card, or in the store's books
    reference: str | None = None  # our own id, of one that was sent there with a sale


@dataclass(frozen=True, slots=True)
class PulledDiscount:
    """A discount with a name, for a cashier to choose: by `percent` (a decimal string) or `amount` (minor units).

    `since` and `until`: RFC 3339 in UTC to the second; it may be given between them. `trouble`: why a till cannot hold
    it, in the same words for all of one kind, as they are counted by it; then it is offered to nobody.
    """

    remote_id: str
    version: str | None
    name: str
    percent: str | None = None
    amount: int | None = None
    since: str | None = None
    until: str | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a feed. The cursor is kept only after the page is committed."""

    items: tuple[PulledItem, ...]
    tombstones: tuple[str, ...]  # remote ids
    cursor: str  # where the next request goes on
    more: bool  # whether there is a next page now
    troubles: tuple[str, ...] = ()  # what could not be used, and why
    stock: tuple[PulledStock, ...] = ()
    customers: tuple[PulledCustomer, ...] = ()
    discounts: tuple[PulledDiscount, ...] = ()
