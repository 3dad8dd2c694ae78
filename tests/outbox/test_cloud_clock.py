from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from outbox import cloud_clock
from outbox.cloud_clock import CloudClock
from outbox.connector import Answer, Idempotency, Request, Step
from outbox.deliveries import OpenStep
from outbox.look import Look
from tests.outbox.facts import draft, write
from tests.outbox.memory_cloud import TwoSteps

if TYPE_CHECKING:
    from outbox.journal import Journal

AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LIFE_S = 24 * 3600.0
STEP = Step("make", "key", Idempotency.KEY_REPLAY, Request("POST", "/make"), LIFE_S)


def dated(at: datetime) -> Answer:
    return Answer(200, {"date": format_datetime(at, usegmt=True)}, b"")


async def kept(journal: Journal, at: datetime) -> None:
    clock = CloudClock("cloud")
    clock.hear(dated(at))
    await journal.write(clock.keep)


async def test_what_was_heard_is_known_after_a_restart_to_within_the_hour(journal: Journal) -> None:
    assert CloudClock("cloud").said(journal.reader) is None
    clock = CloudClock("cloud")
    await journal.write(clock.keep)  # nothing yet
    for minutes, said in ((0, 0), (59, 0), (60, 60), (80, 60), (30, 30)):
        clock.hear(dated(AT + timedelta(minutes=minutes)))
        await journal.write(clock.keep)
        assert clock.said(journal.reader) == AT + timedelta(minutes=minutes)
        assert CloudClock("cloud").said(journal.reader) == AT + timedelta(minutes=said)
    assert CloudClock("another").said(journal.reader) is None


@pytest.mark.parametrize("date", [{}, {"date": ""}, {"date": "yesterday"}, {"date": "Fri, 99 Nov 2026 10:00:00 GMT"}])
def test_an_answer_without_a_date_says_nothing(journal: Journal, date: dict[str, str]) -> None:
    clock = CloudClock("cloud")
    clock.hear(Answer(200, date, b""))
    assert clock.said(journal.reader) is None


async def test_a_disk_that_was_put_back_remembers_what_was_said_before(journal: Journal) -> None:
    await write(journal, draft(), {"cloud": TwoSteps(Idempotency.KEY_REPLAY).capabilities.kinds})
    clock = CloudClock("cloud")
    await kept(journal, AT)
    await journal.write(cloud_clock.put_back)
    await journal.write(lambda tx: tx.execute("update delivery set doubt = 1"))
    await kept(journal, AT + timedelta(days=5))
    assert clock.said_before_put_back(journal.reader) == AT
    await journal.write(cloud_clock.put_back)  # and again, with the first doubt not cleared up
    assert clock.said_before_put_back(journal.reader) == AT
    await journal.write(lambda tx: tx.execute("update delivery set state = 'delivered'"))
    await journal.write(cloud_clock.put_back)
    assert clock.said_before_put_back(journal.reader) == AT + timedelta(days=5)


@pytest.mark.parametrize(
    ("this_pc_h", "there_h", "must"),
    [
        (1, None, False),
        (25, None, True),
        (-1, None, True),  # the clock was set back: nobody knows for how long
        (1, 1, False),
        (1, 25, True),  # it was set back by about as much as went by
    ],
)
def test_a_key_is_young_only_where_no_clock_says_otherwise(
    journal: Journal, this_pc_h: float, there_h: float | None, *, must: bool
) -> None:
    clock = CloudClock("cloud")
    clock.hear(dated(AT + timedelta(hours=there_h or 0)))
    sent_at = "2026-11-20T12:00:00+02:00"
    coming = OpenStep(STEP, unclear=True, first_sent_at=sent_at, cloud_time=None if there_h is None else AT.isoformat())
    look = Look(TwoSteps(Idempotency.KEY_REPLAY), clock)
    assert look.must(coming, AT + timedelta(hours=this_pc_h), journal.reader) is must
