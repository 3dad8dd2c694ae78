import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.events import (
    EVENTS_WAITING_MAX,
    POLICY_VIOLATION,
    SUBSCRIBERS_MAX,
    TRY_AGAIN_LATER,
    TYPES,
    Dropped,
    Events,
)
from outbox.answers import Reply
from outbox.journal import Journal
from tests.outbox.facts import draft, write

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_an_event_has_a_type_a_time_and_its_fields() -> None:
    events = Events(now=lambda: NOON)
    one, two = events.subscribe("a"), events.subscribe("b")
    events.publish("scan", till="till-1", text="Käse €")
    for subscription in (one, two):
        assert json.loads(await subscription.next()) == {
            "type": "scan",
            "at": "2026-03-01T12:00:00.000+00:00",
            "till": "till-1",
            "text": "Käse €",
        }


async def test_a_reply_and_a_record_are_told_in_the_text_they_have(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open()
    record = await write(journal, draft(name="Käse"))
    await journal.close()
    reply = Reply.of_record(200, record, print="pending")
    events = Events(now=lambda: NOON)
    subscription = events.subscribe("a")
    events.publish("record", till="till-1", record=reply)
    events.publish("sale", till="till-1", sale=record)
    at = '"at":"2026-03-01T12:00:00.000+00:00","till":"till-1"'
    assert await subscription.next() == f'{{"type":"record",{at},"record":{reply.text}}}'
    assert await subscription.next() == f'{{"type":"sale",{at},"sale":{record.text}}}'


async def test_the_time_has_an_offset_by_itself() -> None:
    events = Events()
    subscription = events.subscribe("a")
    events.publish("cloud", cloud="square", state="open")
    assert datetime.fromisoformat(json.loads(await subscription.next())["at"]).tzinfo is not None


async def test_events_come_in_order_and_only_from_subscribing_on() -> None:
    events = Events()
    events.publish("sale", number=0)
    subscription = events.subscribe("a")
    for number in range(1, 4):
        events.publish("sale", number=number)
    assert [json.loads(await subscription.next())["number"] for _ in range(3)] == [1, 2, 3]


async def test_a_slow_listener_is_let_go_and_the_others_hear_on(caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    slow, quick = events.subscribe("slow"), events.subscribe("quick")
    for number in range(EVENTS_WAITING_MAX):
        events.publish("sale", number=number)
        await quick.next()
    assert slow.dropped is None
    with caplog.at_level(logging.WARNING):
        events.publish("sale", number=EVENTS_WAITING_MAX)
    assert slow.ended.is_set()
    assert slow.dropped is not None
    assert slow.dropped.code == TRY_AGAIN_LATER
    assert "read the state anew" in slow.dropped.reason
    assert len(slow.dropped.reason.encode()) <= 123  # what a close frame holds
    assert json.loads(await quick.next())["number"] == EVENTS_WAITING_MAX
    assert (len(events), events.dropped) == (1, 1)
    assert "slow" in caplog.text
    events.publish("sale", number=-1)
    assert json.loads(await quick.next())["number"] == -1


@pytest.mark.parametrize("fields", [{"state": object()}, {"state": float("nan")}, {"state": {1, 2}}])
async def test_publishing_never_raises(fields: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    subscription = events.subscribe("a")
    with caplog.at_level(logging.ERROR):
        events.publish("print", **fields)
        events.publish("record", record=None)
        events.publish("gossip")  # type: ignore[arg-type]  # a bug of ours
    assert len(caplog.records) == 3
    events.publish("print", state="printed")
    assert json.loads(await subscription.next())["state"] == "printed"


async def test_there_is_an_end_to_listening() -> None:
    events = Events()
    subscriptions = [events.subscribe(str(number)) for number in range(SUBSCRIBERS_MAX)]
    with pytest.raises(Dropped) as raised:
        events.subscribe("one more")
    assert raised.value.code == TRY_AGAIN_LATER
    events.unsubscribe(subscriptions[0])
    events.unsubscribe(subscriptions[0])
    events.subscribe("one more")


async def test_a_revoked_caller_hears_no_more() -> None:
    events = Events()
    revoked, other = events.subscribe("pairing-1"), events.subscribe("pairing-2")
    events.drop_caller("pairing-1")
    assert revoked.dropped is not None
    assert revoked.dropped.code == POLICY_VIOLATION
    assert other.dropped is None
    assert len(events) == 1


def test_what_was_told_is_counted_by_how_it_ended() -> None:
    events = Events()
    events.publish("record", record=Reply(200, {"kind": "sale"}))
    events.publish("record", record=Reply(200, {"kind": "sale"}))
    events.publish("print", state="unknown")
    events.publish("scan")
    assert events.told == {("record", "sale"): 2, ("print", "unknown"): 1, ("scan", ""): 1}


def test_the_types_are_the_designs() -> None:
    designs = ("scan", "sale", "record", "device", "print", "drawer", "delivery", "cloud", "shift")
    assert TYPES[: len(designs)] == designs  # more may follow
