"""Square times out, breaks off, forgets keys and says no. Each sale is there once in the end, or parked."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr, ValidationError

from outbox.clouds.square import Settings
from outbox.connector import (
    Absent,
    Answer,
    Complete,
    Done,
    Found,
    LookOn,
    Refused,
    Retry,
    Step,
    Unauthorized,
    Unclear,
    Unknown,
)
from outbox.session import Session
from tests.clouds.conftest import a_square, hasty, square_at
from tests.clouds.driver import Clock, Driver
from tests.clouds.records import fact_of, line, refund, sale
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from tests.clouds.lying_square import LyingSquare

LIES = ["hang", "drop", "half", "half_json", "status"]
STEPS = ["POST /v2/orders", "PUT /v2/orders", "POST /v2/payments", "/pay", "POST /v2/refunds", "batch-create"]


def money_in(square: LyingSquare) -> int:
    return sum(p["amount_money"]["amount"] for p in square.books.payments.values() if p["status"] == "COMPLETED")


async def a_day(driver: Driver, clock: Clock) -> None:
    """Deliver a sale that takes every kind of step, and its refund."""
    driver.connector = square_at(driver.connector.base_url, stock="adjust")
    sold = sale([line("mug", 150, tax="reduced")], [("cash", 100), ("card", 61)], included=False)
    ended, refs = await driver.deliver(fact_of(sold, clock))
    assert isinstance(ended, Complete)
    assert ended.drift == 0
    back = refund(sold, [("card", 61), ("cash", 100)])
    ended, _ = await driver.deliver(fact_of(back, clock, sale_refs=refs))
    assert isinstance(ended, Complete)
    assert ended.drift == 0


@pytest.mark.parametrize("on", STEPS)
@pytest.mark.parametrize("old", [False, True])
async def test_nothing_is_lost_and_nothing_doubled(on: str, *, old: bool) -> None:
    now_lying: list[LyingSquare] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await now_lying[-1](scope, receive, send)

    async with serving(app) as base_url, Session(hasty) as session:
        for what in LIES:
            for after in (True, False):
                clock = Clock()
                square = a_square(clock)
                now_lying.append(square)
                square.faults.add(what, on=on, after=after)
                driver = Driver(square_at(base_url), session, clock)
                if old:  # the key is forgotten before the line is back: only looking first keeps it single
                    driver.on_failure = partial(clock.forward, hours=25)
                await a_day(driver, clock)
                assert square.faults.waiting[0].times == 0, "it did lie"
                everything_once(square, driver, old=old)


def everything_once(square: LyingSquare, driver: Driver, *, old: bool) -> None:
    (order,) = square.books.orders.values()
    assert order["state"] == "COMPLETED"
    assert order["total_money"]["amount"] == 161
    assert money_in(square) == 161
    assert sorted(p["refunded_money"]["amount"] for p in square.books.payments.values()) == [61, 100]
    assert len(square.books.refunds) == 2
    assert square.spec_faults == []
    moved = sorted(change["adjustment"]["to_state"] for change in square.books.changes)
    if old:  # what came too late for Square's stock is said, and not moved a second time
        by_hand = [note for note in driver.notes if "by hand" in note]
        assert len(moved) + len(by_hand) >= 2
        assert len(moved) == len(set(moved))
    else:
        assert moved == ["IN_STOCK", "SOLD"]
        assert not any("by hand" in note for note in driver.notes)
        assert driver.looks == 0


# --- what answers mean, without a wire ---


def first_step(clock: Clock) -> tuple[Any, Any, Any]:
    connector = square_at("https://connect.squareup.com")
    fact = fact_of(sale([line("mug", 1250)]), clock)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    return connector, fact, step


def error(category: str, code: str, **more: str) -> bytes:
    fields = "".join(f', "{name}": "{value}"' for name, value in more.items())
    return f'{{"errors": [{{"category": "{category}", "code": "{code}"{fields}}}]}}'.encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, error("RATE_LIMIT_ERROR", "RATE_LIMITED"), Retry),
        (400, error("REFUND_ERROR", "REFUND_ALREADY_PENDING"), Retry),
        (401, error("AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED"), Unauthorized),
        (403, error("AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES"), Unauthorized),
        (403, error("INVALID_REQUEST_ERROR", "FORBIDDEN"), Unauthorized),
        (500, error("API_ERROR", "INTERNAL_SERVER_ERROR"), Unclear),
        (409, error("INVALID_REQUEST_ERROR", "CONFLICT"), Unclear),
        (503, b"<html>", Unclear),
        (408, b"", Unclear),
        (200, b'{"order": {"id": "O1"', Unclear),
        (200, b"<html>please log in</html>", Unclear),
        (200, b"[]", Unclear),
        (200, b"{}", Unclear),
        (200, b'{"order": {"id": "O1", "total_money": {"amount": "12"}}}', Unclear),
        (200, b'{"order": {"id": "O1", "version": 1, "total_money": {"amount": 1250}}}', Unclear),  # not ours
        (404, b"not here", Retry),
        (404, b'{"errors": "none of yours"}', Retry),
        (302, b"", Retry),
        (407, b"", Retry),
        (400, error("INVALID_REQUEST_ERROR", "INVALID_VALUE", field="order.x", detail="no"), Refused),
        (400, error("INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED"), Refused),
        (200, error("INVALID_REQUEST_ERROR", "INVALID_LOCATION"), Refused),
    ],
)
def test_only_squares_own_words_refuse_a_sale(clock: Clock, status: int, body: bytes, kind: type) -> None:
    connector, fact, step = first_step(clock)
    assert type(connector.verdict(step, fact, Answer(status, {}, body))) is kind


def test_a_refusal_names_the_field_and_the_next_step(clock: Clock) -> None:
    connector, fact, step = first_step(clock)
    body = error("INVALID_REQUEST_ERROR", "INVALID_LOCATION", field="order.location_id", detail="no such place")
    refused = connector.verdict(step, fact, Answer(400, {}, body))
    assert refused.code == "INVALID_LOCATION"
    assert refused.reason == "Square refused it: no such place (field order.location_id)"
    assert "location_id" in refused.hint


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        ({"retry-after": "7"}, 7.0),
        ({}, None),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 20 Nov 2026 08:00:30 GMT", "date": "Fri, 20 Nov 2026 08:00:00 GMT"}, 30.0),
        ({"retry-after": "soon"}, None),
    ],
)
def test_square_says_when_to_come_back(clock: Clock, headers: dict[str, str], after_s: float | None) -> None:
    connector, fact, step = first_step(clock)
    answer = Answer(429, headers, error("RATE_LIMIT_ERROR", "RATE_LIMITED"))
    assert connector.verdict(step, fact, answer).after_s == after_s


async def test_limits_and_trouble_are_waited_out(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    limited = error("RATE_LIMIT_ERROR", "RATE_LIMITED")
    for headers in ({"retry-after": "3"}, {"retry-after": format_datetime(clock(), usegmt=True)}, {}):
        square.faults.add("status", on="/v2/payments", status=429, body=limited, headers=headers)
    square.faults.add("status", on="/v2/orders", status=502, body=b"<html>bad gateway</html>", times=2, after=True)
    ended, _ = await driver.deliver(fact_of(sale([line("mug", 1250)]), clock))
    assert isinstance(ended, Complete)
    assert len(square.books.orders) == len(square.books.payments) == 1


def test_a_person_s_retry_after_a_refusal_gets_a_new_key(clock: Clock) -> None:
    record = sale([line("mug", 1250)])
    connector, _, step = first_step(clock)
    again = connector.next_step(fact_of(record, clock, generation=1))
    assert again.key != step.key
    assert len(again.key) <= 45


# --- looking ---


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"orders": [], "cursor": "more"}', LookOn),
        (200, b'{"orders": [], "cursor": 7}', Absent),
        (200, b'{"orders": {}}', Absent),
        (200, b'{"orders": [1, {"id": "O9", "total_money": {"amount": 1250}, "reference_id": "T1-000001"}]}', Absent),
        (200, b"{", Unknown),
        (500, b"", Unknown),
        (429, error("RATE_LIMIT_ERROR", "RATE_LIMITED"), Unknown),
        (400, error("INVALID_REQUEST_ERROR", "INVALID_VALUE"), Unknown),
        (401, error("AUTHENTICATION_ERROR", "UNAUTHORIZED"), Unauthorized),
    ],
)
def test_a_look_that_proves_nothing_says_so(clock: Clock, status: int, body: bytes, kind: type) -> None:
    connector, fact, step = first_step(clock)
    assert type(connector.sighting(step, fact, Answer(status, {}, body))) is kind


def test_an_order_is_believed_only_with_our_id_in_it(clock: Clock) -> None:
    connector, fact, step = first_step(clock)
    ours = f'"metadata": {{"stillopen_id": "{fact.record.id}"}}'
    body = f'{{"orders": [{{"id": "O2", "version": 4, "total_money": {{"amount": 1250}}, {ours}}}]}}'
    seen = connector.sighting(step, fact, Answer(200, {}, body.encode()))
    assert seen == Found({"order": "O2", "version-0": "4", "total-0": "1250", "tax-0": "0"})
    canceled = body.replace('"id": "O2"', '"id": "O2", "state": "CANCELED"')
    assert connector.sighting(step, fact, Answer(200, {}, canceled.encode())) == Absent()


@pytest.mark.parametrize(
    ("payment", "kind"),
    [
        ('{"id": "P1", "status": "COMPLETED", "amount_money": {"amount": 1250}, "order_id": "O1"}', Done),
        ('{"id": "P1", "status": "COMPLETED", "amount_money": {"amount": 1200}, "order_id": "O1"}', Unclear),
        ('{"id": "P1", "status": "COMPLETED", "amount_money": {"amount": 1250}, "order_id": "O2"}', Unclear),
        ('{"id": "P1", "status": "PENDING", "amount_money": 3, "order_id": "O1"}', Unclear),
        ('{"id": "P1", "status": "FAILED"}', Refused),
        ('{"status": "COMPLETED"}', Unclear),
        ("7", Unclear),
    ],
)
def test_a_payment_counts_only_as_it_was_asked_for(clock: Clock, payment: str, kind: type) -> None:
    connector = square_at("https://connect.squareup.com")
    refs = {"order": "O1", "version-0": "1", "total-0": "1250", "tax-0": "0"}
    fact = fact_of(sale([line("mug", 1250)]), clock, refs=refs)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    answer = Answer(200, {}, f'{{"payment": {payment}}}'.encode())
    assert type(connector.verdict(step, fact, answer)) is kind
    listed = Answer(200, {}, f'{{"payments": [{payment}]}}'.encode())
    assert connector.sighting(step, fact, listed) == Absent()  # none of them carries our reference


def test_an_order_that_is_not_the_one_asked_for_is_not_believed(clock: Clock) -> None:
    connector = square_at("https://connect.squareup.com")
    refs = {"order": "O1", "version-0": "1", "total-0": "1250", "tax-0": "0"}
    fact = fact_of(sale([line("mug", 1250)], [("cash", 1000), ("card", 250)]), clock, refs=refs)
    paid = fact_of(fact.record, clock, refs=refs | {"payment-1": "P1", "payment-2": "P2"})
    step = connector.next_step(paid)
    assert isinstance(step, Step)
    other = b'{"order": {"id": "O7", "version": 2, "state": "COMPLETED", "total_money": {"amount": 1250}}}'
    still = b'{"order": {"id": "O1", "version": 2, "state": "OPEN", "total_money": {"amount": 1250}}}'
    assert isinstance(connector.verdict(step, paid, Answer(200, {}, other)), Unclear)
    assert isinstance(connector.verdict(step, paid, Answer(200, {}, still)), Unclear)
    assert isinstance(connector.sighting(step, paid, Answer(200, {}, other)), Unknown)
    assert connector.sighting(step, paid, Answer(200, {}, still)) == Absent()
    assert isinstance(connector.sighting(step, paid, Answer(200, {}, b"{}")), Unknown)


def test_a_look_begins_a_little_before_what_square_had_said_or_at_the_beginning(clock: Clock) -> None:
    connector, fact, step = first_step(clock)
    assert b'"start_at":"2009-01-01T00:00:00Z"' in connector.probe(step, fact).body
    heard = fact_of(fact.record, clock, since=datetime(2026, 11, 22, 8, 15, tzinfo=UTC))
    assert b'"start_at":"2026-11-22T08:00:00Z"' in connector.probe(step, heard).body


def test_another_refund_of_the_same_amount_is_not_ours(clock: Clock) -> None:
    connector = square_at("https://connect.squareup.com")
    fact = fact_of(refund(sale([line("mug", 1250)]), [("cash", 1250)]), clock)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    other = b'{"refunds": [{"id": "R1", "status": "COMPLETED", "amount_money": {"amount": 1250}, "reason": "broken"}]}'
    assert connector.sighting(step, fact, Answer(200, {}, other)) == Absent()
    ours = f"Receipt {fact.record.receipt_number}/1 {fact.record.id}".encode()
    found = connector.sighting(step, fact, Answer(200, {}, other.replace(b"broken", ours)))
    assert found == Found({"refund-1": "R1", "refunded-1": "1250"})
    failed = other.replace(b"broken", ours).replace(b"COMPLETED", b"FAILED")
    assert connector.sighting(step, fact, Answer(200, {}, failed)) == Absent()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"base_url": "http://connect.squareup.com"}, "https"),
        ({"base_url": "https://connect.squareup.com/?a=b"}, "leave away the"),
        ({"stock": "sometimes"}, "'order', 'adjust' or 'none'"),
        ({"tenders": {"voucher": "PAPER"}}, "FOOD_VOUCHER"),
        ({"location_id": ""}, "at least 1"),
        ({"locaton_id": "L1"}, "not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate({"token": SecretStr("t"), "location_id": "L1"} | wrong)


def test_an_address_is_taken_with_or_without_its_last_slash() -> None:
    assert square_at("https://connect.squareup.com/").base_url == "https://connect.squareup.com"


@pytest.mark.parametrize("after", [True, False], ids=["it took effect", "it did not"])
@pytest.mark.parametrize("on", ["POST /v2/orders", "POST /v2/payments", "POST /v2/refunds"])
async def test_a_look_goes_through_every_page(
    driver: Driver, square: LyingSquare, clock: Clock, on: str, *, after: bool
) -> None:
    async def sold_and_brought_back(number: int) -> None:
        record = sale([line("mug", 1250)], number=number)
        _, refs = await driver.deliver(fact_of(record, clock))
        ended, _ = await driver.deliver(fact_of(refund(record, [("cash", 1250)], number=number), clock, sale_refs=refs))
        assert isinstance(ended, Complete)

    for number in (1, 2, 3):
        await sold_and_brought_back(number)
    square.books.page_size = 1
    square.faults.add("drop", on=on, after=after)
    driver.on_failure = partial(clock.forward, hours=25)
    await sold_and_brought_back(4)
    before = 6 if on == "POST /v2/orders" else 3  # Square makes an order of each refund, too
    assert (driver.looks, driver.pages) == (1, before if after else before - 1)
    assert (len(square.books.orders), len(square.books.payments), len(square.books.refunds)) == (4, 4, 4)
    assert square.spec_faults == []


async def test_two_tenders_of_one_amount_are_not_taken_for_each_other(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    driver.on_failure = partial(clock.forward, hours=25)
    driver.on_step = lambda step: square.faults.add("drop", on="/v2/payments") if step.name == "payment-2" else None
    record = sale([line("mug", 1000)], [("card", 500), ("voucher", 500)])
    ended, refs = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert driver.looks == 1
    assert refs["payment-1"] != refs["payment-2"]
    assert money_in(square) == 1000
