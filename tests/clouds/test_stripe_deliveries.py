"""Sales and refunds on their way to Stripe: whole, in parts, after lost answers, and after any time."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from outbox.clouds import StoreFacts, make
from outbox.clouds.stripe import Settings
from outbox.clouds.stripe.form import form
from outbox.clouds.stripe.money import from_wire, step, to_wire
from outbox.clouds.tendered import to_be_paid
from outbox.connector import Answer, Complete, Refused, Retry, Unauthorized, Unclear
from outbox.feeds import Feed
from outbox.record import Kind
from outbox.session import Session
from tests.clouds import records
from tests.clouds.conftest import hasty
from tests.clouds.driver import Clock, Driver
from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.records import fact_of, line, refund, sale
from tests.clouds.serving import serving
from tests.clouds.stripe_spec import decoded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from outbox.connector import Connector
    from outbox.record import Record

STORE = StoreFacts("store-1", "EUR", prices_include_tax=True, timezone="Europe/Berlin")
CARD = {"provider": "stripe", "attempt": "a-1", "brand": "visa", "last4": "4242"}


def stripe_at(base_url: str, **more: Any) -> Connector:
    given = {"base_url": base_url, "key": SecretStr(KEY), "readers": {"till-1": "tmr_1"}} | more
    return make("stripe", Settings.model_validate(given), STORE)


@pytest.fixture
def stripe(clock: Clock) -> LyingStripe:
    return LyingStripe(now=clock)


@pytest.fixture
async def to_stripe(stripe: LyingStripe, clock: Clock) -> AsyncIterator[Driver]:
    async with serving(stripe) as base_url, Session(hasty) as session:
        yield Driver(stripe_at(base_url), session, clock)
    assert stripe.spec_faults == []


def at_reader(stripe: LyingStripe, amount: int, record: Record, tender: int = 1) -> None:
    """Let Stripe have charged a card for a tender of a sale."""
    asked = {"amount": str(amount), "currency": "eur", "payment_method_types": {"0": "card_present"}}
    intent = stripe.books.create_intent(asked)
    stripe.books.pay(intent, "4242")
    record.body["tenders"][tender - 1]["card"] = CARD | {"payment": intent["id"]}


async def test_each_tender_is_a_payment_record_at_its_true_time(to_stripe: Driver, stripe: LyingStripe) -> None:
    sold = sale([line("mug", 1250), line("tea", 399)], [("card", 1000), ("cash", 2000)])
    done, refs = await to_stripe.deliver(fact_of(sold, to_stripe.clock))
    assert done == Complete(refs["record-1"], 0, ())
    card, cash = stripe.books.records.values()
    assert (card["amount_guaranteed"]["value"], cash["amount_guaranteed"]["value"]) == (1000, 649)  # less the change
    assert card["initiated_at"] == 1795175940
    assert card["metadata"]["receipt_number"] == cash["description"] == sold.receipt_number
    assert card["metadata"]["reference"] == "slip 0042"
    assert cash["payment_method_details"]["custom"] == {"display_name": "Cash"}


async def test_what_the_reader_took_is_compared_and_named_not_recorded_twice(
    to_stripe: Driver, stripe: LyingStripe
) -> None:
    sold = sale([line("mug", 1250)], [("card", 1250)])
    at_reader(stripe, 1250, sold)
    done, _ = await to_stripe.deliver(fact_of(sold, to_stripe.clock))
    assert done == Complete("pi_000001", 0, ())
    assert stripe.books.records == {}
    intent = stripe.books.intents["pi_000001"]
    assert (intent["description"], intent["metadata"]["stillopen_id"]) == (sold.receipt_number, sold.id)


async def test_a_payment_that_is_another_at_stripe_is_drift(to_stripe: Driver, stripe: LyingStripe) -> None:
    sold = sale([line("mug", 1250)], [("card", 1250)])
    at_reader(stripe, 1200, sold)
    done, _ = await to_stripe.deliver(fact_of(sold, to_stripe.clock))
    assert isinstance(done, Complete)
    assert (done.drift, done.notes) == (-50, ("Stripe has 1200 of the 1250 that was paid",))
    stripe.books.intents["pi_000001"]["status"] = "canceled"
    done, _ = await to_stripe.deliver(fact_of(sold, to_stripe.clock))
    assert isinstance(done, Complete)
    assert done.drift == -1250
    assert "canceled" in to_stripe.notes[-2] + to_stripe.notes[-1]


@pytest.mark.parametrize("what", ["hang", "drop", "half", "half_json"])
async def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    to_stripe: Driver, stripe: LyingStripe, what: str
) -> None:
    sold = sale([line("mug", 1250)])
    stripe.faults.add(what, on="report_payment", after=True)
    _, refs = await to_stripe.deliver(fact_of(sold, to_stripe.clock))
    stripe.faults.add(what, on="report_refund", after=True)
    done, _ = await to_stripe.deliver(fact_of(refund(sold, [("cash", 500)]), to_stripe.clock, sale_refs=refs))
    assert (done, to_stripe.looks) == (Complete("pr_000001", 0, ()), 0)
    assert len(stripe.books.records) == 1
    assert stripe.books.records["pr_000001"]["amount_refunded"]["value"] == 500


async def test_a_key_that_is_too_old_is_looked_for_first(to_stripe: Driver, stripe: LyingStripe) -> None:
    stripe.books.page_size = 2
    for number in range(3, 8):  # others' payments, over several pages
        await to_stripe.deliver(fact_of(sale([line("tea", 399)], number=number), to_stripe.clock))
    sold = sale([line("mug", 1250)], [("card", 1250)])
    at_reader(stripe, 1250, sold)
    cash = sale([line("mug", 1250)], number=9)
    to_stripe.on_failure = lambda: to_stripe.clock.forward(hours=30)
    stripe.faults.add("drop", on="report_payment", after=True)
    _, refs = await to_stripe.deliver(fact_of(cash, to_stripe.clock))
    assert (len(stripe.books.records), to_stripe.looks) == (6, 1)
    stripe.faults.add("drop", on="report_payment")  # and one that never arrived
    await to_stripe.deliver(fact_of(sale([line("tea", 399)], number=10), to_stripe.clock))
    assert (len(stripe.books.records), to_stripe.looks) == (7, 2)
    back = refund(cash, [("cash", 1250)], number=11)
    stripe.faults.add("drop", on="report_refund", after=True)
    done, _ = await to_stripe.deliver(fact_of(back, to_stripe.clock, sale_refs=refs))
    assert done == Complete(refs["record-1"], 0, ())
    on_card = refund(sold, [("card", 1250)], number=12)
    on_card.body["tenders"][0]["card"] = sold.body["tenders"][0]["card"]
    stripe.faults.add("drop", on="POST /v1/refunds", after=True)
    done, _ = await to_stripe.deliver(fact_of(on_card, to_stripe.clock))
    assert done == Complete("re_000001", 0, ())
    assert (len(stripe.books.refunds), to_stripe.looks) == (1, 4)


async def test_a_reference_that_is_there_already_is_the_refund_itself(to_stripe: Driver, stripe: LyingStripe) -> None:
    sold = sale([line("mug", 1250)])
    _, refs = await to_stripe.deliver(fact_of(sold, to_stripe.clock))
    back = refund(sold, [("cash", 500)])
    first, _ = await to_stripe.deliver(fact_of(back, to_stripe.clock, sale_refs=refs))
    stripe._kept.clear()  # the disk was put back, and the keys are forgotten
    again, _ = await to_stripe.deliver(fact_of(back, to_stripe.clock, sale_refs=refs))
    assert first == again
    assert stripe.books.records["pr_000001"]["amount_refunded"]["value"] == 500


async def test_a_500_is_kept_under_its_key_and_ends_with_it(to_stripe: Driver, stripe: LyingStripe) -> None:
    stripe.stored_500.append("report_payment")
    to_stripe.on_failure = lambda: to_stripe.clock.forward(hours=7)
    done, _ = await to_stripe.deliver(fact_of(sale([line("mug", 1250)]), to_stripe.clock))
    assert isinstance(done, Complete)
    assert len(stripe.books.records) == 1
    assert sum("report_payment" in asked for asked in stripe.requests) == 5  # at 0, 7, 14, 21 h, and at 28 h as new


async def test_refunds_in_parts_and_twice_are_of_their_own_kind_first(to_stripe: Driver, stripe: LyingStripe) -> None:
    sold = sale([line("mug", 1250), line("tea", 399)], [("card", 1000), ("cash", 649)])
    _, refs = await to_stripe.deliver(fact_of(sold, to_stripe.clock))
    for number, amount in ((2, 600), (3, 100)):
        back = refund(sold, [("cash", amount)], number=number)
        done, _ = await to_stripe.deliver(fact_of(back, to_stripe.clock, sale_refs=refs))
        assert isinstance(done, Complete)
        assert done.drift == 0
    card, cash = stripe.books.records.values()
    assert (card["amount_refunded"]["value"], cash["amount_refunded"]["value"]) == (51, 649)


async def test_a_refund_on_the_card_goes_back_through_stripe(to_stripe: Driver, stripe: LyingStripe) -> None:
    sold = sale([line("mug", 1250)], [("card", 1250)])
    at_reader(stripe, 1250, sold)
    for number, amount in ((2, 500), (3, 750)):
        back = refund(sold, [("card", amount)], number=number)
        back.body["tenders"][0]["card"] = sold.body["tenders"][0]["card"]
        done, _ = await to_stripe.deliver(fact_of(back, to_stripe.clock))
        assert isinstance(done, Complete)
        assert (done.remote_id, done.drift) == (f"re_{number - 1:06}", 0)
    assert stripe.books.charged == 0
    more = refund(sold, [("card", 1)], number=4)
    more.body["tenders"][0]["card"] = sold.body["tenders"][0]["card"]
    refused, _ = await to_stripe.deliver(fact_of(more, to_stripe.clock))
    assert isinstance(refused, Refused)
    assert refused.code == "charge_already_refunded"
    assert "leave this delivery parked" in refused.hint


async def test_what_stripe_cannot_hold_is_a_note_with_its_amount(to_stripe: Driver) -> None:
    without = refund(sale([line("mug", 1250)]), [("cash", 1250)])
    without.body["original"] = None
    done, _ = await to_stripe.deliver(fact_of(without, to_stripe.clock))
    assert isinstance(done, Complete)
    assert done.drift == -1250
    assert "it knows no payment that 1250 came from" in done.notes[0]
    swapped = sale([line("mug", 1250)], [("exchange", 399), ("cash", 851)])
    done, _ = await to_stripe.deliver(fact_of(swapped, to_stripe.clock))
    assert isinstance(done, Complete)
    assert (done.drift, done.notes[0][:8]) == (-399, "399 was ")
    free = sale([line("mug", 0)], [])
    done, _ = await to_stripe.deliver(fact_of(free, to_stripe.clock))
    assert done == Complete(None, 0, ("nothing was paid for it that Stripe could be told of",))
    empties = sale([line("mug", 0)], [])
    empties.body.update(total=-75, change=75, rounding=0)
    done, _ = await to_stripe.deliver(fact_of(empties, to_stripe.clock))
    assert isinstance(done, Complete)
    assert (done.drift, done.notes[0]) == (75, "75 was paid out: Stripe keeps no payment below 0")


async def test_a_tip_and_a_customer_go_with_what_they_paid(stripe: LyingStripe, clock: Clock) -> None:
    sold = sale([line("mug", 1250)])
    sold.body["tenders"][0]["tip"] = 200
    sold.body["customer"] = {"id": "c-1", "name": "Ada", "number": "77"}
    async with serving(stripe) as base_url, Session(hasty) as session:
        connector = stripe_at(base_url, customers=True, methods={"cash": "cpmt_1"}, account="acct_1")
        assert connector.capabilities.customers
        done, _ = await Driver(connector, session, clock).deliver(fact_of(sold, clock))
    assert done == Complete("pr_000001", 0, ())
    (paid,) = stripe.books.records.values()
    assert (paid["amount_guaranteed"]["value"], paid["metadata"]["tip"]) == (1450, "200")
    assert (paid["customer_details"], paid["payment_method_details"]["custom"]) == ({"name": "Ada"}, {"type": "cpmt_1"})


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer(200, {}, b"<html>Please sign in</html>"), Unclear),
        (Answer(200, {}, b"{}"), Unclear),
        (Answer(200, {}, b'{"object": "payment_rec'), Unclear),
        (Answer(302, {}, b""), Retry),
        (Answer(404, {}, b"<html>"), Retry),
        (Answer(502, {"retry-after": "7"}, b"<html>"), Unclear),
        (Answer(401, {}, b'{"error": {"type": "invalid_request_error"}}'), Unauthorized),
        (Answer(403, {}, b'{"error": {"type": "invalid_request_error", "message": "no permission"}}'), Unauthorized),
        (Answer(429, {"retry-after": "2"}, b'{"error": {"type": "rate_limit_error", "code": "rate_limit"}}'), Retry),
        (Answer(400, {}, b'{"error": {"type": "invalid_request_error", "code": "lock_timeout"}}'), Retry),
        (Answer(409, {}, b'{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}'), Unclear),
        (Answer(500, {}, b'{"error": {"type": "api_error"}}'), Unclear),
        (Answer(400, {"stripe-should-retry": "true"}, b'{"error": {"type": "invalid_request_error"}}'), Retry),
        (Answer(402, {}, b'{"error": {"type": "card_error", "code": "card_declined"}}'), Refused),
        (Answer(400, {"request-id": "req_7"}, b'{"error": {"type": "idempotency_error", "param": "x"}}'), Refused),
    ],
)
def test_only_stripes_own_error_refuses(clock: Clock, answer: Answer, meaning: type[Any]) -> None:
    connector = stripe_at("https://api.stripe.com")
    fact = fact_of(sale([line("mug", 1250)]), clock)
    step_ = connector.next_step(fact)
    told = connector.verdict(step_, fact, answer)  # type: ignore[arg-type]  # it is a step: something was paid
    assert isinstance(told, meaning)
    if isinstance(told, Refused):
        assert told.hint.endswith(".")
    if isinstance(told, Unclear) and "retry-after" in answer.headers:
        assert told.after_s == 7


async def test_a_refusal_is_released_under_another_key(to_stripe: Driver, stripe: LyingStripe) -> None:
    fact = fact_of(sale([line("mug", 1250)]), to_stripe.clock)
    body = json.dumps({"error": {"type": "invalid_request_error", "code": "planted", "message": "no"}}).encode()
    stripe.faults.add("status", on="report_payment", status=400, body=body)
    refused, _ = await to_stripe.deliver(fact)
    assert isinstance(refused, Refused)
    first = to_stripe.connector.next_step(fact)
    second = to_stripe.connector.next_step(fact_of(fact.record, to_stripe.clock, generation=1))
    assert first.key != second.key  # type: ignore[union-attr]  # both are steps


amounts = st.integers(1, 50_000)


@given(
    prices=st.lists(amounts, min_size=1, max_size=4),
    discount=st.integers(0, 300),
    split=st.lists(st.sampled_from(["cash", "card"]), min_size=1, max_size=3),
    over=st.sampled_from([0, 0, 5, 5000]),
    back=st.integers(1, 60_000),
)
@settings(max_examples=40, deadline=None)
def test_the_sums_at_stripe_are_the_receipts_or_the_drift_says_by_how_much(
    prices: list[int], discount: int, split: list[str], over: int, back: int
) -> None:
    total = records.sale([line(None, price) for price in prices], sale_discount=discount).body["total"]
    tenders, left = [], total
    for how in split[:-1]:
        part = left // 2
        if part:
            tenders.append((how, part))
            left -= part
    tenders.append(("cash", left + over))
    sold = records.sale([line(None, price) for price in prices], tenders, sale_discount=discount)
    clock, lying = Clock(), LyingStripe()
    done, refs = deliver(lying, fact_of(sold, clock))
    there = sum(record["amount_guaranteed"]["value"] for record in lying.books.records.values())
    assert there - to_be_paid(sold.body) == done.drift == 0
    given_back = min(back, total)
    if given_back:
        done, _ = deliver(lying, fact_of(refund(sold, [("cash", given_back)]), clock, sale_refs=refs))
        left_there = sum(record["amount_refunded"]["value"] for record in lying.books.records.values())
        assert left_there - given_back == done.drift == 0
    assert lying.spec_faults == []


def deliver(lying: LyingStripe, fact: Any) -> tuple[Complete, dict[str, str]]:
    """Take a record to its end with no server in between."""
    connector = stripe_at("http://127.0.0.1:2")
    refs: dict[str, str] = {}
    while True:
        coming = connector.next_step(replace(fact, refs=refs))
        if isinstance(coming, Complete):
            return coming, refs
        assert not isinstance(coming, Refused)
        asked = coming.request
        headers = dict(asked.headers) | connector.credentials(asked, coming.key, fact.now)
        status, body, _ = lying._keyed(asked.method, f"{asked.method} {asked.path}", asked.body.decode(), headers)
        done = connector.verdict(coming, replace(fact, refs=refs), Answer(status, {}, body))
        refs |= done.refs  # type: ignore[union-attr]  # an honest Stripe does it


@given(st.sampled_from(["EUR", "JPY", "ISK", "UGX", "MGA", "KWD", "CLP"]), st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_amounts_come_back_as_they_went_but_for_what_stripe_does_not_take(currency: str, amount: int) -> None:
    there = to_wire(amount, currency)
    assert abs(from_wire(there, currency) - amount) <= step(currency) / 2
    if amount % step(currency) == 0:
        assert from_wire(there, currency) == amount


def test_what_is_written_in_other_units_at_stripe() -> None:
    assert [to_wire(500, currency) for currency in ("EUR", "JPY", "ISK", "UGX", "MGA")] == [500, 500, 50000, 50000, 5]
    assert (to_wire(5124, "KWD"), step("KWD"), step("MGA")) == (5120, 10, 100)


@given(
    st.recursive(
        st.text(max_size=5), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1), max_leaves=5
    )
)
@settings(max_examples=50, deadline=None)
def test_a_form_reads_back_as_what_it_was_made_of(value: Any) -> None:
    fields = {"top": value, "flag": True, "number": 7, "listed": ["x", "y"]}
    read = decoded(form(fields))
    assert read == {"top": value, "flag": "true", "number": "7", "listed": {"0": "x", "1": "y"}}


def test_a_form_holds_no_float() -> None:
    with pytest.raises(TypeError, match="amount"):
        form({"amount": 12.5})


def test_nothing_is_pulled() -> None:
    connector = stripe_at("https://api.stripe.com")
    assert connector.pull(Feed.ITEMS, None) is None
    assert isinstance(connector.page(Feed.ITEMS, None, Answer(200, {}, b"{}")), Refused)
    assert connector.capabilities.kinds == {Kind.SALE, Kind.REFUND}
    assert connector.throttle is not None
    assert connector.throttle.allowance(Answer(200, {}, b"{}")) is None
