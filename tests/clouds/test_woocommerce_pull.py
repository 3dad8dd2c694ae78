"""What is pulled from WooCommerce: products, variations, stock, customers; while they change, and what is no use."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from outbox.clouds.woocommerce.cursor import OVERLAP_PLACES, PAGE, Cursor
from outbox.clouds.woocommerce.plan import ROUTES
from outbox.connector import Answer, Refused, Retry, Unauthorized
from outbox.feeds import Feed, Page, PulledCustomer, PulledItem
from tests.clouds.records import line, sale
from tests.clouds.woo_shop import a_shop, delivered, refused, woo_at, woo_fact
from tests.simulate.clouds import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from outbox.connector import Connector
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_woocommerce import LyingWoo


@dataclass
class Puller:
    """Pulls as the agent does: page after page, each taken over before its cursor."""

    connector: Connector
    shop: LyingWoo
    clock: Clock
    between: Callable[[], object] = lambda: None  # happens at the shop after each page
    cursors: dict[Feed, str | None] = field(default_factory=dict)
    items: dict[str, PulledItem] = field(default_factory=dict)
    stock: dict[str, Any] = field(default_factory=dict)
    customers: dict[str, PulledCustomer] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    pages: int = 0

    def pull(self, feed: Feed = Feed.ITEMS, *, pages_max: int = 200) -> None:
        for _ in range(pages_max):
            page = self.page(feed)
            assert isinstance(page, Page), page
            self.items |= {item.remote_id: item for item in page.items}
            for gone in page.tombstones:
                self.items.pop(gone, None)
            self.stock |= {one.remote_id: one.quantity for one in page.stock}
            self.customers |= {one.remote_id: one for one in page.customers}
            self.troubles += page.troubles
            assert page.cursor != self.cursors.get(feed) or not page.more, "it would go round in a circle"
            self.cursors[feed] = page.cursor
            self.pages += 1
            if not page.more:
                return
            self.between()
        raise AssertionError("the pull does not end")

    def page(self, feed: Feed = Feed.ITEMS) -> Page | Retry | Unauthorized | Refused:
        cursor = self.cursors.get(feed)
        request = self.connector.pull(feed, cursor)
        assert request is not None
        proof = self.connector.credentials(request, "", self.clock()) | {"host": "127.0.0.1:2"}
        answer = call(self.shop, replace(request, path=ROUTES + request.path), proof)
        return self.connector.page(feed, cursor, answer)

    @property
    def prices(self) -> dict[str, int]:
        return {item.sku: item.price for item in self.items.values()}


@pytest.fixture
def shop(clock: Clock) -> LyingWoo:
    return a_shop(clock)


@pytest.fixture
def puller(shop: LyingWoo, clock: Clock) -> Puller:
    return Puller(woo_at("http://127.0.0.1:2", kilograms=["by-weight"], barcode_meta="_ean"), shop, clock)


def many(shop: LyingWoo, count: int, clock: Clock | None = None) -> None:
    """Put so many products on the shelf, each a second later or all in one."""
    for number in range(count):
        if clock is not None:
            clock.forward(seconds=1)
        shop.shelves.put(1000 + number, f"p{number}", "1.00")


def test_products_and_variations_come_as_a_till_sells_them(puller: Puller, shop: LyingWoo) -> None:
    shop.shelves.put(20, "", "", name="Tea &amp; Co", categories=[{"id": 1, "name": "Hot &amp; cold", "slug": "hot"}])
    shop.shelves.put(
        22, "tea", "3.99", attributes=[{"name": "Size", "option": "Large"}], global_unique_id="4006381333931"
    )
    shop.shelves.put(
        30, "apples", "2.99", tax_status="none", categories=[{"id": 2, "name": "Fruit", "slug": "by-weight"}]
    )
    shop.shelves.put(31, "cup", "0.50", meta_data=[{"id": 1, "key": "_ean", "value": " 96385074 "}])
    puller.pull()
    tea, apples, cup = puller.items["22"], puller.items["30"], puller.items["31"]
    assert (tea.name, tea.price, tea.tax, tea.parent_id) == ("Tea & Co (Large)", 399, "reduced", "20")
    assert (tea.barcodes, tea.category, tea.unit) == (("4006381333931",), "Hot & cold", "each")
    assert (apples.unit, apples.tax, apples.category) == ("kg", None, "Fruit")
    assert cup.barcodes == ("96385074",)
    assert puller.prices == {"mug": 1250, "tea": 399, "apples": 299, "cup": 50}
    assert shop.spec_faults == []


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"sku": ""}, "no SKU"),
        ({"price": ""}, "no price"),
        ({"price": "12.505"}, "decimals"),
        ({"price": "-1.00"}, "no till sells"),
        ({"tax_class": "books"}, "tax class books is not in this cloud's `taxes`"),
    ],
)
def test_what_a_till_cannot_sell_is_named_and_taken_off(
    puller: Puller, shop: LyingWoo, clock: Clock, change: dict[str, Any], trouble: str
) -> None:
    puller.pull()
    clock.forward(hours=1)
    shop.shelves.products[10] |= change | {"date_modified_gmt": shop.shelves._moment()}
    puller.pull()
    assert "mug" not in puller.prices
    assert puller.troubles[0].startswith("Mug: ")
    assert trouble in puller.troubles[0]


@pytest.mark.parametrize("change", [{"status": "draft"}, {"type": "grouped"}, {"type": "external"}])
def test_what_is_taken_off_sale_is_told(puller: Puller, shop: LyingWoo, clock: Clock, change: dict[str, Any]) -> None:
    puller.pull()
    clock.forward(hours=1)
    shop.shelves.put(10, "mug", "12.50", **change)
    puller.pull()
    assert puller.prices == {"tea": 399}
    assert puller.troubles == []


def test_a_product_that_goes_off_sale_takes_its_variations_with_it(
    puller: Puller, shop: LyingWoo, clock: Clock
) -> None:
    puller.pull()
    clock.forward(hours=1)
    shop.shelves.put(20, "", "", status="draft")
    puller.pull()
    assert puller.prices == {"mug": 1250}


def test_a_simple_product_that_became_a_variable_one_is_sold_by_its_variations(
    puller: Puller, shop: LyingWoo, clock: Clock
) -> None:
    puller.pull()
    clock.forward(hours=1)
    shop.shelves.put(10, "mug", "12.50", type="variable")
    shop.shelves.put(11, "mug-red", "13.50", parent_id=10, type="variation")
    puller.pull()
    assert puller.prices == {"mug-red": 1350, "tea": 399}


def test_later_pulls_ask_for_what_changed_and_meet_the_last_minutes_again(
    puller: Puller, shop: LyingWoo, clock: Clock
) -> None:
    clock.forward(hours=1)
    puller.pull()
    clock.forward(hours=1)
    shop.shelves.put(10, "mug", "13.00")
    puller.pull()
    clock.forward(hours=1)
    before = len(shop.requests)
    puller.pull()
    assert puller.prices["mug"] == 1300
    (asked,) = shop.requests[before:]
    assert "modified_after=2026-11-20T13%3A57%3A00" in asked, "its own last change, less three minutes"


def test_a_pull_asks_no_more_often_than_it_has_to(puller: Puller, shop: LyingWoo) -> None:
    many(shop, 250)
    puller.pull()
    assert len(shop.requests) == 3 + 1, "three pages of products, and one of the tea's variations"


def test_where_the_shop_does_not_say_how_many_there_are_a_full_page_is_not_the_last(puller: Puller) -> None:
    page = [{"id": number, "sku": f"s{number}", "price": "1", "status": "publish"} for number in range(PAGE)]
    full = puller.connector.page(Feed.ITEMS, None, Answer(200, {}, json.dumps(page).encode()))
    rest = puller.connector.page(Feed.ITEMS, None, Answer(200, {}, json.dumps(page[1:]).encode()))
    assert isinstance(full, Page)
    assert isinstance(rest, Page)
    assert (full.more, rest.more) == (True, False)


def test_a_change_while_everything_is_read_is_met_by_the_next_pull(
    puller: Puller, shop: LyingWoo, clock: Clock
) -> None:
    many(shop, 2 * PAGE)

    def change() -> None:
        clock.forward(minutes=10)
        shop.shelves.put(10, "mug", "14.00")
        puller.between = lambda: None

    puller.between = change
    puller.pull()
    assert puller.prices["mug"] == 1250, "it was read before it changed"
    puller.pull()
    assert puller.prices["mug"] == 1400


@pytest.mark.parametrize("at_once", [OVERLAP_PLACES // 2, 2 * OVERLAP_PLACES, PAGE])
def test_nothing_slips_by_when_products_are_deleted_while_they_are_read(
    puller: Puller, shop: LyingWoo, at_once: int
) -> None:
    many(shop, 3 * PAGE)
    doomed = iter(range(1000, 1000 + PAGE))

    def delete() -> None:
        for id_ in islice(doomed, at_once):
            shop.shelves.delete(id_)

    puller.between = delete
    puller.pull()
    assert shop.shelves.products.keys() - {20} <= {int(one) for one in puller.items}


def test_nothing_slips_by_when_products_are_changed_while_changes_are_read(
    puller: Puller, shop: LyingWoo, clock: Clock
) -> None:
    """A product changed again leaves its place for the end of the list, and all behind it move up."""
    puller.pull()
    clock.forward(hours=1)
    many(shop, 3 * PAGE, clock)
    again = iter(range(1000, 1000 + 3 * PAGE, 2))

    def change() -> None:
        for _ in range(20):
            clock.forward(seconds=1)
            number = next(again)
            shop.shelves.put(number, f"p{number - 1000}", "2.00")

    puller.between = change
    puller.pull()
    assert {f"p{number}" for number in range(3 * PAGE)} <= puller.prices.keys()
    puller.between = lambda: None
    puller.pull()
    shop_prices = {one["sku"]: one["price"] for one in shop.shelves.products.values() if one["sku"]}
    assert {sku: f"{price / 100:.2f}" for sku, price in puller.prices.items()} == shop_prices


def test_more_than_a_page_that_changed_in_one_second_is_gone_through_by_place(
    puller: Puller, shop: LyingWoo, clock: Clock
) -> None:
    puller.pull()
    clock.forward(hours=1)
    many(shop, 3 * PAGE)
    puller.pull()
    assert len(puller.prices) == 3 * PAGE + 2


@pytest.mark.parametrize("sold", [OVERLAP_PLACES // 2, 2 * OVERLAP_PLACES, 2 * PAGE, 3 * PAGE])
@pytest.mark.parametrize("page", range(2, 6))
def test_a_pull_that_broke_off_within_one_second_misses_nothing_that_moved_up_meanwhile(
    puller: Puller, shop: LyingWoo, clock: Clock, page: int, sold: int
) -> None:
    """What is sold is changed: it leaves its place, and all behind it move up, also what changed later."""
    puller.pull()
    clock.forward(hours=1)
    many(shop, 3 * PAGE)
    clock.forward(hours=1)
    shop.shelves.put(10, "mug", "13.00")

    def sell() -> None:
        if puller.pages == before + page:
            clock.forward(hours=1)
            for number in range(sold):
                shop.shelves.put(1000 + number, f"p{number}", "1.00")

    before, puller.between = puller.pages, sell
    puller.pull()
    puller.between = lambda: None
    puller.pull()
    assert puller.prices == {f"p{number}": 100 for number in range(3 * PAGE)} | {"mug": 1300, "tea": 399}


def test_where_one_is_listed_at_a_time_a_pull_comes_to_its_end(puller: Puller, shop: LyingWoo, clock: Clock) -> None:
    shop.page_max = 1
    many(shop, 5)
    puller.pull()
    clock.forward(hours=1)
    many(shop, 5)
    puller.pull()
    assert len(puller.prices) == 5 + 2


def test_a_plugin_that_lists_less_than_it_is_asked_for_hides_nothing(puller: Puller, shop: LyingWoo) -> None:
    shop.page_max = 7
    many(shop, 30)
    for number in range(20):
        shop.shelves.put(500 + number, f"v{number}", "1.00", parent_id=20, type="variation")
    puller.pull()
    assert len(puller.prices) == 30 + 20 + 2


def test_a_product_that_is_deleted_before_its_variations_are_read_stops_nothing(puller: Puller, shop: LyingWoo) -> None:
    puller.between = lambda: shop.shelves.products.pop(20, None)
    puller.pull()
    assert puller.prices == {"mug": 1250}


def test_stock_comes_as_far_as_the_shop_counts_it(puller: Puller, shop: LyingWoo, clock: Clock) -> None:
    shop.shelves.put(30, "pen", "1.99")
    puller.pull(Feed.STOCK)
    assert puller.stock == {"10": 100, "22": 50, "30": None}
    assert puller.items == {}, "a feed of its own"
    clock.forward(hours=1)
    shop.shelves.stock[10] = 7
    shop.shelves.put(10, "mug", "12.50")
    puller.pull(Feed.STOCK)
    assert puller.stock["10"] == 7


def test_customers_are_all_gone_through_with_what_finds_them(puller: Puller, shop: LyingWoo) -> None:
    for number in range(1, 2 * PAGE + 6):
        shop.shelves.customers[number] = {
            "id": number,
            "email": f"c{number}@example.com",
            "first_name": "Ada" if number > 1 else "",
            "last_name": "O&#039;Neil" if number > 1 else "",
            "username": f"user{number}",
            "billing": {"phone": "0151", "company": "Byron Ltd"},
            "date_modified_gmt": "2026-11-20T10:00:00",
        }
    puller.pull(Feed.CUSTOMERS)
    assert len(puller.customers) == 2 * PAGE + 5
    first, second = puller.customers["1"], puller.customers["2"]
    assert (first.name, second.name) == ("Byron Ltd", "Ada O'Neil")
    assert (second.phone, second.email, second.number) == ("0151", "c2@example.com", "WC-2")
    assert puller.cursors[Feed.CUSTOMERS] == "", "the next pull begins at the beginning"
    assert shop.spec_faults == []


async def test_a_customer_who_was_pulled_is_their_account_on_the_order(
    woo_driver: Driver, woo: LyingWoo, clock: Clock
) -> None:
    woo.orders.customers.add(57)
    record = sale([line("mug", 1250)])
    record.body["customer"] = {"id": "c-57", "name": "Ada", "number": "WC-57"}
    await delivered(woo_driver, record)
    assert next(iter(woo.orders.orders.values()))["customer_id"] == 57
    gone = sale([line("mug", 1250)], number=2)
    gone.body["customer"] = {"id": "c-58", "name": "Bo", "number": "WC-58"}
    ended = await refused(woo_driver, gone)
    assert ended.code == "woocommerce_rest_invalid_customer_id"
    await woo_driver.deliver(woo_fact(gone, clock, generation=1))
    assert [order["customer_id"] for order in woo.orders.orders.values()] == [57, 0]


def test_a_first_pull_tells_of_nothing_that_is_gone(puller: Puller) -> None:
    page = puller.page()
    assert isinstance(page, Page)
    assert page.tombstones == ()
    puller.pull()
    assert puller.items["22"].name == "Tea", "a variation without a name of its own has its product's"


@pytest.mark.parametrize("feed", [Feed.ITEMS, Feed.STOCK, Feed.CUSTOMERS])
def test_an_empty_page_where_more_is_counted_ends_no_pull(puller: Puller, feed: Feed) -> None:
    assert isinstance(puller.connector.page(feed, None, Answer(200, {"x-wp-total": "7"}, b"[]")), Retry)


def test_what_is_no_product_is_passed_over(puller: Puller) -> None:
    page = puller.connector.page(Feed.ITEMS, None, Answer(200, {}, b'[{"id": "x"}, 7, {}]'))
    assert isinstance(page, Page)
    assert (page.items, page.tombstones, page.more) == ((), (), False)


def test_there_are_no_discounts_to_pull(puller: Puller) -> None:
    assert puller.connector.pull(Feed.DISCOUNTS, None) is None


@pytest.mark.parametrize("feed", [Feed.ITEMS, Feed.STOCK, Feed.CUSTOMERS])
def test_what_stands_between_ends_a_pull_and_is_no_refusal(puller: Puller, feed: Feed) -> None:
    html = puller.connector.page(feed, None, Answer(200, {}, b"<html>Sign in</html>"))
    assert isinstance(html, Retry)
    assert isinstance(puller.connector.page(feed, None, Answer(200, {}, b"{}")), Retry)
    denied = {"code": "woocommerce_rest_cannot_view", "message": "no", "data": {"status": 401}}
    assert isinstance(puller.connector.page(feed, None, Answer(401, {}, json.dumps(denied).encode())), Unauthorized)


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "7", '{"since": 3}', '{"since": "soon"}', '{"parents": [{"id": 1}]}', '{"colour": 1}']
)
def test_a_cursor_that_means_nothing_starts_over(text: str | None) -> None:
    assert Cursor.read(text) == Cursor()


def test_a_place_among_what_changed_that_version_0_1_0_wrote_is_begun_again() -> None:
    assert Cursor.read('{"since": "2026-11-20T12:00:00", "offset": 90}') == Cursor("2026-11-20T12:00:00")


def test_a_cursor_is_read_as_it_was_written(puller: Puller, shop: LyingWoo) -> None:
    many(shop, PAGE)
    page = puller.page()
    assert isinstance(page, Page)
    assert Cursor.read(page.cursor).text() == page.cursor
    assert Cursor.read(page.cursor).parents[0].name == "Tea"
