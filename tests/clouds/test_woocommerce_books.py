"""WooCommerce's own books: what a shop has of a day, whatever became of it there and whatever it answers with."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from outbox.books import Delivered, Entry, Listing, Standing
from outbox.clouds import KINDS
from outbox.clouds.woocommerce import Settings
from outbox.clouds.woocommerce.stretch import PAGE
from outbox.connector import Answer, Refused, Request, Retry, Step, Unauthorized
from outbox.record import Kind, Record
from outbox.session import AnswerLost, Session
from tests.clouds.conftest import hasty
from tests.clouds.driver import Clock, Driver
from tests.clouds.lying_woocommerce import KEY, SECRET
from tests.clouds.records import CHAIN, line, place, refund, sale
from tests.clouds.serving import serving
from tests.clouds.test_woocommerce_any import days
from tests.clouds.test_woocommerce_sale import empties, the_order
from tests.clouds.woo_shop import STORE, a_shop, delivered, woo_at, woo_fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Receive, Scope, Send

    from outbox.books import Books
    from tests.clouds.lying_woocommerce import LyingWoo

API = "/wp-json/wc/v3"
MUG = [line("mug", 1250)]
UUID = "0b8d1c0e-6a55-4a36-9d0c-0c7d2a8f3b11"  # some web shop's payment


def books_of_it() -> Books:
    given = {
        "base_url": "https://shop.example.com",
        "consumer_key": SecretStr(KEY),
        "consumer_secret": SecretStr(SECRET),
    }
    found = KINDS["woocommerce"].books(Settings.model_validate(given), STORE)
    assert found is not None
    return found


BOOKS = books_of_it()


async def asked(driver: Driver, requests: Iterable[Request]) -> list[Entry]:
    """Return what the answers to these and to all they lead to hold; nothing may be asked twice."""
    waiting, been = deque(requests), set()
    found: list[Entry] = []
    while waiting:
        request = waiting.popleft()
        assert request not in been
        assert request.method == "GET"
        been.add(request)
        read = BOOKS.read(request, await driver._exchange(request, ""), driver.clock())
        assert isinstance(read, Listing), read
        found += read.entries
        waiting += read.further
    return found


async def of_day(driver: Driver, since: datetime | None = None, until: datetime | None = None) -> list[Entry]:
    """Return what the shop has of a stretch, else of the hours around now."""
    now = driver.clock()
    around = since or now - timedelta(hours=12), until or now + timedelta(hours=12)
    found = await asked(driver, BOOKS.between(*around))
    return list({(entry.kind, entry.remote_id): entry for entry in found}.values())  # a page may tell one again


async def by_id(driver: Driver, record: Record, refs: dict[str, str], **more: dict[str, str]) -> list[Entry]:
    found = Delivered(record, refs.get("refund", refs.get("order")), refs, more.get("sale_refs", {}))
    return await asked(driver, BOOKS.one(found))


def online(shop: LyingWoo, **more: Any) -> dict[str, Any]:
    """Have somebody buy a cup in the web shop."""
    bought = {"line_items": [{"product_id": 10, "total": "8.40"}], "transaction_id": UUID, "status": "processing"}
    order = shop.orders.create(bought | more)
    order["created_via"] = "checkout"
    return order


async def test_a_days_sales_and_refunds_are_seen_with_their_totals_and_marks(woo_driver: Driver, woo: LyingWoo) -> None:
    split = sale([line("mug", 1250, "2"), line("tea", 399, tax="reduced")], [("card", 2000), ("cash", 1000)])
    _, refs = await delivered(woo_driver, split)
    part = [dict(split.body["lines"][0]) | {"quantity": "1", "total": 1250, "net": 1250}]
    back = refund(split, [("cash", 1250)], number=2, lines=part)
    _, back_refs = await delivered(woo_driver, back, sale_refs=refs)
    entries = await of_day(woo_driver)
    assert entries == [
        Entry(refs["order"], Kind.SALE, split.id, "T1-000001", 2899, "EUR", Standing.BOOKED, chain=CHAIN),
        Entry(back_refs["refund"], Kind.REFUND, back.id, "T1-000002", 1250, None, Standing.BOOKED, chain=CHAIN),
    ]
    assert [entry.total for entry in entries] == [BOOKS.due(split), BOOKS.due(back)]
    assert await by_id(woo_driver, split, refs) == entries[:1]
    assert await by_id(woo_driver, back, back_refs, sale_refs=refs) == entries[1:]


async def test_an_exchange_is_a_refund_and_an_order_each_in_full(woo_driver: Driver) -> None:
    _, refs = await delivered(woo_driver, bought := sale(MUG))
    back = refund(bought, [("exchange", 399), ("cash", 851)], number=2)
    await delivered(woo_driver, back, sale_refs=refs)
    instead = sale([line("tea", 399, tax="reduced")], [("exchange", 399)], number=3)
    await delivered(woo_driver, instead)
    found = {entry.record_id: entry.total for entry in await of_day(woo_driver)}
    assert found == {bought.id: 1250, back.id: 1250, instead.id: 399}
    assert found == {record.id: BOOKS.due(record) for record in (bought, back, instead)}


async def test_a_refund_of_an_order_of_long_ago_is_seen_on_its_own_day(woo_driver: Driver, clock: Clock) -> None:
    _, refs = await delivered(woo_driver, bought := sale(MUG))
    clock.forward(days=40)
    await delivered(woo_driver, back := refund(bought, [("cash", 1250)]), sale_refs=refs)
    assert [entry.record_id for entry in await of_day(woo_driver)] == [back.id]


async def test_a_refund_of_more_than_its_order_held_is_less_there_as_its_delivery_said(woo_driver: Driver) -> None:
    bought = empties(sale(MUG), 250)
    _, refs = await delivered(woo_driver, bought)
    goods = [one for one in bought.body["lines"] if not one.get("empties")]
    ended, _ = await delivered(woo_driver, back := refund(bought, [("cash", 1250)], lines=goods), sale_refs=refs)
    _, found = await of_day(woo_driver)
    assert (found.total, BOOKS.due(back), ended.drift) == (1000, 1250, -250)


@pytest.mark.parametrize("page_max", [1, 3, PAGE])
@pytest.mark.parametrize("every_s", [0, 1, 40])
async def test_page_after_page_is_read_while_more_is_sold(
    woo_driver: Driver, woo: LyingWoo, clock: Clock, page_max: int, every_s: int
) -> None:
    records = []
    for number in range(1, 9):
        _, refs = await delivered(woo_driver, bought := sale(MUG, number=number))
        await delivered(woo_driver, back := refund(bought, [("cash", 10)], number=number + 100), sale_refs=refs)
        records += [bought, back]
        clock.forward(seconds=every_s)
    woo.page_max = page_max
    requests = len(woo.requests)
    until = clock() + timedelta(hours=1)
    first, *others = BOOKS.between(clock() - timedelta(hours=1), until)
    read = BOOKS.read(first, await woo_driver._exchange(first, ""), clock())
    assert isinstance(read, Listing)
    online(woo)
    found = [*read.entries, *(await asked(woo_driver, [*read.further, *others]))]
    assert {entry.record_id for entry in found} >= {record.id for record in records}
    assert len(woo.requests) - requests >= (3 if page_max == PAGE else 16 // page_max)


@pytest.mark.parametrize("ignored", ["after", "before", "order"])
async def test_a_list_that_takes_no_heed_of_what_was_asked_leaves_nothing_out(
    woo_driver: Driver, woo: LyingWoo, clock: Clock, ignored: str
) -> None:
    records = []
    for number in range(1, 12):
        await delivered(woo_driver, bought := sale(MUG, number=number))
        records.append(bought)
        clock.forward(minutes=10)
    woo.page_max, woo.ignored = 3, frozenset({ignored})
    found = await of_day(woo_driver)
    assert {entry.record_id for entry in found} == {record.id for record in records}


async def test_what_others_sold_and_gave_back_is_told_and_is_not_ours(woo_driver: Driver, woo: LyingWoo) -> None:
    order = online(woo, currency="JPY")
    order["total"], order["total_tax"] = "1000", "91"
    back = woo.orders.refund(order["id"], {"amount": "2.50", "reason": "too small", "api_refund": False})
    assert await of_day(woo_driver) == [
        Entry(str(order["id"]), Kind.SALE, None, None, 1000, "JPY", Standing.BOOKED),
        Entry(str(back["id"]), Kind.REFUND, None, None, 250, None, Standing.BOOKED),
    ]


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("completed", Standing.BOOKED),
        ("processing", Standing.BOOKED),
        ("refunded", Standing.BOOKED),
        ("shipped", Standing.BOOKED),
        ("pending", Standing.OPEN),
        ("on-hold", Standing.OPEN),
        ("cancelled", Standing.CANCELLED),
        ("failed", Standing.CANCELLED),
        ("trash", Standing.CANCELLED),
    ],
)
async def test_what_became_of_an_order_there_is_its_standing(
    woo_driver: Driver, woo: LyingWoo, status: str, standing: Standing
) -> None:
    _, refs = await delivered(woo_driver, bought := sale(MUG))
    the_order(woo)["status"] = status
    (entry,) = await of_day(woo_driver)
    assert (entry.record_id, entry.standing, entry.total) == (bought.id, standing, 1250)
    assert await by_id(woo_driver, bought, refs) == [entry]


async def test_a_plugins_status_counts_only_where_the_order_was_paid(woo_driver: Driver, woo: LyingWoo) -> None:
    order = online(woo, status="backordered")
    (entry,) = await of_day(woo_driver)
    assert (order["date_paid_gmt"], entry.standing) == (None, Standing.OPEN)


async def test_what_no_list_shows_is_found_by_its_id(woo_driver: Driver, woo: LyingWoo) -> None:
    _, refs = await delivered(woo_driver, bought := sale(MUG))
    the_order(woo)["status"] = "auto-draft"
    assert await of_day(woo_driver) == []
    assert [entry.standing for entry in await by_id(woo_driver, bought, refs)] == [Standing.OPEN]


async def test_an_order_that_was_left_half_made_is_ours_and_open(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.orders.breaks_off = 1
    record = sale(MUG)
    step = woo_driver.connector.next_step(woo_fact(record, woo_driver.clock))
    assert isinstance(step, Step)
    await woo_driver._exchange(step.request, "")
    the_order(woo)["meta_data"] = []
    (entry,) = await of_day(woo_driver)
    assert (entry.record_id, entry.standing, entry.receipt_number) == (record.id, Standing.OPEN, None)


async def test_a_refund_whose_meta_data_were_never_kept_is_known_by_its_reason(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    _, refs = await delivered(woo_driver, bought := sale([line("mug", 1250, "2")]))
    for number, reason in ((2, None), (3, "gefällt nicht")):
        back = refund(bought, [("cash", 100)], number=number)
        back.body["reason"] = reason
        await delivered(woo_driver, back, sale_refs=refs)
        the_order(woo)["refunds"][-1]["meta_data"] = []
        assert (await of_day(woo_driver))[-1].record_id == back.id


async def test_another_total_there_is_told_as_it_is(woo_driver: Driver, woo: LyingWoo) -> None:
    _, refs = await delivered(woo_driver, bought := sale(MUG))
    _, back_refs = await delivered(woo_driver, back := refund(bought, [("cash", 500)]), sale_refs=refs)
    the_order(woo)["total"] = "11.50"
    the_order(woo)["refunds"][0]["amount"] = "4.00"
    assert [entry.total for entry in await of_day(woo_driver)] == [1150, 400]
    assert [entry.total for entry in await by_id(woo_driver, bought, refs)] == [1150]
    assert [entry.total for entry in await by_id(woo_driver, back, back_refs, sale_refs=refs)] == [400]


async def test_what_was_deleted_there_is_nothing_and_no_trouble(woo_driver: Driver, woo: LyingWoo) -> None:
    _, refs = await delivered(woo_driver, bought := sale(MUG))
    _, back_refs = await delivered(woo_driver, back := refund(bought, [("cash", 500)]), sale_refs=refs)
    elsewhere = {"order": str(online(woo)["id"])}
    assert await by_id(woo_driver, back, back_refs, sale_refs=elsewhere) == [], "there, and of another order"
    the_order_of_it = woo.orders.orders.pop(int(refs["order"]))
    assert await by_id(woo_driver, bought, refs) == []
    assert await by_id(woo_driver, back, back_refs, sale_refs=refs) == []
    assert the_order_of_it["refunds"]


async def test_two_orders_of_one_sale_are_two_entries_of_the_same_part(woo_driver: Driver, woo: LyingWoo) -> None:
    await delivered(woo_driver, bought := sale(MUG))
    woo.orders.orders[999] = the_order(woo) | {"id": 999}
    found = await of_day(woo_driver)
    assert [(entry.record_id, entry.part, entry.total) for entry in found] == [(bought.id, "", 1250)] * 2
    assert len({entry.remote_id for entry in found}) == 2


async def test_two_refunds_of_one_record_are_two_entries(woo_driver: Driver, woo: LyingWoo) -> None:
    _, refs = await delivered(woo_driver, bought := sale(MUG))
    await delivered(woo_driver, back := refund(bought, [("cash", 500)]), sale_refs=refs)
    again = the_order(woo)["refunds"][0]
    the_order(woo)["refunds"].append(again | {"id": 998})
    assert [entry.record_id for entry in await of_day(woo_driver)] == [bought.id, back.id, back.id]


async def test_a_stretch_holds_its_ends_and_nothing_beyond(woo_driver: Driver, clock: Clock) -> None:
    began = clock()
    sold = []
    for number in range(1, 6):
        await delivered(woo_driver, record := sale(MUG, number=number))
        sold.append(record.id)
        clock.forward(seconds=10)
    berlin = timezone(timedelta(hours=1))
    since = (began + timedelta(seconds=10, milliseconds=400)).astimezone(berlin)
    until = (began + timedelta(seconds=30, milliseconds=600)).astimezone(berlin)
    found = await of_day(woo_driver, since, until)
    assert [entry.record_id for entry in found] == sold[1:4], "the shop keeps whole seconds"


async def test_a_shops_notices_before_its_answers_are_read_over(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.notices = True
    _, refs = await delivered(woo_driver, bought := sale(MUG))
    assert len(await of_day(woo_driver)) == len(await by_id(woo_driver, bought, refs)) == 1


async def test_what_is_asked_is_asked_of_the_shop_and_not_of_a_hosts_cache() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    for request in [*BOOKS.between(now, now), *BOOKS.one(Delivered(sale(MUG), "5", {"order": "5"}, {}))]:
        assert ("cache-control", "no-cache") in request.headers


def test_what_was_ticked_off_by_hand_has_no_id_to_ask_for() -> None:
    bought = sale(MUG)
    back = refund(bought, [("cash", 1250)])
    assert list(BOOKS.one(Delivered(bought, None, {}, {}))) == []
    assert list(BOOKS.one(Delivered(back, None, {}, {"order": "5"}))) == []
    assert list(BOOKS.one(Delivered(back, "6", {"refund": "6"}, {}))) == []


# --- answers that are none ---

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ORDER = {"id": 5, "status": "completed", "currency": "EUR", "total": "12.50", "total_tax": "2.00", "meta_data": []}
REFUND = {"id": 6, "amount": "12.50", "reason": "", "meta_data": []}
ASKED = {
    "orders": (BOOKS.between(NOW, NOW)[0], [ORDER]),
    "bin": (BOOKS.between(NOW, NOW)[1], [ORDER]),
    "refunds": (BOOKS.between(NOW, NOW)[2], [REFUND]),
    "order": (Request("GET", "/orders/5"), ORDER),
    "refund": (Request("GET", "/orders/5/refunds/6"), REFUND),
}
ALL = pytest.mark.parametrize("what", ASKED)


def reading(what: str, status: int, body: Any, **headers: str) -> Any:
    said = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return BOOKS.read(ASKED[what][0], Answer(status, named, said), NOW)


def error(code: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": "no", "data": {"status": status}}


@ALL
def test_an_honest_answer_is_read(what: str) -> None:
    found = reading(what, 200, ASKED[what][1])
    assert isinstance(found, Listing)
    assert [entry.total for entry in found.entries] == [1250]
    assert found.further == ()


@ALL
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, error("internal_server_error", 500)),
        (500, b"<html>critical error</html>"),
        (503, b"Briefly unavailable for scheduled maintenance."),
        (429, b"<html>Too many requests</html>"),
        (429, error("too_many_requests", 429)),
        (401, b"<html>Staging</html>"),
        (403, b"<html>Blocked by the firewall</html>"),
        (404, b"<html>Not found</html>"),
        (404, error("rest_no_route", 404)),
        (403, error("rest_forbidden", 403)),
        (301, b""),
        (200, b""),
        (200, b"<html>Welcome to the hotel</html>"),
        (200, b'{"id": 5, "status": "comp'),
        (200, b'[{"id": 5'),
        (200, b"null"),
        (200, error("woocommerce_rest_shop_order_invalid_id", 404)),
        (200, {}),
        (200, {"id": 7} | {name: value for name, value in (ORDER | REFUND).items() if name != "id"}),
        (200, [7]),
        (200, [[]]),
        (200, [{"id": 5}]),
        (200, [{"id": "5", "status": "completed", "total": "1.00", "total_tax": "0.00", "amount": "1.00"}]),
        (200, [ORDER, REFUND]),
        (200, [ORDER | REFUND, 7]),
    ],
)
def test_what_says_nothing_of_what_was_asked_is_asked_again_and_never_taken_for_an_answer(
    what: str, status: int, body: Any
) -> None:
    found = reading(what, status, body)
    assert isinstance(found, Retry), found
    assert found.reason


@ALL
def test_an_answer_that_is_cut_anywhere_is_none(what: str) -> None:
    whole = json.dumps(ASKED[what][1]).encode()
    for cut in range(len(whole)):
        assert isinstance(reading(what, 200, whole[:cut]), Retry), whole[:cut]


@ALL
def test_a_host_that_asks_to_wait_is_waited_for(what: str) -> None:
    found = reading(what, 429, b"<html>", retry_after="30")
    assert (type(found), found.after_s) == (Retry, 30)


@ALL
@pytest.mark.parametrize(
    ("code", "status"), [("cannot_view", 401), ("cannot_view", 403), ("authentication_error", 401)]
)
def test_a_key_that_is_not_taken_is_told_so(what: str, code: str, status: int) -> None:
    assert isinstance(reading(what, status, error(f"woocommerce_rest_{code}", status)), Unauthorized)


@ALL
def test_what_the_shop_refuses_for_good_is_refused_with_the_way_out(what: str) -> None:
    found = reading(what, 400, error("rest_invalid_param", 400))
    assert isinstance(found, Refused)
    assert found.hint


@pytest.mark.parametrize("what", ["orders", "bin", "refunds"])
def test_a_list_is_never_nothing_by_the_word_for_an_id_and_none_that_lists_less_than_it_counts(what: str) -> None:
    assert isinstance(reading(what, 404, error("woocommerce_rest_invalid_order_id", 404)), Refused)
    assert isinstance(reading(what, 200, [], x_wp_total="3"), Retry)
    assert reading(what, 200, [], x_wp_total="0") == Listing()


def test_a_full_page_without_dates_or_counts_is_gone_on_from_by_place() -> None:
    page = [ORDER | {"id": number} for number in range(PAGE)]
    found = reading("orders", 200, page)
    assert isinstance(found, Listing)
    (further,) = found.further
    assert further.path == f"{ASKED['orders'][0].path}&offset={PAGE}"
    last = BOOKS.read(further, Answer(200, {}, json.dumps(page[1:]).encode()), NOW)
    assert isinstance(last, Listing)
    assert (len(last.entries), last.further) == (PAGE - 1, ())


def test_a_total_below_nothing_is_none_that_is_told() -> None:
    found = reading("order", 200, ORDER | {"total": "-1.00"})
    assert [entry.total for entry in found.entries] == [None]


@pytest.mark.parametrize("what", ["half", "half_json", "status"])
async def test_over_the_wire_half_an_answer_is_no_answer(woo_driver: Driver, woo: LyingWoo, what: str) -> None:
    await delivered(woo_driver, sale(MUG))
    for request in BOOKS.between(woo_driver.clock(), woo_driver.clock()):
        woo.faults.add(what, on="GET", after=True)
        try:
            read = BOOKS.read(request, await woo_driver._exchange(request, ""), woo_driver.clock())
        except AnswerLost:
            assert what == "half"
        else:
            assert isinstance(read, Retry)


# --- what is to be there ---


def tipped(record: Record, tip: int) -> Record:
    record.body["tips"] = record.body["tenders"][0]["tip"] = tip
    return record


def unreceipted(record: Record) -> Record:
    return replace(record, body=record.body | {"original": None})


BOUGHT = sale([line("mug", 1250, "2")])


@pytest.mark.parametrize(
    ("record", "due"),
    [
        (sale(MUG), 1250),
        (sale(MUG, [("card", 1000), ("cash", 500)]), 1250),
        (sale(MUG, [("exchange", 399), ("card", 851)]), 1250),
        (sale(MUG, included=False), 1488),
        (sale(MUG, sale_discount=250), 1000),
        (sale([line("mug", 1252)], rounding=-2), 1250),
        (tipped(sale(MUG), 100), 1350),
        (sale([line("mug", 1250, discount=1250)], []), 0),
        (empties(sale(MUG), 250), 1000),
        (empties(sale([line("mug", 100)]), 150), None),
        (refund(BOUGHT, [("cash", 2500)]), 2500),
        (refund(BOUGHT, [("exchange", 399), ("card", 851)]), 1250),
        (refund(BOUGHT, []), 0),
        (unreceipted(refund(BOUGHT, [("cash", 1250)])), None),
        (place({"amount": 5000, "direction": "in"}, Kind.CASH), None),
    ],
)
def test_what_is_to_be_there_is_what_the_connector_sends(record: Record, due: int | None) -> None:
    assert BOOKS.due(record) == due


async def test_any_day_comes_to_what_is_due_page_by_page() -> None:
    now_lying: list[LyingWoo] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await now_lying[-1](scope, receive, send)

    async def day(base_url: str, session: Session, of: tuple, page_max: int, strangers: int) -> None:  # type: ignore[type-arg]  # what days() draws
        bought, included, _, backs, at_subtotal, faults = of
        clock = Clock()
        shop = a_shop(clock)
        shop.orders.prices_include_tax, shop.orders.round_at_subtotal = included, at_subtotal
        now_lying.append(shop)
        driver = Driver(woo_at(base_url, replace(STORE, prices_include_tax=included)), session, clock)
        for what, after in faults:
            shop.faults.add(what, after=after)
        for _ in range(strangers):
            online(shop)
        _, refs = await delivered(driver, bought)
        records = [bought, *(refund(bought, [back], number=number) for number, back in enumerate(backs, 2))]
        for back in records[1:]:
            await delivered(driver, back, sale_refs=refs)
        shop.faults.waiting.clear()
        shop.page_max = page_max
        found: dict[str | None, int] = defaultdict(int)
        for entry in await of_day(driver):
            assert entry.total is not None
            found[entry.record_id] += entry.total if entry.standing is Standing.BOOKED else 0
        found.pop(None, None)
        assert found == {record.id: BOOKS.due(record) for record in records}
        assert shop.spec_faults == []

    async with serving(app) as base_url, Session(hasty) as session:
        loop = asyncio.get_running_loop()

        @settings(max_examples=30, deadline=None)
        @given(days(), st.sampled_from([1, 2, PAGE]), st.integers(0, 3))
        def each(of: tuple, page_max: int, strangers: int) -> None:  # type: ignore[type-arg]  # what days() draws
            asyncio.run_coroutine_threadsafe(day(base_url, session, of, page_max, strangers), loop).result()

        await asyncio.to_thread(each)  # hypothesis draws on its own thread; the wire stays on this one
