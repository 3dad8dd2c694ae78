"""What Shopify says of its own books, and what we make of it: nothing missed, nothing taken for what it is not."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from agent.refund import remaining
from outbox.books import Delivered, Entry, Listing, Standing
from outbox.clouds import KINDS, StoreFacts
from outbox.clouds.shopify.books import PAGE_ORDERS, REFUNDS_BESIDE, REFUNDS_MAX
from outbox.clouds.tendered import to_be_paid
from outbox.connector import Answer, Refused, Retry, Unauthorized
from outbox.record import Kind
from tests.clouds.driver import Clock, Driver
from tests.clouds.records import line, place, refund, sale
from tests.clouds.shopify_shop import (
    STORE,
    a_shopify,
    delivered,
    journaled,
    settings,
    shopify_at,
    shopify_fact,
    the_order,
)
from tests.clouds.test_shopify_any import BadLine
from tests.money import baskets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from outbox.books import Books
    from outbox.connector import Request
    from outbox.record import Record
    from tests.clouds.lying_shopify import LyingShopify

ORDER, OTHER = "gid://shopify/Order/1", "gid://shopify/Order/2"
REFUND = "gid://shopify/Refund/1"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # the driver's clock, until it is moved
LAG = timedelta(seconds=60)  # of the lying index


def the_books(**more: Any) -> Books:
    found = KINDS["shopify"].books(settings(**more), STORE)
    assert found is not None
    return found


BOOKS = the_books()
DAY = BOOKS.between(NOON - timedelta(hours=1), NOON + timedelta(hours=1))


async def asked(driver: Driver, requests: Iterable[Request], books: Books = BOOKS) -> list[Entry]:
    """Return what the answers to these and to all that they lead to hold."""
    waiting, found = list(requests), list[Entry]()
    while waiting:
        request = waiting.pop(0)
        listing = books.read(request, await driver._exchange(request, ""), driver.clock())
        assert isinstance(listing, Listing), listing
        found += listing.entries
        waiting += listing.further
    assert len({entry.remote_id for entry in found}) == len(found)
    return found


async def of_the_day(driver: Driver) -> list[Entry]:
    """Return what the day's list holds, once the index knows of everything."""
    driver.clock.forward(seconds=LAG.total_seconds())
    return await asked(driver, DAY)


async def taken(driver: Driver, record: Record, sale_refs: Mapping[str, str] | None = None) -> Delivered:
    """Deliver a record, and return it as our own book then has it."""
    ended, refs = await delivered(driver, record, sale_refs=sale_refs or {})
    return Delivered(record, ended.remote_id, refs, sale_refs or {})


def without_original(record: Record) -> Record:
    return replace(record, body=record.body | {"original": None})


# --- what a day holds ---


async def test_a_days_sales_and_refunds_are_listed_with_their_totals_and_our_marks(to_shopify: Driver) -> None:
    record = sale([line("mug", 1250, "2"), line("tea", 399)], [("cash", 1000), ("card", 1899)])
    sold = await taken(to_shopify, record)
    back = refund(record, [("card", 1000), ("cash", 250)], lines=record.body["lines"][:1])
    given = await taken(to_shopify, back, sold.refs)
    wanted = [
        Entry(sold.refs["order"], Kind.SALE, record.id, "T1-000001", 2899, "EUR", Standing.BOOKED),
        Entry(given.refs["refund"], Kind.REFUND, back.id, "T1-000002", 1250, "EUR", Standing.BOOKED),
    ]
    assert await of_the_day(to_shopify) == wanted
    assert await asked(to_shopify, BOOKS.one(sold)) == wanted[:1]
    assert await asked(to_shopify, BOOKS.one(given)) == wanted[1:]
    assert [BOOKS.due(record), BOOKS.due(back)] == [2899, 1250]


async def test_an_order_whose_money_went_back_is_still_booked(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250)])
    sold = await taken(to_shopify, record)
    await taken(to_shopify, refund(record, [("cash", 1250)]), sold.refs)
    assert the_order(shopify)["displayFinancialStatus"]() == "REFUNDED"
    assert [one.standing for one in await of_the_day(to_shopify)] == [Standing.BOOKED] * 2


async def test_a_refund_of_an_earlier_days_sale_is_in_the_list_of_its_own_day(to_shopify: Driver, clock: Clock) -> None:
    record = sale([line("mug", 1250)])
    sold = await taken(to_shopify, record)
    clock.forward(days=9)
    back = refund(record, [("cash", 1250)])
    await taken(to_shopify, back, sold.refs)
    clock.forward(minutes=2)
    found = await asked(to_shopify, BOOKS.between(clock() - timedelta(hours=1), clock()))
    assert [(one.kind, one.total) for one in found if one.record_id == back.id] == [(Kind.REFUND, 1250)]


async def test_a_sale_that_was_touched_later_is_in_the_list_of_its_own_day_still(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock
) -> None:
    record = sale([line("mug", 1250)])
    await taken(to_shopify, record)
    clock.forward(days=9)
    shopify.books.cancel(the_order(shopify))
    assert [(one.record_id, one.standing) for one in await of_the_day(to_shopify)] == [(record.id, Standing.CANCELLED)]


@pytest.mark.parametrize("many", [REFUNDS_BESIDE - 1, REFUNDS_BESIDE, 5])
async def test_every_refund_of_an_order_is_seen_once(to_shopify: Driver, shopify: LyingShopify, many: int) -> None:
    record = sale([line("mug", 1000, "5")])
    sold = await taken(to_shopify, record)
    piece = [record.body["lines"][0] | {"quantity": "1"}]
    backs = [refund(record, [("cash", 1000 - n)], number=n, lines=piece) for n in range(2, many + 2)]
    gave = [await taken(to_shopify, back, sold.refs) for back in backs]
    found = await of_the_day(to_shopify)
    assert {one.record_id: one.total for one in found} == {record.id: 5000} | {one.id: BOOKS.due(one) for one in backs}
    assert shopify.requests.count("BookedRefunds") == (many >= REFUNDS_BESIDE)
    assert [one.record_id for one in await asked(to_shopify, BOOKS.one(gave[-1]))] == [backs[-1].id]


async def test_an_exchange_is_a_refund_and_another_order(to_shopify: Driver) -> None:
    original = sale([line("tea", 399)])
    sold = await taken(to_shopify, original)
    back = refund(original, [("exchange", 399)])
    instead = sale([line("mug", 1250)], [("exchange", 399), ("cash", 1000)], number=3)
    instead.body["exchange"] = {"id": back.id, "receipt_number": back.receipt_number}
    await taken(to_shopify, back, sold.refs)
    await taken(to_shopify, instead)
    found = {one.record_id: one.total for one in await of_the_day(to_shopify)}
    assert found == {original.id: 399, back.id: 399, instead.id: 1250}
    assert found == {one.id: BOOKS.due(one) for one in (original, back, instead)}


async def test_a_long_day_is_read_page_by_page(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.books.page_size = 3
    records = [sale([line("mug", 1000 + n)], number=n) for n in range(1, 9)]
    for record in records:
        await taken(to_shopify, record)
    assert [one.record_id for one in await of_the_day(to_shopify)] == [one.id for one in records]
    assert shopify.requests.count("BookedOrders") == 3
    assert json.loads(DAY[0].body)["variables"]["first"] == PAGE_ORDERS


@pytest.mark.parametrize(
    ("since_s", "until_s", "there"),
    [(0, 0, True), (-3600, 0, True), (0, 3600, True), (1, 3600, False), (-3600, -2, False)],
)
async def test_only_the_stretch_that_was_asked_for_is_listed(
    to_shopify: Driver, since_s: int, until_s: int, *, there: bool
) -> None:
    await taken(to_shopify, sale([line("mug", 1250)]))
    to_shopify.clock.forward(seconds=60)
    wanted = BOOKS.between(NOON + timedelta(seconds=since_s), NOON + timedelta(seconds=until_s))
    assert bool(await asked(to_shopify, wanted)) is there


async def test_what_the_index_does_not_show_yet_is_there_by_its_id(to_shopify: Driver) -> None:
    record = sale([line("mug", 1250)])
    sold = await taken(to_shopify, record)
    assert await asked(to_shopify, DAY) == []
    assert [one.record_id for one in await asked(to_shopify, BOOKS.one(sold))] == [record.id]


async def test_without_an_id_there_a_record_is_asked_for_by_ours(to_shopify: Driver) -> None:
    record = sale([line("mug", 1250)])
    sold = await taken(to_shopify, record)
    back = refund(record, [("cash", 1250)])
    await taken(to_shopify, back, sold.refs)
    to_shopify.clock.forward(minutes=2)
    settled = [Delivered(record, None, {}, {}), Delivered(back, None, {}, sold.refs)]
    found = [one.record_id for each in settled for one in await asked(to_shopify, BOOKS.one(each))]
    assert {record.id, back.id} <= set(found)
    assert BOOKS.one(Delivered(back, None, {}, {})) == ()
    by_remote_id = BOOKS.one(Delivered(record, sold.remote_id, {}, {}))
    assert [one.record_id for one in await asked(to_shopify, by_remote_id)] == [record.id]


# --- what somebody did there ---


@pytest.mark.parametrize("source", [None, "1234-12-1000", "Till 3 of another app"])
async def test_an_order_that_is_not_ours_is_told_and_is_nobodys(
    to_shopify: Driver, shopify: LyingShopify, source: str | None
) -> None:
    await taken(to_shopify, sale([line("mug", 1250)]))
    theirs = the_order(shopify) | {"id": OTHER, "sourceIdentifier": source, "name": "#1001"}
    shopify.books.orders[OTHER] = theirs
    by_hand = {"parentId": theirs["paid"][0]["id"], "amount": "2.50", "kind": "REFUND", "gateway": "cash"}
    given = {"orderId": OTHER, "note": "broken", "processedAt": "", "refundLineItems": [], "transactions": [by_hand]}
    theirs["refunds"] = lambda first: theirs["refunded"][:first]
    theirs["refunded"] = []
    shopify.books.create_refund(given)
    found = [one for one in await of_the_day(to_shopify) if one.record_id is None]
    assert [(one.kind, one.receipt_number, one.total) for one in found] == [
        (Kind.SALE, None, 1250),
        (Kind.REFUND, None, 250),
    ]


async def test_an_order_without_our_tag_is_there_by_its_id_alone(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250)])
    sold = await taken(to_shopify, record)
    the_order(shopify)["tags"] = ["sorted"]
    assert await of_the_day(to_shopify) == []
    assert [one.record_id for one in await asked(to_shopify, BOOKS.one(sold))] == [record.id]


async def test_a_sale_cancelled_there_counts_for_nothing(to_shopify: Driver, shopify: LyingShopify) -> None:
    sold = await taken(to_shopify, sale([line("mug", 1250)]))
    shopify.books.cancel(the_order(shopify))
    found = await of_the_day(to_shopify)
    assert [one.standing for one in found] == [Standing.CANCELLED]
    assert await asked(to_shopify, BOOKS.one(sold)) == found


@pytest.mark.parametrize(
    ("total", "standing"), [("12.00", Standing.BOOKED), ("13.00", Standing.OPEN)], ids=["less", "more"]
)
async def test_a_sale_altered_there_has_another_total(
    to_shopify: Driver, shopify: LyingShopify, total: str, standing: Standing
) -> None:
    record = sale([line("mug", 1250)])
    await taken(to_shopify, record)
    shopify.books.edit(the_order(shopify), total)
    (found,) = await of_the_day(to_shopify)
    assert (found.total, found.standing) == (int(total.replace(".", "")), standing)
    assert found.total != BOOKS.due(record)


async def test_an_order_deleted_there_is_gone_with_its_refunds(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250)])
    sold = await taken(to_shopify, record)
    given = await taken(to_shopify, refund(record, [("cash", 1250)]), sold.refs)
    shopify.books.orders.clear()
    assert await of_the_day(to_shopify) == []
    for one in (sold, given, replace(given, refs={})):
        assert await asked(to_shopify, BOOKS.one(one)) == []


async def test_what_is_there_twice_is_told_twice(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250)], [("card", 1250)])
    await taken(to_shopify, record)
    sold = await taken(to_shopify, record)  # a disk was put back, say
    back = refund(record, [("card", 500)], lines=[])
    await taken(to_shopify, back, sold.refs)
    order = shopify.books.orders[sold.refs["order"]]
    again = {"parentId": order["paid"][0]["id"], "amount": "5.00", "kind": "REFUND", "gateway": "Card terminal"}
    note = order["refunded"][0]["note"]
    shopify.books.create_refund(
        {"orderId": order["id"], "note": note, "processedAt": "", "refundLineItems": [], "transactions": [again]}
    )
    found = await of_the_day(to_shopify)
    for one, total in ((record, 1250), (back, 500)):
        assert [(each.total, each.part) for each in found if each.record_id == one.id] == [(total, "")] * 2


# --- what is to be there ---


def test_what_is_to_be_there_of_each_kind_of_record() -> None:
    mugs = [line("mug", 1252)]
    sold = sale(mugs)
    assert BOOKS.due(sale(mugs, [("card", 252), ("cash", 5000)])) == 1252  # change is not kept
    assert BOOKS.due(sale(mugs, rounding=-2)) == 1250
    assert BOOKS.due(sale(mugs, rounding=3)) == 1255
    assert BOOKS.due(sale(mugs, included=False)) == 1490
    assert BOOKS.due(sale([line("mug", 0)])) == 0
    assert BOOKS.due(sale([line("mug", 1000, "3", discount=1)], sale_discount=350)) == 2649
    assert BOOKS.due(sale([line("mug", 100)] * 251)) is None  # more lines than an order takes: it is parked
    paid_out = sale(mugs)
    paid_out.body["total"] = -100
    assert BOOKS.due(paid_out) is None
    assert BOOKS.due(refund(sold, [("cash", 1000), ("card", 252)])) == 1252
    assert BOOKS.due(refund(sold, [("exchange", 1252)])) == 1252
    assert BOOKS.due(refund(sold, [])) is None  # nothing was given back
    assert BOOKS.due(without_original(refund(sold, [("cash", 1252)]))) is None
    for kind in (Kind.VOID, Kind.CASH, Kind.SHIFT_CLOSE):
        assert BOOKS.due(place({}, kind)) is None


@examples(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_any_sale_and_its_refunds_come_to_what_is_due(seed: int) -> None:
    asyncio.run(any_day(Random(seed)))


async def any_day(random: Random) -> None:
    """Ring a sale, bring it back part by part, and ask the shop what it has."""
    rung, clock = baskets.ring(random), Clock()
    baskets.pay(random, rung)
    body = baskets.complete(rung)
    shop = a_shopify(clock)
    shop.books.currency, shop.books.lag = body["currency"], timedelta(0)
    shop.books.page_size = random.randint(1, 3)
    store = StoreFacts("store-1", body["currency"], rung.rules.prices_include_tax, "Europe/Berlin")
    driver = Driver(shopify_at("http://127.0.0.1:1", store), BadLine(shop, []), clock)
    record = journaled(body, Kind.SALE, 1)
    if to_be_paid(body) < 0:
        assert BOOKS.due(record) is None
        return
    ended, refs = await driver.deliver(shopify_fact(record, clock))
    if isinstance(ended, Refused):  # taxes on taxes of more than 100 %, which Shopify does not take
        assert ended.code == "TAX_LINE_RATE_MISSING"
        return
    wanted, earlier = {record.id: (BOOKS.due(record) or 0) + ended.drift}, list[dict[str, Any]]()
    while any(remaining(body, earlier).values()) and len(earlier) < 4:
        earlier.append(baskets.give_back(random, rung, body, earlier))
        back = journaled(earlier[-1], Kind.REFUND, len(earlier) + 1)
        ended, _ = await delivered(driver, back, sale_refs=refs)
        wanted[back.id] = (BOOKS.due(back) or 0) + ended.drift  # empties stay paid: so much may not be left
    entries = await asked(driver, DAY)
    there = dict.fromkeys(wanted, 0)
    for one in entries:
        assert one.record_id is not None
        assert (one.standing, one.currency) == (Standing.BOOKED, body["currency"])
        there[one.record_id] += one.total or 0
    assert there == wanted
    assert shop.spec_faults == []


# --- what an answer may be ---


def bag(amount: str = "12.50", currency: str = "EUR") -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def order(**more: Any) -> dict[str, Any]:
    """Return an order as Shopify lists it: a refund in it, or whatever `more` says."""
    given = {"id": REFUND, "note": None, "totalRefundedSet": bag("1.00")}
    own = {"id": ORDER, "name": "#1", "sourceIdentifier": None, "createdAt": "2026-11-20T12:00:00Z"}
    paid = {"cancelledAt": None, "displayFinancialStatus": "PAID", "fullyPaid": True, "totalPriceSet": bag()}
    return own | paid | {"refunds": [given]} | more


def page(*orders: Any, scopes: tuple[str, ...] = (), **info: Any) -> dict[str, Any]:
    told = {"nodes": list(orders), "pageInfo": {"hasNextPage": False, "endCursor": None} | info}
    return {"orders": told, "currentAppInstallation": {"accessScopes": [{"handle": one} for one in scopes]}}


def said(request: Request, body: object, status: int = 200, now: datetime = NOON) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return BOOKS.read(request, Answer(status, {}, raw), now)


(LIST,) = DAY
SOLD = sale([line("mug", 1250)])
GIVEN = refund(SOLD, [("cash", 1250)])
(ONE_SALE,) = BOOKS.one(Delivered(SOLD, ORDER, {"order": ORDER}, {}))
(ONE_REFUND,) = BOOKS.one(Delivered(GIVEN, REFUND, {"refund": REFUND}, {"order": ORDER}))
(ALL_REFUNDS,) = BOOKS.one(Delivered(GIVEN, None, {}, {"order": ORDER}))
EVERY = pytest.mark.parametrize(
    "request_", [LIST, ONE_SALE, ONE_REFUND, ALL_REFUNDS], ids=["list", "sale", "refund", "refunds"]
)


@EVERY
@pytest.mark.parametrize(
    ("body", "status", "means"),
    [
        (b"", 500, Retry),
        ({"errors": [{"message": "Internal error"}]}, 500, Retry),
        (b"", 429, Retry),
        (b"", 430, Retry),
        ({"errors": [{"message": "m", "extensions": {"code": "THROTTLED"}}]}, 200, Retry),
        ({"errors": [{"message": "m", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}], "data": None}, 200, Retry),
        ({"errors": [{"message": "m"}], "data": {"orders": page()["orders"], "order": order()}}, 200, Retry),
        ({"errors": "[API] Invalid API key"}, 401, Unauthorized),
        ({"errors": "This app is not approved"}, 403, Unauthorized),
        ({"errors": [{"message": "m", "extensions": {"code": "ACCESS_DENIED"}}]}, 200, Unauthorized),
        (b"<html>Sign in to the hotel's line</html>", 200, Retry),
        (b"<html>", 403, Retry),
        (b'{"data": {"orders": {"nodes": [', 200, Retry),
        ([1], 200, Retry),
        ({"data": {}}, 200, Retry),
        ({"data": {"shop": {"name": "Corner Shop"}}}, 200, Retry),
        ({"data": {"orders": None, "order": 7, "refund": []}}, 200, Retry),
        ({"data": {"order": order(id=OTHER), "refund": {"id": OTHER}}}, 200, Retry),
    ],
)
def test_what_is_no_whole_answer_is_never_an_empty_day(
    request_: Request, body: object, status: int, means: type[Retry | Unauthorized]
) -> None:
    found = said(request_, body, status)
    assert isinstance(found, means), found
    assert found.reason


@EVERY
async def test_half_an_answer_of_the_shops_own_is_none(
    to_shopify: Driver, shopify: LyingShopify, request_: Request
) -> None:
    shopify.faults.add("half_json", after=True)
    answer = await to_shopify._exchange(request_, "")
    assert isinstance(BOOKS.read(request_, answer, NOON), Retry)


@pytest.mark.parametrize("request_", [ONE_SALE, ONE_REFUND, ALL_REFUNDS])
def test_what_there_is_none_of_by_an_id_is_nothing(request_: Request) -> None:
    assert said(request_, {"data": {"order": None, "refund": None}}) == Listing()


def test_what_cannot_be_read_is_never_left_out() -> None:
    cannot: list[Any] = [
        None,
        7,
        order(id=None),
        order(totalPriceSet=None),
        order(totalPriceSet=bag("12.505")),
        order(totalPriceSet={"shopMoney": {"amount": "1.00"}}),
        order(refunds=None),
        order(refunds=[None]),
        order(refunds=[{"id": REFUND, "note": None, "totalRefundedSet": None}]),
        order(refunds=[{"id": None, "note": None, "totalRefundedSet": bag()}]),
        order(refunds=[{"id": REFUND, "note": None, "totalRefundedSet": {"shopMoney": {"amount": "1.00"}}}]),
    ]
    assert len(said(LIST, {"data": page(order())}).entries) == 2
    for one in cannot:
        found = said(LIST, {"data": page(order(), one)})
        assert isinstance(found, Retry), one
    assert isinstance(said(ONE_SALE, {"data": {"order": order(totalPriceSet=None)}}), Retry)
    assert isinstance(said(ONE_REFUND, {"data": {"refund": {"id": REFUND}}}), Retry)
    assert isinstance(said(ALL_REFUNDS, {"data": {"order": {"id": ORDER, "refunds": None}}}), Retry)
    for info in ({"hasNextPage": None}, {"hasNextPage": True, "endCursor": None}):
        assert isinstance(said(LIST, {"data": page(order(), **info)}), Retry)
    many = [{"id": f"{REFUND}{n}", "note": None, "totalRefundedSet": bag()} for n in range(REFUNDS_MAX)]
    assert len(said(ALL_REFUNDS, {"data": {"order": {"id": ORDER, "refunds": many[1:]}}}).entries) == REFUNDS_MAX - 1
    assert isinstance(said(ALL_REFUNDS, {"data": {"order": {"id": ORDER, "refunds": many}}}), Retry)


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({}, Standing.BOOKED),
        ({"displayFinancialStatus": "PARTIALLY_REFUNDED", "fullyPaid": False}, Standing.BOOKED),
        ({"displayFinancialStatus": "REFUNDED", "fullyPaid": False}, Standing.BOOKED),
        ({"displayFinancialStatus": None}, Standing.BOOKED),
        ({"displayFinancialStatus": None, "fullyPaid": None}, Standing.OPEN),
        ({"displayFinancialStatus": "PENDING", "fullyPaid": False}, Standing.OPEN),
        ({"displayFinancialStatus": "AUTHORIZED", "fullyPaid": False}, Standing.OPEN),
        ({"displayFinancialStatus": "PARTIALLY_PAID", "fullyPaid": False}, Standing.OPEN),
        ({"displayFinancialStatus": "VOIDED", "fullyPaid": False}, Standing.CANCELLED),
        ({"displayFinancialStatus": "EXPIRED", "fullyPaid": False}, Standing.CANCELLED),
        ({"cancelledAt": "2026-11-20T13:00:00Z"}, Standing.CANCELLED),
    ],
)
def test_whether_an_order_counts(more: dict[str, Any], standing: Standing) -> None:
    assert said(ONE_SALE, {"data": {"order": order(**more)}}).entries[0].standing is standing


def test_marks_are_read_as_they_are_written() -> None:
    def seen(**more: Any) -> tuple[str | None, str | None]:
        (entry,) = said(ONE_SALE, {"data": {"order": order(**more)}}).entries
        return entry.record_id, entry.receipt_number

    assert seen(sourceIdentifier=SOLD.id, name="T1-000001") == (SOLD.id, "T1-000001")
    assert seen(sourceIdentifier=SOLD.id, name=SOLD.id) == (SOLD.id, None)
    assert seen(sourceIdentifier=f"{SOLD.id}0", name="T1-000001") == (None, None)

    def back(note: str | None) -> tuple[str | None, str | None]:
        given = {"id": REFUND, "note": note, "totalRefundedSet": bag()}
        (entry,) = said(ONE_REFUND, {"data": {"refund": given}}).entries
        return entry.record_id, entry.receipt_number

    assert back(f"Receipt T1-000002 {GIVEN.id}") == (GIVEN.id, "T1-000002")
    assert back(f"Receipt  {GIVEN.id}") == (GIVEN.id, None)
    assert back("Receipt lost") == back(None) == (None, None)


def test_another_currency_is_told_in_its_own_minor_units() -> None:
    (entry,) = said(ONE_SALE, {"data": {"order": order(totalPriceSet=bag("1250.0", "JPY"))}}).entries
    assert (entry.total, entry.currency) == (1250, "JPY")


@pytest.mark.parametrize(
    ("days", "scopes", "told"),
    [(59, (), True), (61, ("read_orders",), False), (61, ("read_all_orders",), True)],
)
def test_a_day_that_the_app_may_not_see_is_not_an_empty_one(days: int, scopes: tuple[str, ...], *, told: bool) -> None:
    found = said(LIST, {"data": page(scopes=scopes)}, now=NOON + timedelta(days=days))
    assert found == Listing() if told else isinstance(found, Refused) and "read_all_orders" in found.hint
    (by_ours,) = BOOKS.one(Delivered(SOLD, None, {}, {}))
    assert said(by_ours, {"data": page()}, now=NOON + timedelta(days=days)) == Listing()


async def test_a_token_that_ran_out_is_told(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.token = "another"
    assert isinstance(BOOKS.read(LIST, await to_shopify._exchange(LIST, ""), NOON), Unauthorized)
    assert shopify.spec_faults == []
