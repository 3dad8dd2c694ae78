"""A sale's customer at Square, and what Square gives of stock and customers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from outbox.clouds.square import Settings
from outbox.connector import Answer, Complete, Refused, Retry
from outbox.feeds import Feed, Page
from tests.clouds.conftest import square_at
from tests.clouds.records import fact_of, line, sale

if TYPE_CHECKING:
    from outbox.connector import Fact, Step
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_square import LyingSquare

ADA = {"id": "0193e1a0-0000-7000-8000-000000000001", "name": "Ada Byron", "number": "K1"}


def for_ada(clock: Clock, number: int = 1, **more: Any) -> Fact:
    record = sale([line("mug", 1250)], number=number)
    record.body["customer"] = {**ADA, **more.pop("named", {})}
    return fact_of(record, clock, **more)


async def delivered(driver: Driver, fact: Fact) -> Complete:
    ended, _ = await driver.deliver(fact)
    assert isinstance(ended, Complete)
    return ended


async def test_a_customer_is_made_once_and_every_sale_names_them(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    for number in (1, 2):
        await delivered(driver, for_ada(clock, number))

    (made,) = square.books.customers.values()
    assert (made["given_name"], made["reference_id"], made["note"]) == ("Ada Byron", ADA["id"], "Number K1")
    assert [order["customer_id"] for order in square.books.orders.values()] == [made["id"]] * 2
    assert driver.notes == []


def losing(driver: Driver, square: LyingSquare, name: str, what: str) -> None:
    """Lose the first answer of a step: `on` of a fault would also be a part of other requests."""

    def on_step(step: Step) -> None:
        if step.name == name:
            square.faults.add(what, on=step.request.path, after=True)

    driver.on_step = on_step


@pytest.mark.parametrize("name", ["customer", "customer-made", "order"])
@pytest.mark.parametrize("what", ["drop", "half_json"])
async def test_a_lost_answer_makes_nobody_twice(
    driver: Driver, square: LyingSquare, clock: Clock, name: str, what: str
) -> None:
    losing(driver, square, name, what)
    await delivered(driver, for_ada(clock))

    assert len(square.books.customers) == 1
    assert [order["state"] for order in square.books.orders.values()] == ["COMPLETED"]


async def test_days_later_it_is_looked_for_first(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    losing(driver, square, "customer-made", "drop")
    driver.on_failure = lambda: clock.forward(days=2)
    await delivered(driver, for_ada(clock))

    assert (len(square.books.customers), driver.looks) == (1, 1)
    (order,) = square.books.orders.values()
    assert order["customer_id"] in square.books.customers


async def test_one_that_was_never_made_is_made_days_later(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    def on_step(step: Step) -> None:
        if step.name == "customer-made":
            square.faults.add("drop", on=step.request.path)

    driver.on_step, driver.on_failure = on_step, lambda: clock.forward(days=2)
    await delivered(driver, for_ada(clock, generation=1, named={"number": None}))

    (made,) = square.books.customers.values()
    assert "note" not in made
    assert driver.looks == 1


async def test_one_that_was_pulled_from_square_is_named_as_square_names_them(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    known = square.books.create_customer({"given_name": "Ada"})["customer"]["id"]
    await delivered(driver, for_ada(clock, customer=known))
    ended = await delivered(driver, for_ada(clock, 2, customer="C999999"))

    first, second = square.books.orders.values()
    assert (first["customer_id"], "customer_id" in second) == (known, False)
    assert "not there any more" in driver.notes[0]
    assert ended.drift == 0


@pytest.mark.parametrize(("status", "code"), [(403, "INSUFFICIENT_SCOPES"), (400, "BAD_REQUEST")])
async def test_a_sale_is_not_held_up_by_its_customer(
    driver: Driver, square: LyingSquare, clock: Clock, status: int, code: str
) -> None:
    body = f'{{"errors": [{{"category": "INVALID_REQUEST_ERROR", "code": "{code}"}}]}}'.encode()
    square.faults.add("status", on="/v2/customers", status=status, body=body)
    await delivered(driver, for_ada(clock))

    (order,) = square.books.orders.values()
    assert (order["state"], "customer_id" in order) == ("COMPLETED", False)
    assert "Ada Byron" in driver.notes[0]


async def test_a_seller_may_keep_customers_to_the_store(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    driver.connector = square_at(driver.connector.base_url, customers="none")
    await delivered(driver, for_ada(clock))

    assert square.books.customers == {}
    assert not driver.connector.capabilities.customers


# --- feeds ---


async def pages(driver: Driver, feed: Feed, cursor: str | None = None) -> list[Page]:
    found: list[Page] = []
    while True:
        request = driver.connector.pull(feed, cursor)
        assert request is not None
        credentials = driver.connector.credentials(request, "", driver.clock())
        answer = await driver.session.exchange(driver.connector.base_url, request, credentials)
        page = driver.connector.page(feed, cursor, answer)
        assert isinstance(page, Page)
        found.append(page)
        cursor = page.cursor
        if not page.more:
            return found


async def test_counts_come_page_by_page_and_then_what_changed(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    square.books.page_size = 1
    first = await pages(driver, Feed.STOCK)
    assert [(one.remote_id, one.quantity) for page in first for one in page.stock] == [
        ("V1", Decimal(100)),
        ("V2", Decimal(50)),
    ]
    clock.forward(minutes=10)
    await delivered(driver, fact_of(sale([line("mug", 1250, "2")]), clock))
    clock.forward(minutes=1)

    (then,) = await pages(driver, Feed.STOCK, first[-1].cursor)
    assert [(one.remote_id, one.quantity) for one in then.stock] == [("V1", Decimal(98))]


async def test_customers_come_with_our_own_id_where_they_are_ours(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    driver.connector = square_at(driver.connector.base_url, customers="both")
    await delivered(driver, for_ada(clock))
    square.books.create_customer({"given_name": "Bo", "family_name": "Ek", "email_address": "bo@example.com"})
    square.books.create_customer({"company_name": "Kiosk GmbH"})
    square.books.page_size = 2
    found = [one for page in await pages(driver, Feed.CUSTOMERS) for one in page.customers]

    assert [one.name for one in found] == ["Ada Byron", "Bo Ek", "Kiosk GmbH"]
    assert [one.reference for one in found] == [ADA["id"], None, None]
    assert found[1].email == "bo@example.com"


async def test_feeds_follow_the_settings(clock: Clock) -> None:
    def feeds(**settings: Any) -> set[Feed]:
        rules = square_at("http://127.0.0.1:9", **settings).capabilities.feeds
        return {one.feed for one in rules}

    assert feeds() == {Feed.ITEMS, Feed.STOCK}
    assert feeds(stock="none", customers="both") == {Feed.ITEMS, Feed.CUSTOMERS}
    assert square_at("http://127.0.0.1:9").pull(Feed.CUSTOMERS, None) is None
    assert Settings.model_fields["customers"].default == "up"


@pytest.mark.parametrize("feed", [Feed.STOCK, Feed.CUSTOMERS])
def test_what_is_not_square_is_trouble_and_odd_entries_are_left_out(feed: Feed) -> None:
    connector = square_at("http://127.0.0.1:9", customers="both")
    assert isinstance(connector.page(feed, None, Answer(200, {}, b"<html>")), Retry)
    error = b'{"errors": [{"category": "INVALID_REQUEST_ERROR", "code": "BAD_REQUEST"}]}'
    assert isinstance(connector.page(feed, None, Answer(400, {}, error)), Refused)
    odd = b'{"counts": [1, {"catalog_object_id": "V", "state": "IN_STOCK", "quantity": "many"}, {"state": "SOLD"}],'
    odd += b'"customers": ["x", {"given_name": "nobody"}]}'
    stamped = Answer(200, {"date": "Sat, 21 Nov 2026 12:00:00 GMT"}, odd)
    for answer in (Answer(200, {}, odd), Answer(200, {"date": "yesterday"}, odd), stamped):
        page = connector.page(feed, None, answer)
        assert isinstance(page, Page)
        assert (page.stock, page.customers, page.more) == ((), (), False)
    page = connector.page(feed, None, stamped)
    assert isinstance(page, Page)
    again = connector.page(feed, page.cursor, Answer(200, {}, b"{}"))
    assert isinstance(again, Page)
    assert again.cursor == page.cursor, "with no clock of Square's, it goes on from where it was"
