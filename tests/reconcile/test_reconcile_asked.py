"""A day of a real journal against a cloud that is asked: pages, lists that are late, and answers that are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent.reconciling import TRIES, Asker, CloudDay, compare
from outbox import deliveries, reconcile
from outbox.books import Standing
from outbox.connector import Idempotency, Request, Step
from outbox.deliveries import OpenStep
from outbox.journal import Journal
from outbox.reconcile import Verdict
from outbox.record import NUMBERED, Kind, Record
from outbox.session import AnswerLost, NotSent
from tests.outbox import facts
from tests.reconcile.books_of import ListedBooks, entry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator
    from pathlib import Path

    from outbox.connector import Answer

DAY = "2026-11-20"
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
HEARD = datetime(2026, 11, 20, 9, 1, tzinfo=UTC)  # by the cloud's clock, before the first request
CLOUD = {"cloud": NUMBERED}


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal(tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def rung(journal: Journal, count: int = 1, **body: Any) -> list[Record]:
    return [await facts.write(journal, facts.draft(total=100, **body), CLOUD) for _ in range(count)]


async def deliver(journal: Journal, record: Record, *, drift: int = 0, done: datetime = NOW) -> None:
    """Note that a record was taken as `R-` and its id."""
    step = Step("order", "key", Idempotency.KEY_REPLAY, Request("POST", "/orders", b"{}"))
    heard = (HEARD + timedelta(minutes=record.seq)).isoformat()

    def change(connection: sqlite3.Connection) -> None:
        (number,) = connection.execute("select id from delivery where record_seq = ?", (record.seq,)).fetchone()
        deliveries.begin(connection, number, OpenStep(step, True, "2019-01-01T00:00:00+00:00", heard))
        deliveries.step_done(connection, number, "order", {"order": f"R-{record.id}"}, None)
        deliveries.delivered(connection, number, f"R-{record.id}", drift, (), done)

    await journal.write(change)


class CutOff(ListedBooks):
    """Its line goes after the list."""

    async def exchange(self, request: Request) -> Answer:
        if request.path.startswith("/one"):
            raise NotSent("the line went", hint="Look at the line.")
        return await super().exchange(request)


def listed(*records: Record) -> list[Any]:
    return [entry(one.id, kind=one.kind, receipt_number=one.receipt_number) for one in records]


async def asked(journal: Journal, books: ListedBooks, rests: list[float] | None = None) -> CloudDay:
    async def rest(seconds: float) -> None:
        if rests is not None:
            rests.append(seconds)

    reader = journal.reader
    expected = [reconcile.expected(reader, "cloud", one, 100) for one in reconcile.receipts(reader, DAY)]
    return await compare("cloud", Asker(books, books.exchange, lambda: NOW, rest), reader, expected, {"till-1"})


def verdicts(day: CloudDay) -> list[Verdict]:
    return [one.verdict for one in day.receipts]


async def test_a_day_that_matches_over_many_pages(journal: Journal) -> None:
    records = [*await rung(journal, 4), *await rung(journal, 1, kind=Kind.REFUND)]
    for record in records:
        await deliver(journal, record)
    books = ListedBooks([*listed(*records), entry(None, 999, remote_id="online")])
    day = await asked(journal, books)

    assert verdicts(day) == [Verdict.MATCHES] * 5
    assert day.is_good
    assert day.others == 1
    assert books.asked == ["/list?0", "/list?2", "/list?4"]


async def test_the_stretch_goes_by_the_clouds_clock_and_not_by_this_pcs(journal: Journal) -> None:
    (record,) = await rung(journal)
    await deliver(journal, record)
    books = ListedBooks(listed(record))
    await asked(journal, books)

    assert books.between_asked is not None
    since, until = books.between_asked
    assert since == HEARD + timedelta(minutes=record.seq - 15)
    assert until >= NOW


async def test_a_day_long_ago_does_not_list_until_today(journal: Journal) -> None:
    (record,) = await rung(journal)
    await deliver(journal, record, done=HEARD - timedelta(days=400))  # this PC's clock was off
    books = ListedBooks(listed(record))
    await asked(journal, books)

    since = HEARD + timedelta(minutes=record.seq - 15)
    assert books.between_asked == (since, since + timedelta(days=1))


async def test_what_a_list_leaves_out_is_asked_for_by_its_id(journal: Journal) -> None:
    late, gone = await rung(journal, 2)
    for record in (late, gone):
        await deliver(journal, record)
    day = await asked(journal, ListedBooks(listed=[], kept=listed(late)))

    assert verdicts(day) == [Verdict.MATCHES, Verdict.MISSING]
    assert not day.is_good


async def test_what_a_list_has_old_is_believed_by_its_id(journal: Journal) -> None:
    (record,) = await rung(journal)
    await deliver(journal, record)
    (whole,) = listed(record)
    day = await asked(journal, ListedBooks([replace(whole, standing=Standing.OPEN)], kept=[whole]))

    assert verdicts(day) == [Verdict.MATCHES]


async def test_each_trouble_is_told_apart(journal: Journal) -> None:
    matching, doubled, waiting, parked, differing = await rung(journal, 5)
    for record in (matching, doubled, differing):
        await deliver(journal, record, drift=1)
    (number,) = journal.reader.execute("select id from delivery where record_seq = ?", (parked.seq,)).fetchone()
    await journal.write(lambda tx: deliveries.parked(tx, number, "NO_ITEM", "it knows no such item", "Map the item"))
    stranger = entry("of-a-lost-journal", receipt_number="TILL-1-000009")
    there = listed(matching, doubled, differing)
    books = ListedBooks(
        [there[0], there[1], replace(there[1], remote_id="R-twice"), replace(there[2], total=101), stranger],
        kept=there,
    )
    books.kept[2] = replace(there[2], total=101)
    day = await asked(journal, books)
    by_number = {one.expected.record.id: one for one in day.receipts}

    assert by_number[matching.id].verdict is Verdict.MATCHES
    assert by_number[doubled.id].verdict is Verdict.DOUBLED
    assert by_number[doubled.id].remote_ids == (f"R-{doubled.id}", "R-twice")
    assert by_number[waiting.id].verdict is Verdict.WAITING
    assert by_number[parked.id].why == "it knows no such item. Map the item"
    assert by_number[differing.id].why == "0.01 EUR more there, as when it was delivered"
    assert [one.remote_id for one in day.strangers] == ["R-of-a-lost-journal"]
    assert day.others == 0


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ([401], "the key was not accepted"),
        ([400], "BAD: it says no"),
        ([500] * TRIES, "it answered 500"),
        ([503], "it answered 503"),  # it asks for an hour: nobody stands waiting for that
        ([NotSent("host was not reached", hint="Look at the line.")] * TRIES, "host was not reached"),
        ([AnswerLost("the answer was lost", hint="Look at the line.")] * TRIES, "the answer was lost"),
    ],
)
async def test_a_cloud_that_does_not_say_is_not_said_to_match(
    journal: Journal, faults: list[int | Exception], says: str
) -> None:
    delivered, _ = await rung(journal, 2)
    await deliver(journal, delivered)
    day = await asked(journal, ListedBooks(listed(delivered), faults=list(faults)))

    assert verdicts(day) == [Verdict.NOT_COMPARED, Verdict.WAITING]
    assert says in day.trouble
    assert not day.is_good


async def test_trouble_that_passes_is_waited_for(journal: Journal) -> None:
    (record,) = await rung(journal)
    await deliver(journal, record)
    rests: list[float] = []
    lost = AnswerLost("lost", hint="")
    day = await asked(journal, ListedBooks(listed(record), faults=[500, lost, 429]), rests)

    assert day.is_good
    assert len(rests) == 3


async def test_trouble_halfway_leaves_what_was_heard_and_says_so(journal: Journal) -> None:
    here, gone, after = await rung(journal, 3)
    for record in (here, gone, after):
        await deliver(journal, record)
    day = await asked(journal, CutOff(listed(here, after), page=5))

    assert verdicts(day) == [Verdict.MATCHES, Verdict.NOT_COMPARED, Verdict.NOT_COMPARED]
    assert "the line went" in day.trouble


async def test_a_list_that_goes_round_in_a_circle_is_left(journal: Journal) -> None:
    (record,) = await rung(journal)
    await deliver(journal, record)
    day = await asked(journal, ListedBooks(listed(record), circle=True))

    assert "round in a circle" in day.trouble


async def test_the_receipts_of_a_day_and_of_no_other(journal: Journal) -> None:
    before, of_it, after = "2026-11-19T23:59:59+01:00", "2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00"
    made = []
    for at in (before, of_it, after, of_it):  # the clock was set back at the last
        draft = replace(facts.draft(total=100), occurred_at=at, business_date=at[:10])
        made.append(await facts.write(journal, draft))
    await facts.write(journal, facts.draft(Kind.DRAWER))

    assert reconcile.receipts(journal.reader, DAY) == [made[1], made[3]]
    (till,) = reconcile.by_till(journal.reader, [made[1], made[3]])
    assert (till.first, till.last, till.receipts, till.gaps) == ("TILL-1-000002", "TILL-1-000004", 2, ())
    assert reconcile.newest_day(journal.reader) == DAY


async def test_a_day_deep_in_the_journal_is_found_and_days_before_it_are_not_read(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "STRETCH", 2)
    days = ["2026-11-18"] * 4 + [DAY] * 3 + ["2026-11-21"] * 5
    made = [
        await facts.write(journal, replace(facts.draft(total=1), occurred_at=f"{day}T10:00:00+01:00")) for day in days
    ]

    assert reconcile.receipts(journal.reader, DAY) == made[4:7]
    assert reconcile.receipts(journal.reader, "2026-11-01") == []
    assert reconcile.receipts(journal.reader, "2026-11-18") == made[:4]


async def test_an_empty_journal_has_no_day(journal: Journal) -> None:
    assert reconcile.newest_day(journal.reader) is None
    assert reconcile.receipts(journal.reader, DAY) == []
