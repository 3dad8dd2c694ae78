"""A WooCommerce shop that sells mugs and tea, and what the tests need to deliver to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from outbox.clouds import StoreFacts, make
from outbox.clouds.woocommerce import Settings
from outbox.connector import Complete, Fact, ItemRef, Refused
from tests.clouds.lying_woocommerce import KEY, SECRET, LyingWoo
from tests.clouds.records import fact_of

if TYPE_CHECKING:
    from outbox.connector import Connector
    from outbox.record import Record
    from tests.clouds.driver import Clock, Driver

STORE = StoreFacts("store-1", "EUR", prices_include_tax=True, timezone="Europe/Berlin")
ITEMS = {"mug": ItemRef("10"), "tea": ItemRef("22")}  # tea is a variation
TAXES = {"standard": "standard", "reduced": "reduced-rate", "us": "us", "both": "city-and-state"}


def a_shop(clock: Clock, **lies: Any) -> LyingWoo:
    """Return a shop that sells mugs and tea, both counted."""
    shop = LyingWoo(now=clock, **lies)
    shop.shelves.put(10, "mug", "12.50", stock=100)
    shop.shelves.put(20, "", "", name="Tea", type="variable")
    shop.shelves.put(22, "tea", "3.99", parent_id=20, type="variation", tax_class="reduced-rate", stock=50)
    return shop


def woo_at(base_url: str, store: StoreFacts = STORE, **settings: Any) -> Connector:
    """Return the connector for the shop at an address."""
    own = {
        "base_url": base_url,
        "consumer_key": SecretStr(KEY),
        "consumer_secret": SecretStr(SECRET),
        "taxes": TAXES,
    }
    return make("woocommerce", Settings.model_validate(own | settings), store)


async def delivered(driver: Driver, record: Record, **more: Any) -> tuple[Complete, dict[str, str]]:
    """Deliver a record that the shop is to take, and return how it ended and what it brought back."""
    ended, refs = await driver.deliver(woo_fact(record, driver.clock, **more))
    assert isinstance(ended, Complete), ended
    return ended, refs


async def refused(driver: Driver, record: Record, **more: Any) -> Refused:
    """Deliver a record that is to be parked."""
    ended, _ = await driver.deliver(woo_fact(record, driver.clock, **more))
    assert isinstance(ended, Refused), ended
    assert ended.hint
    return ended


def woo_fact(record: Record, clock: Clock, **more: Any) -> Fact:
    """Return a record as the connector gets it; the shop knows mugs and tea."""
    return fact_of(record, clock, **({"items": ITEMS} | more))


def cents(text: str) -> int:
    """Return an amount of the shop's in cents."""
    return round(float(text) * 100)
