"""Webhooks to a receiver that verifies with the reference library, and lies."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr, ValidationError

from outbox.clouds import KINDS, make
from outbox.clouds.packages import find
from outbox.clouds.webhook import Settings
from outbox.connector import Answer, Complete, Done, Packed, Refused, Retry, Step, Unauthorized, Unknown
from outbox.record import Kind, canonical
from outbox.session import Session
from tests.clouds.conftest import STORE, hasty
from tests.clouds.driver import Clock, Driver
from tests.clouds.lying_webhook import SECRET, LyingWebhook
from tests.clouds.records import fact_of, line, refund, sale
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.connector import Connector


def webhook_at(url: str) -> Connector:
    return make("webhook", Settings(url=url, secret=SecretStr(SECRET)), STORE)


@pytest.mark.parametrize(
    ("what", "after"),
    [
        (None, True), ("hang", True), ("drop", True), ("half", True), ("half_json", True), ("status", True),
        ("hang", False), ("drop", False), ("status", False),
    ],
)  # fmt: skip
async def test_a_record_arrives_once_signed_and_whole(what: str | None, *, after: bool) -> None:
    clock = Clock(_now())
    receiver = LyingWebhook()
    if what is not None:
        receiver.faults.add(what, after=after)
    record = sale([line("Öl & Käse", 1250)])
    async with serving(receiver) as base_url, Session(hasty) as session:
        driver = Driver(webhook_at(base_url + "/hook?shop=1"), session, clock)
        ended, _ = await driver.deliver(fact_of(record, clock))
        back = refund(record, [("cash", 100)])
        await driver.deliver(fact_of(back, clock))
    assert ended == Complete(record.id)
    assert receiver.records == {record.id: record.body, back.id: back.body}


def _now() -> datetime:
    """Return the real time: the reference library takes no clock, and refuses what is five minutes old."""
    from datetime import UTC
    from datetime import datetime as real

    return real.now(UTC)


async def test_the_bytes_are_the_hashed_bytes_and_the_time_is_when_it_is_sent(clock: Clock) -> None:
    connector = webhook_at("https://example.com/hook")
    record = sale([line("mug", 1250)])
    step = connector.next_step(fact_of(record, clock))
    assert isinstance(step, Step)
    assert step.request.body == canonical(record.body)
    assert step.key_life_s is None
    first = connector.credentials(step.request, step.key, clock())
    clock.forward(days=3)
    later = connector.credentials(step.request, step.key, clock())
    assert int(later["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3 * 24 * 3600
    assert later["webhook-signature"] != first["webhook-signature"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Done), (202, Done), (204, Done), (299, Done),
        (400, Refused), (402, Refused), (409, Refused), (413, Refused), (422, Refused),
        (401, Unauthorized), (403, Unauthorized), (404, Unauthorized), (405, Unauthorized), (410, Unauthorized),
        (100, Retry), (302, Retry), (407, Retry), (408, Retry), (425, Retry), (429, Retry), (500, Retry), (503, Retry),
    ],
)  # fmt: skip
def test_what_a_status_means(clock: Clock, status: int, kind: type) -> None:
    connector = webhook_at("https://example.com/hook")
    fact = fact_of(sale([line("mug", 1250)]), clock)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    assert type(connector.verdict(step, fact, Answer(status, {}, b"whatever"))) is kind


def test_a_receiver_says_when_to_come_back_and_why_not(clock: Clock) -> None:
    connector = webhook_at("https://example.com/hook")
    fact = fact_of(sale([line("mug", 1250)]), clock)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    assert connector.verdict(step, fact, Answer(503, {"retry-after": "9"}, b"")) == Retry(
        "the receiver answered 503", 9.0
    )
    refused = connector.verdict(step, fact, Answer(422, {}, b""))
    assert isinstance(refused, Refused)
    assert refused.reason == "the receiver answered 422 to sale T1-000001"
    gone = connector.verdict(step, fact, Answer(410, {}, b""))
    assert isinstance(gone, Unauthorized)
    assert "gone for good" in gone.reason
    assert connector.probe(step, fact) is None
    assert isinstance(connector.sighting(step, fact, Answer(200, {}, b"")), Unknown)


async def test_an_array_arrives_whole_signed_and_once(clock: Clock) -> None:
    connector = make("webhook", Settings(url="https://example.com/hook", secret=SecretStr(SECRET), batch=50), STORE)
    packer = connector.packer
    assert packer is not None
    assert packer.size == 50
    records = [sale([line("Öl & Käse", 1250)]), sale([line("mug", 300)], number=2)]
    packed = [Packed(r.id, str(r.kind), r.receipt_number, canonical(r.body).decode(), r.hash) for r in records]
    step = packer.pack(packed)
    assert json.loads(step.request.body) == [record.body for record in records]
    assert step == packer.pack(packed)
    assert step.key != packer.pack(packed[:1]).key
    headers = dict(step.request.headers)
    assert headers["webhook-id"] == step.key
    assert headers["stillopen-chain"] == records[-1].hash.hex()
    receiver = LyingWebhook()
    async with serving(receiver) as base_url, Session(hasty) as session:
        for _ in range(2):
            credentials = connector.credentials(step.request, step.key, _now())
            answer = await session.exchange(base_url, step.request, credentials)
            assert packer.verdict(packed, answer, clock()) == Done({"status": "200"})
    assert receiver.records == {record.id: record.body for record in records}
    assert packer.complete(packed[0]) == Complete(records[0].id)


def test_a_refused_array_names_its_ends(clock: Clock) -> None:
    connector = make("webhook", Settings(url="https://example.com/hook", secret=SecretStr(SECRET), batch=2), STORE)
    assert connector.packer is not None
    both = [Packed("1", "sale", "T1-000001", "{}", b""), Packed("2", "drawer", None, "{}", b"")]
    refused = connector.packer.verdict(both, Answer(422, {}, b""), clock())
    assert isinstance(refused, Refused)
    assert refused.reason == "the receiver answered 422 to sale T1-000001 to drawer 2"
    alone = connector.packer.verdict(both[:1], Answer(422, {}, b""), clock())
    assert isinstance(alone, Refused)
    assert alone.reason == "the receiver answered 422 to sale T1-000001"


@pytest.mark.parametrize("batch", [0, -1, 201])
def test_a_batch_has_its_limits(batch: int) -> None:
    with pytest.raises(ValidationError):
        Settings(url="https://example.com", secret=SecretStr(SECRET), batch=batch)


def test_one_at_a_time_unless_told_otherwise(clock: Clock) -> None:
    connector = webhook_at("https://example.com/hook")
    assert connector.packer is None
    record = sale([line("mug", 1250)])
    step = connector.next_step(fact_of(record, clock))
    assert isinstance(step, Step)
    assert dict(step.request.headers)["stillopen-chain"] == record.hash.hex()


def test_it_takes_every_kind_of_record() -> None:
    assert webhook_at("https://example.com").capabilities.kinds == frozenset(Kind)


@pytest.mark.parametrize(
    "secret",
    [
        "", "whsec_", "whsec_!!!", base64.b64encode(bytes(32)).decode(),
        "whsec_" + base64.b64encode(bytes(23)).decode(), "whsec_" + base64.b64encode(bytes(65)).decode(),
    ],
)  # fmt: skip
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(url="https://example.com", secret=SecretStr(secret))
    (error,) = caught.value.errors()
    assert "make one" in error["msg"]
    assert len(secret) < 10 or secret not in str(caught.value)


def test_the_table_names_every_kind_and_its_secrets() -> None:
    assert sorted(KINDS) == ["shopify", "square", "stripe", "webhook", "woocommerce"]
    for kind in KINDS.values():
        model = kind.settings()
        assert set(kind.secrets) <= set(model.model_fields)
        assert model.model_config["extra"] == "forbid"
        assert all(field.description for field in model.model_fields.values())
        assert kind.capabilities().kinds
    assert find("none") is None  # which the configuration refuses
