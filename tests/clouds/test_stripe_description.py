"""Stripe's own description judges every request of these tests; and it does judge."""

from __future__ import annotations

from pathlib import Path

from agent.config import load
from outbox.card_reader import Asked
from outbox.clouds.stripe import Settings
from outbox.clouds.stripe.plan import Place
from outbox.clouds.stripe.reader import StripeReaders
from tests.clouds.stripe_spec import needs_stripe_spec, stripe_faults

SAMPLE = Path(__file__).parents[2] / "outbox" / "clouds" / "stripe" / "sample.toml"
ASKED = Asked("5f6e7d8c-0000-7000-8000-000000000000", "s-1", "till-1", "tmr_1", 1250)


@needs_stripe_spec
def test_every_request_of_a_card_payment_is_as_described() -> None:
    for currency in ("EUR", "CAD"):
        at_once = currency == "CAD"
        place = Place("store-1", "acct_1")
        readers = StripeReaders(place, {"till-1": "tmr_1"}, currency, captures_later=not at_once)
        assert ("interac_present" in readers.create(ASKED).body.decode()) == at_once
        for request in (
            readers.create(ASKED),
            readers.hand(ASKED, "pi_1"),
            readers.watch(ASKED),
            readers.look("pi_1"),
            readers.stop(ASKED),
            readers.call_off("pi_1"),
            readers.capture("pi_1"),
            readers.give_back(ASKED, "pi_1"),
        ):
            assert stripe_faults(request.method, request.path, request.body.decode()) == []


@needs_stripe_spec
def test_the_judge_says_no() -> None:
    good = "amount=1250&currency=eur"
    for method, path, body, fault in (
        ("POST", "/v1/payment_intents", f"{good}&bogus=1", "bogus"),
        ("POST", "/v1/payment_intents", "amount=12.50&currency=eur", "not of type 'integer'"),
        ("POST", "/v1/payment_intents", "currency=eur", "'amount' is a required property"),
        ("POST", "/v1/payment_intents/pi_1/cancel", "cancellation_reason=bored", "is not one of"),
        ("GET", "/v1/refunds?since=1", "", "no parameter 'since'"),
        ("POST", "/v1/payment_records/report_payment", "initiated_at=1&outcome=fine", "outcome"),
        ("POST", "/v1/never", "", "not described"),
    ):
        assert any(fault in one for one in stripe_faults(method, path, body)), (path, stripe_faults(method, path, body))
    assert stripe_faults("POST", "/v1/payment_intents", good) == []


def test_the_sample_loads() -> None:
    config = load(SAMPLE, environ={"STRIPE_KEY": "rk_test_1"})
    (cloud,) = config.clouds
    assert isinstance(cloud.settings, Settings)
    assert set(cloud.settings.readers) == {till.id for till in config.tills}
    assert "rk_test_1" not in repr(cloud.settings)
