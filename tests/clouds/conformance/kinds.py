"""The kinds of cloud that are under test: a line each, and the troubles it is fair to plant."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.clouds.conformance.contract import CloudUnderTest
    from tests.clouds.conformance.shop import Shop

MODULES = {
    "shopify": "tests.clouds.conformance.shopify",
    "square": "tests.clouds.conformance.square",
    "stripe": "tests.clouds.conformance.stripe",
    "woocommerce": "tests.clouds.conformance.woocommerce",
}


def under_test(kind: str, shop: Shop, now: Callable[[], datetime]) -> CloudUnderTest:
    """Return a cloud of that kind with a store's account and nothing in it."""
    return cast("CloudUnderTest", import_module(MODULES[kind]).under_test(shop, now))
