from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from outbox.clouds import StoreFacts, make
from outbox.clouds.square import Settings
from outbox.session import Session, open_client
from tests.clouds.driver import Clock, Driver
from tests.clouds.lying_square import TOKEN, LyingSquare
from tests.clouds.serving import serving
from tests.clouds.shopify_shop import a_shopify, shopify_at
from tests.clouds.woo_shop import a_shop, woo_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from outbox.connector import Connector
    from tests.clouds.lying_shopify import LyingShopify
    from tests.clouds.lying_woocommerce import LyingWoo

STORE = StoreFacts("store-1", "EUR", prices_include_tax=True, timezone="Europe/Berlin")


def hasty(parallel: int) -> httpx.AsyncClient:
    """Return the shipped client, with less patience for a server that hangs on purpose."""
    client = open_client(parallel)
    client.timeout = httpx.Timeout(0.2, connect=5.0, pool=0.1)
    return client


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_square(clock: Clock) -> LyingSquare:
    """Return a Square that sells mugs and tea."""
    lying = LyingSquare(now=clock)
    lying.sell("I1", "V1", "mug", 1250, stock=100)
    lying.sell("I2", "V2", "tea", 399, stock=50)
    return lying


@pytest.fixture
def square(clock: Clock) -> LyingSquare:
    return a_square(clock)


@pytest.fixture
def shopify(clock: Clock) -> LyingShopify:
    return a_shopify(clock)


@pytest.fixture
async def to_shopify(shopify: LyingShopify, clock: Clock) -> AsyncIterator[Driver]:
    """Deliver to the lying Shopify with the shipped settings."""
    async with serving(shopify) as base_url, Session(hasty) as session:
        yield Driver(shopify_at(base_url), session, clock)
    assert shopify.spec_faults == []


@pytest.fixture
async def driver(square: LyingSquare, clock: Clock) -> AsyncIterator[Driver]:
    """Deliver to the lying Square with the shipped settings."""
    async with serving(square) as base_url, Session(hasty) as session:
        yield Driver(square_at(base_url), session, clock)
    assert square.spec_faults == []


def square_at(base_url: str, **settings: object) -> Connector:
    return make(
        "square",
        Settings.model_validate({"base_url": base_url, "token": SecretStr(TOKEN), "location_id": "L1"} | settings),
        STORE,
    )


@pytest.fixture
def woo(clock: Clock) -> LyingWoo:
    return a_shop(clock)


@pytest.fixture
async def woo_driver(woo: LyingWoo, clock: Clock) -> AsyncIterator[Driver]:
    """Deliver to the lying WooCommerce with the shipped settings."""
    async with serving(woo) as base_url, Session(hasty) as session:
        yield Driver(woo_at(base_url), session, clock)
    assert woo.spec_faults == []
