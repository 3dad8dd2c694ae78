"""What Stripe has in its books of what was delivered to it, and how what it does not say is told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from outbox.books import Delivered, Entry, Listing, Standing
from outbox.clouds import KINDS
from outbox.clouds.stripe import Settings
from outbox.connector import Answer, Complete, Refused, Request, Retry, Unauthorized
from outbox.record import Kind
from outbox.session import Session
from tests.clouds.conftest import hasty
from tests.clouds.driver import Clock, Driver
from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.records import CHAIN, fact_of, line, place, refund, sale
from tests.clouds.serving import serving
from tests.clouds.stripe_spec import decoded
from tests.clouds.test_stripe_deliveries import STORE, at_reader, deliver, stripe_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from outbox.books import Books
    from outbox.record import Record

BOOKED, OPEN, CANCELLED = Standing.BOOKED, Standing.OPEN, Standing.CANCELLED
NOW = Clock().at
HOUR = timedelta(hours=1)
TWO_WAYS = [("card", 1000), ("cash", 649)]


def the_books(**more: Any) -> Books:
    made = KINDS["stripe"].books(Settings.model_validate({"key": SecretStr(KEY)} | more), STORE)
    assert made is not None
    return made


BOOKS = the_books()


@pytest.fixture
def stripe(clock: Clock) -> LyingStripe:
    return LyingStripe(now=clock)


@pytest.fixture
async def to_stripe(stripe: LyingStripe, clock: Clock) -> AsyncIterator[Driver]:
    async with serving(stripe) as base_url, Session(hasty) as session:
        yield Driver(stripe_at(base_url), session, clock)
    assert stripe.spec_faults == []


async def delivered(to_stripe: Driver, record: Record, of: Delivered | None = None) -> Delivered:
    """Deliver a record, a refund with what the delivery of its sale brought back."""
    sale_refs = {} if of is None else of.refs
    done, refs = await to_stripe.deliver(fact_of(record, to_stripe.clock, sale_refs=sale_refs))
    assert isinstance(done, Complete)
    return Delivered(record, done.remote_id, refs, sale_refs)


async def heard(to_stripe: Driver, requests: Iterable[Request]) -> list[Entry]:
    """Ask, and follow what the answers lead to."""
    waiting = list(requests)
    found: list[Entry] = []
    while waiting:
        request = waiting.pop(0)
        credentials = to_stripe.connector.credentials(request, "", to_stripe.clock())
        answer = await to_stripe.session.exchange(to_stripe.connector.base_url, request, credentials)
        listing = BOOKS.read(request, answer, to_stripe.clock())
        assert isinstance(listing, Listing), listing
        found += listing.entries
        waiting += listing.further
    return found


async def the_day(to_stripe: Driver) -> list[Entry]:
    now = to_stripe.clock()
    return await heard(to_stripe, BOOKS.between(now - HOUR, now + HOUR))


def of(entries: Iterable[Entry], record: Record) -> dict[str, tuple[int | None, Standing]]:
    """Return what there is of a record, by its parts: no part may be there twice."""
    found = [entry for entry in entries if entry.record_id == record.id]
    parts = {entry.part: (entry.total, entry.standing) for entry in found}
    assert len(parts) == len(found)
    assert {entry.kind for entry in found} <= {record.kind}
    assert {entry.receipt_number for entry in found if entry.receipt_number} <= {record.receipt_number}
    return parts


def on_card(record: Record, bought: Record, tender: int = 1) -> Record:
    """Return a refund that goes back on the card that a tender of its sale was paid with."""
    record.body["tenders"][tender - 1]["card"] = bought.body["tenders"][0]["card"]
    return record


# --- a day ---


async def test_a_day_is_there_part_by_part_with_its_marks(to_stripe: Driver, stripe: LyingStripe) -> None:
    split = sale([line("mug", 1250), line("tea", 399)], [("card", 1000), ("cash", 2000)])
    paid = sale([line("mug", 1250)], [("card", 1250)], number=3)
    at_reader(stripe, 1250, paid)
    back = on_card(refund(paid, [("card", 500)], number=4), paid)
    for record in (split, paid, back):
        await delivered(to_stripe, record)
    entries = await the_day(to_stripe)
    assert of(entries, split) == {"1": (1000, BOOKED), "2": (649, BOOKED)}  # less the change
    assert [entry for entry in entries if entry.record_id in (paid.id, back.id)] == [
        Entry("pi_000001", Kind.SALE, paid.id, "T1-000003", 1250, "EUR", BOOKED, "1", CHAIN),
        Entry("re_000001", Kind.REFUND, back.id, "T1-000004", 500, "EUR", BOOKED, "1", CHAIN),
    ]
    assert len(entries) == 4


async def test_one_record_is_asked_for_by_its_ids(to_stripe: Driver, stripe: LyingStripe) -> None:
    mixed = sale([line("mug", 1250), line("tea", 399)], [("card", 1250), ("cash", 500)])
    at_reader(stripe, 1250, mixed)
    there = await delivered(to_stripe, mixed)
    assert of(await heard(to_stripe, BOOKS.one(there)), mixed) == {"1": (1250, BOOKED), "2": (399, BOOKED)}
    back = on_card(refund(mixed, [("card", 250), ("cash", 99)], number=3), mixed)
    given_back = await delivered(to_stripe, back, there)
    asked = [request.path for request in BOOKS.one(given_back)]
    assert asked == ["/v1/refunds/re_000001", "/v1/payment_records/pr_000001"]
    assert of(await heard(to_stripe, BOOKS.one(given_back)), back) == {"1": (250, BOOKED), "2": (99, BOOKED)}


async def test_a_reported_refund_is_what_its_payment_shows_beyond_the_refunds_before_it(
    to_stripe: Driver, stripe: LyingStripe
) -> None:
    sold = await delivered(to_stripe, sale([line("mug", 1250), line("tea", 399)], TWO_WAYS))
    backs = [
        await delivered(to_stripe, refund(sold.record, [("cash", amount)], number=number), sold)
        for number, amount in ((2, 600), (3, 100), (4, 300))
    ]
    shown = [of(await heard(to_stripe, BOOKS.one(back)), back.record) for back in backs]
    assert shown == [{"1": (600, BOOKED)}, {"1": (49, BOOKED), "2": (51, BOOKED)}, {"1": (300, BOOKED)}]
    assert len(await the_day(to_stripe)) == 2  # the lists show the two payments alone
    stripe.books.records["pr_000002"]["amount_refunded"]["value"] = 620  # it lost some of the second one
    shown = [of(await heard(to_stripe, BOOKS.one(back)), back.record) for back in backs]
    assert shown[:2] == [{"1": (600, BOOKED)}, {"1": (20, BOOKED), "2": (51, BOOKED)}]
    stripe.books.records["pr_000001"]["amount_refunded"]["value"] = 51
    assert await heard(to_stripe, BOOKS.one(backs[2])) == []


async def test_two_parts_on_one_payment_are_shown_as_one(to_stripe: Driver) -> None:
    sold = await delivered(to_stripe, sale([line("mug", 1250)]))
    back = await delivered(to_stripe, refund(sold.record, [("cash", 500), ("gift_card", 250)]), sold)
    (entry,) = await heard(to_stripe, BOOKS.one(back))
    assert entry == Entry("pr_000001", Kind.REFUND, back.record.id, "T1-000002", 750, "EUR", BOOKED, "1")


async def test_an_exchange_is_what_was_paid_beside_the_goods(to_stripe: Driver) -> None:
    bought = await delivered(to_stripe, sale([line("mug", 1250)]))
    taken_back = await delivered(to_stripe, refund(bought.record, [("exchange", 1250)], number=2), bought)
    new = await delivered(to_stripe, sale([line("tea", 1649)], [("exchange", 1250), ("cash", 399)], number=3))
    assert (BOOKS.due(taken_back.record), BOOKS.one(taken_back)) == (None, ())
    assert BOOKS.due(new.record) == 399
    assert of(await the_day(to_stripe), new.record) == {"2": (399, BOOKED)}
    even = await delivered(to_stripe, sale([line("mug", 1250)], [("exchange", 1250)], number=4))
    assert (BOOKS.due(even.record), BOOKS.one(even)) == (None, [])


async def test_a_list_is_read_to_its_end(to_stripe: Driver, stripe: LyingStripe) -> None:
    stripe.books.page_size = 2
    sold = [sale([line("tea", 399)], number=number) for number in range(1, 8)]
    for record in sold:
        await delivered(to_stripe, record)
    before = len(stripe.requests)
    entries = await the_day(to_stripe)
    assert all(of(entries, record) == {"1": (399, BOOKED)} for record in sold)
    assert len(entries) == 7
    assert len(stripe.requests) - before == 4 + 1 + 1
    assert all(asked.count("starting_after") <= 1 for asked in stripe.requests)


async def test_a_list_is_of_its_time_and_whole_seconds_lose_nothing(to_stripe: Driver, stripe: LyingStripe) -> None:
    clock = to_stripe.clock
    seen: list[tuple[Record, datetime]] = []
    for number in range(1, 4):
        record = sale([line("mug", 1250)], [("card", 1250)], number=number)
        at_reader(stripe, 1250, record)
        await delivered(to_stripe, record)
        await delivered(to_stripe, on_card(refund(record, [("card", 500)], number=number + 10), record))
        await delivered(to_stripe, sale([line("tea", 399)], number=number + 20))
        seen.append((record, clock()))
        clock.forward(hours=3)
    _, middle = seen[1]
    for since, until in ((middle - HOUR, middle + HOUR), (middle, middle), (middle + HOUR / 7200, middle + HOUR)):
        entries = await heard(to_stripe, BOOKS.between(since, until))
        assert sorted(str(entry.receipt_number) for entry in entries) == ["T1-000002", "T1-000012", "T1-000022"]
    assert await heard(to_stripe, BOOKS.between(middle + HOUR, middle + 2 * HOUR)) == []


# --- what others did there ---


async def test_what_is_not_ours_is_told_and_bears_no_mark(to_stripe: Driver, stripe: LyingStripe) -> None:
    books = stripe.books
    online = books.create_intent({"amount": "7700", "currency": "usd"})
    books.pay(online, "1111")
    books.create_refund({"payment_intent": online["id"], "amount": "700"})
    books.create_intent({"amount": "900", "currency": "eur"})  # a basket that somebody left
    there = await delivered(to_stripe, sale([line("mug", 1250)]))
    books.records["pr_000001"]["metadata"]["store"] = "store-2"  # the account has several
    entries = await the_day(to_stripe)
    assert entries == [
        Entry("pr_000001", Kind.SALE, None, None, 1250, "EUR", BOOKED),
        Entry("pi_000002", Kind.SALE, None, None, 900, "EUR", OPEN),
        Entry("pi_000001", Kind.SALE, None, None, 7700, "USD", BOOKED),
        Entry("re_000001", Kind.REFUND, None, None, 700, "USD", BOOKED),
    ]
    assert of(await heard(to_stripe, BOOKS.one(there)), there.record) == {"1": (1250, BOOKED)}  # our id is its mark


async def test_a_card_payment_that_stripe_mirrors_as_a_payment_record_is_told_once(
    to_stripe: Driver, stripe: LyingStripe
) -> None:
    stripe.books.mirrors = True
    paid = sale([line("mug", 1250)], [("card", 1250)])
    at_reader(stripe, 1250, paid)
    await delivered(to_stripe, paid)
    assert len(stripe.books.records) == 1
    assert [entry.remote_id for entry in await the_day(to_stripe)] == ["pi_000001"]


async def test_a_charge_that_no_delivery_named_is_its_sales_until_it_is_given_back(
    to_stripe: Driver, stripe: LyingStripe
) -> None:
    paid = sale([line("mug", 1250)], [("card", 1250)])
    at_reader(stripe, 1250, paid)
    kept = {"stillopen_attempt": "a-2", "stillopen_sale": paid.id, "store": "store-1", "till": "till-1"}
    again = stripe.books.create_intent({"amount": "1250", "currency": "eur", "metadata": kept})
    declined = stripe.books.create_intent({"amount": "1250", "currency": "eur", "metadata": kept})
    stripe.books.cancel_intent(declined["id"])
    waiting = stripe.books.create_intent(
        {"amount": "1250", "currency": "eur", "metadata": kept, "capture_method": "manual"}
    )
    stripe.books.pay(waiting, "4242")
    stripe.books.pay(again, "4242")
    await delivered(to_stripe, paid)
    entries = await the_day(to_stripe)
    assert of(entries, paid) == {"1": (1250, BOOKED), "pi_000002": (1250, BOOKED)}  # charged twice
    assert [(entry.remote_id, entry.standing) for entry in entries if entry.record_id is None] == [
        ("pi_000004", OPEN),
        ("pi_000003", CANCELLED),
    ]
    stripe.books.create_refund({"payment_intent": "pi_000002", "metadata": {"stillopen_attempt": "a-2"}})
    entries = await the_day(to_stripe)
    assert of(entries, paid) == {"1": (1250, BOOKED)}
    others = [entry for entry in entries if entry.record_id is None and entry.standing is BOOKED]
    assert [(entry.kind, entry.total) for entry in others] == [(Kind.SALE, 1250), (Kind.REFUND, 1250)]


# --- what became of ours there ---


async def test_what_was_cancelled_altered_or_doubled_there(to_stripe: Driver, stripe: LyingStripe) -> None:
    books = stripe.books
    cash = await delivered(to_stripe, sale([line("mug", 1250)]))
    paid = sale([line("mug", 1250)], [("card", 1250)], number=3)
    at_reader(stripe, 1250, paid)
    card = await delivered(to_stripe, paid)
    back = await delivered(to_stripe, on_card(refund(paid, [("card", 500)], number=4), paid))

    async def shown(it: Delivered) -> set[tuple[tuple[int | None, Standing], ...]]:
        return {
            tuple(of(entries, it.record).values())
            for entries in (await the_day(to_stripe), await heard(to_stripe, BOOKS.one(it)))
        }

    books.records["pr_000001"]["amount_guaranteed"] = {"currency": "eur", "value": 1200}
    books.intents["pi_000001"]["amount_received"] = 1300
    books.refunds["re_000001"]["amount"] = 400
    assert await shown(cash) == {((1200, BOOKED),)}
    assert await shown(card) == {((1300, BOOKED),)}
    assert await shown(back) == {((400, BOOKED),)}
    for status, standing in (("pending", OPEN), ("requires_action", OPEN), ("failed", CANCELLED)):
        books.refunds["re_000001"]["status"] = status
        assert await shown(back) == {((400, standing),)}
    books.intents["pi_000001"]["status"] = "canceled"
    assert await shown(card) == {((1250, CANCELLED),)}
    books.cancel_record("pr_000001")
    assert await shown(cash) == {((1250, CANCELLED),)}
    nothing = {"currency": "eur", "value": 0}
    books.records["pr_000001"] |= {"amount_guaranteed": nothing, "amount_canceled": nothing}
    assert await shown(cash) == {((1250, OPEN),)}
    books.records["pr_000001"]["amount_failed"] = {"currency": "eur", "value": 1250}
    assert await shown(cash) == {((1250, CANCELLED),)}

    books.report_payment(books.records["pr_000001"])  # under the same marks
    twice = [entry for entry in await the_day(to_stripe) if entry.record_id == cash.record.id]
    assert [(entry.remote_id, entry.part) for entry in twice] == [("pr_000002", "1"), ("pr_000001", "1")]


async def test_what_is_not_there_any_more_is_nothing(to_stripe: Driver, stripe: LyingStripe) -> None:
    mixed = sale([line("mug", 1250), line("tea", 399)], [("card", 1250), ("cash", 399)])
    at_reader(stripe, 1250, mixed)
    there = await delivered(to_stripe, mixed)
    back = on_card(refund(mixed, [("card", 250), ("cash", 99)], number=3), mixed)
    given_back = await delivered(to_stripe, back, there)
    for kept in (stripe.books.intents, stripe.books.records, stripe.books.refunds):
        kept.clear()
    assert await the_day(to_stripe) == []
    assert await heard(to_stripe, BOOKS.one(there)) == []
    assert await heard(to_stripe, BOOKS.one(given_back)) == []


async def test_a_card_that_was_not_charged_in_the_end_is_still_its_sales_own(
    to_stripe: Driver, stripe: LyingStripe
) -> None:
    paid = sale([line("mug", 1250)], [("card", 1250)])
    at_reader(stripe, 1250, paid)
    intent = stripe.books.intents["pi_000001"]
    intent |= {"status": "canceled", "metadata": {"stillopen_sale": paid.id, "store": "store-1"}}
    there = await delivered(to_stripe, paid)
    assert of(await heard(to_stripe, BOOKS.one(there)), paid) == {"pi_000001": (1250, CANCELLED)}


# --- answers ---


def error(status: int, code: str, **headers: str) -> Answer:
    body = {"error": {"type": "invalid_request_error", "code": code, "message": "planted"}}
    return Answer(status, headers, json.dumps(body).encode())


LIST = BOOKS.between(NOW - HOUR, NOW)[0]
SOLD = sale([line("mug", 1250)])
ALONE = BOOKS.one(Delivered(SOLD, "pr_1", {"record-1": "pr_1"}, {}))[0]
BACK = refund(SOLD, [("cash", 500)])
REPORTED = BOOKS.one(
    Delivered(BACK, "pr_1", {"left-1": "1250", "back-1": "0", "refund-1": "pr_1"}, {"record-1": "pr_1"})
)[0]


@pytest.mark.parametrize("request_", [LIST, ALONE, REPORTED], ids=["list", "alone", "reported"])
@pytest.mark.parametrize(
    ("answer", "meaning", "words"),
    [
        (Answer(500, {}, b'{"error": {"type": "api_error", "message": "oops"}}'), Retry, "in trouble (oops)"),
        (Answer(502, {"retry-after": "7"}, b"<html>"), Retry, "502"),
        (error(429, "rate_limit", **{"retry-after": "7"}), Retry, "rate_limit"),
        (error(401, "api_key_expired"), Unauthorized, "api_key_expired"),
        (error(403, "permission"), Unauthorized, "permission"),
        (error(400, "parameter_unknown"), Refused, "planted"),
        (Answer(404, {}, b"<html>"), Retry, "404"),
        (Answer(200, {}, b'{"object": "list", "da'), Retry, "broke off"),
        (Answer(200, {}, b"<html>Please sign in</html>"), Retry, "not Stripe's"),
        (Answer(200, {}, b"[]"), Retry, "not Stripe's"),
    ],
)
def test_what_says_nothing_of_the_books(
    request_: Request, answer: Answer, meaning: type[Retry | Unauthorized | Refused], words: str
) -> None:
    told = BOOKS.read(request_, answer, NOW)
    assert isinstance(told, meaning)
    assert words in told.reason
    if isinstance(told, Retry) and "retry-after" in answer.headers:
        assert told.after_s == 7


GOOD: dict[str, Any] = {
    "object": "payment_record",
    "id": "pr_1",
    "amount_requested": {"currency": "eur", "value": 1250},
    "amount_guaranteed": {"currency": "eur", "value": 1250},
    "amount_refunded": {"currency": "eur", "value": 500},
    "metadata": None,
}


def said(body: Any) -> Answer:
    return Answer(200, {}, json.dumps(body).encode())


def test_a_whole_answer_is_read() -> None:
    entry = Entry("pr_1", Kind.SALE, None, None, 1250, "EUR", BOOKED)
    assert BOOKS.read(ALONE, said(GOOD), NOW) == Listing((entry,))
    assert BOOKS.read(LIST, said({"object": "list", "data": [GOOD], "has_more": False}), NOW) == Listing((entry,))
    back = Entry("pr_1", Kind.REFUND, BACK.id, "T1-000002", 500, "EUR", BOOKED, "1")
    assert BOOKS.read(REPORTED, said(GOOD), NOW) == Listing((back,))
    for request in (ALONE, REPORTED):
        assert BOOKS.read(request, error(404, "resource_missing"), NOW) == Listing()
        assert isinstance(BOOKS.read(request, error(400, "resource_missing"), NOW), Refused)
    assert isinstance(BOOKS.read(LIST, error(404, "resource_missing"), NOW), Refused)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"id": "pr_2"}, "another id"),
        ({"object": "charge"}, "no payment_record"),
        ({"amount_guaranteed": None}, "pr_1 without its amount"),
        ({"amount_guaranteed": {"currency": "eur", "value": "12.50"}}, "pr_1 without its amount"),
        ({"amount_requested": None}, "pr_1 without its amount"),
        ({"amount_guaranteed": {"value": 1250}}, "without its currency"),
    ],
)
def test_another_thing_than_was_asked_for_is_no_match(changed: dict[str, Any], words: str) -> None:
    told = BOOKS.read(ALONE, said(GOOD | changed), NOW)
    assert isinstance(told, Retry)
    assert words in told.reason
    if "id" not in changed:
        listed = BOOKS.read(LIST, said({"object": "list", "data": [GOOD, GOOD | changed], "has_more": False}), NOW)
        assert isinstance(listed, Retry), "one that cannot be read is not left out"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"id": "pr_2"}, "another id"),
        ({"object": "charge"}, "what was given back"),
        ({"amount_refunded": None}, "what was given back"),
        ({"amount_refunded": {"value": 500}}, "without its currency"),
    ],
)
def test_a_payment_that_does_not_say_what_was_given_back_is_asked_again(changed: dict[str, Any], words: str) -> None:
    told = BOOKS.read(REPORTED, said(GOOD | changed), NOW)
    assert isinstance(told, Retry)
    assert words in told.reason


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (GOOD, "no list"),
        ({"object": "list", "data": {}, "has_more": False}, "no list"),
        ({"object": "list", "data": []}, "no list"),
        ({"object": "list", "data": ["pr_1"], "has_more": False}, "no payment_record"),
        ({"object": "list", "data": [GOOD | {"id": None}], "has_more": False}, "no payment_record"),
        ({"object": "list", "data": [], "has_more": True}, "does not go on"),
    ],
)
def test_half_a_list_is_none(body: dict[str, Any], words: str) -> None:
    told = BOOKS.read(LIST, said(body), NOW)
    assert isinstance(told, Retry)
    assert words in told.reason


def test_a_list_that_shows_the_same_page_for_ever_is_left() -> None:
    page = said({"object": "list", "data": [GOOD], "has_more": True})
    first = BOOKS.read(LIST, page, NOW)
    assert isinstance(first, Listing)
    (further,) = first.further
    assert further.path == f"{LIST.path}&starting_after=pr_1"
    told = BOOKS.read(further, page, NOW)
    assert isinstance(told, Retry)
    assert "does not go on" in told.reason


@pytest.mark.parametrize(
    ("which", "value"),
    [
        (1, {"object": "payment_intent", "id": "pi_1", "status": "succeeded", "amount": 1250, "currency": "eur"}),
        (1, {"object": "payment_intent", "id": "pi_1", "amount": 1250, "currency": "eur"}),
        (1, {"object": "refund", "id": "re_1", "status": "succeeded", "amount": 1250, "currency": "eur"}),
        (2, {"object": "refund", "id": "re_1", "status": "succeeded", "currency": "eur"}),
        (2, {"object": "refund", "id": "re_1", "status": "succeeded", "amount": 1250}),
    ],
)
def test_a_payment_or_refund_without_state_or_amount_is_asked_again(which: int, value: dict[str, Any]) -> None:
    request = BOOKS.between(NOW - HOUR, NOW)[which]
    assert isinstance(BOOKS.read(request, said({"object": "list", "data": [value], "has_more": False}), NOW), Retry)


def test_a_card_that_is_only_authorised_is_open_and_nobodys_yet() -> None:
    held = {"object": "payment_intent", "id": "pi_1", "status": "requires_capture", "amount": 1250, "currency": "eur"}
    held |= {"latest_charge": {"amount_refunded": 0}, "metadata": {"stillopen_sale": SOLD.id, "store": "store-1"}}
    read = BOOKS.read(
        BOOKS.between(NOW - HOUR, NOW)[1], said({"object": "list", "data": [held], "has_more": False}), NOW
    )
    assert read == Listing((Entry("pi_1", Kind.SALE, None, None, 1250, "EUR", OPEN),))


def test_requests_are_the_accounts_own_and_hold_no_secret() -> None:
    for request in the_books(account="acct_1").between(NOW - HOUR, NOW):
        assert ("stripe-account", "acct_1") in request.headers
        assert KEY not in repr(request)
    (records, intents, refunds) = BOOKS.between(NOW - HOUR, NOW + timedelta(milliseconds=1))
    second = int(NOW.timestamp())
    assert decoded(records.path.partition("?")[2]) == {
        "created_after": str(second - 3601),
        "created_before": str(second + 2),
        "limit": "100",
    }
    created = {"gte": str(second - 3600), "lte": str(second + 1)}
    assert decoded(refunds.path.partition("?")[2]) == {"created": created, "limit": "100"}
    assert decoded(intents.path.partition("?")[2])["created"] == created


# --- what is due ---


def _tipped() -> Record:
    sold = sale([line("mug", 1250)])
    sold.body["tenders"][0]["tip"] = 200
    return sold


def _without_receipt() -> Record:
    back = refund(SOLD, [("cash", 500)])
    back.body["original"] = None
    return back


def _empties() -> Record:
    sold = sale([line("mug", 0)], [])
    sold.body.update(total=-75, change=75)
    return sold


def _in(currency: str, record: Record) -> Record:
    record.body["currency"] = currency
    return record


@pytest.mark.parametrize(
    ("made", "due"),
    [
        (lambda: sale([line("mug", 1250), line("tea", 399)], TWO_WAYS), 1649),
        (lambda: sale([line("mug", 1250)], [("cash", 2000)]), 1250),
        (lambda: sale([line("mug", 1252)], rounding=-2), 1250),
        (lambda: sale([line("mug", 1250)], sale_discount=250, included=False), 1190),
        (lambda: sale([line("mug", 1250)], [("card", 1000), ("exchange", 250)]), 1000),
        (lambda: sale([line("mug", 1250)], [("exchange", 1250)]), None),
        (lambda: sale([line("mug", 0)], []), None),
        (_tipped, 1450),
        (_empties, None),
        (lambda: refund(SOLD, [("cash", 500), ("card", 250)]), 750),
        (lambda: refund(SOLD, [("cash", 500), ("exchange", 750)]), 500),
        (lambda: refund(SOLD, [("exchange", 1250)]), None),
        (_without_receipt, None),
        (lambda: place({}, Kind.VOID), None),
        (lambda: place({"total": 500}, Kind.CASH), None),
        (lambda: _in("KWD", sale([line("mug", 5124)])), 5120),
        (lambda: _in("MGA", sale([line("mug", 12_340)])), 12_300),
        (lambda: _in("ISK", sale([line("mug", 1250)])), 1250),
    ],
)
def test_what_is_due(made: Callable[[], Record], due: int | None) -> None:
    record = made()
    assert BOOKS.due(record) == due


ways = st.sampled_from(["cash", "card", "gift_card", "reader"])


@given(
    prices=st.lists(st.integers(50, 50_000), min_size=1, max_size=4),
    split=st.lists(ways, min_size=1, max_size=3),
    over=st.sampled_from([0, 0, 5, 5000]),
    backs=st.lists(st.tuples(ways, st.integers(50, 20_000)), max_size=4),
    page=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_the_entries_of_whatever_was_delivered_come_to_what_is_due(
    prices: list[int], split: list[str], over: int, backs: list[tuple[str, int]], page: int
) -> None:
    clock, lying = Clock(), LyingStripe(now=Clock())
    lying.books.page_size = page
    left, tenders = sum(prices), []
    for how in split[:-1]:
        if left >= 200:
            tenders.append((how, left // 2))
            left -= left // 2
    tenders.append(("cash", left + over) if split[-1] == "reader" else (split[-1], left))
    named = [("card" if how == "reader" else how, amount) for how, amount in tenders]
    sold = sale([line(None, price) for price in prices], named)
    at_readers: list[tuple[dict[str, Any], int]] = []
    for number, (how, amount) in enumerate(tenders, 1):
        if how == "reader":
            at_reader(lying, amount, sold, number)
            at_readers.append((sold.body["tenders"][number - 1]["card"], amount))
    done, refs = deliver(lying, fact_of(sold, clock))
    made = [(Delivered(sold, done.remote_id, refs, {}), done.drift)]
    reported = sum(prices) - sum(amount for _, amount in at_readers)
    for number, (how, wanted) in enumerate(backs, 2):
        if how == "reader" and at_readers:
            card, amount = at_readers.pop()
            back = refund(sold, [("card", min(wanted, amount))], number=number)
            back.body["tenders"][0]["card"] = card
        elif how != "reader" and min(wanted, reported):
            back = refund(sold, [(how, min(wanted, reported))], number=number)
            reported -= min(wanted, reported)
        else:
            continue
        done, brought = deliver(lying, fact_of(back, clock, sale_refs=refs))
        made.append((Delivered(back, done.remote_id, brought, refs), done.drift))
    listed = answered(lying, BOOKS.between(NOW - HOUR, NOW + HOUR))
    for it, drift in made:
        alone = answered(lying, BOOKS.one(it))
        assert sum(entry.total or 0 for entry in alone) == BOOKS.due(it.record)
        assert all(entry.standing is BOOKED and entry.record_id == it.record.id for entry in alone)
        assert drift == 0
        in_list = {entry for entry in listed if entry.record_id == it.record.id}
        assert in_list == {entry for entry in alone if not (entry.kind is Kind.REFUND and entry.remote_id[:2] == "pr")}
    assert len(listed) == len({entry.remote_id for entry in listed})
    assert lying.spec_faults == []


def answered(lying: LyingStripe, requests: Iterable[Request]) -> list[Entry]:
    """Ask with no server in between."""
    waiting = list(requests)
    found: list[Entry] = []
    while waiting:
        request = waiting.pop()
        headers = dict(request.headers) | {"authorization": f"Bearer {KEY}"}
        status, body, _ = lying._keyed("GET", f"GET {request.path}", "", headers)
        listing = BOOKS.read(request, Answer(status, {}, body), NOW)
        assert isinstance(listing, Listing)
        found += listing.entries
        waiting += listing.further
    return found
