"""What has served goes in chunks, by plans that read no more than a chunk; records, and what refunds need, stay."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outbox import answers, chain, deliveries, retention
from outbox.answers import Key, Reply
from outbox.connector import Idempotency, Request, Step
from outbox.deliveries import OpenStep
from outbox.record import Kind
from outbox.retention import CHUNK, KEPT_DAYS, MARGIN_DAYS
from tests.outbox.facts import draft, write

if TYPE_CHECKING:
    import sqlite3

    from outbox.journal import Journal

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=KEPT_DAYS + MARGIN_DAYS, minutes=1)
YOUNG = NOW - timedelta(days=KEPT_DAYS + MARGIN_DAYS, minutes=-1)
CLOUDS = {"a": frozenset(Kind), "b": frozenset({Kind.SALE})}
STEP = Step("create", "a key", Idempotency.KEY_REPLAY, Request("POST", "/orders", b"{}", (("x", "y"),)), None)


def begun(step: Step) -> OpenStep:
    return OpenStep(step, unclear=True, first_sent_at=OLD.isoformat(), cloud_time=None)


async def pruned(journal: Journal, name: str, now: datetime = NOW) -> int:
    """Let one duty be done to its end; return how many rows went."""
    (duty,) = [duty for duty in retention.DUTIES if duty.name == name]
    gone = 0
    for _ in range(100):
        done = await journal.write(lambda tx: duty.prune(tx, now))
        gone += done.rows
        assert done.rows <= CHUNK
        if not done.more:
            return gone
    raise AssertionError("it never comes to its end")


def rows(journal: Journal, sql: str) -> list[Any]:
    return [row[0] for row in journal.reader.execute(sql).fetchall()]


async def test_old_answers_go_and_young_ones_stay(journal: Journal) -> None:
    old = NOW - timedelta(days=answers.KEPT_DAYS + MARGIN_DAYS, minutes=1)
    young = (old + timedelta(minutes=2)).isoformat()

    def answered(connection: sqlite3.Connection) -> None:
        for n in range(2 * CHUNK + 7):
            answers.keep(connection, Key("a", f"old {n}", "x"), Reply(200, {}), old.isoformat())
        answers.keep(connection, Key("a", "young", "x"), Reply(200, {}), young)

    await journal.write(answered)
    assert await pruned(journal, "answers") == 2 * CHUNK + 7
    assert rows(journal, "select key from answer") == ["young"]


async def test_documents_of_finished_jobs_go_and_how_they_ended_stays(journal: Journal) -> None:
    def jobs(connection: sqlite3.Connection) -> None:
        for number, (state, at, document) in enumerate(
            [
                ("printed", OLD, "[1]"),
                ("unknown", OLD, "[2]"),
                ("queued", OLD, "[3]"),
                ("sending", OLD, "[4]"),
                ("printed", YOUNG, "[5]"),
                ("printed", OLD, None),
            ]
        ):
            connection.execute(
                "insert into print_job(id, printer, document, state, reason, created_at, updated_at) "
                "values (?, 'p', ?, ?, 'why', ?, ?)",
                (str(number), document, state, at.isoformat(), at.isoformat()),
            )

    await journal.write(jobs)
    assert await pruned(journal, "printed documents") == 2
    assert rows(journal, "select document from print_job order by id") == [None, None, "[3]", "[4]", "[5]", None]
    assert rows(journal, "select distinct reason from print_job") == ["why"]
    assert await pruned(journal, "printed documents") == 0


async def sent(journal: Journal, delivery_id: int, at: datetime | None, *, refs: dict[str, str] | None = None) -> None:
    """Send a delivery with two steps, one of which brings something back; without a time it is parked."""

    def change(connection: sqlite3.Connection) -> None:
        for name, found in (("create", refs or {}), ("pay", {})):
            step = Step(name, STEP.key, STEP.idempotency, STEP.request, None)
            deliveries.begin(connection, delivery_id, begun(step))
            deliveries.step_done(connection, delivery_id, name, found, None)
        if at is None:
            deliveries.parked(connection, delivery_id, "code", "why", "hint")
        else:
            deliveries.delivered(connection, delivery_id, "remote", 0, (), at)

    await journal.write(change)


def steps(journal: Journal) -> list[tuple[Any, ...]]:
    return journal.reader.execute("select delivery, name, key, headers, refs from step").fetchall()


async def test_requests_that_were_answered_go_and_what_a_refund_needs_stays(journal: Journal) -> None:
    sale = await write(journal, draft(), CLOUDS)
    later = await write(journal, draft(), CLOUDS)
    numbers = {(d["cloud"], d["record_id"]): d["id"] for d in _listed(journal)}
    await sent(journal, numbers["a", sale.id], OLD, refs={"order": "o-1"})
    await sent(journal, numbers["b", sale.id], YOUNG, refs={"order": "o-2"})
    await sent(journal, numbers["a", later.id], OLD)
    await sent(journal, numbers["b", later.id], OLD)  # behind one that is young, and so it is not looked at yet
    before = steps(journal)
    assert await pruned(journal, "answered requests") == 2
    kept = (numbers["a", sale.id], "create", "", "[]", '{"order": "o-1"}')
    of_b = [step for step in before if step[0] in (numbers["b", sale.id], numbers["b", later.id])]
    assert sorted(steps(journal)) == sorted([kept, *of_b])
    refund = await write(
        journal, draft(Kind.REFUND, original={"id": sale.id, "receipt_number": sale.receipt_number}), CLOUDS
    )
    (asked,) = [d for d in _listed(journal) if d["record_id"] == refund.id]
    delivery = deliveries.one(journal.reader, asked["id"])
    assert delivery is not None
    assert deliveries.sale_refs(journal.reader, delivery) == {"order": "o-1"}
    assert await pruned(journal, "answered requests", NOW + timedelta(days=1)) == 2
    assert await pruned(journal, "answered requests", NOW + timedelta(days=99)) == 0


def _listed(journal: Journal) -> list[dict[str, Any]]:
    found = journal.reader.execute(
        "select delivery.id, cloud, record.id from delivery join record on seq = record_seq"
    ).fetchall()
    return [{"id": number, "cloud": cloud, "record_id": record} for number, cloud, record in found]


async def test_what_is_parked_holds_nothing_up_and_what_is_still_to_be_sent_is_not_passed_by(journal: Journal) -> None:
    clouds = {"a": frozenset(Kind)}
    sale = await write(journal, draft(), clouds)
    await write(journal, draft(Kind.REFUND, original={"id": sale.id, "receipt_number": sale.receipt_number}), clouds)
    for _ in range(3):
        await write(journal, draft(), clouds)
    await sent(journal, 1, None)  # parked, and its refund behind it
    await sent(journal, 3, OLD)
    await sent(journal, 5, OLD)  # and 4 is still to be sent
    assert await pruned(journal, "answered requests") == 1
    assert {step[0] for step in steps(journal)} == {1, 5}
    await sent(journal, 4, OLD)
    assert await pruned(journal, "answered requests") == 2
    assert {step[0] for step in steps(journal)} == {1}
    shown = journal.reader.execute("select value from upkeep where what = 'steps of a'").fetchone()
    assert shown == ("5",)


async def test_many_deliveries_go_a_chunk_at_a_time(journal: Journal) -> None:
    count = 2 * CHUNK + 3
    for _ in range(count):
        await write(journal, draft(), CLOUDS)

    def delivered(connection: sqlite3.Connection) -> None:
        for number in range(1, 2 * count + 1):
            deliveries.begin(connection, number, begun(STEP))
            deliveries.step_done(connection, number, STEP.name, {}, None)
            deliveries.delivered(connection, number, None, 0, (), OLD)

    await journal.write(delivered)
    assert await pruned(journal, "answered requests") == 2 * count
    assert steps(journal) == []


async def test_how_drawers_opened_goes_and_that_they_did_stays(journal: Journal) -> None:
    async def opened(at: datetime, state: str) -> str:
        wanted = draft(Kind.DRAWER, drawer="d")
        wanted = type(wanted)(wanted.id, wanted.kind, wanted.till, at.isoformat(), wanted.business_date, wanted.body)
        record = await write(journal, wanted)
        await journal.write(
            lambda tx: tx.execute("insert into kick values (?, 'd', ?, null)", (record.id, state)).close()
        )
        return record.id

    for _ in range(CHUNK + 1):
        await opened(OLD, "opened")
    stuck = await opened(OLD, "sending")
    young = await opened(YOUNG, "opened")
    await write(journal, draft())
    assert await pruned(journal, "openings of drawers") == CHUNK + 1
    assert set(rows(journal, "select record_id from kick")) == {stuck, young}
    assert await pruned(journal, "openings of drawers") == 0
    assert await pruned(journal, "openings of drawers", NOW + timedelta(days=1)) == 1
    assert chain.verify(journal.reader).records == CHUNK + 4
    assert chain.verify(journal.reader).broken is None


WHOLE = re.compile(r"\bSCAN (?!delivery_count\b)(\w+)")


@pytest.mark.parametrize("duty", retention.DUTIES, ids=lambda duty: duty.name)
async def test_no_duty_reads_a_whole_table(journal: Journal, duty: retention.Duty) -> None:
    await write(journal, draft(Kind.DRAWER), CLOUDS)
    await write(journal, draft(), CLOUDS)
    await sent(journal, 1, OLD)
    asked: set[str] = set()

    def traced(connection: sqlite3.Connection) -> dict[str, list[str]]:
        connection.set_trace_callback(asked.add)
        duty.prune(connection, NOW)
        connection.set_trace_callback(None)
        return {
            sql: [row[3] for row in connection.execute(f"explain query plan {sql}").fetchall()]
            for sql in asked
            if sql.startswith(("select", "update", "delete", "insert"))
        }

    plans = await journal.write(traced)
    assert plans
    whole = [(step, sql) for sql, found in plans.items() for step in found if WHOLE.search(step)]
    assert not whole
