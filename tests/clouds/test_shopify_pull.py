"""What is pulled from Shopify: variants as items, stock at the location, customers; and where a pull goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from outbox.connector import Answer, Refused, Retry, Unauthorized
from outbox.feeds import Feed, Page, PulledCustomer, PulledItem, PulledStock
from outbox.throttle import Allowance
from tests.clouds.conformance.contract import call
from tests.clouds.lying_shopify_books import HERE
from tests.clouds.shopify_shop import MUG, TEA, a_shopify, shopify_at

if TYPE_CHECKING:
    from tests.clouds.driver import Clock
    from tests.clouds.lying_shopify import LyingShopify


@dataclass
class Puller:
    """Pulls a feed as the agent does, and keeps what a page brought."""

    shop: LyingShopify
    connector: Any
    clock: Clock
    cursors: dict[Feed, str] = field(default_factory=dict)

    def page(self, feed: Feed) -> Page | Retry | Unauthorized | Refused:
        cursor = self.cursors.get(feed)
        request = self.connector.pull(feed, cursor)
        answer = call(self.shop, request, self.connector.credentials(request, "", self.clock()))
        found: Page | Retry | Unauthorized | Refused = self.connector.page(feed, cursor, answer)
        if isinstance(found, Page):
            self.cursors[feed] = found.cursor
        return found

    def all(self, feed: Feed) -> list[Page]:
        pages = []
        while True:
            found = self.page(feed)
            assert isinstance(found, Page), found
            pages.append(found)
            assert len(pages) < 100
            if not found.more:
                assert self.shop.spec_faults == []
                return pages

    def items(self) -> dict[str, PulledItem]:
        """Return the items a pull brought, by sku."""
        return {one.sku: one for page in self.all(Feed.ITEMS) for one in page.items}


@pytest.fixture
def puller(clock: Clock) -> Puller:
    shop = a_shopify(clock)
    return Puller(
        shop, shopify_at("http://127.0.0.1:1", untaxed="zero", kilograms="by-weight", customers="both"), clock
    )


def test_a_variant_is_an_item(puller: Puller) -> None:
    puller.shop.shelf.put(
        3, "shirt-l", "25.00", title="Shirt", variant="Large", hasOnlyDefaultVariant=False, barcode="4006381333931",
        productType="Clothes",
    )  # fmt: skip
    puller.shop.shelf.put(4, "stamp", "0.85", taxable=False)
    puller.shop.shelf.put(5, "apples", "2.99", tags=["By-Weight", "VAT-7"])
    found = puller.items()
    assert found["mug"] == PulledItem(
        "gid://shopify/ProductVariant/1", "2026-11-20T12:00:00Z", "mug", "Mug", 1250, "standard",
        parent_id="gid://shopify/Product/1",
    )  # fmt: skip
    assert (found["tea"].tax, found["stamp"].tax) == ("reduced", "zero")
    shirt = found["shirt-l"]
    assert (shirt.name, shirt.barcodes, shirt.category) == ("Shirt (Large)", ("4006381333931",), "Clothes")
    assert (found["apples"].unit, found["apples"].tax) == ("kg", "reduced")


def test_what_a_till_cannot_sell_is_named_and_taken_off(puller: Puller) -> None:
    shelf = puller.shop.shelf
    shelf.put(3, None, "1.00", title="No number")
    shelf.put(4, "gift", "10.00", isGiftCard=True)
    shelf.put(5, "old", "1.00", status="ARCHIVED")
    shelf.put(6, "torn", "1.005")
    (page,) = puller.all(Feed.ITEMS)
    assert {one.sku for one in page.items} == {"mug", "tea"}
    assert [number.rpartition("/")[2] for number in page.tombstones] == ["3", "4", "5", "6"]
    assert [trouble.partition(":")[0] for trouble in page.troubles] == ["No number", "Gift", "Torn"]


def test_tags_that_stand_for_several_taxes_are_a_trouble(clock: Clock) -> None:
    shop = a_shopify(clock)
    shop.shelf.put(3, "pen", "1.00", tags=["a", "b"])
    shop.shelf.put(4, "ink", "1.00")
    puller = Puller(shop, shopify_at("http://127.0.0.1:1", taxes={"one": "A", "two": "B"}), clock)
    (page,) = puller.all(Feed.ITEMS)
    assert [one.tax for one in page.items if one.sku == "ink"] == [None]
    assert "one, two" in page.troubles[0]


def test_the_first_pull_goes_page_by_page_and_the_next_ones_bring_what_changed(puller: Puller, clock: Clock) -> None:
    shelf = puller.shop.shelf
    for number in range(3, 250):
        shelf.put(number, f"sku{number}", "1.00")
    shelf.page_size = 50
    clock.forward(days=1)
    assert len(puller.items()) == 249
    assert puller.shop.requests == ["Variants"] * 5
    clock.forward(hours=1)
    assert puller.items() == {}
    clock.forward(hours=1)
    shelf.put(7, "sku7", "2.00")
    shelf.touch(8, title="Renamed")
    clock.forward(minutes=5)
    found = puller.items()
    assert {sku: (one.name, one.price) for sku, one in found.items()} == {
        "sku7": ("Sku7", 200),
        "sku8": ("Renamed", 100),
    }


def test_what_the_index_shows_late_is_not_missed(puller: Puller, clock: Clock) -> None:
    shelf = puller.shop.shelf
    clock.forward(days=1)
    puller.items()
    clock.forward(hours=1)
    shelf.lag = timedelta(minutes=5)
    shelf.put(MUG, "mug", "13.00")
    clock.forward(minutes=1)
    assert puller.items() == {}  # not in the index yet
    clock.forward(minutes=8)
    assert puller.items()["mug"].price == 1300


def test_a_product_that_was_archived_is_noticed_though_its_variants_did_not_change(
    puller: Puller, clock: Clock
) -> None:
    clock.forward(days=1)
    puller.items()
    puller.shop.shelf.touch(MUG, status="ARCHIVED")
    clock.forward(minutes=5)
    gone = [one for page in puller.all(Feed.ITEMS) for one in page.tombstones]
    assert gone == ["gid://shopify/ProductVariant/1"]


def test_many_changed_products_are_read_a_page_at_a_time(puller: Puller, clock: Clock) -> None:
    shelf = puller.shop.shelf
    for number in range(3, 30):
        shelf.put(number, f"sku{number}", "1.00")
    clock.forward(days=1)
    puller.items()
    for number in range(3, 30):
        shelf.touch(number, title=f"New {number}")
    shelf.page_size = 4
    clock.forward(minutes=5)
    assert {one.name for one in puller.items().values()} == {f"New {number}" for number in range(3, 30)}


def test_a_pull_that_was_broken_off_goes_on_and_is_followed_by_another(puller: Puller, clock: Clock) -> None:
    shelf = puller.shop.shelf
    for number in range(3, 10):
        shelf.put(number, f"sku{number}", "1.00")
    shelf.page_size = 4
    puller.page(Feed.ITEMS)
    shelf.put(MUG, "mug", "14.00")  # on the page that was read already
    clock.forward(hours=3)
    found = puller.items()
    assert (found["mug"].price, found["sku9"].price) == (1400, 100)


def test_a_cursor_of_anything_else_starts_over(puller: Puller) -> None:
    first = puller.connector.pull(Feed.ITEMS, None)
    assert puller.connector.pull(Feed.ITEMS, "nonsense") == first
    assert puller.connector.pull(Feed.ITEMS, "[]") == first
    assert puller.connector.pull(Feed.DISCOUNTS, None) is None


def test_prices_in_another_currency_are_not_taken(puller: Puller) -> None:
    puller.shop.books.currency = "USD"
    found = puller.page(Feed.ITEMS)
    assert isinstance(found, Refused)
    assert "USD" in found.reason
    assert found.hint


def test_stock_is_what_is_available_at_the_location(puller: Puller, clock: Clock) -> None:
    puller.shop.shelf.put(3, "pen", "1.00")
    puller.shop.shelf.page_size = 2
    clock.forward(days=1)
    found = [one for page in puller.all(Feed.STOCK) for one in page.stock]
    assert found == [
        PulledStock("gid://shopify/ProductVariant/1", Decimal(100)),
        PulledStock("gid://shopify/ProductVariant/2", Decimal(50)),
        PulledStock("gid://shopify/ProductVariant/3", None),
    ]
    clock.forward(hours=1)
    puller.shop.shelf.move_item("gid://shopify/InventoryItem/2", -3)
    clock.forward(minutes=5)
    (page,) = puller.all(Feed.STOCK)
    assert page.stock == (PulledStock("gid://shopify/ProductVariant/2", Decimal(47)),)
    assert puller.shop.shelf.available(TEA) == 47


def test_stock_of_a_location_there_is_not_says_so(puller: Puller) -> None:
    del puller.shop.locations[HERE]
    found = puller.page(Feed.STOCK)
    assert isinstance(found, Refused)
    assert "cloud check" in found.hint


def test_customers_are_told_by_whole_days(puller: Puller, clock: Clock) -> None:
    shelf = puller.shop.shelf
    shelf.add_customer(1, "Ada Byron", "ada@example.com", "+4930123456")
    shelf.add_customer(2, None, None, "+4930999")
    shelf.add_customer(3, None)
    (page,) = puller.all(Feed.CUSTOMERS)
    assert page.customers == (
        PulledCustomer(
            "gid://shopify/Customer/1", "2026-11-20T12:00:00Z", "Ada Byron", "+4930123456", "ada@example.com"
        ),
        PulledCustomer("gid://shopify/Customer/2", "2026-11-20T12:00:00Z", "+4930999", "+4930999"),
    )
    assert "customer 3" in page.troubles[0]
    clock.forward(days=5)
    assert [one for page in puller.all(Feed.CUSTOMERS) for one in page.customers] != []  # as of five days ago
    assert [one for page in puller.all(Feed.CUSTOMERS) for one in page.customers] == []
    shelf.add_customer(4, "Bo O'Neil")
    (page,) = puller.all(Feed.CUSTOMERS)
    assert [one.name for one in page.customers] == ["Bo O'Neil"]


def test_customers_are_pulled_where_that_is_wanted_and_stock_where_it_moves() -> None:
    plain = shopify_at("http://127.0.0.1:1")
    assert plain.pull(Feed.CUSTOMERS, None) is None
    assert {rules.feed for rules in plain.capabilities.feeds} == {Feed.ITEMS, Feed.STOCK}
    alone = shopify_at("http://127.0.0.1:1", stock="none", customers="none")
    assert {rules.feed for rules in alone.capabilities.feeds} == {Feed.ITEMS}
    assert not alone.capabilities.customers


@pytest.mark.parametrize("feed", [Feed.ITEMS, Feed.STOCK, Feed.CUSTOMERS])
def test_a_page_that_is_not_one_is_tried_again(puller: Puller, feed: Feed) -> None:
    def means(body: object, status: int = 200) -> object:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return puller.connector.page(feed, None, Answer(status, {}, raw))

    assert isinstance(means(b"<html>"), Retry)
    assert isinstance(means({"data": {"shop": {"currencyCode": "EUR"}}}), Retry)
    assert isinstance(means({"errors": [{"message": "m", "extensions": {"code": "THROTTLED"}}]}), Retry)
    assert isinstance(means({"errors": "[API] Invalid API key"}, 401), Unauthorized)
    changed = json.dumps({"begin": "2026-11-20T12:00:00Z", "part": "products"})
    if feed is Feed.ITEMS:
        answer = Answer(200, {}, b'{"data": {"shop": {"currencyCode": "EUR"}}}')
        assert isinstance(puller.connector.page(feed, changed, answer), Retry)


def test_what_is_left_of_the_bucket_is_read_from_each_answer(puller: Puller) -> None:
    throttle = puller.connector.throttle
    request = puller.connector.pull(Feed.ITEMS, None)
    answer = call(puller.shop, request, puller.connector.credentials(request, "", puller.clock()))
    assert throttle.allowance(answer) == Allowance(1978.0, 2000.0, 100.0)
    assert throttle.allowance(Answer(200, {}, b"{}")) is None
    assert throttle.cost(request) > 0
    assert throttle.cost(type(request)("POST", "/", b"[]")) > 0
