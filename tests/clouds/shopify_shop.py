"""A Shopify shop that sells mugs and tea, and what the tests need to deliver to it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from outbox.clouds import StoreFacts, make
from outbox.clouds.shopify import Settings
from outbox.connector import Complete, Fact, ItemRef, Refused
from outbox.ids import derived_id
from outbox.record import GENESIS, Kind, Record
from tests.clouds.lying_shopify import TOKEN, LyingShopify
from tests.clouds.records import fact_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from outbox.connector import Connector
    from tests.clouds.driver import Clock, Driver

STORE = StoreFacts("store-1", "EUR", prices_include_tax=True, timezone="Europe/Berlin")
ITEMS = {"mug": ItemRef("gid://shopify/ProductVariant/1"), "tea": ItemRef("gid://shopify/ProductVariant/2")}
MUG, TEA = 1, 2


def a_shopify(clock: Clock, **lies: Any) -> LyingShopify:
    """Return a shop that sells mugs and tea, both counted."""
    shop = LyingShopify(now=clock, **lies)
    shop.shelf.put(MUG, "mug", "12.50", stock=100)
    shop.shelf.put(TEA, "tea", "3.99", stock=50, tags=["vat-7"])
    return shop


def settings(**more: Any) -> Settings:
    """Return the shop's settings."""
    own = {
        "base_url": "http://127.0.0.1:1",
        "token": SecretStr(TOKEN),
        "location_id": "1",
        "taxes": {"standard": "*", "reduced": "vat-7"},
        "tenders": {"card": "Card terminal"},
    }
    return Settings.model_validate(own | more)


def shopify_at(base_url: str, store: StoreFacts = STORE, **more: Any) -> Connector:
    """Return the connector for the shop at an address."""
    return make("shopify", settings(base_url=base_url, **more), store)


async def delivered(driver: Driver, record: Record, **more: Any) -> tuple[Complete, dict[str, str]]:
    """Deliver a record that the shop is to take, and return how it ended and what it brought back."""
    ended, refs = await driver.deliver(shopify_fact(record, driver.clock, **more))
    assert isinstance(ended, Complete), ended
    return ended, refs


async def refused(driver: Driver, record: Record, **more: Any) -> Refused:
    """Deliver a record that is to be parked."""
    ended, _ = await driver.deliver(shopify_fact(record, driver.clock, **more))
    assert isinstance(ended, Refused), ended
    assert ended.hint
    return ended


def shopify_fact(record: Record, clock: Callable[[], datetime], **more: Any) -> Fact:
    """Return the record as a connector gets it; Shopify knows mugs and tea."""
    return fact_of(record, clock, **({"items": ITEMS} | more))


def journaled(body: dict[str, Any], kind: Kind, number: int, *, at: str = "2026-11-20T12:59:00+01:00") -> Record:
    """Return the record of a body that the agent's own operations made."""
    record_id = derived_id("5f6e7d8c-0000-7000-8000-000000000000", f"{kind}-{number}")
    receipt_number = f"T1-{number:06d}"
    whole = body | {"kind": str(kind), "id": record_id, "receipt_number": receipt_number, "occurred_at": at}
    return Record(number, record_id, kind, "till-1", number, receipt_number, at, whole, GENESIS, GENESIS)


def cents(bag: dict[str, Any]) -> int:
    """Return an amount at the shop in cents."""
    return int(Decimal(bag["shopMoney"]["amount"]) * 100)


def the_order(shop: LyingShopify) -> dict[str, Any]:
    """Return the one order there is."""
    (order,) = shop.books.orders.values()
    return order


def paid(order: dict[str, Any]) -> list[tuple[str, int]]:
    """Return an order's payments: gateway and cents."""
    return [(one["gateway"], cents(one["amountSet"])) for one in order["paid"]]
