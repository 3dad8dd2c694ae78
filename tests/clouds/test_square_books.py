"""What Square is asked of its own books, and what is made of its answers: nothing is missed, and nothing believed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from pydantic import SecretStr

from outbox.books import Delivered, Entry, Listing, Standing
from outbox.clouds import KINDS
from outbox.clouds.square import Settings
from outbox.clouds.square.books import SquareBooks
from outbox.connector import Answer, Complete, Fact, Refused, Retry, Step, Unauthorized
from outbox.record import Kind
from outbox.session import Session
from tests.clouds.conftest import STORE, a_square, hasty, square_at
from tests.clouds.driver import Clock, Driver
from tests.clouds.records import CHAIN, fact_of, line, place, refund, sale
from tests.clouds.serving import serving
from tests.clouds.test_square_any import days

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import Receive, Scope, Send

    from outbox.connector import Request
    from outbox.record import Record
    from tests.clouds.lying_square import LyingSquare

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # when the driver's clock starts
BOOKS = SquareBooks("L1")
DAY = BOOKS.between(NOON, NOON + timedelta(hours=12))


async def taken(driver: Driver, record: Record, sale_refs: Mapping[str, str] | None = None) -> Delivered:
    """Deliver a record, and return what our book then has of it."""
    before = sale_refs or {}
    ended, refs = await driver.deliver(fact_of(record, driver.clock, sale_refs=before))
    assert isinstance(ended, Complete)
    return Delivered(record, ended.remote_id, refs, before)


async def asked(driver: Driver, requests: Iterable[Request] = DAY) -> list[Entry]:
    """Ask, page by page."""
    waiting = list(requests)
    found: list[Entry] = []
    while waiting:
        request = waiting.pop(0)
        listing = BOOKS.read(request, await driver._exchange(request, ""), driver.clock())
        assert isinstance(listing, Listing), listing
        found += listing.entries
        waiting += listing.further
    return found


def said(request: Request, value: object, status: int = 200, **headers: str) -> object:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return BOOKS.read(request, Answer(status, headers, body), NOON)


def error(category: str, code: str) -> dict[str, object]:
    return {"errors": [{"category": category, "code": code, "detail": "so it is"}]}


# --- a day ---


def test_a_section_says_where_to_ask() -> None:
    section = Settings.model_validate({"location_id": "L7", "token": SecretStr("t")})
    assert KINDS["square"].books(section, STORE) == SquareBooks("L7")


async def test_a_days_sales_and_refunds_are_seen_with_their_totals_and_whose_they_are(
    driver: Driver, square: LyingSquare
) -> None:
    sold = sale([line("mug", 1250, "2")], [("cash", 3000)])
    split = sale([line("mug", 1250, "2")], [("cash", 1000), ("card", 1500)], number=2)
    back = refund(split, [("cash", 1200)], number=3)
    first = await taken(driver, sold)
    second = await taken(driver, split)
    third = await taken(driver, back, second.refs)
    booked = Standing.BOOKED
    whole = [
        Entry(first.refs["order"], Kind.SALE, sold.id, "T1-000001", 2500, "EUR", booked, chain=CHAIN),
        Entry(second.refs["order"], Kind.SALE, split.id, "T1-000002", 2500, "EUR", booked, chain=CHAIN),
        Entry(third.refs["refund-1"], Kind.REFUND, back.id, "T1-000003", 1000, "EUR", booked, "1"),
        Entry(third.refs["refund-2"], Kind.REFUND, back.id, "T1-000003", 200, "EUR", booked, "2"),
    ]
    assert await asked(driver) == whole
    assert len(square.books.returns) == 2  # the refunds once more, as orders: they are not told twice
    assert await asked(driver, BOOKS.one(first)) == whole[:1]
    assert await asked(driver, BOOKS.one(second)) == whole[1:2]
    assert await asked(driver, BOOKS.one(third)) == whole[2:]


async def test_an_exchange_is_both_of_its_halves(driver: Driver) -> None:
    original = sale([line("tea", 320)])
    before = await taken(driver, original)
    back = refund(original, [("exchange", 320)])
    instead = sale([line("mug", 1250)], [("exchange", 320), ("cash", 930)], number=3)
    await taken(driver, back, before.refs)
    await taken(driver, instead)
    totals = {entry.record_id: entry.total for entry in await asked(driver)}
    assert totals == {original.id: 320, back.id: 320, instead.id: 1250}


async def test_a_refund_with_no_receipt_hangs_on_no_payment_and_is_seen(driver: Driver) -> None:
    back = refund(sale([line("mug", 1250)]), [("cash", 1250)])
    back = replace(back, body=back.body | {"original": None})
    delivered = await taken(driver, back)
    (entry,) = await asked(driver)
    assert (entry.record_id, entry.total, entry.part) == (back.id, 1250, "1")
    assert await asked(driver, BOOKS.one(delivered)) == [entry]


async def test_a_long_day_comes_page_by_page(driver: Driver, square: LyingSquare) -> None:
    square.books.page_size = 3
    wanted: dict[str | None, int | None] = {}
    for number in range(1, 15, 2):
        sold = sale([line("tea", 399)], number=number)
        back = refund(sold, [("cash", 99)], number=number + 1)
        await taken(driver, back, (await taken(driver, sold)).refs)
        wanted |= {sold.id: 399, back.id: 99}
    before = len(square.requests)
    found = await asked(driver)
    assert {entry.record_id: entry.total for entry in found} == wanted
    assert len(found) == len(wanted)
    assert len(square.requests) - before == 5 + 3  # of 7 orders with a return each, and of 7 refunds


@pytest.mark.parametrize(("minutes", "there"), [(-1, False), (0, True), (30, True), (60, True), (61, False)])
async def test_only_what_was_made_in_the_stretch_is_listed(
    driver: Driver, clock: Clock, minutes: int, *, there: bool
) -> None:
    clock.forward(minutes=minutes)
    sold = sale([line("mug", 1250)])
    before = await taken(driver, sold)
    back = refund(sold, [("cash", 1250)])
    await taken(driver, back, before.refs)
    found = {entry.record_id for entry in await asked(driver, BOOKS.between(NOON, NOON + timedelta(hours=1)))}
    assert found == ({sold.id, back.id} if there else set())


async def test_the_ends_of_a_stretch_are_in_it_to_the_last_millisecond(driver: Driver, clock: Clock) -> None:
    since, until = NOON.replace(microsecond=400_000), NOON.replace(second=9, microsecond=900_000)
    ids = set()
    for number, at in enumerate((since, until), 1):
        clock.at = at
        ids.add((await taken(driver, sale([line("mug", 1250)], number=number))).record.id)
    assert {entry.record_id for entry in await asked(driver, BOOKS.between(since, until))} == ids


# --- what is not as the till has it ---


async def test_what_was_sold_by_others_is_told_as_nobodys(driver: Driver, square: LyingSquare) -> None:
    """A source filter may be ignored, and refunds have none."""
    await taken(driver, sale([line("mug", 1250)]))
    (ours,) = square.books.orders.values()
    (payment,) = square.books.payments.values()
    square.books.orders["O900001"] = ours | {"id": "O900001", "reference_id": "web-1", "metadata": {"shop": "web"}}
    square.books.orders["O900002"] = ours | {"id": "O900002", "reference_id": "desk-1", "source": {"name": "Register"}}
    square.books.create_refund(
        {"amount_money": {"amount": 50, "currency": "EUR"}, "payment_id": payment["id"], "reason": "Returned goods"}
    )
    other = [(entry.kind, entry.receipt_number, entry.total) for entry in await asked(driver) if not entry.record_id]
    assert other == [(Kind.SALE, None, 1250), (Kind.REFUND, None, 50)]


async def test_a_plan_that_broke_off_leaves_an_open_order(driver: Driver, square: LyingSquare) -> None:
    record = sale([line("mug", 1250)], [("cash", 1000), ("card", 250)])
    fact: Fact = fact_of(record, driver.clock)
    for name in ("order", "payment-1"):
        step = driver.connector.next_step(fact)
        assert isinstance(step, Step)
        assert step.name == name
        outcome = driver.connector.verdict(step, fact, await driver._exchange(step.request, step.key))
        fact = replace(fact, refs={**fact.refs, **outcome.refs})  # type: ignore[union-attr]  # each is done
    (entry,) = await asked(driver)
    assert (entry.record_id, entry.standing, entry.total) == (record.id, Standing.OPEN, 1250)


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        ("COMPLETED", Standing.BOOKED),
        ("CANCELED", Standing.CANCELLED),
        ("OPEN", Standing.OPEN),
        ("DRAFT", Standing.OPEN),
        (None, Standing.OPEN),
    ],
)
async def test_an_order_counts_only_when_it_is_completed(
    driver: Driver, square: LyingSquare, state: str | None, standing: Standing
) -> None:
    delivered = await taken(driver, sale([line("mug", 1250)]))
    square.books.orders[delivered.refs["order"]]["state"] = state
    for requests in (DAY, BOOKS.one(delivered)):
        assert [entry.standing for entry in await asked(driver, requests)] == [standing]


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("COMPLETED", Standing.BOOKED),
        ("APPROVED", Standing.BOOKED),
        ("PENDING", Standing.OPEN),
        ("REJECTED", Standing.CANCELLED),
        ("FAILED", Standing.CANCELLED),
    ],
)
async def test_a_refund_counts_only_when_it_was_given(
    driver: Driver, square: LyingSquare, status: str, standing: Standing
) -> None:
    sold = sale([line("mug", 1250)])
    delivered = await taken(driver, refund(sold, [("cash", 1250)]), (await taken(driver, sold)).refs)
    square.books.refunds[delivered.refs["refund-1"]]["status"] = status
    for requests in (DAY, BOOKS.one(delivered)):
        assert [e.standing for e in await asked(driver, requests) if e.kind is Kind.REFUND] == [standing]


async def test_what_was_altered_there_is_told_as_it_is_there(driver: Driver, square: LyingSquare) -> None:
    sold = sale([line("mug", 1250)])
    first = await taken(driver, sold)
    second = await taken(driver, refund(sold, [("cash", 1000)]), first.refs)
    square.books.orders[first.refs["order"]]["total_money"] = {"amount": 1251, "currency": "USD"}
    square.books.refunds[second.refs["refund-1"]]["amount_money"] = {"amount": 999, "currency": "EUR"}
    assert [(entry.total, entry.currency) for entry in await asked(driver)] == [(1251, "USD"), (999, "EUR")]


async def test_what_is_gone_there_is_an_empty_answer(driver: Driver, square: LyingSquare) -> None:
    sold = sale([line("mug", 1250)])
    first = await taken(driver, sold)
    second = await taken(driver, refund(sold, [("cash", 1250)]), first.refs)
    square.books.orders.clear()
    square.books.refunds.clear()
    assert await asked(driver) == await asked(driver, (*BOOKS.one(first), *BOOKS.one(second))) == []


async def test_what_is_there_twice_is_told_twice(driver: Driver, square: LyingSquare) -> None:
    sold = sale([line("mug", 1250)])
    first = await taken(driver, sold)
    second = await taken(driver, refund(sold, [("cash", 1250)]), first.refs)
    square.books.orders["O900001"] = square.books.orders[first.refs["order"]] | {"id": "O900001"}
    square.books.refunds["R900001"] = square.books.refunds[second.refs["refund-1"]] | {"id": "R900001"}
    told = [(entry.record_id, entry.part, entry.total) for entry in await asked(driver)]
    assert told == [(sold.id, "", 1250)] * 2 + [(second.record.id, "1", 1250)] * 2


# --- what is asked for by its id ---


async def test_where_no_money_went_back_nothing_is_asked_for(driver: Driver) -> None:
    sold = sale([line("mug", 1250)])
    nothing = await taken(driver, refund(sold, [("cash", 0)]), (await taken(driver, sold)).refs)
    assert nothing.remote_id is not None  # its sale's order: not an entry of its own
    assert BOOKS.one(nothing) == ()


def test_a_sale_of_which_no_step_is_left_is_asked_for_by_what_the_book_calls_it() -> None:
    record = sale([line("mug", 1250)])
    assert [request.path for request in BOOKS.one(Delivered(record, "O1", {}, {}))] == ["/v2/orders/O1"]
    assert BOOKS.one(Delivered(record, None, {}, {})) == ()


# --- bad answers ---

ORDER: dict[str, Any] = {"id": "O1", "state": "COMPLETED", "total_money": {"amount": 1, "currency": "EUR"}}
REFUND: dict[str, Any] = {"id": "R1", "status": "COMPLETED", "amount_money": {"amount": 1, "currency": "EUR"}}
ONE_ORDER = BOOKS.one(Delivered(sale([line("mug", 1)]), "O1", {}, {}))[0]
ONE_REFUND = BOOKS.one(Delivered(refund(sale([line("mug", 1)]), [("cash", 1)]), "R1", {"refund-1": "R1"}, {}))[0]
EVERY = [*DAY, ONE_ORDER, ONE_REFUND]


@pytest.mark.parametrize("request_", EVERY)
@pytest.mark.parametrize(
    ("status", "value", "meaning"),
    [
        (500, error("API_ERROR", "INTERNAL_SERVER_ERROR"), Retry),
        (502, b"<html>Bad gateway</html>", Retry),
        (429, error("RATE_LIMIT_ERROR", "RATE_LIMITED"), Retry),
        (401, error("AUTHENTICATION_ERROR", "UNAUTHORIZED"), Unauthorized),
        (403, error("AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES"), Unauthorized),
        (403, b"<html>Guests only</html>", Retry),
        (404, b"<html>Not here</html>", Retry),  # somebody on the line: it proves nothing about an id
        (400, error("INVALID_REQUEST_ERROR", "INVALID_LOCATION"), Refused),
        (200, b'{"orders": [{"id": "O1", "sta', Retry),
        (200, b"<html>Sign in</html>", Retry),
        (200, b"[]", Retry),
        (200, {"message": "welcome"}, Retry),
        (200, {"orders": None, "refunds": {}, "order": [], "refund": "R1"}, Retry),
        (200, {"orders": [ORDER, 7], "refunds": [7], "order": 7, "refund": 7}, Retry),
        (200, {"orders": [ORDER | {"id": None}], "refunds": [{}], "order": {}, "refund": {"id": 1}}, Retry),
    ],
)
def test_no_bad_answer_is_an_empty_one(request_: Request, status: int, value: object, meaning: type) -> None:
    meant = said(request_, value, status)
    assert type(meant) is meaning
    assert meant.reason  # type: ignore[attr-defined]  # each of the three has one


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        (ONE_ORDER, {"order": ORDER | {"id": "O2"}}),
        (ONE_REFUND, {"refund": REFUND | {"id": "R2"}}),
        (ONE_ORDER, {"refund": REFUND | {"id": "O1"}}),
        (ONE_ORDER, {}),
        (ONE_REFUND, {"refund": None}),
    ],
)
def test_an_answer_about_another_is_none(request_: Request, value: object) -> None:
    what = "order" if request_ is ONE_ORDER else "refund"
    assert said(request_, value) == Retry(f"Square's answer does not hold the {what} that was asked for")


def test_square_itself_says_that_an_id_is_not_there() -> None:
    gone = error("INVALID_REQUEST_ERROR", "NOT_FOUND")
    assert said(ONE_ORDER, gone, 404) == said(ONE_REFUND, gone, 404) == Listing()
    assert all(isinstance(said(request, gone, 404), Refused) for request in DAY)


def test_square_leaves_an_empty_list_out() -> None:
    assert said(DAY[0], {}) == said(DAY[0], {"orders": []}) == said(DAY[1], {"errors": []}) == Listing()


def test_square_is_waited_for_as_long_as_it_asks() -> None:
    limited = error("RATE_LIMIT_ERROR", "RATE_LIMITED")
    assert said(DAY[0], limited, 429, **{"retry-after": "30"}) == Retry("Square asks to wait (RATE_LIMITED)", 30.0)
    later = {"retry-after": "Fri, 20 Nov 2026 12:01:00 GMT"}
    assert said(DAY[1], limited, 429, **later) == Retry("Square asks to wait (RATE_LIMITED)", 60.0)


def test_a_list_goes_on_with_the_same_question_and_never_in_a_circle() -> None:
    for request, value in zip(DAY, ({"orders": [ORDER]}, {"refunds": [REFUND]}), strict=True):
        page = said(request, value | {"cursor": "two"})
        assert isinstance(page, Listing)
        (second,) = page.further
        third = said(second, value | {"cursor": "three"})
        assert isinstance(third, Listing)
        assert isinstance(said(third.further[0], value | {"cursor": "three"}), Retry)
        assert said(third.further[0], value) == Listing(page.entries)
        assert said(second, {"cursor": ""}) == Listing()
        bare = [
            (one.path + one.body.decode()).replace("two", "X").replace("three", "X") for one in (second, *third.further)
        ]
        assert bare[0] == bare[1]
        assert isinstance(said(second, error("INVALID_REQUEST_ERROR", "INVALID_CURSOR"), 400), Retry)


@pytest.mark.parametrize("reason", [None, 7, "", "Returned goods", "Receipt T1-000001/1", "Receipt T1-000001/1 17"])
def test_only_our_own_words_make_a_refund_ours(reason: object) -> None:
    page = said(DAY[1], {"refunds": [REFUND | {"reason": reason}]})
    assert page == Listing((Entry("R1", Kind.REFUND, None, None, 1, "EUR", Standing.BOOKED),))


@pytest.mark.parametrize("metadata", [None, [], {}, {"stillopen_id": 7}])
def test_only_our_own_mark_makes_an_order_ours(metadata: object) -> None:
    page = said(DAY[0], {"orders": [ORDER | {"metadata": metadata, "reference_id": "T1-000001"}]})
    assert page == Listing((Entry("O1", Kind.SALE, None, None, 1, "EUR", Standing.BOOKED),))


@pytest.mark.parametrize("reference", [None, 7, "the-record"])
def test_an_order_of_ours_may_have_no_receipt_number(reference: object) -> None:
    ours = ORDER | {"metadata": {"stillopen_id": "the-record"}, "reference_id": reference}
    page = said(DAY[0], {"orders": [ours]})
    assert page == Listing((Entry("O1", Kind.SALE, "the-record", None, 1, "EUR", Standing.BOOKED),))


@pytest.mark.parametrize("money", [None, 7, {}, {"amount": "1"}, {"amount": -1}])
def test_an_amount_that_cannot_be_read_is_not_guessed(money: object) -> None:
    order = said(DAY[0], {"orders": [ORDER | {"total_money": money}]})
    back = said(DAY[1], {"refunds": [REFUND | {"amount_money": money}]})
    assert order == Listing((Entry("O1", Kind.SALE, None, None, None, None, Standing.BOOKED),))
    assert back == Listing((Entry("R1", Kind.REFUND, None, None, None, None, Standing.BOOKED),))


# --- what is due ---


def test_what_is_due_is_what_the_customer_paid_or_got_back() -> None:
    sold = sale([line("tea", 399, "3")], [("cash", 5000)], rounding=-2)
    assert BOOKS.due(sold) == 1195
    assert BOOKS.due(sale([line("mug", 1250)], [("cash", 1000), ("card", 250)])) == 1250
    assert BOOKS.due(sale([line("mug", 1250)], [], sale_discount=1250)) == 0
    assert BOOKS.due(refund(sold, [("cash", 1000), ("card", 195)])) == 1195
    assert BOOKS.due(refund(sold, [("exchange", 399)])) == 399
    assert BOOKS.due(refund(sold, [("cash", 0)])) is None
    assert BOOKS.due(place({}, Kind.VOID)) is None
    assert BOOKS.due(place({"direction": "in", "amount": 500}, Kind.CASH)) is None
    unheld = sale([line("mug", 1250)])
    unheld.body["lines"][0]["quantity"] = "0"
    assert BOOKS.due(unheld) is None


async def test_whatever_was_delivered_the_books_come_to_what_is_due() -> None:
    now_lying: list[LyingSquare] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await now_lying[-1](scope, receive, send)

    async def day(driver: Driver, of: tuple) -> None:  # type: ignore[type-arg]  # what days() draws
        sold, _, backs, faults = of
        square = a_square(driver.clock)
        square.books.page_size = 2
        now_lying.append(square)
        for what, after in faults:
            square.faults.add(what, after=after)
        delivered = [await taken(driver, sold)]
        for number, (kind, amount) in enumerate(backs, 2):
            back = refund(sold, [(kind, amount)], number=number)
            delivered.append(await taken(driver, back, delivered[0].refs))
        square.faults.waiting.clear()
        for one in delivered:
            of_it = await asked(driver, BOOKS.one(one))
            assert of_it == [entry for entry in await asked(driver) if entry.record_id == one.record.id]
            assert all(entry.standing is Standing.BOOKED for entry in of_it)
            assert len({entry.part for entry in of_it}) == len(of_it)
            told = sum(entry.total or 0 for entry in of_it) if of_it else None
            assert told == BOOKS.due(one.record)
        assert square.spec_faults == []

    async with serving(app) as base_url, Session(hasty) as session:
        loop = asyncio.get_running_loop()

        @settings(max_examples=25, deadline=None)
        @given(days())
        def each(of: tuple) -> None:  # type: ignore[type-arg]  # what days() draws
            driver = Driver(square_at(base_url), session, Clock())
            asyncio.run_coroutine_threadsafe(day(driver, of), loop).result()

        await asyncio.to_thread(each)  # hypothesis draws on its own thread; the wire stays on this one
