"""Answers of Stripe's that are whole and are not what was asked for: nothing is taken for done that is another's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from outbox.card_reader import Asked, AtReader, Payment, Phase
from outbox.clouds.stripe.plan import Place
from outbox.clouds.stripe.reader import StripeReaders
from outbox.connector import Absent, Answer, Found, LookOn, Refused, Step, Unauthorized, Unclear, Unknown
from tests.clouds.records import fact_of, line, refund, sale
from tests.clouds.test_stripe_deliveries import CARD, stripe_at

if TYPE_CHECKING:
    from outbox.connector import Fact
    from tests.clouds.driver import Clock

NO = Answer(404, {}, b'{"error": {"type": "invalid_request_error", "code": "resource_missing"}}')
OUT = Answer(401, {}, b'{"error": {"type": "invalid_request_error"}}')
SOLD = sale([line("mug", 1250)])
ASKED = Asked("5f6e7d8c-0000-7000-8000-000000000000", "s-1", "till-1", "tmr_1", 1250)


def said(**body: Any) -> Answer:
    return Answer(200, {}, json.dumps({"object": "it"} | body).encode())


def step_of(fact: Fact) -> Step:
    coming = stripe_at("https://api.stripe.com").next_step(fact)
    assert isinstance(coming, Step)
    return coming


def ours(fact: Fact, part: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": "x_1", "metadata": {"stillopen_id": fact.record.id, "stillopen_part": str(part)}} | more


@pytest.fixture
def sold(clock: Clock) -> Fact:
    return fact_of(SOLD, clock)


@pytest.fixture
def on_card(clock: Clock) -> Fact:
    back = refund(SOLD, [("card", 500)])
    back.body["tenders"][0]["card"] = CARD | {"payment": "pi_1"}
    return fact_of(back, clock)


@pytest.fixture
def in_cash(clock: Clock) -> Fact:
    refs = {"record-1": "pr_1", "type-1": "cash"}
    return fact_of(refund(SOLD, [("cash", 500)]), clock, sale_refs=refs, refs={"left-1": "1250", "back-1": "0"})


def test_another_object_is_unclear(sold: Fact, on_card: Fact, in_cash: Fact, clock: Clock) -> None:
    connector = stripe_at("https://api.stripe.com")
    paid = sale([line("mug", 1250)], [("card", 1250)])
    paid.body["tenders"][0]["card"] = CARD | {"payment": "pi_1"}
    looked = fact_of(paid, clock)
    left = replace(in_cash, refs={})
    for fact, answer in (
        (sold, said(id="pr_1", metadata={})),
        (sold, said(id="pr_1")),
        (sold, said(metadata={"stillopen_id": SOLD.id, "stillopen_part": "1"})),
        (looked, said(id="pi_2")),
        (looked, said(id="pi_1", amount_received=None)),
        (left, said(id="pr_2")),
        (left, said(id="pr_1", amount_guaranteed=None)),
        (in_cash, said(id="pr_2")),
        (on_card, said(id="re_1", metadata={})),
    ):
        assert isinstance(connector.verdict(step_of(fact), fact, answer), Unclear), answer


def test_a_refund_that_stripe_did_not_make_is_a_persons(on_card: Fact) -> None:
    connector, step = stripe_at("https://api.stripe.com"), step_of(on_card)
    refused = connector.verdict(step, on_card, said(**ours(on_card, amount=500, status="failed")))
    assert isinstance(refused, Refused)
    assert (refused.code, "another way" in refused.hint) == ("refund_failed", True)


def test_a_record_with_no_amount_of_its_own_is_what_was_asked_for(sold: Fact) -> None:
    connector, step = stripe_at("https://api.stripe.com"), step_of(sold)
    done = connector.verdict(step, sold, said(**ours(sold)))
    assert done.refs["amount-1"] == "1250"  # type: ignore[union-attr]  # it is done


def test_what_a_look_shows(sold: Fact, on_card: Fact, in_cash: Fact) -> None:
    connector = stripe_at("https://api.stripe.com")

    def seen(fact: Fact, answer: Answer) -> Any:
        return connector.sighting(step_of(fact), fact, answer)

    others = [{"id": "pr_7", "metadata": {}}, {"id": "pr_8", "metadata": {"stillopen_id": SOLD.id}}]
    assert isinstance(seen(sold, said(data=others, has_more=False)), Absent)
    assert isinstance(seen(sold, said(data=[], has_more=False)), Absent)
    onward = seen(sold, said(data=others, has_more=True))
    assert isinstance(onward, LookOn)
    assert onward.request.path.endswith("&starting_after=pr_8")
    assert isinstance(seen(sold, said(data=[*others, ours(sold)])), Found)
    assert isinstance(seen(on_card, said(data=[ours(on_card, amount=500)])), Found)
    assert isinstance(seen(in_cash, said(id="pr_1", amount_refunded={"value": 500})), Found)
    assert isinstance(seen(in_cash, said(id="pr_1", amount_refunded={"value": 0})), Absent)
    for fact, answer, meaning in (
        (sold, said(), Unknown),
        (in_cash, said(id="pr_2"), Unknown),
        (sold, NO, Unknown),
        (sold, OUT, Unauthorized),
        (sold, Answer(502, {"retry-after": "3"}, b""), Unknown),
    ):
        assert isinstance(seen(fact, answer), meaning), answer


def test_looks_begin_a_little_before_the_request_and_reads_are_not_looked_for(sold: Fact, clock: Clock) -> None:
    connector, step = stripe_at("https://api.stripe.com"), step_of(sold)
    unknown = connector.probe(step, sold)
    known = connector.probe(step, replace(sold, since=clock()))
    assert unknown is not None
    assert known is not None
    assert unknown.path == "/v1/payment_records?limit=100"
    assert known.path == f"/v1/payment_records?created_after={int(clock().timestamp()) - 900}&limit=100"
    reading = replace(step, name="seen-1")
    assert connector.probe(reading, sold) is None


def test_a_part_that_was_set_off_is_named(clock: Clock) -> None:
    connector = stripe_at("https://api.stripe.com")
    done = connector.next_step(fact_of(refund(SOLD, [("exchange", 399)]), clock))
    assert done.notes == ("399 was set off against new goods: Stripe is told of payments only",)  # type: ignore[union-attr]  # it is complete


def test_what_a_reader_and_a_payment_say(clock: Clock) -> None:
    readers, now = StripeReaders(Place("store-1"), {"till-1": "tmr_1"}, "KWD"), clock()
    assert readers.amount_fault(5120) is None
    assert "5.120" in (readers.amount_fault(5124) or "")
    for answer in (said(id="pi_1", object="payment_intent", status="novel"), said(id="pi_1"), Answer(200, {}, b"{")):
        assert isinstance(readers.payment(answer, now), Unclear)
    for answer in (said(id="tmr_1"), Answer(500, {}, b"")):
        assert isinstance(readers.at_reader(answer, now), Unclear)
    charge = {
        "payment_method_details": {"interac_present": {"brand": "interac", "last4": "0007"}},
        "amount_refunded": 10,
    }
    whole = {"object": "payment_intent", "id": "pi_1", "status": "succeeded", "amount_received": 5120}
    paid = readers.payment(said(**whole, latest_charge=charge), now)
    assert isinstance(paid, Payment)
    assert (paid.phase, paid.amount, paid.given_back) == (Phase.CHARGED, 5120, 10)
    assert paid.card is not None
    assert (paid.card.brand, paid.card.last4, paid.card.approval) == ("interac", "0007", None)
    odd_ones: tuple[dict[str, Any], ...] = ({"payment_method_details": None}, {"payment_method_details": {"card": {}}})
    for odd in odd_ones:
        other = readers.payment(said(**whole, latest_charge=odd), now)
        assert isinstance(other, Payment)
        assert other.card is None
    expanded = {"process_payment_intent": {"payment_intent": {"id": "pi_1"}}, "status": "failed", "failure_code": None}
    at = readers.at_reader(said(object="terminal.reader", action=expanded), now)
    assert at == AtReader(None, "pi_1", busy=False, failed="the reader gave no reason", by_customer=False)
    assert readers.at_reader(said(object="terminal.reader", action=None, status="online"), now) == AtReader(
        True, None, busy=False
    )
    assert isinstance(readers.given_back(said(object="refund", status="failed"), now), Refused)
    assert isinstance(readers.given_back(said(object="refund", status="novel"), now), Unclear)
    assert isinstance(readers.given_back(NO, now), Refused)
    assert readers.given_back(said(object="refund", status="pending", amount=5120), now) == 5120
