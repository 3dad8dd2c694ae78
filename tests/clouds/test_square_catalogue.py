"""Square's catalogue, pulled page by page into what a till can sell."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from outbox.catalogue_feeds import Place, Swept
from outbox.clouds.square.catalogue import SquareCatalogue
from outbox.clouds.square.search import Cursor
from outbox.clouds.webhook import Webhook
from outbox.connector import Answer, Refused, Retry, Unauthorized
from outbox.feeds import Feed, Page, PulledItem
from outbox.pull import TROUBLES_MAX, Pulled, pull
from tests.clouds.conftest import square_at
from tests.clouds.lying_webhook import SECRET

if TYPE_CHECKING:
    from collections.abc import Collection

    from outbox.connector import Connector
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_square import LyingSquare


class Shelf:
    """A catalogue that keeps a page and its cursor together, as the real one does."""

    def __init__(self) -> None:
        self.items: dict[str, PulledItem] = {}
        self.cursor: str | None = None
        self.mark: str | None = None
        self.fails = 0

    def place(self, cloud: str, feed: Feed) -> Place:
        assert (cloud, feed) == ("square", Feed.ITEMS)
        return Place(self.cursor, self.mark, self.cursor if self.mark else None)

    async def apply_page(self, cloud: str, feed: Feed, page: Page, *, above: Collection[str] = ()) -> None:
        assert (cloud, feed, above) == ("square", Feed.ITEMS, ())
        if self.fails:
            self.fails -= 1
            raise OSError("the disk is full")
        for remote_id in page.tombstones:
            self.items.pop(remote_id, None)
        self.items |= {item.remote_id: item for item in page.items}
        self.cursor = page.cursor

    async def begin_sweep(self, cloud: str, feed: Feed) -> None:
        assert (cloud, feed) == ("square", Feed.ITEMS)
        self.mark = "m"

    async def end_sweep(self, cloud: str, feed: Feed, *, at: str, let_go: bool = False) -> Swept:
        assert (cloud, feed, bool(at), let_go) == ("square", Feed.ITEMS, True, False)
        self.mark = None
        return Swept(0, len(self.items))

    def by_sku(self) -> dict[str, PulledItem]:
        return {item.sku: item for item in self.items.values()}


def connector_at(base_url: str, **more: object) -> Connector:
    return square_at(base_url, taxes={"standard": "TAX19", "reduced": "TAX7"}, stock="none", **more)


async def test_everything_and_then_what_changed(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    connector = connector_at(driver.connector.base_url)
    square.catalogue.page_size = 2
    square.catalogue.put(
        "I3", "Shirt", [{"id": "V3", "name": "M", "sku": "S-M", "price": 1999, "upc": "4006381333931"}],
        tax_ids=["TAX19"], categories=[{"id": "C1"}],
    )  # fmt: skip
    square.catalogue.related["C1"] = {"type": "CATEGORY", "id": "C1", "category_data": {"name": "Clothes"}}
    clock.forward(hours=1)
    shelf = Shelf()
    first = await pull("square", connector, driver.session, shelf, clock)
    assert first.ended is None
    assert (first.pages, first.tombstones, first.troubles) == (3, 0, ())
    assert shelf.by_sku()["S-M"] == PulledItem(
        "V3", str(square.catalogue.version), "S-M", "Shirt (M)", 1999, "standard", ("4006381333931",), "Clothes"
    )
    assert shelf.by_sku()["mug"].name == "Mug"
    assert shelf.by_sku()["mug"].tax is None

    clock.forward(hours=1)
    quiet = await pull("square", connector, driver.session, shelf, clock)
    assert (quiet.pages, quiet.items) == (1, 0)

    square.catalogue.put("I1", "Mug", [{"id": "V1", "name": "Regular", "sku": "mug", "price": 1300}])
    square.catalogue.delete("I3")
    clock.forward(hours=1)
    changed = await pull("square", connector, driver.session, shelf, clock)
    assert changed.ended is None
    assert shelf.by_sku()["mug"].price == 1300
    assert sorted(shelf.by_sku()) == ["mug", "tea"]


async def test_a_pull_that_breaks_off_goes_on_where_it_was(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    for n in range(10):
        square.sell(f"I1{n}", f"V1{n}", f"sku-{n}", 100 + n)
    square.catalogue.page_size = 4
    shelf = Shelf()
    connector = connector_at(driver.connector.base_url)
    for what in ("drop", "half", "half_json", "status"):
        square.faults.add(what, on="/v2/catalog/search", after=True)
    endings = [await pull("square", connector, driver.session, shelf, clock) for _ in range(4)]
    assert all(isinstance(one.ended, Retry) for one in endings)
    shelf.fails = 1
    with pytest.raises(OSError, match="full"):
        await pull("square", connector, driver.session, shelf, clock)
    assert shelf.cursor is None, "a page that was not kept moves no cursor"
    whole = await pull("square", connector, driver.session, shelf, clock)
    assert whole.ended is None
    assert len(shelf.items) == 12


async def test_an_expired_place_starts_the_same_pull_over(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    square.catalogue.page_size = 2
    connector = connector_at(driver.connector.base_url)
    shelf = Shelf()
    shelf.cursor = Cursor(begin="2026-11-01T00:00:00Z", page="place-2").text()
    square.catalogue.expired = True
    restarted = connector.page(
        Feed.ITEMS,
        shelf.cursor,
        Answer(400, {}, b'{"errors": [{"category": "INVALID_REQUEST_ERROR", "code": "INVALID_CURSOR"}]}'),
    )
    assert restarted == Page((), (), Cursor(begin="2026-11-01T00:00:00Z").text(), more=True)
    ended = await pull("square", connector, driver.session, shelf, clock)
    assert isinstance(ended.ended, Retry)  # the place expires at every page: said, not gone round for ever
    square.catalogue.expired = False
    assert (await pull("square", connector, driver.session, shelf, clock)).ended is None
    assert len(shelf.items) == 2


async def test_a_pull_that_was_broken_off_for_long_starts_over(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    square.catalogue.page_size = 2
    for number in range(3, 7):
        square.sell(f"I{number}", f"V{number}", f"thing-{number}", 100)
    connector, shelf = connector_at(driver.connector.base_url), Shelf()
    first = connector.pull(Feed.ITEMS, None)
    assert first is not None
    answer = await driver.session.exchange(connector.base_url, first, connector.credentials(first, "", clock()))
    page = connector.page(Feed.ITEMS, None, answer)
    assert isinstance(page, Page)
    await shelf.apply_page("square", Feed.ITEMS, page)
    clock.forward(hours=9)  # and meanwhile the office changes what was read: all behind it moves to before that place
    square.sell("I1", "V1", "mug", 1300)
    assert (await pull("square", connector, driver.session, shelf, clock)).ended is None
    assert set(shelf.by_sku()) == {"mug", "tea", "thing-3", "thing-4", "thing-5", "thing-6"}


async def test_a_token_that_is_gone_stops_the_pull(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    square.token = "another"
    pulled = await pull("square", connector_at(driver.connector.base_url), driver.session, Shelf(), clock)
    assert isinstance(pulled.ended, Unauthorized)


async def test_a_cloud_with_no_catalogue_says_so(driver: Driver, clock: Clock) -> None:
    webhook = Webhook("http://127.0.0.1:9/hook", SecretStr(SECRET))
    assert isinstance((await pull("square", webhook, driver.session, Shelf(), clock)).ended, Refused)
    assert isinstance(webhook.page(Feed.ITEMS, None, Answer(200, {}, b"")), Refused)


async def test_no_line_is_no_pull(driver: Driver, clock: Clock) -> None:
    pulled = await pull("square", connector_at("http://127.0.0.1:9"), driver.session, Shelf(), clock)
    assert isinstance(pulled.ended, Retry)
    assert pulled == Pulled(ended=pulled.ended)


async def test_a_thousand_troubles_are_two_hundred_lines(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    for n in range(TROUBLES_MAX + 7):
        square.catalogue.put(f"X{n}", f"Thing {n}", [{"id": f"XV{n}", "name": "Regular", "sku": "", "price": 1}])
    shelf = Shelf()
    pulled = await pull("square", connector_at(driver.connector.base_url), driver.session, shelf, clock)
    assert (len(pulled.troubles), pulled.troubles_left_out) == (TROUBLES_MAX, 7)
    assert len(shelf.items) == 2


# --- one object at a time, without a wire ---

PRICED: dict[str, Any] = {"price_money": {"amount": 100, "currency": "EUR"}, "pricing_type": "FIXED_PRICING"}


def reading(variation: dict[str, Any], item: dict[str, Any], *related: dict[str, Any], **top: Any) -> Page:
    """Return the page that holds one item with one variation."""
    inner = {"type": "ITEM_VARIATION", "id": "V", "version": 5, "item_variation_data": {"item_id": "I"} | variation}
    whole = {"type": "ITEM", "id": "I", "item_data": {"name": "Thing", "variations": [inner]} | item} | top
    catalogue = SquareCatalogue("L1", "EUR", {"standard": "T1", "both": "T1+T2"}, frozenset({"KG"}))
    body = json.dumps({"objects": [whole], "related_objects": list(related)}).encode()
    page = catalogue.page(None, Answer(200, {}, body))
    assert isinstance(page, Page)
    return page


def test_several_taxes_on_an_item_are_one_code_of_the_stores() -> None:
    (item,) = reading({"sku": "s", **PRICED}, {"tax_ids": ["T2", "T1"]}).items
    assert item.tax == "both"


@pytest.mark.parametrize(
    ("variation", "item", "trouble"),
    [
        ({**PRICED}, {}, "no SKU"),
        ({"sku": "s", "pricing_type": "VARIABLE_PRICING"}, {}, "no fixed price"),
        ({"sku": "s"}, {}, "no fixed price"),
        ({"sku": "s", "price_money": {"amount": 1, "currency": "USD"}}, {}, "the store's currency is EUR"),
        ({"sku": "s", **PRICED}, {"tax_ids": ["T9"]}, "tax T9 is not in this cloud's `taxes`"),
        ({"sku": "s", **PRICED}, {"tax_ids": ["T1", "T3"]}, "2 taxes at Square; name the store's code"),
        ({"sku": "s", **PRICED, "measurement_unit_id": "LB"}, {}, "sold by unit LB"),
    ],
)
def test_what_a_till_cannot_sell_is_said_and_taken_off_the_shelf(
    variation: dict[str, Any], item: dict[str, Any], trouble: str
) -> None:
    page = reading(variation, item)
    assert page.items == ()
    assert page.tombstones == ("V",)
    (said,) = page.troubles
    assert said.startswith("Thing: ")
    assert trouble in said


@pytest.mark.parametrize(
    ("variation", "item", "top"),
    [
        ({"sku": "s", **PRICED}, {"is_archived": True}, {}),
        ({"sku": "s", **PRICED, "sellable": False}, {}, {}),
        ({"sku": "s", **PRICED}, {}, {"present_at_all_locations": False}),
        ({"sku": "s", **PRICED}, {}, {"absent_at_location_ids": ["L1"]}),
        ({"sku": "s", **PRICED}, {}, {"is_deleted": True}),
    ],
)
def test_what_is_not_sold_here_is_taken_off_the_shelf_in_silence(
    variation: dict[str, Any], item: dict[str, Any], top: dict[str, Any]
) -> None:
    page = reading(variation, item, **top)
    assert (page.items, page.tombstones, page.troubles) == ((), ("V",), ())


def test_what_is_gone_on_a_page_stays_gone() -> None:
    alive = {"type": "ITEM_VARIATION", "id": "V", "item_variation_data": {"item_id": "I", "sku": "s"} | PRICED}
    whole = {"type": "ITEM", "id": "I", "item_data": {"name": "Thing", "variations": [alive]}}
    catalogue = SquareCatalogue("L1", "EUR", {}, frozenset())
    gone = {"type": "ITEM_VARIATION", "id": "V", "is_deleted": True}
    for objects in ([gone, whole], [whole, gone]):
        page = catalogue.page(None, Answer(200, {}, json.dumps({"objects": objects}).encode()))
        assert isinstance(page, Page)
        assert (page.items, page.tombstones) == ((), ("V",))


def test_this_locations_price_and_the_units_it_is_sold_by() -> None:
    here = [
        {"location_id": "L9", "price_money": {"amount": 9, "currency": "EUR"}},
        {"location_id": "L1", "price_money": {"amount": 90, "currency": "EUR"}},
    ]
    variation = {"sku": "s", **PRICED, "location_overrides": here, "measurement_unit_id": "KG", "name": "Loose"}
    (item,) = reading(
        variation, {"is_taxable": False, "tax_ids": ["T9"]}, present_at_all_locations=False,
        present_at_location_ids=["L1"],
    ).items  # fmt: skip
    assert (item.price, item.unit, item.name, item.tax, item.version) == (90, "kg", "Thing (Loose)", None, "5")
    related = {
        "type": "MEASUREMENT_UNIT",
        "id": "U1",
        "measurement_unit_data": {"measurement_unit": {"weight_unit": "METRIC_KILOGRAM"}},
    }
    assert reading({"sku": "s", **PRICED, "measurement_unit_id": "U1"}, {"tax_ids": ["T1"]}, related).items[0] == (
        PulledItem("V", "5", "s", "Thing", 100, "standard", unit="kg")
    )
    group = {"type": "CATEGORY", "id": "C", "category_data": {"name": "Food"}}
    assert reading({"sku": "s", **PRICED}, {"reporting_category": {"id": "C"}}, group).items[0].category == "Food"
    assert reading({"sku": "s", **PRICED}, {"name": "", "category_id": "C"}, group).items[0].name == "s"


def test_a_variation_without_its_item_is_a_trouble() -> None:
    catalogue = SquareCatalogue("L1", "EUR", {}, frozenset())
    alone = {"type": "ITEM_VARIATION", "id": "V", "item_variation_data": {"item_id": "gone"}}
    body = json.dumps({"objects": [alone, {"type": "ITEM", "id": "I"}, {"type": "TAX"}, 7]}).encode()
    page = catalogue.page(None, Answer(200, {}, body))
    assert isinstance(page, Page)
    assert page.troubles == ("variation V: Square sent it without its item",)


@pytest.mark.parametrize("text", [None, "", "{", "7", '"x"', "{}", '{"begin": 3}'])
def test_a_cursor_that_is_none_starts_from_the_start(text: str | None) -> None:
    assert Cursor.read(text) == Cursor()


def test_the_next_pull_overlaps_the_last() -> None:
    catalogue = SquareCatalogue("L1", "EUR", {}, frozenset())
    page = catalogue.page(None, Answer(200, {}, b'{"latest_time": "2026-11-20T12:00:00.5Z"}'))
    assert isinstance(page, Page)
    begin = json.loads(catalogue.request(page.cursor).body)["begin_time"]
    assert datetime.fromisoformat(begin) == datetime.fromisoformat("2026-11-20T11:57:00.5Z")
    kept = catalogue.page(page.cursor, Answer(200, {}, b'{"latest_time": "soon"}'))
    assert isinstance(kept, Page)
    assert kept.cursor == page.cursor, "a pull that does not say when it was made is made again"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "objects",
                    "related_objects",
                    "id",
                    "type",
                    "item_data",
                    "item_variation_data",
                    "variations",
                    "name",
                    "sku",
                    "upc",
                    "price_money",
                    "amount",
                    "currency",
                    "tax_ids",
                    "cursor",
                    "latest_time",
                    "location_overrides",
                    "is_deleted",
                    "categories",
                    "version",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=100, deadline=None)
@given(JSON, st.sampled_from(["ITEM", "ITEM_VARIATION"]))
def test_no_page_however_strange_trips_the_reader(value: Any, kind: str) -> None:
    catalogue = SquareCatalogue("L1", "EUR", {"standard": "T1"}, frozenset())
    one = value | {"type": kind} if isinstance(value, dict) else value
    for body in (value, {"objects": [one], "related_objects": [one]}, {"objects": value}):
        page = catalogue.page(None, Answer(200, {}, json.dumps(body).encode()))
        assert isinstance(page, Page | Retry)
