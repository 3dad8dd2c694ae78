"""Jobs of one printer in the order they were asked for, whatever offset the store's clock has."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import print_jobs
from outbox import schema
from tests.agent.store import CONFIG, Clock, opened

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the hour that comes twice in Berlin
MINUTE = timedelta(minutes=1)


def journal() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript("".join(schema.MIGRATIONS))
    return connection


def queue(connection: sqlite3.Connection) -> list[str]:
    found = []
    while job := print_jobs.next_queued(connection, "p"):
        print_jobs.note(connection, job.id, "printed", job.created_at)
        found.append(job.id)
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(-14 * 60, 14 * 60)), max_size=8))
def test_the_oldest_comes_first_whoever_asked(asked: list[tuple[int, int]]) -> None:
    connection, order = journal(), []
    for number, (ms, offset) in enumerate(asked):
        at = (AT + timedelta(milliseconds=ms)).astimezone(timezone(timedelta(minutes=offset)))
        print_jobs.add(connection, f"{number}", "p", at.isoformat())
        order.append((ms, f"{number}"))
    assert queue(connection) == [name for _, name in sorted(order)]
    connection.close()


def test_jobs_of_an_older_journal_are_in_order_and_as_old_as_they_are() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(schema.MIGRATIONS[0])
    old = [
        ("later", "queued", "2026-11-21T09:30:00.250000+00:00"),
        ("sooner", "queued", "2026-11-21T10:00:00+01:00"),
        ("asked about", "unknown", "2026-11-20T20:00:00.5-08:00"),
        ("no time", "unknown", "?"),
    ]
    connection.executemany(
        "insert into print_job(id, printer, state, created_at, updated_at) values (?, 'p', ?, ?, '')", old
    )
    connection.executescript("".join(schema.MIGRATIONS[1:]))
    times = dict(connection.execute("select id, created_at from print_job").fetchall())
    assert times == {
        "later": "2026-11-21T09:30:00.250+00:00",
        "sooner": "2026-11-21T09:00:00.000+00:00",
        "asked about": "2026-11-21T04:00:00.500+00:00",
        "no time": "?",
    }
    assert queue(connection) == ["sooner", "later"]
    connection.close()


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
async def test_a_copy_that_is_asked_for_later_comes_out_later(tmp_path: Path, zone: str) -> None:
    clock = Clock()
    config = CONFIG.replace("Europe/Berlin", zone)
    async with opened(tmp_path, config=config, clock=clock) as shop:
        before = await shop.sold()
        await shop.ended(before)
        await shop.connected()
        shop.printer.run_out_of_paper()
        record = await shop.sold("TEA")  # written by the store's own time
        clock.forward(seconds=10)
        await shop.app.records.print_copy(before["receipt_number"], key=None)  # by UTC
        clock.forward(seconds=10)
        again = await shop.sold("APPLES")
        queued = shop.app.journal.reader.execute(
            "select record_id from print_job where state = 'queued' order by created_at, id"
        ).fetchall()
        assert [row[0] for row in queued] == [record["id"], before["id"], again["id"]]


async def test_a_receipt_that_is_not_certain_is_asked_about_for_as_long_in_every_zone(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, config=CONFIG.replace("Europe/Berlin", "America/Los_Angeles"), clock=clock) as shop:
        await shop.connected()
        shop.printer.power_off_at = shop.printer.taken + 250
        assert await shop.ended(await shop.sold("MUG", "TEA", "APPLES")) == "unknown"
        clock.forward(hours=11, minutes=59)
        assert shop.app.till_view("till-1")["unclear_print"] is not None
        clock.forward(minutes=2)
        assert shop.app.till_view("till-1")["unclear_print"] is None
